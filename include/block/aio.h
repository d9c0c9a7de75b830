/*
 * The name of qemu/aio.h before QEMU 11.0.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BLOCK_AIO_H
#define BLOCK_AIO_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#ifdef QIO_HAS_AIO_IN_QEMU
#error "include qemu/aio.h: this profile has no block/aio.h"
#endif
#include "qemu/aio.h"

#endif
