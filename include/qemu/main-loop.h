/*
 * The main loop: the thread that iterates GLib's default main context.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_MAIN_LOOP_H
#define QEMU_MAIN_LOOP_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qemu/aio.h"
#include "qom/object.h"

G_BEGIN_DECLS

/**
 * qemu_init_main_loop:
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes the calling thread the main one, which is to run main_loop_wait: makes the main AioContext,
 * and attaches it and that of iohandler_get_aio_context to GLib's default main context. Signals are
 * left as they are. A second call, from whatever thread, changes nothing.
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
 * qemu_get_aio_context:
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): the main AioContext; NULL before qemu_init_main_loop.
 */
AioContext *qemu_get_aio_context(void);

/**
 * iohandler_get_aio_context:
 * iohandler_get_g_source:
 *
 * The second context of the main loop. Unlike the main one it is not polled by those who poll the
 * main one in between; it is made when it is first asked for.
 *
 * Threads: any; Blocks: no.
 * Returns: the context (transfer none); its source (transfer full).
 */
AioContext *iohandler_get_aio_context(void);
GSource *iohandler_get_g_source(void);

/**
 * qemu_set_fd_handler:
 * @fd: a descriptor
 * @fd_read: (nullable): runs when @fd is readable, hung up or in error
 * @fd_write: (nullable): runs when @fd is writable or in error
 * @opaque: (closure): data for the handlers
 *
 * As aio_set_fd_handler in the context of iohandler_get_aio_context.
 *
 * Threads: any; Blocks: no.
 * Context: the handlers run in the main thread.
 */
void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write, void *opaque);

/**
 * qemu_bh_new:
 * qemu_bh_new_full:
 * @cb: what to call
 * @opaque: (closure): data for @cb
 * @name: ignored
 * @guard: (nullable): ignored (not in 7.2.0 to 7.2.4)
 *
 * As aio_bh_new in the main AioContext. The first is a macro that names it.
 *
 * Threads: any, after qemu_init_main_loop; Blocks: no.
 * Returns: (transfer full): the bottom half; end it with qemu_bh_delete.
 */
#ifndef QIO_HAS_BH_GUARD
QEMUBH *qemu_bh_new_full(QEMUBHFunc *cb, void *opaque, const char *name);
#define qemu_bh_new(cb, opaque) qemu_bh_new_full((cb), (opaque), (stringify(cb)))
#else
QEMUBH *qemu_bh_new_full(QEMUBHFunc *cb, void *opaque, const char *name,
                         MemReentrancyGuard *guard);
#define qemu_bh_new(cb, opaque) qemu_bh_new_full((cb), (opaque), (stringify(cb)), NULL)
#endif

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
 *
 * Threads: any; Blocks: no.
 */
#ifndef QIO_HAS_BQL_NAMES
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
