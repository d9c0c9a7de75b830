/*
 * The main thread (R-LOOP-1, R-LOOP-2, R-LOOP-4, R-LOOP-8).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"

static AioContext *main_context;

AioContext *qemu_get_aio_context(void)
{
    return qatomic_read(&main_context);
}

AioContext *iohandler_get_aio_context(void)
{
    static gsize context;

    if (g_once_init_enter(&context)) {
        g_once_init_leave(&context, (gsize)aio_context_new(&error_abort));
    }
    return (AioContext *)context;
}

GSource *iohandler_get_g_source(void)
{
    return aio_get_g_source(iohandler_get_aio_context());
}

void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write, void *opaque)
{
#ifdef QIO_HAS_AIO_IS_EXTERNAL
    aio_set_fd_handler(iohandler_get_aio_context(), fd, false, fd_read, fd_write, NULL, NULL,
                       opaque);
#else
    aio_set_fd_handler(iohandler_get_aio_context(), fd, fd_read, fd_write, NULL, NULL, opaque);
#endif
}

static void attach(AioContext *ctx)
{
    GSource *source = aio_get_g_source(ctx);

    g_source_attach(source, NULL);
    g_source_unref(source);
}

int qemu_init_main_loop(Error **errp)
{
    static int done;
    AioContext *ctx;

    if (qatomic_xchg(&done, 1)) {
        return 0;
    }
    ctx = aio_context_new(errp);
    if (!ctx) {
        return -EMFILE;
    }
    qemu_set_current_aio_context(ctx);
    qatomic_set(&main_context, ctx);
    attach(ctx);
    attach(iohandler_get_aio_context());
    return 0;
}

bool qemu_in_main_thread(void)
{
    return qemu_get_current_aio_context() == qemu_get_aio_context();
}

void main_loop_wait(int nonblocking)
{
    g_main_context_iteration(NULL, !nonblocking);
}

void qemu_notify_event(void)
{
    if (qemu_get_aio_context()) {
        g_main_context_wakeup(NULL);
    }
}

#ifndef QIO_HAS_BQL_NAMES
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
