/*
 * Mutexes, condition variables and threads.
 *
 * A wrong use, like an object that was not initialised or was destroyed, and an error of the
 * system end the process: "qemu: FUNCTION: REASON" on stderr, then abort().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_THREAD_H
#define QEMU_THREAD_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include <pthread.h>

#include "qemu/atomic.h"

typedef struct QemuRecMutex QemuRecMutex;
typedef struct QemuCond QemuCond;
typedef struct QemuThread QemuThread;

/**
 * QemuMutex:
 * @lock: private
 * @initialized: private
 *
 * A mutex: not recursive, not fair.
 */
struct QemuMutex {
    pthread_mutex_t lock;
    bool initialized;
};

/**
 * QemuRecMutex:
 * @m: private
 *
 * A mutex that the thread that has it can lock again; it is free after as many unlocks.
 */
struct QemuRecMutex {
    QemuMutex m;
};

/**
 * QemuCond:
 * @cond: private
 * @initialized: private
 *
 * A condition variable.
 */
struct QemuCond {
    pthread_cond_t cond;
    bool initialized;
};

/**
 * QemuThread:
 * @thread: the system's handle
 *
 * The handle of a thread.
 */
struct QemuThread {
    pthread_t thread;
};

/* Modes of qemu_thread_create. */
#define QEMU_THREAD_JOINABLE 0
#define QEMU_THREAD_DETACHED 1

/*
 * What qemu_mutex_lock and the like call: a program may put functions of its own here, to
 * measure locks, at any time. They are read anew for each call.
 */
typedef void (*QemuMutexLockFunc)(QemuMutex *mutex, const char *file, int line);
typedef int (*QemuMutexTrylockFunc)(QemuMutex *mutex, const char *file, int line);
typedef void (*QemuRecMutexLockFunc)(QemuRecMutex *mutex, const char *file, int line);
typedef int (*QemuRecMutexTrylockFunc)(QemuRecMutex *mutex, const char *file, int line);
typedef void (*QemuCondWaitFunc)(QemuCond *cond, QemuMutex *mutex, const char *file, int line);
typedef bool (*QemuCondTimedWaitFunc)(QemuCond *cond, QemuMutex *mutex, int ms,
                                      const char *file, int line);

G_BEGIN_DECLS

extern QemuMutexLockFunc qemu_mutex_lock_func;
extern QemuMutexTrylockFunc qemu_mutex_trylock_func;
extern QemuRecMutexLockFunc qemu_rec_mutex_lock_func;
extern QemuRecMutexTrylockFunc qemu_rec_mutex_trylock_func;
extern QemuCondWaitFunc qemu_cond_wait_func;
extern QemuCondTimedWaitFunc qemu_cond_timedwait_func;

/**
 * qemu_mutex_init:
 * @mutex: (out caller-allocates): memory for a mutex
 *
 * Makes a mutex of it, unlocked.
 *
 * Threads: any; Blocks: no.
 */
void qemu_mutex_init(QemuMutex *mutex);

/**
 * qemu_mutex_destroy:
 * @mutex: an unlocked mutex
 *
 * Ends it. The memory can be released or initialised again.
 *
 * Threads: any, but the last to use it; Blocks: no.
 */
void qemu_mutex_destroy(QemuMutex *mutex);

/**
 * qemu_mutex_lock:
 * @mutex: a mutex that the calling thread doesn't have
 *
 * Locks it. A macro, so that qemu_mutex_lock_func is told the place; also a function of the same
 * name.
 *
 * Threads: any; Blocks: yes, until the mutex is free.
 */
#define qemu_mutex_lock(mutex) \
    (qatomic_read(&qemu_mutex_lock_func)(mutex, __FILE__, __LINE__))

/**
 * qemu_mutex_trylock:
 * @mutex: a mutex
 *
 * Locks it if it is free. A macro, and also a function of the same name.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -EBUSY if a thread has it, even the calling one.
 */
#define qemu_mutex_trylock(mutex) \
    (qatomic_read(&qemu_mutex_trylock_func)(mutex, __FILE__, __LINE__))

/**
 * qemu_mutex_unlock:
 * @mutex: a mutex that the calling thread has
 *
 * Unlocks it. A macro, and also a function of the same name.
 *
 * Threads: the one that locked it; Blocks: no.
 */
#define qemu_mutex_unlock(mutex) qemu_mutex_unlock_impl(mutex, __FILE__, __LINE__)

/* What the macros above call, with the place of the call, which is not used. */
void qemu_mutex_lock_impl(QemuMutex *mutex, const char *file, const int line);
int qemu_mutex_trylock_impl(QemuMutex *mutex, const char *file, const int line);
void qemu_mutex_unlock_impl(QemuMutex *mutex, const char *file, const int line);

/**
 * qemu_rec_mutex_init:
 * @mutex: (out caller-allocates): memory for a recursive mutex
 *
 * Makes a recursive mutex of it, unlocked.
 *
 * Threads: any; Blocks: no.
 */
void qemu_rec_mutex_init(QemuRecMutex *mutex);

/**
 * qemu_rec_mutex_destroy:
 * @mutex: an unlocked recursive mutex
 *
 * Ends it. The memory can be released or initialised again.
 *
 * Threads: any, but the last to use it; Blocks: no.
 */
void qemu_rec_mutex_destroy(QemuRecMutex *mutex);

/**
 * qemu_rec_mutex_lock:
 * @mutex: a recursive mutex
 *
 * Locks it, once more if the calling thread has it. A macro, and also a function of the same
 * name.
 *
 * Threads: any; Blocks: yes, while another thread has it.
 */
#define qemu_rec_mutex_lock(mutex) \
    (qatomic_read(&qemu_rec_mutex_lock_func)(mutex, __FILE__, __LINE__))

/**
 * qemu_rec_mutex_trylock:
 * @mutex: a recursive mutex
 *
 * Locks it if no other thread has it. A macro, and also a function of the same name.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -EBUSY if another thread has it.
 */
#define qemu_rec_mutex_trylock(mutex) \
    (qatomic_read(&qemu_rec_mutex_trylock_func)(mutex, __FILE__, __LINE__))

/**
 * qemu_rec_mutex_unlock:
 * @mutex: a recursive mutex that the calling thread has
 *
 * Unlocks it once. A macro, and also a function of the same name.
 *
 * Threads: the one that locked it; Blocks: no.
 */
#define qemu_rec_mutex_unlock(mutex) \
    qemu_rec_mutex_unlock_impl(mutex, __FILE__, __LINE__)

/* What the macros above call, with the place of the call, which is not used. */
void qemu_rec_mutex_lock_impl(QemuRecMutex *mutex, const char *file, int line);
int qemu_rec_mutex_trylock_impl(QemuRecMutex *mutex, const char *file, int line);
void qemu_rec_mutex_unlock_impl(QemuRecMutex *mutex, const char *file, int line);

/**
 * qemu_cond_init:
 * @cond: (out caller-allocates): memory for a condition variable
 *
 * Makes a condition variable of it.
 *
 * Threads: any; Blocks: no.
 */
void qemu_cond_init(QemuCond *cond);

/**
 * qemu_cond_destroy:
 * @cond: a condition variable that no thread waits for
 *
 * Ends it. The memory can be released or initialised again.
 *
 * Threads: any, but the last to use it; Blocks: no.
 */
void qemu_cond_destroy(QemuCond *cond);

/**
 * qemu_cond_signal:
 * qemu_cond_broadcast:
 * @cond: a condition variable
 *
 * Wakes one of the threads that wait, all of them. A wake-up may be missed if it is given without
 * the mutex that they wait with.
 *
 * Threads: any; Blocks: no.
 */
void qemu_cond_signal(QemuCond *cond);
void qemu_cond_broadcast(QemuCond *cond);

/**
 * qemu_cond_wait:
 * @cond: a condition variable
 * @mutex: the mutex it goes with, which the calling thread has
 *
 * Unlocks the mutex, waits for a wake-up, and locks the mutex again. It may wake up without
 * reason: call it in a loop over the condition. A macro, and also a function of the same name.
 *
 * Threads: any; Blocks: yes.
 */
#define qemu_cond_wait(cond, mutex) \
    (qatomic_read(&qemu_cond_wait_func)(cond, mutex, __FILE__, __LINE__))

/**
 * qemu_cond_timedwait:
 * @cond: a condition variable
 * @mutex: the mutex it goes with, which the calling thread has
 * @ms: how long to wait, in milliseconds; nothing below 1
 *
 * As qemu_cond_wait, for a limited time, which changes of the wall clock don't touch. A macro,
 * and also a function of the same name.
 *
 * Threads: any; Blocks: yes, for @ms and as long as another thread has the mutex then.
 * Returns: true if it woke up before the time was over, false if not.
 */
#define qemu_cond_timedwait(cond, mutex, ms) \
    (qatomic_read(&qemu_cond_timedwait_func)(cond, mutex, ms, __FILE__, __LINE__))

/* What the macros above call, with the place of the call, which is not used. */
void qemu_cond_wait_impl(QemuCond *cond, QemuMutex *mutex, const char *file, const int line);
bool qemu_cond_timedwait_impl(QemuCond *cond, QemuMutex *mutex, int ms,
                              const char *file, const int line);

/**
 * qemu_thread_create:
 * @thread: (out): handle of the new thread
 * @name: (nullable): its name, copied; seen from outside only after qemu_thread_naming(true) and
 *   if the system takes it, which it does up to 15 bytes
 * @start_routine: (scope async): what it runs
 * @arg: (closure start_routine): its argument
 * @mode: QEMU_THREAD_JOINABLE or QEMU_THREAD_DETACHED
 *
 * Starts a thread. It has all signals blocked but SIGSEGV, SIGFPE and SIGILL. A joinable one must
 * be joined; the handle of a detached one is of no use and may be a local variable.
 *
 * Never fails: it aborts if the system has no thread to give.
 *
 * Threads: any; Blocks: no.
 */
void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start_routine)(void *), void *arg, int mode);

/**
 * qemu_thread_join:
 * @thread: a joinable thread, not joined before
 *
 * Waits for its end.
 *
 * Threads: any other; Blocks: yes.
 * Returns: what the thread's function returned or gave to qemu_thread_exit.
 */
void *qemu_thread_join(QemuThread *thread);

/**
 * qemu_thread_get_self:
 * @thread: (out): handle of the calling thread
 *
 * Tells the calling thread's handle, also of a thread not made here.
 *
 * Threads: any; Blocks: no.
 */
void qemu_thread_get_self(QemuThread *thread);

/**
 * qemu_thread_is_self:
 * @thread: a handle
 *
 * Threads: any; Blocks: no.
 * Returns: whether it is the calling thread's.
 */
bool qemu_thread_is_self(QemuThread *thread);

/**
 * qemu_thread_exit:
 * @retval: what qemu_thread_join shall return
 *
 * Ends the calling thread.
 *
 * Threads: one made by qemu_thread_create; not the worker of a task, where it aborts; Blocks: no.
 */
G_NORETURN void qemu_thread_exit(void *retval);

#ifdef QIO_HAS_THREAD_NAMES
/**
 * qemu_thread_set_name:
 * @name: a name; nothing happens if the system refuses it (16 bytes and more)
 *
 * Names the calling thread.
 *
 * Threads: any; Blocks: no.
 * Since: qemu-11.1 profile, provisionally.
 */
void qemu_thread_set_name(const char *name);

/**
 * qemu_thread_get_name:
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the calling thread's name, as it was when this was first asked: "main" in
 *   the main thread, "unnamed" if there is none; valid until the thread ends
 * Since: qemu-11.1 profile, provisionally.
 */
const char *qemu_thread_get_name(void);
#else
/**
 * qemu_thread_naming:
 * @enable: whether threads that are made from now on show their name to the system; off at first
 *
 * Threads: any; Blocks: no.
 */
void qemu_thread_naming(bool enable);
#endif

/*
 * The functions that the macros hide, for those who need an address. The parentheses keep the
 * macros away.
 */
static inline void (qemu_mutex_lock)(QemuMutex *mutex)
{
    qemu_mutex_lock(mutex);
}

static inline int (qemu_mutex_trylock)(QemuMutex *mutex)
{
    return qemu_mutex_trylock(mutex);
}

static inline void (qemu_mutex_unlock)(QemuMutex *mutex)
{
    qemu_mutex_unlock(mutex);
}

static inline void (qemu_rec_mutex_lock)(QemuRecMutex *mutex)
{
    qemu_rec_mutex_lock(mutex);
}

static inline int (qemu_rec_mutex_trylock)(QemuRecMutex *mutex)
{
    return qemu_rec_mutex_trylock(mutex);
}

static inline void (qemu_rec_mutex_unlock)(QemuRecMutex *mutex)
{
    qemu_rec_mutex_unlock(mutex);
}

static inline void (qemu_cond_wait)(QemuCond *cond, QemuMutex *mutex)
{
    qemu_cond_wait(cond, mutex);
}

static inline bool (qemu_cond_timedwait)(QemuCond *cond, QemuMutex *mutex, int ms)
{
    return qemu_cond_timedwait(cond, mutex, ms);
}

G_END_DECLS

#endif
