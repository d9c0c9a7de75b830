/*
 * Misuse of tasks that can be cancelled, and of their groups: qio/ext.h.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "cancelled-tasks.h"
#include "mistakes.h"

static void run(QIOTask *task, QIOTaskWorker worker, const QIOTaskOptions *options)
{
    qio_task_run_in_thread_full(task, worker, NULL, NULL, NULL, options);
}

static QIOTask *new_task(void)
{
    return qio_task_new(NULL, func_counts, NULL, NULL);
}

/* R-EXT-2 */
static void mistake_run_null(void)
{
    run(NULL, worker_returns, NULL);
}

/* R-EXT-2 */
static void mistake_run_null_worker(void)
{
    run(new_task(), NULL, NULL);
}

/* R-EXT-2 */
static void mistake_run_twice(void)
{
    Job job = { 0 };
    QIOTask *task = job_start(&job, NULL, NULL);

    run(task, worker_returns, NULL);
}

/* R-EXT-2 */
static void mistake_size(void)
{
    QIOTaskOptions options = { .name = "without size" };

    run(new_task(), worker_returns, &options);
}

/* R-EXT-2 */
static void mistake_unknown_member(void)
{
    struct {
        QIOTaskOptions known;
        uint64_t further;
    } options = { .known = { .size = sizeof(options) }, .further = 1 };

    run(new_task(), worker_returns, &options.known);
}

/* R-EXT-2 */
static void mistake_flags(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .flags = 2 };

    run(new_task(), worker_returns, &options);
}

/* R-EXT-2 */
static void mistake_deadline(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .deadline = -1 };

    run(new_task(), worker_returns, &options);
}

/* R-EXT-12: this program doesn't have GIO, so it has no cancellable either. */
static void mistake_cancellable(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .cancellable = (struct _GCancellable *)&options };

    run(new_task(), worker_returns, &options);
}

static void mistake_complete(void)
{
    Job job = { 0 };

    qio_task_complete(job_start(&job, NULL, NULL));
}

static void mistake_cancel_null(void)
{
    qio_task_cancel(NULL);
}

/* R-EXT-14 */
static void mistake_is_cancelled_null(void)
{
    qio_task_is_cancelled(NULL);
}

static void mistake_outcome_null(void)
{
    qio_task_get_outcome(NULL);
}

static void mistake_name_null(void)
{
    qio_task_get_name(NULL);
}

static void mistake_ref_null(void)
{
    qio_task_ref(NULL);
}

static void mistake_unref_null(void)
{
    qio_task_unref(NULL);
}

/* R-EXT-21 */
static void mistake_group_of_none(void)
{
    qio_task_group_new(0);
}

/* R-EXT-23 */
static void mistake_group_ref_null(void)
{
    qio_task_group_ref(NULL);
}

static const Mistake mistakes[] = {
    { "run-null", mistake_run_null, "*qio_task_run_in_thread_full: task is NULL*" },
    { "run-null-worker", mistake_run_null_worker, "*qio_task_run_in_thread_full: worker is NULL*" },
    { "run-twice", mistake_run_twice, "*qio_task_run_in_thread_full: *to a thread before*" },
    { "size", mistake_size, "*qio_task_run_in_thread_full: options->size is 0*" },
    { "unknown-member", mistake_unknown_member, "*qio_task_run_in_thread_full: *doesn't know*" },
    { "flags", mistake_flags, "*qio_task_run_in_thread_full: options->flags is 0x2*" },
    { "deadline", mistake_deadline, "*qio_task_run_in_thread_full: options->deadline is -1*" },
    { "cancellable", mistake_cancellable, "*qio_task_run_in_thread_full: *libgio-2.0.so.0 isn't loaded*" },
    { "complete", mistake_complete, "*qio_task_complete: *given to a thread*" },
    { "cancel-null", mistake_cancel_null, "*qio_task_cancel: task is NULL*" },
    { "is-cancelled-null", mistake_is_cancelled_null, "*qio_task_is_cancelled: task is NULL*" },
    { "outcome-null", mistake_outcome_null, "*qio_task_get_outcome: task is NULL*" },
    { "name-null", mistake_name_null, "*qio_task_get_name: task is NULL*" },
    { "ref-null", mistake_ref_null, "*qio_task_ref: task is NULL*" },
    { "unref-null", mistake_unref_null, "*qio_task_unref: task is NULL*" },
    { "group-of-none", mistake_group_of_none, "*qio_task_group_new: max_workers is 0*" },
    { "group-ref-null", mistake_group_ref_null, "*qio_task_group_ref: group is NULL*" },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD_MISTAKES("/qio/task/cancel/mistake", mistakes);
    return g_test_run();
}
