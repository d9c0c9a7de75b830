/*
 * qemu/thread.h: threads. The locks are in test-thread-locks.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "thread-account.h"
#include <sys/prctl.h>

static void *increment(void *arg)
{
    return (char *)arg + 1;
}

static void *exit_deeply(void *arg)
{
    if (arg) {
        qemu_thread_exit(increment(arg));
    }
    return NULL;
}

static void test_join(void)
{
    char value[2];

    g_assert_true(elsewhere(increment, value) == &value[1]);
    g_assert_null(elsewhere(exit_deeply, NULL));
}

/* Ends the thread from a frame below others. */
static void test_exit(void)
{
    char value[2];

    g_assert_true(elsewhere(exit_deeply, value) == &value[1]);
#ifndef QIO_HAS_THREAD_NAMES
    qemu_thread_naming(true);
    g_assert_true(elsewhere(exit_deeply, value) == &value[1]);
    qemu_thread_naming(false);
#endif
}

typedef struct Detached {
    QemuMutex lock;
    QemuCond cond;
    bool joinable;
    bool done;
} Detached;

static void *runs_detached(void *opaque)
{
    Detached *detached = opaque;
    pthread_attr_t attr;
    int state;

    g_assert_cmpint(pthread_getattr_np(pthread_self(), &attr), ==, 0);
    g_assert_cmpint(pthread_attr_getdetachstate(&attr, &state), ==, 0);
    pthread_attr_destroy(&attr);
    qemu_mutex_lock(&detached->lock);
    detached->joinable = state == PTHREAD_CREATE_JOINABLE;
    detached->done = true;
    qemu_cond_signal(&detached->cond);
    qemu_mutex_unlock(&detached->lock);
    return NULL;
}

/* Its handle may be gone before it runs. */
static void start_detached(Detached *detached)
{
    QemuThread thread;

    qemu_thread_create(&thread, "detached", runs_detached, detached, QEMU_THREAD_DETACHED);
}

static void test_detached(void)
{
    /* Static, as the thread may be in its last unlock when the test returns. */
    static Detached detached = { .joinable = true };

    qemu_mutex_init(&detached.lock);
    qemu_cond_init(&detached.cond);
    start_detached(&detached);
    qemu_mutex_lock(&detached.lock);
    while (!detached.done) {
        qemu_cond_wait(&detached.cond, &detached.lock);
    }
    g_assert_false(detached.joinable);
    qemu_mutex_unlock(&detached.lock);
}

static QemuThread known;

static void *knows_itself(void *arg)
{
    QemuThread self;

    /* The handle is there when the thread starts. */
    g_assert_true(qemu_thread_is_self(&known));
    qemu_thread_get_self(&self);
    g_assert_true(pthread_equal(self.thread, known.thread));
    return NULL;
}

static void test_self(void)
{
    QemuThread self;

    qemu_thread_create(&known, "self", knows_itself, NULL, QEMU_THREAD_JOINABLE);
    g_assert_false(qemu_thread_is_self(&known));
    qemu_thread_join(&known);
    qemu_thread_get_self(&self);
    g_assert_true(qemu_thread_is_self(&self));
}

/* Threads made otherwise can use all of it. */
static gpointer of_glib(gpointer opaque)
{
    Account *account = opaque;
    QemuThread self;
    char value[2];

    deposit(account);
    qemu_thread_get_self(&self);
    g_assert_true(qemu_thread_is_self(&self));
    g_assert_true(elsewhere(increment, value) == &value[1]);
    return NULL;
}

/* R-THR-6 */
static void test_foreign(void)
{
    Account *account = account_new();

    g_thread_join(g_thread_new("foreign", of_glib, account));
    g_assert_cmpint(account->balance, ==, DEPOSITS);
    account_free(account);
}

static void *own_mask(void *opaque)
{
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, NULL, opaque), ==, 0);
    return NULL;
}

static void test_signals(void)
{
    sigset_t before, after, inside;

    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    sigaddset(&before, SIGSEGV);
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, &before, NULL), ==, 0);
    elsewhere(own_mask, &inside);
    own_mask(&after);
    for (int sig = 1; sig < NSIG; sig++) {
        bool open = sig == SIGSEGV || sig == SIGFPE || sig == SIGILL;

        g_assert_cmpint(sigismember(&after, sig), ==, sigismember(&before, sig));
        /* Those that cannot be blocked, and those that libc keeps for itself. */
        if (sig == SIGKILL || sig == SIGSTOP || (sig > SIGSYS && sig < SIGRTMIN)) {
            continue;
        }
        g_assert_cmpint(sigismember(&inside, sig), ==, !open);
    }
    sigemptyset(&before);
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, &before, NULL), ==, 0);
}

static void *own_name(void *opaque)
{
    char *name = g_malloc0(16);

    g_assert_cmpint(prctl(PR_GET_NAME, name), ==, 0);
    return name;
}

static char *name_of_thread(const char *name)
{
    QemuThread thread;
    g_autofree char *copy = g_strdup(name);

    qemu_thread_create(&thread, copy, own_name, NULL, QEMU_THREAD_JOINABLE);
    /* The caller's text is not needed any more. */
    if (copy) {
        memset(copy, '!', strlen(copy));
    }
    return qemu_thread_join(&thread);
}

#ifdef QIO_HAS_THREAD_NAMES
static void *asked_name(void *opaque)
{
    char *name = g_strdup(qemu_thread_get_name());

    /* What the first question found is kept. */
    pthread_setname_np(pthread_self(), "renamed");
    g_assert_cmpstr(qemu_thread_get_name(), ==, name);
    return name;
}

static void *names_itself(void *opaque)
{
    qemu_thread_set_name("sixteen--letters");
    qemu_thread_set_name("itself");
    return g_strdup(qemu_thread_get_name());
}

static char *name_told_by(void *(*routine)(void *), const char *name)
{
    QemuThread thread;

    qemu_thread_create(&thread, name, routine, NULL, QEMU_THREAD_JOINABLE);
    return qemu_thread_join(&thread);
}

static void test_names(void)
{
    g_autofree char *first = name_of_thread("first");
    g_autofree char *longest = name_of_thread("fifteen-letters");
    g_autofree char *told = name_told_by(asked_name, "told");
    g_autofree char *itself = name_told_by(names_itself, NULL);

    g_assert_cmpstr(first, ==, "first");
    g_assert_cmpstr(longest, ==, "fifteen-letters");
    g_assert_cmpstr(told, ==, "told");
    g_assert_cmpstr(itself, ==, "itself");
    g_assert_cmpstr(qemu_thread_get_name(), ==, "main");
    g_assert_true(qemu_thread_get_name() == qemu_thread_get_name());
}
#else
static void test_names(void)
{
    g_autofree char *mine = own_name(NULL);
    g_autofree char *off = name_of_thread("first");
    g_autofree char *on = NULL, *longest = NULL, *too_long = NULL, *none = NULL, *again = NULL;

    g_assert_cmpstr(off, ==, mine);
    qemu_thread_naming(true);
    on = name_of_thread("second");
    longest = name_of_thread("fifteen-letters");
    too_long = name_of_thread("sixteen--letters");
    none = name_of_thread(NULL);
    qemu_thread_naming(false);
    again = name_of_thread("third");
    g_assert_cmpstr(on, ==, "second");
    g_assert_cmpstr(longest, ==, "fifteen-letters");
    g_assert_cmpstr(too_long, ==, mine);
    g_assert_cmpstr(none, ==, mine);
    g_assert_cmpstr(again, ==, mine);
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/thread/join", test_join);
    g_test_add_func("/qio/thread/exit", test_exit);
    g_test_add_func("/qio/thread/detached", test_detached);
    g_test_add_func("/qio/thread/self", test_self);
    g_test_add_func("/qio/thread/foreign", test_foreign);
    g_test_add_func("/qio/thread/signals", test_signals);
    g_test_add_func("/qio/thread/names", test_names);
    return g_test_run();
}
