/*
 * The main loop: the thread that iterates GLib's default main context.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_MAIN_LOOP_H
#define QEMU_MAIN_LOOP_H

#include "block/aio.h"
#include "qom/object.h"

G_BEGIN_DECLS

/**
 * qemu_init_main_loop:
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes the calling thread the main one, which is to run main_loop_wait. Signals are left as they
 * are. A second call, from whatever thread, changes nothing.
 *
 * Channels, tasks and listeners that live in GLib's main contexts don't need it.
 *
 * Threads: any, before there are others that ask for the main thread; Blocks: no.
 * Returns: 0, or a negative errno with @errp set.
 */
int qemu_init_main_loop(Error **errp);

/**
 * main_loop_wait:
 * @nonblocking: whether to look only at what is ready, not to wait for it
 *
 * Runs one iteration of GLib's default main context.
 *
 * Threads: the main one; Blocks: until a source is ready or qemu_notify_event is called, unless
 * @nonblocking.
 * Context: the callbacks of the default main context run in it.
 */
void main_loop_wait(int nonblocking);

/**
 * qemu_notify_event:
 *
 * Makes the main_loop_wait that is running, or else the next one, return without waiting.
 * Nothing before qemu_init_main_loop.
 *
 * Threads: any; Blocks: no.
 */
void qemu_notify_event(void);

/**
 * qemu_in_main_thread:
 *
 * Threads: any; Blocks: no.
 * Returns: whether the calling thread is the main one; before qemu_init_main_loop, true in all.
 */
bool qemu_in_main_thread(void);

/**
 * GLOBAL_STATE_CODE:
 * IO_CODE:
 * IO_OR_GS_CODE:
 *
 * Say at the top of a function where it may run. The first one asserts that it is the main
 * thread; the others check nothing.
 */
#define GLOBAL_STATE_CODE() assert(qemu_in_main_thread())
#define IO_CODE() do {} while (0)
#define IO_OR_GS_CODE() do {} while (0)

/*
 * The big lock. There is none: the question is answered with false, lock and unlock do nothing.
 */
#ifdef QIO_ABI_SERIES_7_2
bool qemu_mutex_iothread_locked(void);
void qemu_mutex_lock_iothread(void);
void qemu_mutex_unlock_iothread(void);
#else
bool bql_locked(void);
void bql_lock(void);
void bql_unlock(void);
#endif

G_END_DECLS

#endif
