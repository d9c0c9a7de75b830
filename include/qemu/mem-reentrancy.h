/*
 * What keeps a device from being entered again while it runs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_MEM_REENTRANCY_H
#define QEMU_MEM_REENTRANCY_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#ifndef QIO_HAS_MEM_REENTRANCY_HEADER
#error "this profile has no qemu/mem-reentrancy.h"
#endif

/**
 * MemReentrancyGuard:
 * @engaged_in_io: whether the device runs
 *
 * For a program that guards itself. This library neither reads nor writes one.
 *
 * Since: qemu-11.1 profile, provisionally; elsewhere incomplete.
 */
struct MemReentrancyGuard {
    bool engaged_in_io;
};

#endif
