/*
 * Tasks that a GCancellable cancels: qio/ext.h in a program that has GIO.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <gio/gio.h>
#include <sys/prctl.h>
#include "cancelled-tasks.h"

/* Nobody cancels; the task's reference ends with it. */
static void test_completed(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        GCancellable *cancellable = g_cancellable_new();
        QIOTaskOptions options = { .size = sizeof(options), .cancellable = cancellable, .flags = flags };
        Job job = { .gate.open = TRUE };
        QIOTask *task = job_start(&job, NULL, &options);

        iterate_until(&job.ended, 1, NULL);
        job_check(&job, QIO_TASK_COMPLETED, NULL);
        g_cancellable_cancel(cancellable);
        g_assert_cmpint(qio_task_get_outcome(task), ==, QIO_TASK_COMPLETED);
        g_assert_false(qio_task_is_cancelled(task));
        qio_task_unref(task);
        g_assert_cmpint(G_OBJECT(cancellable)->ref_count, ==, 1);
        g_object_unref(cancellable);
        job_clear(&job);
    }
}

/* Cancelled before the task is started. */
static void test_before(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        QIOTaskOptions options = {
            .size = sizeof(options), .name = "fetch", .cancellable = cancellable, .flags = flags,
        };
        Job job = { 0 };
        QIOTask *task;

        g_cancellable_cancel(cancellable);
        task = job_start(&job, NULL, &options);
        g_assert_cmpint(job.told, ==, 0);
        g_assert_true(qio_task_is_cancelled(task));
        iterate_until(&job.ended, 1, NULL);
        job_check(&job, QIO_TASK_CANCELLED, "Task fetch was cancelled");
        g_assert_cmpint(job.begun, ==, 0);
        qio_task_unref(task);
        job_clear(&job);
    }
}

/* R-EXT-14: cancelled while the worker function runs. */
static void test_running(void)
{
    uint32_t flags;

    for (flags = 0; flags <= QIO_TASK_RETURN_ON_CANCEL; flags++) {
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        QIOTaskOptions options = { .size = sizeof(options), .cancellable = cancellable, .flags = flags };
        Job job = { 0 };
        QIOTask *task = job_start(&job, NULL, &options);

        job_wait_for_worker(&job);
        g_cancellable_cancel(cancellable);
        g_assert_true(qio_task_is_cancelled(task));
        if (flags) {
            iterate_until(&job.told, 1, NULL);
        }
        gate_open(&job.gate);
        iterate_until(&job.ended, 1, NULL);
        job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
        g_assert_true(job.saw_cancel);
        qio_task_unref(task);
        job_clear(&job);
    }
}

/* Cancelled by the thread of the context when the worker function has returned: no success is told any more. */
static void test_before_callback(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    QIOTaskOptions options = { .size = sizeof(options), .cancellable = cancellable };
    Job job = { .gate.open = TRUE };
    QIOTask *task = job_start(&job, context, &options);

    while (!g_main_context_pending(context)) {
        g_thread_yield();
    }
    g_cancellable_cancel(cancellable);
    iterate_until(&job.ended, 1, context);
    job_check(&job, QIO_TASK_CANCELLED, "The task was cancelled");
    qio_task_unref(task);
    job_clear(&job);
}

/* Cancelled while it waits for a place in its group. */
static void test_waiting(void)
{
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    Job holds = { 0 }, waits = { 0 };
    QIOTask *tasks[2] = { job_start(&holds, NULL, &options) };

    job_wait_for_worker(&holds);
    options.cancellable = cancellable;
    tasks[1] = job_start(&waits, NULL, &options);
    g_cancellable_cancel(cancellable);
    iterate_until(&waits.ended, 1, NULL);
    job_check(&waits, QIO_TASK_CANCELLED, "The task was cancelled");
    g_assert_cmpint(waits.begun, ==, 0);
    gate_open(&holds.gate);
    iterate_until(&holds.ended, 1, NULL);
    qio_task_unref(tasks[0]);
    qio_task_unref(tasks[1]);
    job_clear(&holds);
    job_clear(&waits);
}

/* What a program does in its callbacks with a cancellable: none of it waits for itself. */
typedef struct Selfish {
    GCancellable *cancellable;
    gulong handler;
    QIOTask *task;
    int told, ended, handled;
} Selfish;

static void on_cancelled(GCancellable *cancellable, gpointer opaque)
{
    Selfish *selfish = opaque;

    /* In the thread that cancels. */
    g_assert_true(qio_task_is_cancelled(selfish->task));
    g_assert_false(qio_task_cancel(selfish->task));
    selfish->handled++;
}

static void func_uses_cancellable(QIOTask *task, gpointer opaque)
{
    Selfish *selfish = opaque;

    g_cancellable_disconnect(selfish->cancellable, selfish->handler);
    g_cancellable_cancel(selfish->cancellable);
    g_cancellable_reset(selfish->cancellable);
    selfish->told++;
}

static void destroy_uses_cancellable(gpointer opaque)
{
    Selfish *selfish = opaque;

    g_cancellable_cancel(selfish->cancellable);
    g_object_unref(selfish->cancellable);
    selfish->ended++;
}

/* R-EXT-10 */
static void test_reentrant(void)
{
    Gate gate = { .open = FALSE };
    Selfish selfish = { .cancellable = g_cancellable_new() };
    QIOTaskOptions options = {
        .size = sizeof(options), .cancellable = selfish.cancellable, .flags = QIO_TASK_RETURN_ON_CANCEL,
    };

    selfish.task = qio_task_ref(qio_task_new(NULL, func_uses_cancellable, &selfish, destroy_uses_cancellable));
    qio_task_run_in_thread_full(selfish.task, worker_waits_at_gate, &gate, NULL, NULL, &options);
    selfish.handler = g_cancellable_connect(selfish.cancellable, G_CALLBACK(on_cancelled), &selfish, NULL);
    g_cancellable_cancel(selfish.cancellable);
    g_assert_cmpint(selfish.handled, ==, 1);
    iterate_until(&selfish.told, 1, NULL);
    gate_open(&gate);
    iterate_until(&selfish.ended, 1, NULL);
    qio_task_unref(selfish.task);
}

/* One for many tasks, which is cancelled again and again while they come and go. */
static gpointer cancel_now_and_then(gpointer opaque)
{
    GCancellable *cancellable = opaque;
    int i;

    for (i = 0; i < 50; i++) {
        g_usleep(100);
        g_cancellable_cancel(cancellable);
        g_usleep(100);
        g_cancellable_reset(cancellable);
    }
    return NULL;
}

static void func_counts_outcome(QIOTask *task, gpointer opaque)
{
    int *outcomes = opaque;
    QIOTaskOutcome outcome = qio_task_get_outcome(task);

    g_assert_true(qio_task_propagate_error(task, NULL) == (outcome == QIO_TASK_CANCELLED));
    outcomes[outcome]++;
    outcomes[QIO_TASK_PENDING]++;
}

static void test_shared(void)
{
    enum { TASKS = 1000, WINDOW = 50 };
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(4);
    GThread *canceller = g_thread_new("canceller", cancel_now_and_then, cancellable);
    int outcomes[4] = { 0 }, ended = 0, i;

    for (i = 0; i < TASKS; i++) {
        QIOTaskOptions options = {
            .size = sizeof(options), .cancellable = cancellable, .group = i % 3 ? NULL : group,
            .flags = i % 2 ? QIO_TASK_RETURN_ON_CANCEL : QIO_TASK_NO_FLAGS,
        };

        qio_task_run_in_thread_full(qio_task_new(NULL, func_counts_outcome, outcomes, NULL), worker_returns, &ended,
                                    destroy_counts, NULL, &options);
        iterate_until(&outcomes[QIO_TASK_PENDING], i - WINDOW, NULL);
    }
    iterate_until(&ended, TASKS, NULL);
    g_thread_join(canceller);
    g_assert_cmpint(outcomes[QIO_TASK_PENDING], ==, TASKS);
    g_assert_cmpint(outcomes[QIO_TASK_COMPLETED] + outcomes[QIO_TASK_CANCELLED], ==, TASKS);
    g_assert_cmpint(G_OBJECT(cancellable)->ref_count, ==, 1);
}

/* The thread of all deadlines rests behind a worker thread that it has made until the test lets it go on. */
static int rests, goes_on;

/* Stands before the C library's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    int result = real(thread, attributes, start, argument);
    char name[16] = "";

    prctl(PR_GET_NAME, name);
    if (!strcmp(name, "io-deadlines")) {
        g_atomic_int_set(&rests, 1);
        while (!g_atomic_int_get(&goes_on)) {
            g_usleep(1000);
        }
    }
    return result;
}

static void note_end(gpointer thread, GObject *object)
{
    *(GThread **)thread = g_thread_self();
}

/* R-EXT-16: the task ends while the thread of its deadline is still about it, which then has nothing of the program's. */
static void test_ends_with_task(void)
{
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    GCancellable *cancellable = g_cancellable_new();
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    Job holds = { 0 }, waits = { 0 };
    QIOTask *tasks[2] = { job_start(&holds, NULL, &options) };
    GThread *ended_on = NULL;

    job_wait_for_worker(&holds);
    g_object_weak_ref(G_OBJECT(cancellable), note_end, &ended_on);
    options.cancellable = cancellable;
    /* Late enough to be met by that thread, on a busy machine and under valgrind too. */
    options.deadline = g_get_monotonic_time() + 3 * G_USEC_PER_SEC;
    tasks[1] = job_start(&waits, NULL, &options);
    g_object_unref(cancellable);
    iterate_until(&waits.ended, 1, NULL);
    job_check(&waits, QIO_TASK_TIMED_OUT, "The task timed out");
    g_assert_null(ended_on);
    for (int ms = 0; !g_atomic_int_get(&rests); ms++) {
        g_assert_cmpint(ms, <, 60000);
        g_usleep(1000);
    }
    qio_task_unref(tasks[1]);
    g_assert_true(ended_on == g_thread_self());
    g_atomic_int_set(&goes_on, 1);
    gate_open(&holds.gate);
    iterate_until(&holds.ended, 1, NULL);
    qio_task_unref(tasks[0]);
    job_clear(&holds);
    job_clear(&waits);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* The first: no thread is idle that would take what the deadline's thread makes one for. */
    g_test_add_func("/qio/task/cancellable/ends-with-task", test_ends_with_task);
    g_test_add_func("/qio/task/cancellable/completed", test_completed);
    g_test_add_func("/qio/task/cancellable/before", test_before);
    g_test_add_func("/qio/task/cancellable/running", test_running);
    g_test_add_func("/qio/task/cancellable/before-callback", test_before_callback);
    g_test_add_func("/qio/task/cancellable/waiting", test_waiting);
    g_test_add_func("/qio/task/cancellable/reentrant", test_reentrant);
    g_test_add_func("/qio/task/cancellable/shared", test_shared);
    return g_test_run();
}
