/*
 * Row T2 of docs/spec/properties.md: threads that can't be created.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include "task-counters.h"

/*
 * The program's own pthread_create stands before the C library's, so that a test can make thread
 * creation fail (T2).
 */
static int creation_fails;
static int creations;
/* What is called while a creation that will fail is under way. */
static void (*while_creating)(void);

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (g_atomic_int_get(&creation_fails)) {
        if (while_creating) {
            while_creating();
        }
        return EAGAIN;
    }
    if (!real) {
        real = dlsym(RTLD_NEXT, "pthread_create");
    }
    g_atomic_int_inc(&creations);
    return real(thread, attr, start, arg);
}

/* T2: no thread to be had never ends the process, and no error is invented. */
static void test_t2(void)
{
    if (g_test_subprocess()) {
        GMainContext *context = g_main_context_new();
        int calls = 0;
        QIOTask *task;

        /* Late: a timer tries again. No worker exists yet in this process. */
        g_atomic_int_set(&creation_fails, 1);
        task = qio_task_new(NULL, func_counts, &calls, NULL);
        qio_task_run_in_thread(task, worker_returns, NULL, NULL, context);
        g_main_context_iteration(context, FALSE);
        g_assert_cmpint(calls, ==, 0);
        g_atomic_int_set(&creation_fails, 0);
        run_until(&calls, 1, context);
        g_assert_cmpint(creations, >=, 1);
        g_main_context_unref(context);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

static void worker_notes_thread(QIOTask *task, gpointer opaque)
{
    *(GThread **)opaque = g_thread_self();
}

/* T2 under wait_thread: the waiting thread does the work itself. */
static void test_t2_wait(void)
{
    if (g_test_subprocess()) {
        GThread *worker_thread = NULL;
        int calls = 0;
        QIOTask *task;

        g_atomic_int_set(&creation_fails, 1);
        task = qio_task_new(NULL, func_counts, &calls, NULL);
        qio_task_run_in_thread(task, worker_notes_thread, &worker_thread, NULL, NULL);
        qio_task_wait_thread(task);
        g_assert_cmpint(calls, ==, 1);
        g_assert_true(worker_thread == g_thread_self());
        g_assert_cmpint(creations, ==, 0);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

/* T2 with two contexts: a task doesn't depend on what becomes of another one's context. */
static void test_t2_contexts(void)
{
    if (g_test_subprocess()) {
        GMainContext *first = g_main_context_new(), *second = g_main_context_new();
        int calls = 0;
        QIOTask *task = qio_task_new(NULL, func_counts, &calls, NULL);

        g_atomic_int_set(&creation_fails, 1);
        qio_task_run_in_thread(task, worker_returns, NULL, NULL, first);
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL),
                               worker_returns, NULL, NULL, second);
        qio_task_wait_thread(task);
        g_assert_cmpint(calls, ==, 1);
        g_main_context_unref(first);
        g_atomic_int_set(&creation_fails, 0);
        run_until(&calls, 2, second);
        /* Nothing is left that would try again. */
        g_assert_false(g_main_context_pending(second));
        g_assert_cmpint(g_atomic_int_get(&creations), ==, 1);
        g_main_context_unref(second);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

/* T2 with workers: a blocked one, freed later, takes what no thread could be made for. */
static void test_t2_busy(void)
{
    if (g_test_subprocess()) {
        Gate gate = { .open = FALSE };
        GMainContext *never_iterated = g_main_context_new();
        int calls = 0;

        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL),
                               worker_waits_at_gate, &gate, NULL, NULL);
        while (g_atomic_int_get(&creations) == 0) {
            g_thread_yield();
        }
        g_atomic_int_set(&creation_fails, 1);
        /* Its context is not iterated, so no timer helps. */
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL),
                               worker_returns, NULL, NULL, never_iterated);
        gate_open(&gate);
        run_until(&calls, 1, NULL);
        run_until(&calls, 2, never_iterated);
        g_main_context_unref(never_iterated);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

/*
 * T2 with an idle worker: it parked while a thread was asked for that couldn't be made, and the task
 * that came meanwhile had called nobody, as that thread was on its way.
 */
static Gate parking;
static int worker_thread, late_runs;
static GMainContext *never_iterated;

static void worker_parks(QIOTask *task, gpointer opaque)
{
    g_atomic_int_set(&worker_thread, gettid());
    worker_waits_at_gate(task, opaque);
}

static void worker_counts(QIOTask *task, gpointer opaque)
{
    g_atomic_int_inc(&late_runs);
}

/* What a thread does, as in proc(5): S if it sleeps. */
static char thread_state(int tid)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/stat", tid);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return strrchr(text, ')')[2];
}

static void let_the_worker_park(void)
{
    while_creating = NULL;
    gate_open(&parking);
    /* The worker takes this one before it parks; it has ended when its callback has run. */
    run_until(&late_runs, 1, NULL);
    while (thread_state(worker_thread) != 'S') {
        g_thread_yield();
    }
    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &late_runs, NULL), worker_counts, NULL,
                           NULL, never_iterated);
    /* It is not waited for here: the creation must fail first. */
}

static void test_t2_idle(void)
{
    if (g_test_subprocess()) {
        gint64 begin;
        int calls = 0;

        never_iterated = g_main_context_new();
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_parks, &parking,
                               NULL, NULL);
        while (g_atomic_int_get(&worker_thread) == 0) {
            g_thread_yield();
        }
        g_atomic_int_set(&creation_fails, 1);
        while_creating = let_the_worker_park;
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &late_runs, NULL), worker_returns,
                               NULL, NULL, NULL);
        begin = g_get_monotonic_time();
        while (g_atomic_int_get(&late_runs) < 2) {
            g_usleep(1000);
        }
        /* An idle worker leaves after 10 s, and would find the task then. */
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
        g_main_context_unref(never_iterated);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/properties/T2/late", test_t2);
    g_test_add_func("/qio/properties/T2/wait", test_t2_wait);
    g_test_add_func("/qio/properties/T2/busy", test_t2_busy);
    g_test_add_func("/qio/properties/T2/idle", test_t2_idle);
    g_test_add_func("/qio/properties/T2/contexts", test_t2_contexts);
    return g_test_run();
}
