/*
 * The main thread (R-LOOP-1, R-LOOP-2, R-LOOP-4, R-LOOP-8).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"

static int main_thread_is_known;
static __thread bool is_main_thread;

int qemu_init_main_loop(Error **errp)
{
    if (qatomic_xchg(&main_thread_is_known, 1) == 0) {
        is_main_thread = true;
    }
    return 0;
}

bool qemu_in_main_thread(void)
{
    return is_main_thread || !qatomic_read(&main_thread_is_known);
}

void main_loop_wait(int nonblocking)
{
    g_main_context_iteration(NULL, !nonblocking);
}

void qemu_notify_event(void)
{
    if (qatomic_read(&main_thread_is_known)) {
        g_main_context_wakeup(NULL);
    }
}

#ifdef QIO_ABI_SERIES_7_2
bool qemu_mutex_iothread_locked(void)
{
    return false;
}

void qemu_mutex_lock_iothread(void)
{
}

void qemu_mutex_unlock_iothread(void)
{
}
#else
bool bql_locked(void)
{
    return false;
}

void bql_lock(void)
{
}

void bql_unlock(void)
{
}
#endif
