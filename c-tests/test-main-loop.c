/*
 * qemu/main-loop.h: the main thread and its loop.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"

#include <sys/resource.h>

#include "qapi/error.h"

static gpointer asks(gpointer data)
{
    return GINT_TO_POINTER(qemu_in_main_thread());
}

static bool other_thread_is_main(void)
{
    return GPOINTER_TO_INT(g_thread_join(g_thread_new("asks", asks, NULL)));
}

static gpointer initialises(gpointer data)
{
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    return NULL;
}

static gboolean counts(gpointer data)
{
    ++*(int *)data;
    return G_SOURCE_REMOVE;
}

static gpointer notifies(gpointer data)
{
    qemu_notify_event();
    return NULL;
}

static gpointer adds_source(gpointer data)
{
    g_idle_add(counts, data);
    return NULL;
}

/* Runs the rest of a test in a process where the main loop was not initialised. */
static bool in_fresh_process(void)
{
    if (g_test_subprocess()) {
        return true;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    return false;
}

static void test_before(void)
{
    int calls = 0;

    if (!in_fresh_process()) {
        return;
    }
    g_assert_true(qemu_in_main_thread());
    g_assert_true(other_thread_is_main());
    GLOBAL_STATE_CODE();
    /* Nobody listens yet. */
    qemu_notify_event();
    g_idle_add(counts, &calls);
    while (calls == 0) {
        main_loop_wait(true);
    }
    main_loop_wait(true);
    g_assert_cmpint(calls, ==, 1);
}

static void test_init(void)
{
    Error *err = NULL;
    sigset_t before, after;

    if (!in_fresh_process()) {
        return;
    }
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, NULL, &before), ==, 0);
    g_assert_cmpint(qemu_init_main_loop(&err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, NULL, &after), ==, 0);
    for (int sig = 1; sig < NSIG; sig++) {
        g_assert_cmpint(sigismember(&before, sig), ==, sigismember(&after, sig));
    }
    g_assert_true(qemu_in_main_thread());
    g_assert_false(other_thread_is_main());

    /* Again, here and elsewhere. */
    g_assert_cmpint(qemu_init_main_loop(NULL), ==, 0);
    g_thread_join(g_thread_new("init", initialises, NULL));
    g_assert_true(qemu_in_main_thread());
    g_assert_false(other_thread_is_main());
}

static void test_init_elsewhere(void)
{
    if (!in_fresh_process()) {
        return;
    }
    g_thread_join(g_thread_new("init", initialises, NULL));
    /* The main thread has ended: none is it. */
    g_assert_false(qemu_in_main_thread());
    g_assert_false(other_thread_is_main());
}

static void test_fork(void)
{
    int status;
    pid_t child;

    if (!in_fresh_process()) {
        return;
    }
    qemu_init_main_loop(&error_abort);
    child = fork();
    if (child == 0) {
        _exit(qemu_in_main_thread() ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

/* With nothing to do it returns at once if it must not block. */
static void test_nonblocking(void)
{
    int calls = 0;

    qemu_init_main_loop(&error_abort);
    main_loop_wait(true);
    g_idle_add(counts, &calls);
    while (calls == 0) {
        main_loop_wait(true);
    }
    main_loop_wait(true);
    g_assert_cmpint(calls, ==, 1);
}

static void test_blocking(void)
{
    int calls = 0;
    GThread *thread;

    qemu_init_main_loop(&error_abort);
    thread = g_thread_new("adds", adds_source, &calls);
    while (calls == 0) {
        main_loop_wait(false);
    }
    g_thread_join(thread);
}

/* Would hang without the notification, which may come before or while it waits. */
static void test_notify(void)
{
    qemu_init_main_loop(&error_abort);
    for (int i = 0; i < 1000; i++) {
        GThread *thread = g_thread_new("notifies", notifies, NULL);

        main_loop_wait(false);
        g_thread_join(thread);
        /* What the thread left if an earlier one was enough. */
        main_loop_wait(true);
    }
    qemu_notify_event();
    main_loop_wait(false);
}

static void test_codes(void)
{
    qemu_init_main_loop(&error_abort);
    GLOBAL_STATE_CODE();
    IO_CODE();
    IO_OR_GS_CODE();
}

static gpointer runs_global_state_code(gpointer data)
{
    IO_CODE();
    IO_OR_GS_CODE();
    GLOBAL_STATE_CODE();
    return NULL;
}

static void test_global_state_elsewhere(void)
{
    if (g_test_subprocess()) {
        qemu_init_main_loop(&error_abort);
        g_thread_join(g_thread_new("elsewhere", runs_global_state_code, NULL));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*runs_global_state_code*qemu_in_main_thread*");
}

static void never(void *opaque)
{
    g_assert_not_reached();
}

/* What is missing is said, not only that something is. */
static void test_too_early(void)
{
    if (g_test_subprocess()) {
        struct rlimit no_core = { 0, 0 };

        setrlimit(RLIMIT_CORE, &no_core);
        qemu_bh_new(never, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qemu_bh_new_full: @ctx is NULL: there is no main AioContext before"
                              " qemu_init_main_loop()\n");
}

static void coroutine_fn sleeps(void *opaque)
{
    qemu_coroutine_yield();
}

static void test_too_early_for_coroutines(void)
{
    if (g_test_subprocess()) {
        struct rlimit no_core = { 0, 0 };

        setrlimit(RLIMIT_CORE, &no_core);
        aio_co_schedule(qemu_get_aio_context(), qemu_coroutine_create(sleeps, NULL));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*aio_co_schedule: the coroutine has no AioContext: there is no main one before"
                              " qemu_init_main_loop()\n");
}

static void test_big_lock(void)
{
#ifndef QIO_HAS_BQL_NAMES
    g_assert_false(qemu_mutex_iothread_locked());
    qemu_mutex_lock_iothread();
    g_assert_false(qemu_mutex_iothread_locked());
    qemu_mutex_unlock_iothread();
#else
    g_assert_false(bql_locked());
    bql_lock();
    g_assert_false(bql_locked());
    bql_unlock();
#endif
}

static bool polls(void *opaque)
{
    return opaque;
}

static void handles(void *opaque)
{
    ++*(int *)opaque;
}

/* The types of block/aio.h and qemu/coroutine.h. */
static void test_types(void)
{
    IOHandler *handler = handles;
    QEMUBHFunc *bottom_half = handles;
    AioPollFn *poll_fn = polls;
    CoroutineEntry *entry = handles;
    Coroutine *co = NULL;
    AioContext *ctx = NULL;
    int calls = 0;

    handler(&calls);
    bottom_half(&calls);
    entry(&calls);
    g_assert_cmpint(calls, ==, 3);
    g_assert_true(poll_fn(&calls));
    g_assert_true(!co && !ctx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/main-loop/before", test_before);
    g_test_add_func("/qio/main-loop/init", test_init);
    g_test_add_func("/qio/main-loop/init-elsewhere", test_init_elsewhere);
    g_test_add_func("/qio/main-loop/fork", test_fork);
    g_test_add_func("/qio/main-loop/nonblocking", test_nonblocking);
    g_test_add_func("/qio/main-loop/blocking", test_blocking);
    g_test_add_func("/qio/main-loop/notify", test_notify);
    g_test_add_func("/qio/main-loop/codes", test_codes);
    g_test_add_func("/qio/main-loop/global-state-elsewhere", test_global_state_elsewhere);
    g_test_add_func("/qio/main-loop/too-early", test_too_early);
    g_test_add_func("/qio/main-loop/too-early-for-coroutines", test_too_early_for_coroutines);
    g_test_add_func("/qio/main-loop/big-lock", test_big_lock);
    g_test_add_func("/qio/main-loop/types", test_types);
    return g_test_run();
}
