/*
 * Tasks that are cancelled by a call, or by their deadlines: qio/ext.h.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "cancelled-tasks.h"
#include "forked-child.h"
#include "probe-object.h"
#include "qio/trace.h"

#define MINUTE (60 * G_USEC_PER_SEC)

static int64_t in_a_minute(void)
{
    return g_get_monotonic_time() + MINUTE;
}

/* R-EXT-15, R-EXT-17: nobody cancels: as any task. */
static void test_completed(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskOptions options = { .size = sizeof(options), .name = "sums", .deadline = in_a_minute() };
    Job job = { .gate.open = TRUE };
    QIOTask *task = job_start(&job, context, &options);

    iterate_until(&job.ended, 1, context);
    job_check(&job, QIO_TASK_COMPLETED, NULL);
    g_assert_false(job.saw_cancel);
    /* A reference keeps what can be asked. */
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_COMPLETED);
    g_assert_cmpstr(qio_task_get_name(task), ==, "sums");
    g_assert_false(qio_task_is_cancelled(task));
    g_assert_false(qio_task_cancel(task));
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_COMPLETED);
    qio_task_unref(task);
    g_assert_false(g_main_context_pending(context));
    job_clear(&job);
}

/* R-EXT-1, R-EXT-2, R-EXT-17: without options, and with a struct that has only its size. */
static void test_no_options(void)
{
    QIOTaskOptions shortest = { .size = sizeof(shortest.size) };
    const QIOTaskOptions *options[] = { NULL, &shortest };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(options); i++) {
        Job job = { .gate.open = TRUE };
        QIOTask *task = job_start(&job, NULL, options[i]);

        iterate_until(&job.ended, 1, NULL);
        job_check(&job, QIO_TASK_COMPLETED, NULL);
        g_assert_null(qio_task_get_name(task));
        qio_task_unref(task);
        job_clear(&job);
    }
}

/* R-EXT-2: a struct of a later version, with nothing in what is new. */
static void test_later_options(void)
{
    struct {
        QIOTaskOptions known;
        uint64_t further[2];
    } options = { .known = { .size = sizeof(options), .name = "later" } };
    Job job = { .gate.open = TRUE };
    QIOTask *task = job_start(&job, NULL, &options.known);

    iterate_until(&job.ended, 1, NULL);
    job_check(&job, QIO_TASK_COMPLETED, NULL);
    g_assert_cmpstr(qio_task_get_name(task), ==, "later");
    qio_task_unref(task);
    job_clear(&job);
}

/* R-EXT-6, R-EXT-10, R-EXT-14, R-EXT-15: while the worker function runs, which is told, and whose end the callback
 * waits for. */
static void test_running(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskOptions options = { .size = sizeof(options), .name = "sums" };
    Job job = { 0 };
    QIOTask *task = job_start(&job, context, &options);

    job_wait_for_worker(&job);
    g_assert_false(qio_task_is_cancelled(task));
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_PENDING);
    g_assert_true(qio_task_cancel(task));
    g_assert_true(qio_task_is_cancelled(task));
    g_assert_false(qio_task_cancel(task));
    g_assert_false(g_main_context_iteration(context, FALSE));
    gate_open(&job.gate);
    iterate_until(&job.ended, 1, context);
    job_check(&job, QIO_TASK_CANCELLED, "Task sums was cancelled");
    g_assert_true(job.saw_cancel);
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_CANCELLED);
    qio_task_unref(task);
    job_clear(&job);
}

/* R-EXT-6: the callback doesn't wait for it. */
static void test_return_on_cancel(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskOptions options = { .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL };
    Job job = { 0 };
    QIOTask *task = job_start(&job, context, &options);

    job_wait_for_worker(&job);
    g_assert_true(qio_task_cancel(task));
    iterate_until(&job.told, 1, context);
    g_assert_cmpint(job.ended, ==, 0);
    g_assert_false(qio_task_cancel(task));
    gate_open(&job.gate);
    iterate_until(&job.ended, 1, context);
    job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
    g_assert_true(job.saw_cancel);
    qio_task_unref(task);
    g_assert_false(g_main_context_pending(context));
    job_clear(&job);
}

/* The worker function has an error of its own, which is freed, and may take that back before. */
static void worker_fails_late(QIOTask *task, gpointer opaque)
{
    Job *job = opaque;
    Error *err = NULL;

    g_atomic_int_inc(&job->begun);
    worker_waits_at_gate(task, &job->gate);
    error_setg(&err, "too late");
    qio_task_set_error(task, err);
    g_assert_true(qio_task_propagate_error(task, NULL));
    err = NULL;
    error_setg(&err, "too late again");
    qio_task_set_error(task, err);
    g_assert_null(qio_task_get_result_pointer(task));
}

/* R-EXT-6 */
static void test_late_error(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskOptions options = { .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL };
    int begins;

    for (begins = 0; begins < 2; begins++) {
        Job job = { 0 };
        QIOTask *task = qio_task_ref(qio_task_new(NULL, job_told, &job, NULL));

        options.flags = begins ? QIO_TASK_RETURN_ON_CANCEL : QIO_TASK_NO_FLAGS;
        qio_task_run_in_thread_full(task, worker_fails_late, &job, job_ended, context, &options);
        job_wait_for_worker(&job);
        g_assert_true(qio_task_cancel(task));
        if (begins) {
            iterate_until(&job.told, 1, context);
        }
        gate_open(&job.gate);
        iterate_until(&job.ended, 1, context);
        g_assert_cmpint(job.told, ==, 1);
        g_assert_cmpstr(job.message, ==, "The task was cancelled");
        qio_task_unref(task);
        job_clear(&job);
    }
}

/* R-EXT-10: when the worker function has returned, and the callback was not called yet. */
static void test_before_callback(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskOptions options = { .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL };
    Job job = { .gate.open = TRUE };
    QIOTask *task = job_start(&job, context, &options);

    while (!g_main_context_pending(context)) {
        g_thread_yield();
    }
    g_assert_true(qio_task_cancel(task));
    iterate_until(&job.ended, 1, context);
    job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
    g_assert_false(job.saw_cancel);
    qio_task_unref(task);
    g_assert_false(g_main_context_pending(context));
    job_clear(&job);
}

static void worker_cancels(QIOTask *task, gpointer opaque)
{
    *(bool *)opaque = qio_task_cancel(task);
    g_assert_true(qio_task_is_cancelled(task));
}

/* R-EXT-10, R-EXT-14: from inside, at once or when it has returned. */
static void test_by_worker(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        QIOTaskOptions options = { .size = sizeof(options), .flags = flags };
        Job job = { 0 };
        bool cancelled = false;

        qio_task_run_in_thread_full(qio_task_new(NULL, job_told, &job, job_ended), worker_cancels, &cancelled, NULL,
                                    NULL, &options);
        iterate_until(&job.ended, 1, NULL);
        job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
        g_assert_true(cancelled);
        job_clear(&job);
    }
}

/* The source object stays until the worker function has returned, and goes in the thread of the context. */
static void test_source(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL };
    int finalized = 0;
    Object *source = probe_new(&finalized);
    Job job = { 0 };
    QIOTask *task = qio_task_ref(qio_task_new(source, job_told, &job, NULL));

    object_unref(source);
    qio_task_run_in_thread_full(task, job_works, &job, job_ended, NULL, &options);
    job_wait_for_worker(&job);
    qio_task_cancel(task);
    qio_task_unref(task);
    iterate_until(&job.told, 1, NULL);
    g_assert_cmpint(g_atomic_int_get(&finalized), ==, 0);
    gate_open(&job.gate);
    iterate_until(&job.ended, 1, NULL);
    g_assert_cmpint(finalized, ==, 1);
    job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
    job_clear(&job);
}

/* Callbacks run loops of their own, in which the rest of their task comes. */
static void func_iterates(QIOTask *task, gpointer opaque)
{
    Job *job = opaque;

    gate_open(&job->gate);
    /* The news that the worker function has returned. */
    while (!g_main_context_iteration(NULL, FALSE)) {
        g_thread_yield();
    }
    g_assert_cmpint(g_atomic_int_get(&job->ended), ==, 0);
    job_told(task, opaque);
}

static void test_nested_loop(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL };
    Job job = { 0 };
    QIOTask *task = qio_task_new(NULL, func_iterates, &job, NULL);

    qio_task_run_in_thread_full(task, job_works, &job, job_ended, NULL, &options);
    job_wait_for_worker(&job);
    g_assert_true(qio_task_cancel(task));
    iterate_until(&job.ended, 1, NULL);
    job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
    job_clear(&job);
}

/* A deadline that has passed before a thread has come. */
static void test_deadline_passed(void)
{
    QIOTaskOptions options = { .size = sizeof(options), .name = "lookup", .deadline = 1 };
    Job job = { 0 };
    QIOTask *task = job_start(&job, NULL, &options);

    iterate_until(&job.ended, 1, NULL);
    job_check(&job, QIO_TASK_TIMED_OUT, "Task lookup timed out");
    g_assert_cmpint(job.begun, ==, 0);
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_TIMED_OUT);
    qio_task_unref(task);
    job_clear(&job);
}

/* R-EXT-14: one that passes while the worker function runs. */
static void test_deadline_running(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        /* Later than a thread comes, except on a machine that is very busy: then the test tells nothing. */
        QIOTaskOptions options = {
            .size = sizeof(options), .flags = flags, .deadline = g_get_monotonic_time() + 100 * 1000,
        };
        Job job = { 0 };
        QIOTask *task = job_start(&job, NULL, &options);

        if (flags) {
            iterate_until(&job.told, 1, NULL);
        } else {
            while (!qio_task_is_cancelled(task) && !g_atomic_int_get(&job.told)) {
                g_main_context_iteration(NULL, FALSE);
            }
        }
        gate_open(&job.gate);
        iterate_until(&job.ended, 1, NULL);
        job_check(&job, QIO_TASK_TIMED_OUT, "The task timed out");
        g_assert_false(qio_task_cancel(task));
        qio_task_unref(task);
        job_clear(&job);
    }
}

/* One that passes while the context is busy elsewhere: the worker function was in time. */
static void test_deadline_met(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskOptions options = {
        .size = sizeof(options), .flags = QIO_TASK_RETURN_ON_CANCEL, .deadline = in_a_minute(),
    };
    Job job = { .gate.open = TRUE };
    QIOTask *task = job_start(&job, context, &options);

    while (!g_main_context_pending(context)) {
        g_thread_yield();
    }
    iterate_until(&job.ended, 1, context);
    job_check(&job, QIO_TASK_COMPLETED, NULL);
    qio_task_unref(task);
    job_clear(&job);
}

/* R-EXT-9: qio_task_wait_thread() ends with the callback. */
static void test_wait(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        g_autoptr(GMainContext) context = g_main_context_new();
        QIOTaskOptions options = { .size = sizeof(options), .flags = flags };
        Job job = { .gate.open = !flags };
        QIOTask *task = job_start(&job, context, &options);

        if (flags) {
            job_wait_for_worker(&job);
        }
        g_assert_true(qio_task_cancel(task));
        qio_task_wait_thread(task);
        g_assert_cmpint(job.told, ==, 1);
        /* It was called, whatever is left. */
        qio_task_wait_thread(task);
        gate_open(&job.gate);
        iterate_until(&job.ended, 1, context);
        job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
        qio_task_unref(task);
        g_assert_false(g_main_context_pending(context));
        job_clear(&job);
    }
}

typedef struct Order {
    GString *string;
    char letter;
} Order;

static void func_notes(QIOTask *task, gpointer opaque)
{
    Order *order = opaque;

    g_string_append_c(order->string, order->letter);
}

static void worker_counts(QIOTask *task, gpointer opaque)
{
    g_atomic_int_inc((int *)opaque);
}

/* Callbacks have the priorities of their tasks, whichever worker function has returned first. */
static void test_priority(void)
{
    static const int priorities[] = {
        G_PRIORITY_LOW, G_PRIORITY_DEFAULT_IDLE, G_PRIORITY_DEFAULT, G_PRIORITY_HIGH, G_PRIORITY_DEFAULT,
    };
    enum { N = G_N_ELEMENTS(priorities) };
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    QIOTaskOptions probe = { .size = sizeof(probe), .group = group, .priority = G_PRIORITY_LOW + 1 };
    GString *string = g_string_new(NULL);
    Order orders[N], last = { string, '.' };
    int begun = 0, i;

    for (i = 0; i < N; i++) {
        QIOTaskOptions options = { .size = sizeof(options), .group = group, .priority = priorities[i] };

        orders[i] = (Order) { string, "edbac"[i] };
        qio_task_run_in_thread_full(qio_task_new(NULL, func_notes, &orders[i], NULL), worker_returns, NULL, NULL,
                                    context, &options);
        /* Once this one has the place the other's callback is ready to be called. */
        qio_task_run_in_thread_full(qio_task_new(NULL, func_notes, &last, NULL), worker_counts, &begun, NULL,
                                    context, &probe);
        while (g_atomic_int_get(&begun) <= i) {
            g_thread_yield();
        }
    }
    while (string->len < 2 * N) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_cmpstr(string->str, ==, "abcde.....");
    g_string_free(string, TRUE);
}

/* A context that nobody iterates any more: freed, and not called back. */
static void test_context_dropped(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        GMainContext *context = g_main_context_new();
        QIOTaskOptions options = { .size = sizeof(options), .flags = flags };
        Job job = { 0 };
        QIOTask *task = job_start(&job, context, &options);

        job_wait_for_worker(&job);
        g_main_context_unref(context);
        g_assert_true(qio_task_cancel(task));
        g_assert_cmpint(g_atomic_int_get(&job.ended), ==, 0);
        gate_open(&job.gate);
        while (!g_atomic_int_get(&job.ended)) {
            g_thread_yield();
        }
        while (g_atomic_int_get(&job.results) < 1) {
            g_thread_yield();
        }
        g_assert_cmpint(job.told, ==, 0);
        g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_CANCELLED);
        qio_task_unref(task);
        job_clear(&job);
    }
}

/* R-EXT-10, R-EXT-15, R-EXT-17: tasks that can't be cancelled say so and go on. */
static void test_ordinary(void)
{
    Job job = { .gate.open = TRUE };
    QIOTask *task = qio_task_ref(qio_task_new(NULL, job_told, &job, NULL));

    g_assert_false(qio_task_cancel(task));
    g_assert_false(qio_task_is_cancelled(task));
    g_assert_null(qio_task_get_name(task));
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_PENDING);
    qio_task_run_in_thread(task, job_works, &job, job_ended, NULL);
    g_assert_false(qio_task_cancel(task));
    iterate_until(&job.ended, 1, NULL);
    job_check(&job, QIO_TASK_COMPLETED, NULL);
    g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_COMPLETED);
    qio_task_unref(task);
    job_clear(&job);
}

static Gate in_news;
static int inside_news;

static void news_waits(void *task, void *source)
{
    g_atomic_int_set(&inside_news, 1);
    worker_waits_at_gate(NULL, &in_news);
}

static gpointer cancels(gpointer task)
{
    g_assert_true(qio_task_cancel(task));
    return NULL;
}

/* R-EXT-18: the fork comes while another thread, which the child hasn't got, is in the middle of cancelling. */
static void test_forked(void)
{
    QIOTraceSink sinks[] = {
        { "qio_task_thread_source_attach", "pp", (void (*)(void))news_waits }, { NULL },
    };
    QIOTaskOptions options = {
        .size = sizeof(options), .deadline = in_a_minute(), .flags = QIO_TASK_RETURN_ON_CANCEL,
    };
    Job cancelled = { 0 }, running = { 0 };
    QIOTask *tasks[2] = { job_start(&cancelled, NULL, &options), job_start(&running, NULL, &options) };
    GThread *thread;
    pid_t child;

    job_wait_for_worker(&cancelled);
    job_wait_for_worker(&running);
    g_assert_cmpint(qio_trace_register(sinks), ==, 1);
    thread = g_thread_new("cancels", cancels, tasks[0]);
    while (!g_atomic_int_get(&inside_news)) {
        g_thread_yield();
    }
    child = fork();
    if (child == 0) {
        alarm(20);
        child_end(qio_task_is_cancelled(tasks[0]) && qio_task_get_outcome(tasks[0]) == QIO_TASK_CANCELLED
                  && !qio_task_cancel(tasks[0]) && !qio_task_is_cancelled(tasks[1])
                  && qio_task_get_outcome(tasks[1]) == QIO_TASK_PENDING);
    }
    child_await(child);
    gate_open(&in_news);
    g_thread_join(thread);
    sinks[0].function = NULL;
    qio_trace_register(sinks);
    gate_open(&cancelled.gate);
    gate_open(&running.gate);
    iterate_until(&cancelled.ended, 1, NULL);
    iterate_until(&running.ended, 1, NULL);
    job_check(&cancelled, QIO_TASK_CANCELLED, "The task was cancelled");
    job_check(&running, QIO_TASK_COMPLETED, NULL);
    qio_task_unref(tasks[0]);
    qio_task_unref(tasks[1]);
    job_clear(&cancelled);
    job_clear(&running);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    probe_register();
    g_test_add_func("/qio/task/cancel/completed", test_completed);
    g_test_add_func("/qio/task/cancel/no-options", test_no_options);
    g_test_add_func("/qio/task/cancel/later-options", test_later_options);
    g_test_add_func("/qio/task/cancel/running", test_running);
    g_test_add_func("/qio/task/cancel/return-on-cancel", test_return_on_cancel);
    g_test_add_func("/qio/task/cancel/late-error", test_late_error);
    g_test_add_func("/qio/task/cancel/before-callback", test_before_callback);
    g_test_add_func("/qio/task/cancel/by-worker", test_by_worker);
    g_test_add_func("/qio/task/cancel/source", test_source);
    g_test_add_func("/qio/task/cancel/nested-loop", test_nested_loop);
    g_test_add_func("/qio/task/cancel/wait", test_wait);
    g_test_add_func("/qio/task/cancel/context-dropped", test_context_dropped);
    g_test_add_func("/qio/task/cancel/ordinary", test_ordinary);
    g_test_add_func("/qio/task/cancel/forked", test_forked);
    g_test_add_func("/qio/task/deadline/passed", test_deadline_passed);
    g_test_add_func("/qio/task/deadline/running", test_deadline_running);
    g_test_add_func("/qio/task/deadline/met", test_deadline_met);
    g_test_add_func("/qio/task/priority", test_priority);
    return g_test_run();
}
