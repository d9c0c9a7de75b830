/*
 * Atomic operations on integers and pointers of up to the machine's word.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_ATOMIC_H
#define QEMU_ATOMIC_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

/**
 * smp_mb:
 * smp_rmb:
 * smp_wmb:
 *
 * Fences: of all accesses; of earlier loads against later accesses; of earlier accesses against
 * later stores.
 *
 * Threads: any; Blocks: no.
 */
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/**
 * qatomic_read:
 * qatomic_set:
 * @ptr: the variable
 * @i: its new value
 *
 * A relaxed load, a relaxed store: never torn, and not ordered with anything else.
 *
 * Threads: any; Blocks: no.
 */
#define qatomic_read(ptr) __atomic_load_n(ptr, __ATOMIC_RELAXED)
#define qatomic_set(ptr, i) __atomic_store_n(ptr, i, __ATOMIC_RELAXED)

/**
 * qatomic_load_acquire:
 * qatomic_store_release:
 * @ptr: the variable
 * @i: its new value
 *
 * A thread that loads what another one stored sees all that this one wrote before.
 *
 * Threads: any; Blocks: no.
 */
#define qatomic_load_acquire(ptr) __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define qatomic_store_release(ptr, i) __atomic_store_n(ptr, i, __ATOMIC_RELEASE)

/**
 * qatomic_xchg:
 * @ptr: the variable
 * @i: its new value
 *
 * Exchanges the value; sequentially consistent.
 *
 * Threads: any; Blocks: no.
 * Returns: the old value.
 */
#define qatomic_xchg(ptr, i) __atomic_exchange_n(ptr, i, __ATOMIC_SEQ_CST)

/**
 * qatomic_cmpxchg:
 * @ptr: the variable
 * @expected: the value it must have
 * @desired: its new value
 *
 * Stores @desired if the variable is @expected; sequentially consistent, whether it stores or
 * not.
 *
 * Threads: any; Blocks: no.
 * Returns: the old value, which is @expected if @desired was stored.
 */
#define qatomic_cmpxchg(ptr, expected, desired) \
    __sync_val_compare_and_swap(ptr, expected, desired)

/**
 * qatomic_fetch_inc:
 * qatomic_fetch_dec:
 * qatomic_fetch_add:
 * qatomic_fetch_sub:
 * qatomic_fetch_and:
 * qatomic_fetch_or:
 * @ptr: the variable
 * @n: the operand
 *
 * Change a variable; sequentially consistent. qatomic_inc and the others without "fetch" do the
 * same and return nothing. A pointer moves by bytes.
 *
 * Threads: any; Blocks: no.
 * Returns: the old value.
 */
#define qatomic_fetch_inc(ptr) qatomic_fetch_add(ptr, 1)
#define qatomic_fetch_dec(ptr) qatomic_fetch_sub(ptr, 1)
#define qatomic_fetch_add(ptr, n) __atomic_fetch_add(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_sub(ptr, n) __atomic_fetch_sub(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_and(ptr, n) __atomic_fetch_and(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_or(ptr, n) __atomic_fetch_or(ptr, n, __ATOMIC_SEQ_CST)

#define qatomic_inc(ptr) ((void)qatomic_fetch_inc(ptr))
#define qatomic_dec(ptr) ((void)qatomic_fetch_dec(ptr))
#define qatomic_add(ptr, n) ((void)qatomic_fetch_add(ptr, n))
#define qatomic_sub(ptr, n) ((void)qatomic_fetch_sub(ptr, n))
#define qatomic_and(ptr, n) ((void)qatomic_fetch_and(ptr, n))
#define qatomic_or(ptr, n) ((void)qatomic_fetch_or(ptr, n))

#endif
