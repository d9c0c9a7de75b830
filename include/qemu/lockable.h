/*
 * Locks of any kind behind one type, and locks that end with a scope.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_LOCKABLE_H
#define QEMU_LOCKABLE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qemu/coroutine-core.h"
#include "qemu/thread.h"

typedef struct QemuLockable QemuLockable;

/**
 * QemuLockable:
 * @object: the lock
 * @lock: how it is locked
 * @unlock: how it is unlocked
 *
 * A lock of any kind. It doesn't own the lock.
 */
struct QemuLockable {
    void *object;
    void (*lock)(void *object);
    void (*unlock)(void *object);
};

G_BEGIN_DECLS

/**
 * qemu_lockable_lock:
 * qemu_lockable_unlock:
 * @x: a lock, not NULL
 *
 * Locks it, unlocks it.
 *
 * Threads: those that may lock and unlock the lock itself; a CoMutex takes a coroutine.
 * Blocks: qemu_lockable_lock() until the lock is free, by suspending the coroutine if it is a CoMutex;
 * qemu_lockable_unlock() doesn't.
 */
static inline void qemu_lockable_lock(QemuLockable *x)
{
    x->lock(x->object);
}

static inline void qemu_lockable_unlock(QemuLockable *x)
{
    x->unlock(x->object);
}

/* The functions in a QemuLockable of a mutex. */
static inline void qio_lockable_mutex_lock(void *mutex)
{
    qemu_mutex_lock((QemuMutex *)mutex);
}

static inline void qio_lockable_mutex_unlock(void *mutex)
{
    qemu_mutex_unlock((QemuMutex *)mutex);
}

static inline void qio_lockable_rec_mutex_lock(void *mutex)
{
    qemu_rec_mutex_lock((QemuRecMutex *)mutex);
}

static inline void qio_lockable_rec_mutex_unlock(void *mutex)
{
    qemu_rec_mutex_unlock((QemuRecMutex *)mutex);
}

static inline void qio_lockable_co_mutex_lock(void *mutex)
{
    qemu_co_mutex_lock((CoMutex *)mutex);
}

static inline void qio_lockable_co_mutex_unlock(void *mutex)
{
    qemu_co_mutex_unlock((CoMutex *)mutex);
}

/* What a guard does at the beginning and at the end of its scope. */
static inline QemuLockable qio_lock_guard_begin(QemuLockable *x)
{
    QemuLockable guard = { NULL, NULL, NULL };

    if (x != NULL) {
        guard = *x;
        qemu_lockable_lock(&guard);
    }
    return guard;
}

static inline void qio_lock_guard_end(QemuLockable *guard)
{
    if (guard->unlock != NULL) {
        qemu_lockable_unlock(guard);
    }
}

G_END_DECLS

/**
 * QEMU_MAKE_LOCKABLE:
 * @x: a QemuMutex *, QemuRecMutex *, CoMutex *, QemuLockable * or NULL; evaluated once
 *
 * Anything else doesn't compile. Not for C++.
 *
 * Returns: (transfer none): a QemuLockable * that lives as long as the enclosing block, @x itself
 * if it is one, or NULL for the constant NULL.
 */
#define QEMU_MAKE_LOCKABLE(x) \
    _Generic((x), \
             QemuLockable *: (x), \
             QemuMutex *: QIO_LOCKABLE(x, qio_lockable_mutex), \
             QemuRecMutex *: QIO_LOCKABLE(x, qio_lockable_rec_mutex), \
             CoMutex *: QIO_LOCKABLE(x, qio_lockable_co_mutex), \
             void *: (QemuLockable *)NULL)
#define QIO_LOCKABLE(x, kind) \
    (&(QemuLockable) { .object = (x), .lock = kind##_lock, .unlock = kind##_unlock })

#define QIO_LOCK_GUARD(x, guard) \
    QemuLockable guard __attribute__((cleanup(qio_lock_guard_end), unused)) = \
        qio_lock_guard_begin(QEMU_MAKE_LOCKABLE(x))

/**
 * QEMU_LOCK_GUARD:
 * @x: as for QEMU_MAKE_LOCKABLE; NULL locks nothing
 *
 * Locks @x and unlocks it when the enclosing scope is left, in whatever way: at its end, by
 * return, goto, break or continue. A declaration; there may be several in a scope, which are
 * unlocked in the opposite order. Not for C++.
 *
 * Threads: those that may lock and unlock the lock itself; a CoMutex takes a coroutine.
 * Blocks: until the lock is free, by suspending the coroutine if it is a CoMutex.
 */
#define QEMU_LOCK_GUARD(x) QIO_LOCK_GUARD(x, QIO_UNIQUE_NAME(qio_guard_))

/**
 * WITH_QEMU_LOCK_GUARD:
 * @x: as for QEMU_MAKE_LOCKABLE; NULL locks nothing
 *
 * Locks @x for the statement or block that follows, and unlocks it when that is left in whatever
 * way. break and continue leave the block, not a loop around it. Not for C++.
 *
 * Threads: those that may lock and unlock the lock itself; a CoMutex takes a coroutine.
 * Blocks: until the lock is free, by suspending the coroutine if it is a CoMutex.
 */
#define WITH_QEMU_LOCK_GUARD(x) \
    QIO_WITH_LOCK_GUARD(x, QIO_UNIQUE_NAME(qio_guard_), QIO_UNIQUE_NAME(qio_once_))
#define QIO_WITH_LOCK_GUARD(x, guard, once) \
    for (QIO_LOCK_GUARD(x, guard), *once = &guard; once != NULL; once = NULL)

#endif
