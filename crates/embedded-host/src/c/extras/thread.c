/*
 * The first and the last frame of a thread, from qemu/thread.h.
 *
 * They are C because ending a thread unwinds its stack, and a Rust frame on it would end the
 * process instead.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"

/* As in src/thread.rs, which makes it in GLib's memory. */
typedef struct NamedStart {
    char name[16];
    void *(*start_routine)(void *);
    void *arg;
} NamedStart;

void *qio_internal_thread_start_named(void *opaque);

/* A thread names itself: the handle of a detached one is not safe to use from outside. */
void *qio_internal_thread_start_named(void *opaque)
{
    NamedStart start = *(NamedStart *)opaque;

    g_free(opaque);
    pthread_setname_np(pthread_self(), start.name);
    return start.start_routine(start.arg);
}

void qemu_thread_exit(void *retval)
{
    pthread_exit(retval);
}
