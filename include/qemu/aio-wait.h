/*
 * Waiting for event loop contexts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_AIO_WAIT_H
#define QEMU_AIO_WAIT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qemu/aio.h"
#include "qemu/main-loop.h"

/**
 * in_aio_context_home_thread:
 * @ctx: a context
 *
 * Threads: any; Blocks: no.
 * Returns: whether the calling thread works for @ctx, or for the main context has the big lock.
 */
static inline bool in_aio_context_home_thread(AioContext *ctx)
{
    if (ctx == qemu_get_current_aio_context()) {
        return true;
    }
#ifndef QIO_HAS_BQL_NAMES
    return ctx == qemu_get_aio_context() && qemu_mutex_iothread_locked();
#else
    return ctx == qemu_get_aio_context() && bql_locked();
#endif
}

#endif
