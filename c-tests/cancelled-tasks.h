/*
 * Tasks that are cancelled, and what came of them: what the callback got, and what was freed when.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CANCELLED_TASKS_H
#define CANCELLED_TASKS_H

#include "qemu/osdep.h"
#include "io/task.h"
#include "qapi/error.h"
#include "qio/ext.h"
#include "task-counters.h"

/* A task with a worker function that waits at a gate, and then sets a result. */
typedef struct Job {
    Gate gate;
    int begun;        /* the worker function was entered */
    int told;         /* the callback was called */
    int ended;        /* the destroy function of the worker's data has run */
    int results;      /* results that were freed */
    bool saw_cancel;  /* what the worker function was told when the gate was open */
    QIOTaskOutcome outcome;
    char *message;    /* of the error that the callback got */
    void *result;     /* what the callback got */
    GThread *thread;  /* where the callback ran */
    GThread *end;     /* where the destroy function ran */
} Job;

static inline void job_clear(Job *job)
{
    g_clear_pointer(&job->message, g_free);
    g_mutex_clear(&job->gate.lock);
    g_cond_clear(&job->gate.cond);
}

static inline void job_works(QIOTask *task, gpointer opaque)
{
    Job *job = opaque;

    g_atomic_int_inc(&job->begun);
    worker_waits_at_gate(task, &job->gate);
    job->saw_cancel = qio_task_is_cancelled(task);
    qio_task_set_result_pointer(task, &job->results, destroy_counts);
    g_assert_true(qio_task_get_result_pointer(task) == &job->results);
}

static inline void job_told(QIOTask *task, gpointer opaque)
{
    Job *job = opaque;
    Error *err = NULL;

    job->thread = g_thread_self();
    job->outcome = qio_task_get_outcome(task);
    job->result = qio_task_get_result_pointer(task);
    if (qio_task_propagate_error(task, &err)) {
        job->message = g_strdup(error_get_pretty(err));
        error_free(err);
    }
    g_assert_false(qio_task_propagate_error(task, NULL));
    g_assert_false(qio_task_cancel(task));
    g_atomic_int_inc(&job->told);
}

static inline void job_ended(gpointer opaque)
{
    Job *job = opaque;

    job->end = g_thread_self();
    g_atomic_int_inc(&job->ended);
}

/* Starts it; the reference is the test's. */
static inline QIOTask *job_start(Job *job, GMainContext *context, const QIOTaskOptions *options)
{
    QIOTask *task = qio_task_ref(qio_task_new(NULL, job_told, job, NULL));

    qio_task_run_in_thread_full(task, job_works, job, job_ended, context, options);
    return task;
}

static inline void job_wait_for_worker(Job *job)
{
    while (!g_atomic_int_get(&job->begun)) {
        g_thread_yield();
    }
}

/* Without blocking: what comes from another thread comes later, and may wake nobody. */
static inline void iterate_until(int *counter, int goal, GMainContext *context)
{
    while (g_atomic_int_get(counter) < goal) {
        if (!g_main_context_iteration(context, FALSE)) {
            g_usleep(100);
        }
    }
}

/* It ended as the outcome says, everything of it once, in this thread. */
static inline void job_check(Job *job, QIOTaskOutcome outcome, const char *message)
{
    g_assert_cmpint(job->told, ==, 1);
    g_assert_cmpint(job->ended, ==, 1);
    g_assert_cmpint(job->outcome, ==, outcome);
    g_assert_cmpstr(job->message, ==, message);
    g_assert_true(job->thread == g_thread_self());
    g_assert_true(job->end == g_thread_self());
    g_assert_true(job->result == (outcome == QIO_TASK_COMPLETED ? &job->results : NULL));
    /* Whatever the worker function has set. */
    g_assert_cmpint(job->results, ==, job->begun);
}

#endif
