/*
 * Event loop contexts: the types.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_AIO_H
#define QEMU_AIO_H

#include "qemu/coroutine-core.h"
#include "qemu/thread.h"
#ifndef QIO_ABI_QEMU_7_2
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

#endif
