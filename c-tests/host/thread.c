/*
 * Threads and locks (section C.5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"


QemuMutexLockFunc qemu_mutex_lock_func = qemu_mutex_lock_impl;
QemuMutexTrylockFunc qemu_mutex_trylock_func = qemu_mutex_trylock_impl;
QemuRecMutexLockFunc qemu_rec_mutex_lock_func = qemu_rec_mutex_lock_impl;
QemuRecMutexTrylockFunc qemu_rec_mutex_trylock_func = qemu_rec_mutex_trylock_impl;
QemuCondWaitFunc qemu_cond_wait_func = qemu_cond_wait_impl;
QemuCondTimedWaitFunc qemu_cond_timedwait_func = qemu_cond_timedwait_impl;

#ifdef QIO_HAS_THREAD_NAMES
static int threads_are_named = 1;
#else
static int threads_are_named;
#endif

G_NORETURN static void fail(const char *function, int error)
{
    fprintf(stderr, "qemu: %s: %s\n", function, strerror(error));
    abort();
}

#define MUST(call) \
    do { \
        int error_ = (call); \
        if (error_ != 0) { \
            fail(__func__, error_); \
        } \
    } while (0)

/* Mutexes */

static void mutex_init(QemuMutex *mutex, int kind)
{
    pthread_mutexattr_t attr;

    MUST(pthread_mutexattr_init(&attr));
    MUST(pthread_mutexattr_settype(&attr, kind));
    MUST(pthread_mutex_init(&mutex->lock, &attr));
    MUST(pthread_mutexattr_destroy(&attr));
    mutex->initialized = true;
}

void qemu_mutex_init(QemuMutex *mutex)
{
    mutex_init(mutex, PTHREAD_MUTEX_DEFAULT);
}

void qemu_mutex_destroy(QemuMutex *mutex)
{
    assert(mutex->initialized);
    mutex->initialized = false;
    MUST(pthread_mutex_destroy(&mutex->lock));
}

void qemu_mutex_lock_impl(QemuMutex *mutex, const char *file, const int line)
{
    assert(mutex->initialized);
    MUST(pthread_mutex_lock(&mutex->lock));
}

int qemu_mutex_trylock_impl(QemuMutex *mutex, const char *file, const int line)
{
    int error;

    assert(mutex->initialized);
    error = pthread_mutex_trylock(&mutex->lock);
    if (error == EBUSY) {
        return -EBUSY;
    }
    MUST(error);
    return 0;
}

void qemu_mutex_unlock_impl(QemuMutex *mutex, const char *file, const int line)
{
    assert(mutex->initialized);
    MUST(pthread_mutex_unlock(&mutex->lock));
}

void qemu_rec_mutex_init(QemuRecMutex *mutex)
{
    mutex_init(&mutex->m, PTHREAD_MUTEX_RECURSIVE);
}

void qemu_rec_mutex_destroy(QemuRecMutex *mutex)
{
    qemu_mutex_destroy(&mutex->m);
}

void qemu_rec_mutex_lock_impl(QemuRecMutex *mutex, const char *file, int line)
{
    qemu_mutex_lock_impl(&mutex->m, file, line);
}

int qemu_rec_mutex_trylock_impl(QemuRecMutex *mutex, const char *file, int line)
{
    return qemu_mutex_trylock_impl(&mutex->m, file, line);
}

void qemu_rec_mutex_unlock_impl(QemuRecMutex *mutex, const char *file, int line)
{
    qemu_mutex_unlock_impl(&mutex->m, file, line);
}

/* Condition variables */

void qemu_cond_init(QemuCond *cond)
{
    pthread_condattr_t attr;

    MUST(pthread_condattr_init(&attr));
    MUST(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
    MUST(pthread_cond_init(&cond->cond, &attr));
    MUST(pthread_condattr_destroy(&attr));
    cond->initialized = true;
}

void qemu_cond_destroy(QemuCond *cond)
{
    assert(cond->initialized);
    cond->initialized = false;
    MUST(pthread_cond_destroy(&cond->cond));
}

void qemu_cond_signal(QemuCond *cond)
{
    assert(cond->initialized);
    MUST(pthread_cond_signal(&cond->cond));
}

void qemu_cond_broadcast(QemuCond *cond)
{
    assert(cond->initialized);
    MUST(pthread_cond_broadcast(&cond->cond));
}

void qemu_cond_wait_impl(QemuCond *cond, QemuMutex *mutex, const char *file, const int line)
{
    assert(cond->initialized && mutex->initialized);
    MUST(pthread_cond_wait(&cond->cond, &mutex->lock));
}

bool qemu_cond_timedwait_impl(QemuCond *cond, QemuMutex *mutex, int ms,
                              const char *file, const int line)
{
    struct timespec end;
    int64_t nsec;
    int error;

    assert(cond->initialized && mutex->initialized);
    clock_gettime(CLOCK_MONOTONIC, &end);
    nsec = end.tv_nsec + MAX(ms, 0) % 1000 * INT64_C(1000000);
    end.tv_sec += MAX(ms, 0) / 1000 + nsec / 1000000000;
    end.tv_nsec = nsec % 1000000000;
    error = pthread_cond_timedwait(&cond->cond, &mutex->lock, &end);
    if (error == ETIMEDOUT) {
        return false;
    }
    MUST(error);
    return true;
}

/* Threads */

typedef struct Start {
    void *(*routine)(void *);
    void *arg;
    char *name;
} Start;

static void *thread_run(void *opaque)
{
    Start start = *(Start *)opaque;

    g_free(opaque);
    if (start.name != NULL && qatomic_read(&threads_are_named)) {
        /* A long name is none. */
        pthread_setname_np(pthread_self(), start.name);
    }
    g_free(start.name);
    return start.routine(start.arg);
}

void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start_routine)(void *), void *arg, int mode)
{
    pthread_attr_t attr;
    sigset_t blocked, before;
    Start *start = g_new(Start, 1);

    *start = (Start) { start_routine, arg, g_strdup(name) };
    MUST(pthread_attr_init(&attr));
    MUST(pthread_attr_setdetachstate(&attr, mode == QEMU_THREAD_DETACHED
                                                ? PTHREAD_CREATE_DETACHED
                                                : PTHREAD_CREATE_JOINABLE));
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, SIGFPE);
    sigdelset(&blocked, SIGILL);
    /* The thread inherits the mask. */
    MUST(pthread_sigmask(SIG_SETMASK, &blocked, &before));
    MUST(pthread_create(&thread->thread, &attr, thread_run, start));
    MUST(pthread_sigmask(SIG_SETMASK, &before, NULL));
    MUST(pthread_attr_destroy(&attr));
}

void *qemu_thread_join(QemuThread *thread)
{
    void *value;

    MUST(pthread_join(thread->thread, &value));
    return value;
}

void qemu_thread_get_self(QemuThread *thread)
{
    thread->thread = pthread_self();
}

bool qemu_thread_is_self(QemuThread *thread)
{
    return pthread_equal(thread->thread, pthread_self());
}

void qemu_thread_exit(void *retval)
{
    pthread_exit(retval);
}

#ifdef QIO_HAS_THREAD_NAMES
void qemu_thread_set_name(const char *name)
{
    pthread_setname_np(pthread_self(), name);
}

const char *qemu_thread_get_name(void)
{
    static __thread char name[16];

    if (name[0] == 0) {
        if (gettid() == getpid()) {
            strcpy(name, "main");
        } else if (pthread_getname_np(pthread_self(), name, sizeof(name)) != 0 || name[0] == 0) {
            strcpy(name, "unnamed");
        }
    }
    return name;
}
#else
void qemu_thread_naming(bool enable)
{
    qatomic_set(&threads_are_named, enable);
}
#endif
