/*
 * Coroutines: the types.
 *
 * Where a function may run (coroutine_fn and the like) is said with the annotations of
 * qemu/compiler.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_COROUTINE_CORE_H
#define QEMU_COROUTINE_CORE_H

/**
 * Coroutine:
 *
 * A function that can be left in the middle and entered again. Opaque.
 */
typedef struct Coroutine Coroutine;

/**
 * CoroutineEntry:
 * @opaque: (closure): data of the one who made the coroutine
 *
 * What a coroutine runs.
 */
typedef void coroutine_fn CoroutineEntry(void *opaque);

#endif
