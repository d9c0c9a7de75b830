/*
 * Coroutines.
 *
 * Where a function may run (coroutine_fn and the like) is said with the annotations of
 * qemu/compiler.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_COROUTINE_CORE_H
#define QEMU_COROUTINE_CORE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

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

typedef struct CoMutex CoMutex;

/**
 * CoMutex:
 *
 * A lock of coroutines: one that can't get it yields. All zero is unlocked. The members are
 * private.
 */
struct CoMutex {
    unsigned locked;
    AioContext *ctx;
    struct {
        struct CoWaitRecord *slh_first;
    } from_push, to_pop;
    unsigned handoff, sequence;
    Coroutine *holder;
};

G_BEGIN_DECLS

/**
 * qemu_coroutine_create:
 * @entry: what the coroutine runs
 * @opaque: (closure): data for @entry
 *
 * Makes a coroutine, which runs nothing until it is entered. Its stack has 1 MiB, with a guard below it.
 * Without room for one the process ends; docs/tasks-and-coroutines.md tells how many there can be.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the coroutine, which frees itself when @entry returns.
 */
Coroutine *qemu_coroutine_create(CoroutineEntry *entry, void *opaque);

/**
 * qemu_coroutine_enter:
 * qemu_coroutine_enter_if_inactive:
 * qemu_aio_coroutine_enter:
 * @ctx: (nullable): the context that it runs for from now on; if not given, the thread's current one
 * @co: a coroutine that is neither entered (the second does nothing then) nor scheduled
 *
 * Runs the coroutine in the calling thread until it yields or ends, and after it those that it has
 * woken.
 *
 * Threads: any; Blocks: as the coroutine does.
 */
void qemu_coroutine_enter(Coroutine *co);
void qemu_coroutine_enter_if_inactive(Coroutine *co);
void qemu_aio_coroutine_enter(AioContext *ctx, Coroutine *co);

/**
 * qemu_coroutine_yield:
 *
 * Leaves the coroutine for where it was entered, and returns when it is entered again, which
 * may be in another thread.
 *
 * Threads: any, in a coroutine; Blocks: no.
 */
void coroutine_fn qemu_coroutine_yield(void);

/**
 * qemu_coroutine_self:
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the coroutine that the caller is in, or else something that stands for
 * the thread.
 */
Coroutine *qemu_coroutine_self(void);

/**
 * qemu_in_coroutine:
 *
 * Threads: any; Blocks: no.
 * Returns: whether the caller is in a coroutine.
 */
bool qemu_in_coroutine(void);

/**
 * qemu_coroutine_entered:
 * @co: a coroutine
 *
 * Threads: any; Blocks: no.
 * Returns: whether it runs, or has entered another one that does.
 */
bool qemu_coroutine_entered(Coroutine *co);

/**
 * qemu_coroutine_get_aio_context:
 * @co: a coroutine
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): the context for which it was entered latest.
 */
AioContext *qemu_coroutine_get_aio_context(Coroutine *co);

/**
 * qemu_co_mutex_init:
 * @mutex: (out caller-allocates): memory for a lock
 *
 * Makes a lock of the memory. It needs no end.
 *
 * Threads: any; Blocks: no.
 */
void qemu_co_mutex_init(CoMutex *mutex);

/**
 * qemu_co_mutex_lock:
 * qemu_co_mutex_unlock:
 * @mutex: a lock
 *
 * Takes the lock, yielding while another coroutine has it; gives it to the one that waits longest,
 * and wakes that.
 *
 * Threads: any, in a coroutine; Blocks: no.
 */
void coroutine_fn qemu_co_mutex_lock(CoMutex *mutex);
void coroutine_fn qemu_co_mutex_unlock(CoMutex *mutex);

G_END_DECLS

#endif
