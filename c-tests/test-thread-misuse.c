/*
 * qemu/thread.h: what happens to programs that misuse it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include <dlfcn.h>
#include "mistakes.h"

/* The function stands before the C library's. */
static bool no_threads;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    next = dlsym(RTLD_NEXT, "pthread_create");
    return no_threads ? EAGAIN : next(thread, attributes, start, argument);
}

/* Wrong uses, each in a process of its own. All zero is not initialised. */
static QemuMutex unset_mutex, set_mutex;
static QemuRecMutex unset_rec, set_rec;
static QemuCond unset_cond, set_cond;

static void lock_unset(void)
{
    qemu_mutex_lock(&unset_mutex);
}

static void trylock_unset(void)
{
    (void)qemu_mutex_trylock(&unset_mutex);
}

static void unlock_unset(void)
{
    qemu_mutex_unlock(&unset_mutex);
}

static void destroy_unset(void)
{
    qemu_mutex_destroy(&unset_mutex);
}

static void lock_garbage(void)
{
    memset(&unset_mutex, 0xa5, sizeof(unset_mutex));
    qemu_mutex_lock(&unset_mutex);
}

static void lock_destroyed(void)
{
    qemu_mutex_destroy(&set_mutex);
    qemu_mutex_lock(&set_mutex);
}

static void lock_null(void)
{
    qemu_mutex_lock(NULL);
}

static void init_null(void)
{
    qemu_mutex_init(NULL);
}

static void destroy_locked(void)
{
    qemu_mutex_lock(&set_mutex);
    qemu_mutex_destroy(&set_mutex);
}

static void rec_lock_unset(void)
{
    qemu_rec_mutex_lock(&unset_rec);
}

static void rec_trylock_unset(void)
{
    (void)qemu_rec_mutex_trylock(&unset_rec);
}

static void rec_unlock_unset(void)
{
    qemu_rec_mutex_unlock(&unset_rec);
}

static void rec_destroy_unset(void)
{
    qemu_rec_mutex_destroy(&unset_rec);
}

static void rec_unlock_unlocked(void)
{
    qemu_rec_mutex_unlock(&set_rec);
}

static void signal_unset(void)
{
    qemu_cond_signal(&unset_cond);
}

static void broadcast_unset(void)
{
    qemu_cond_broadcast(&unset_cond);
}

static void wait_unset(void)
{
    qemu_cond_wait(&unset_cond, &set_mutex);
}

static void wait_unset_mutex(void)
{
    qemu_cond_wait(&set_cond, &unset_mutex);
}

static void timedwait_unset(void)
{
    (void)qemu_cond_timedwait(&unset_cond, &set_mutex, 1);
}

static void cond_destroy_unset(void)
{
    qemu_cond_destroy(&unset_cond);
}

static void cond_null(void)
{
    qemu_cond_signal(NULL);
}

static void *stays(void *arg)
{
    for (;;) {
        pause();
    }
    return NULL;
}

static void no_thread_left(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "there", stays, NULL, QEMU_THREAD_DETACHED);
    no_threads = true;
    qemu_thread_create(&thread, "not there", stays, NULL, QEMU_THREAD_DETACHED);
}

static void no_function(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "none", NULL, NULL, QEMU_THREAD_JOINABLE);
}

static void wrong_mode(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "wrong", stays, NULL, 2);
}

static void join_self(void)
{
    QemuThread self;

    qemu_thread_get_self(&self);
    qemu_thread_join(&self);
}

#define UNSET_MUTEX ": @mutex is not initialized*"
#define UNSET_COND ": @cond is not initialized*"

static const Mistake mistakes[] = {
    { "lock", lock_unset, "*qemu: qemu_mutex_lock_impl" UNSET_MUTEX },
    { "trylock", trylock_unset, "*qemu: qemu_mutex_trylock_impl" UNSET_MUTEX },
    { "unlock", unlock_unset, "*qemu: qemu_mutex_unlock_impl" UNSET_MUTEX },
    { "destroy", destroy_unset, "*qemu: qemu_mutex_destroy" UNSET_MUTEX },
    { "garbage", lock_garbage, "*qemu: qemu_mutex_lock_impl" UNSET_MUTEX },
    { "destroyed", lock_destroyed, "*qemu: qemu_mutex_lock_impl" UNSET_MUTEX },
    { "null", lock_null, "*qemu: qemu_mutex_lock_impl: @mutex is NULL*" },
    { "init-null", init_null, "*qemu: qemu_mutex_init: @mutex is NULL*" },
    { "destroy-locked", destroy_locked, "*qemu: qemu_mutex_destroy: Device or resource busy*" },
    { "rec-lock", rec_lock_unset, "*qemu: qemu_rec_mutex_lock_impl" UNSET_MUTEX },
    { "rec-trylock", rec_trylock_unset, "*qemu: qemu_rec_mutex_trylock_impl" UNSET_MUTEX },
    { "rec-unlock", rec_unlock_unset, "*qemu: qemu_rec_mutex_unlock_impl" UNSET_MUTEX },
    { "rec-destroy", rec_destroy_unset, "*qemu: qemu_rec_mutex_destroy" UNSET_MUTEX },
    { "rec-unlock-unlocked", rec_unlock_unlocked,
      "*qemu: qemu_rec_mutex_unlock_impl: Operation not permitted*" },
    { "signal", signal_unset, "*qemu: qemu_cond_signal" UNSET_COND },
    { "broadcast", broadcast_unset, "*qemu: qemu_cond_broadcast" UNSET_COND },
    { "wait", wait_unset, "*qemu: qemu_cond_wait_impl" UNSET_COND },
    { "wait-mutex", wait_unset_mutex, "*qemu: qemu_cond_wait_impl" UNSET_MUTEX },
    { "timedwait", timedwait_unset, "*qemu: qemu_cond_timedwait_impl" UNSET_COND },
    { "cond-destroy", cond_destroy_unset, "*qemu: qemu_cond_destroy" UNSET_COND },
    { "cond-null", cond_null, "*qemu: qemu_cond_signal: @cond is NULL*" },
    { "no-thread", no_thread_left,
      "*qemu: qemu_thread_create: Resource temporarily unavailable*" },
    { "no-function", no_function, "*qemu: qemu_thread_create: @start_routine is NULL*" },
    { "mode", wrong_mode, "*qemu: qemu_thread_create: @mode is 2*" },
    { "join-self", join_self, "*qemu: qemu_thread_join: Resource deadlock avoided*" },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (g_test_subprocess()) {
        setenv("LC_ALL", "C", 1);
        qemu_mutex_init(&set_mutex);
        qemu_rec_mutex_init(&set_rec);
        qemu_cond_init(&set_cond);
    }
    ADD_MISTAKES("/qio/thread/mistake", mistakes);
    return g_test_run();
}
