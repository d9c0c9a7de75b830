/*
 * Coroutines, and the locks that go with them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_COROUTINE_H
#define QEMU_COROUTINE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qemu/coroutine-core.h"
#include "qemu/lockable.h"

#endif
