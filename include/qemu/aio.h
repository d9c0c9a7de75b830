/*
 * Event loop contexts: descriptor handlers and bottom halves that run in the thread that polls the
 * context.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_AIO_H
#define QEMU_AIO_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qemu/coroutine-core.h"
#include "qemu/thread.h"
#if defined(QIO_HAS_BH_GUARD) && !defined(QIO_HAS_AIO_IN_QEMU)
#include "qom/object.h"
#endif

/**
 * IOHandler:
 * @opaque: (closure): data of the one who registered it
 *
 * Called when a descriptor is ready.
 */
typedef void IOHandler(void *opaque);

/**
 * AioPollFn:
 * @opaque: (closure): data of the one who registered it
 *
 * Asks for events without a descriptor.
 *
 * Returns: whether there is one.
 */
typedef bool AioPollFn(void *opaque);

/**
 * QEMUBHFunc:
 * @opaque: (closure): data of the one who made the bottom half
 *
 * Called once from the event loop.
 */
typedef void QEMUBHFunc(void *opaque);

G_BEGIN_DECLS

/**
 * aio_context_new:
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a context. It does nothing until a thread polls it: by aio_poll, or by iterating a
 * GMainContext that its source (aio_get_g_source) is attached to.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the context, or NULL with @errp set.
 */
AioContext *aio_context_new(Error **errp);

/**
 * aio_context_ref:
 * aio_context_unref:
 * @ctx: a context
 *
 * Takes a reference, drops one. An attached source and a bottom half hold references too.
 *
 * Threads: any; Blocks: no.
 */
void aio_context_ref(AioContext *ctx);
void aio_context_unref(AioContext *ctx);

/**
 * aio_get_g_source:
 * @ctx: a context
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the one source of @ctx. Attached to a GMainContext it runs the handlers
 * and bottom halves in the thread that iterates that.
 */
GSource *aio_get_g_source(AioContext *ctx);

/**
 * aio_poll:
 * @ctx: a context
 * @blocking: whether to wait until something is ready
 *
 * Runs what is ready in @ctx, and nothing else. It may be called by what it runs.
 *
 * Threads: the one that polls @ctx; Blocks: if @blocking, until something is ready or aio_notify is
 * called.
 * Returns: whether a handler or bottom half has run.
 */
bool aio_poll(AioContext *ctx, bool blocking);

/**
 * aio_notify:
 * @ctx: a context
 *
 * Makes the aio_poll that is under way, or else the next one, return.
 *
 * Threads: any; Blocks: no.
 */
void aio_notify(AioContext *ctx);

/**
 * aio_set_fd_handler:
 * @ctx: a context
 * @fd: a descriptor
 * @is_external: ignored (7.2 only)
 * @io_read: (nullable): runs when @fd is readable, hung up or in error
 * @io_write: (nullable): runs when @fd is writable or in error
 * @io_poll: (nullable): ignored
 * @io_poll_ready: (nullable): ignored
 * @opaque: (closure): data for the handlers
 *
 * Sets both handlers of @fd in @ctx in place of those it has. With neither, @fd isn't watched any
 * more, which must be so before it is closed. They run as long as @fd is ready, first the one for
 * reading. Who removes handlers in the thread that polls @ctx can be sure that they don't run
 * afterwards.
 *
 * Threads: any, also handlers; Blocks: no.
 */
#ifdef QIO_HAS_AIO_IS_EXTERNAL
void aio_set_fd_handler(AioContext *ctx, int fd, bool is_external, IOHandler *io_read,
                        IOHandler *io_write, AioPollFn *io_poll, IOHandler *io_poll_ready,
                        void *opaque);
#else
void aio_set_fd_handler(AioContext *ctx, int fd, IOHandler *io_read, IOHandler *io_write,
                        AioPollFn *io_poll, IOHandler *io_poll_ready, void *opaque);
#endif

/**
 * qemu_get_current_aio_context:
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): the context that the calling thread works for: what it has
 * set, for the main thread the main context, else NULL.
 */
AioContext *qemu_get_current_aio_context(void);

/**
 * qemu_set_current_aio_context:
 * @ctx: (transfer none): a context that lives as long as the thread uses it
 *
 * Makes @ctx the calling thread's, once and for all.
 *
 * Threads: any that has none; Blocks: no.
 */
void qemu_set_current_aio_context(AioContext *ctx);

/**
 * aio_bh_new:
 * aio_bh_new_full:
 * @ctx: a context
 * @cb: what to call
 * @opaque: (closure): data for @cb
 * @name: ignored
 * @guard: (nullable): ignored (not in 7.2.0 to 7.2.4)
 *
 * Makes a bottom half, which is not scheduled yet. The first is a macro that names it.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the bottom half; end it with qemu_bh_delete.
 */
#ifndef QIO_HAS_BH_GUARD
QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name);
#define aio_bh_new(ctx, cb, opaque) aio_bh_new_full((ctx), (cb), (opaque), (stringify(cb)))
#else
QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name,
                        MemReentrancyGuard *guard);
#define aio_bh_new(ctx, cb, opaque) aio_bh_new_full((ctx), (cb), (opaque), (stringify(cb)), NULL)
#endif

/**
 * aio_bh_schedule_oneshot:
 * aio_bh_schedule_oneshot_full:
 * @ctx: a context
 * @cb: what to call
 * @opaque: (closure): data for @cb
 * @name: ignored
 *
 * Calls @cb once in the thread that polls @ctx. The first is a macro that names the call.
 *
 * Threads: any; Blocks: no.
 */
void aio_bh_schedule_oneshot_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name);
#define aio_bh_schedule_oneshot(ctx, cb, opaque) \
    aio_bh_schedule_oneshot_full((ctx), (cb), (opaque), (stringify(cb)))

/**
 * qemu_bh_schedule:
 * @bh: a bottom half
 *
 * Makes it run once in the thread that polls its context. Nothing if it is going to already; while
 * it runs it can be scheduled for another time.
 *
 * Threads: any; Blocks: no.
 */
void qemu_bh_schedule(QEMUBH *bh);

/**
 * qemu_bh_cancel:
 * @bh: a bottom half
 *
 * Makes it not run, unless it has begun to.
 *
 * Threads: any; Blocks: no.
 */
void qemu_bh_cancel(QEMUBH *bh);

/**
 * qemu_bh_delete:
 * @bh: (transfer full): a bottom half, which may be running
 *
 * Ends it. It doesn't run any more, unless it has begun to.
 *
 * Threads: any; Blocks: no.
 */
void qemu_bh_delete(QEMUBH *bh);

/**
 * aio_co_wake:
 * aio_co_enter:
 * @ctx: the context that the coroutine runs for; if not given, the one it was entered for latest
 * @co: a coroutine that has yielded or not begun
 *
 * Makes a coroutine go on. If its context isn't the calling thread's current one, it is entered
 * from the thread that polls the context. Otherwise it is entered at once, or, if the caller is in
 * a coroutine itself, when that yields or ends.
 *
 * Threads: any; Blocks: as the coroutine does.
 */
void aio_co_wake(Coroutine *co);
void aio_co_enter(AioContext *ctx, Coroutine *co);

/**
 * aio_co_schedule:
 * @ctx: a context
 * @co: a coroutine that isn't scheduled
 *
 * Makes a coroutine go on in the thread that polls @ctx, even if that is the caller's.
 *
 * Threads: any; Blocks: no.
 */
void aio_co_schedule(AioContext *ctx, Coroutine *co);

G_END_DECLS

#endif
