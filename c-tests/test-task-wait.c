/*
 * qio_task_wait_thread() beside whatever else ends a task: a context that goes, another end, a group without a thread.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cancelled-tasks.h"
#include <dlfcn.h>

/* The function stands before the C library's. */
static bool no_threads;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    next = dlsym(RTLD_NEXT, "pthread_create");
    return no_threads ? EAGAIN : next(thread, attributes, start, argument);
}

/* R-EXT-21: before any thread was made. Who waits does the work of those whose place the task waits for. */
static void test_group_without_threads(void)
{
    GMainContext *contexts[3];
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    Job jobs[4] = { 0 };
    QIOTask *tasks[4];
    int i;

    no_threads = true;
    for (i = 0; i < 3; i++) {
        contexts[i] = g_main_context_new();
    }
    for (i = 0; i < 4; i++) {
        jobs[i].gate.open = TRUE;
        tasks[i] = job_start(&jobs[i], contexts[MIN(i, 2)], &options);
    }
    qio_task_wait_thread(tasks[2]);
    g_assert_cmpint(jobs[2].told, ==, 1);
    for (i = 0; i < 4; i++) {
        g_assert_cmpint(jobs[i].begun, ==, i < 3);
        g_assert_cmpint(jobs[i].told, ==, i == 2);
    }
    qio_task_wait_thread(tasks[3]);
    no_threads = false;
    for (i = 0; i < 4; i++) {
        iterate_until(&jobs[i].ended, 1, contexts[MIN(i, 2)]);
        job_check(&jobs[i], QIO_TASK_COMPLETED, NULL);
        qio_task_unref(tasks[i]);
        job_clear(&jobs[i]);
    }
    for (i = 0; i < 3; i++) {
        g_main_context_unref(contexts[i]);
    }
}

static gpointer open_gate(gpointer opaque)
{
    g_usleep(1000);
    gate_open(opaque);
    return NULL;
}

/* R-EXT-9: the program has no context any more: who waits delivers all the same. A context that went before took the
 * task along. */
static void test_context_dropped(void)
{
    int i, told = 0;

    for (i = 0; i < 200; i++) {
        GMainContext *context = g_main_context_new();
        Job job = { 0 };
        QIOTask *task = qio_task_ref(qio_task_new(NULL, job_told, &job, NULL));
        GThread *opener = NULL;

        if (i & 1) {
            qio_task_run_in_thread(task, job_works, &job, job_ended, context);
        } else {
            qio_task_run_in_thread_full(task, job_works, &job, job_ended, context, NULL);
        }
        g_main_context_unref(context);
        opener = g_thread_new("opener", open_gate, &job.gate);
        qio_task_wait_thread(task);
        g_thread_join(opener);
        while (!g_atomic_int_get(&job.ended) || g_atomic_int_get(&job.results) != 1) {
            g_thread_yield();
        }
        g_assert_cmpint(job.told, <=, 1);
        told += job.told;
        qio_task_unref(task);
        job_clear(&job);
    }
    g_assert_cmpint(told, >, 0);
}

/* R-EXT-9: whoever has a reference may wait for what is over. */
static void test_over(void)
{
    int i;

    for (i = 0; i < 2; i++) {
        Job job = { .gate.open = TRUE };
        QIOTask *task = qio_task_ref(qio_task_new(NULL, job_told, &job, NULL));

        if (i) {
            qio_task_run_in_thread_full(task, job_works, &job, job_ended, NULL, NULL);
        } else {
            qio_task_run_in_thread(task, job_works, &job, job_ended, NULL);
        }
        iterate_until(&job.ended, 1, NULL);
        qio_task_wait_thread(task);
        job_check(&job, QIO_TASK_COMPLETED, NULL);
        qio_task_unref(task);
        job_clear(&job);
    }
}

static void worker_keeps_its_own(QIOTask *task, gpointer opaque)
{
    Job *job = opaque;
    Error *err = NULL;

    error_setg(&err, "the worker's");
    qio_task_set_error(task, err);
    qio_task_set_result_pointer(task, &job->results, destroy_counts);
    g_atomic_int_inc(&job->begun);
    worker_waits_at_gate(task, &job->gate);
    g_assert_cmpint(g_atomic_int_get(&job->results), ==, 0);
    g_assert_true(qio_task_get_result_pointer(task) == &job->results);
    err = NULL;
    g_assert_true(qio_task_propagate_error(task, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "the worker's");
    error_free(err);
}

static int own_results;

/* What the callback sets is its own. */
static void func_sets(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    job_told(task, opaque);
    error_setg(&err, "the callback's");
    qio_task_set_error(task, err);
    qio_task_set_result_pointer(task, &own_results, destroy_counts);
    g_assert_true(qio_task_get_result_pointer(task) == &own_results);
    err = NULL;
    g_assert_true(qio_task_propagate_error(task, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "the callback's");
    error_free(err);
    g_assert_cmpint(own_results, ==, 0);
}

/* R-EXT-6 */
static void test_set_by_both(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL };
    Job job = { 0 };
    QIOTask *task = qio_task_ref(qio_task_new(NULL, func_sets, &job, NULL));

    qio_task_run_in_thread_full(task, worker_keeps_its_own, &job, job_ended, NULL, &options);
    job_wait_for_worker(&job);
    g_assert_true(qio_task_cancel(task));
    iterate_until(&job.told, 1, NULL);
    gate_open(&job.gate);
    iterate_until(&job.ended, 1, NULL);
    job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
    g_assert_cmpint(own_results, ==, 1);
    qio_task_unref(task);
    job_clear(&job);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/task/wait/group-without-threads", test_group_without_threads);
    g_test_add_func("/qio/task/wait/context-dropped", test_context_dropped);
    g_test_add_func("/qio/task/wait/over", test_over);
    g_test_add_func("/qio/task/cancel/set-by-both", test_set_by_both);
    return g_test_run();
}
