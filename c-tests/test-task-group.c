/*
 * Groups of tasks with a bound on their workers: qio/ext.h.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "cancelled-tasks.h"
#include "forked-child.h"

static void start(GMainContext *context, QIOTaskWorker worker, void *data, QIOTaskGroup *group, int priority)
{
    static int told;
    QIOTaskOptions options = { .size = sizeof(options), .group = group, .priority = priority };

    qio_task_run_in_thread_full(qio_task_new(NULL, func_counts, &told, NULL), worker, data, NULL, context, &options);
}

/* How many worker functions run at a time, and how many have run. */
typedef struct Crowd {
    int now, most, done;
} Crowd;

static void worker_in_crowd(QIOTask *task, gpointer opaque)
{
    Crowd *crowd = opaque;
    int now = g_atomic_int_add(&crowd->now, 1) + 1, most;

    do {
        most = g_atomic_int_get(&crowd->most);
    } while (now > most && !g_atomic_int_compare_and_exchange(&crowd->most, most, now));
    g_usleep(100);
    g_atomic_int_add(&crowd->now, -1);
    g_atomic_int_inc(&crowd->done);
}

/* R-EXT-21, R-EXT-23 */
static void test_bound(void)
{
    enum { TASKS = 60 };
    g_autoptr(GMainContext) context = g_main_context_new();
    int bounds[] = { 1, 3 };
    size_t i;
    int j;

    for (i = 0; i < G_N_ELEMENTS(bounds); i++) {
        QIOTaskGroup *group = qio_task_group_new(bounds[i]);
        Crowd crowd = { 0 };

        for (j = 0; j < TASKS; j++) {
            start(context, worker_in_crowd, &crowd, group, 0);
        }
        /* Its tasks keep it. */
        qio_task_group_unref(group);
        iterate_until(&crowd.done, TASKS, context);
        g_assert_cmpint(crowd.most, <=, bounds[i]);
        while (g_main_context_iteration(context, FALSE)) {
        }
    }
}

/* As many as there are places run together: each waits for all of them. */
static void worker_meets(QIOTask *task, gpointer opaque)
{
    int *missing = opaque;

    g_atomic_int_add(missing, -1);
    while (g_atomic_int_get(missing) > 0) {
        g_thread_yield();
    }
}

/* R-EXT-21 */
static void test_places_are_used(void)
{
    enum { PLACES = 4 };
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(PLACES);
    int missing = PLACES, i;

    for (i = 0; i < PLACES; i++) {
        start(NULL, worker_meets, &missing, group, 0);
    }
    while (g_atomic_int_get(&missing) > 0) {
        g_main_context_iteration(NULL, FALSE);
        g_thread_yield();
    }
}

/* R-EXT-21: a full group is in nobody's way: not of tasks without group, of other groups, or those that it is waited
 * for by. */
static void test_others_go_on(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(QIOTaskGroup) full = qio_task_group_new(1), other = qio_task_group_new(1);
    Gate gate = { .open = FALSE };
    Crowd others = { 0 };
    int i;

    for (i = 0; i < 100; i++) {
        start(context, worker_waits_at_gate, &gate, full, G_PRIORITY_HIGH);
    }
    start(context, worker_in_crowd, &others, other, G_PRIORITY_LOW);
    start(context, worker_in_crowd, &others, NULL, G_PRIORITY_LOW);
    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &i, NULL), worker_in_crowd, &others, NULL, context);
    iterate_until(&others.done, 3, context);
    gate_open(&gate);
    others.done = 0;
    start(context, worker_in_crowd, &others, full, G_PRIORITY_LOW);
    iterate_until(&others.done, 1, context);
}

typedef struct Order {
    GString *string;
    char letter;
} Order;

static void worker_notes(QIOTask *task, gpointer opaque)
{
    Order *order = opaque;

    g_string_append_c(order->string, order->letter);
}

/* R-EXT-21: those that wait are served by priority, and in their order. One at a time, so they need no lock. */
static void test_order(void)
{
    static const struct {
        int priority;
        char letter;
    } rows[] = { { 0, 'c' }, { 100, 'f' }, { -5, 'a' }, { 0, 'd' }, { -5, 'b' }, { 99, 'e' } };
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    GString *string = g_string_new(NULL);
    Order orders[G_N_ELEMENTS(rows)];
    Job first = { 0 };
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    QIOTask *task = job_start(&first, NULL, &options);
    Crowd last = { 0 };
    size_t i;

    job_wait_for_worker(&first);
    for (i = 0; i < G_N_ELEMENTS(rows); i++) {
        orders[i] = (Order) { string, rows[i].letter };
        start(NULL, worker_notes, &orders[i], group, rows[i].priority);
    }
    start(NULL, worker_in_crowd, &last, group, 101);
    gate_open(&first.gate);
    iterate_until(&last.done, 1, NULL);
    g_assert_cmpstr(string->str, ==, "abcdef");
    iterate_until(&first.ended, 1, NULL);
    qio_task_unref(task);
    g_string_free(string, TRUE);
    job_clear(&first);
}

/* Cancelled, or late, while it waits for a place: told at once, gone, and no place is lost. */
static void test_given_up(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    Job holds = { 0 }, cancelled = { 0 }, late = { 0 }, next = { .gate.open = TRUE };
    QIOTask *tasks[4];
    int i;

    tasks[0] = job_start(&holds, context, &options);
    job_wait_for_worker(&holds);
    tasks[1] = job_start(&cancelled, context, &options);
    options.deadline = g_get_monotonic_time() + 1000;
    tasks[2] = job_start(&late, context, &options);
    options.deadline = 0;
    tasks[3] = job_start(&next, context, &options);
    g_assert_true(qio_task_cancel(tasks[1]));
    iterate_until(&cancelled.ended, 1, context);
    job_check(&cancelled, QIO_TASK_CANCELLED, "The task was cancelled");
    iterate_until(&late.ended, 1, context);
    job_check(&late, QIO_TASK_TIMED_OUT, "The task timed out");
    g_assert_cmpint(cancelled.begun + late.begun + g_atomic_int_get(&next.begun), ==, 0);
    g_assert_cmpint(holds.told, ==, 0);
    gate_open(&holds.gate);
    iterate_until(&next.ended, 1, context);
    job_check(&next, QIO_TASK_COMPLETED, NULL);
    iterate_until(&holds.ended, 1, context);
    job_check(&holds, QIO_TASK_COMPLETED, NULL);
    for (i = 0; i < 4; i++) {
        qio_task_unref(tasks[i]);
    }
    job_clear(&holds);
    job_clear(&cancelled);
    job_clear(&late);
    job_clear(&next);
}

/* A task whose callback has been called keeps its place until its worker function has returned. */
static void test_place_of_cancelled(void)
{
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    QIOTaskOptions options = { .size = sizeof(options), .group = group, .flags = QIO_TASK_RETURN_ON_CANCEL };
    Job first = { 0 }, second = { .gate.open = TRUE };
    QIOTask *tasks[2] = { job_start(&first, NULL, &options) };

    job_wait_for_worker(&first);
    tasks[1] = job_start(&second, NULL, &options);
    qio_task_cancel(tasks[0]);
    iterate_until(&first.told, 1, NULL);
    g_assert_cmpint(g_atomic_int_get(&second.begun), ==, 0);
    gate_open(&first.gate);
    iterate_until(&second.ended, 1, NULL);
    iterate_until(&first.ended, 1, NULL);
    job_check(&first, QIO_TASK_CANCELLED, "The task was cancelled");
    job_check(&second, QIO_TASK_COMPLETED, NULL);
    qio_task_unref(tasks[0]);
    qio_task_unref(tasks[1]);
    job_clear(&first);
    job_clear(&second);
}

/* R-EXT-21, R-EXT-23: a task that is waited for has its turn like others. */
static void test_wait(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    QIOTaskGroup *group = qio_task_group_new(1), *again = qio_task_group_ref(group);
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    Crowd crowd = { 0 };
    Job job = { .gate.open = TRUE };
    QIOTask *task;
    int i;

    g_assert_true(again == group);
    qio_task_group_unref(again);
    for (i = 0; i < 10; i++) {
        start(context, worker_in_crowd, &crowd, group, 0);
    }
    task = job_start(&job, context, &options);
    qio_task_group_unref(group);
    qio_task_group_unref(NULL);
    qio_task_wait_thread(task);
    g_assert_cmpint(crowd.done, ==, 10);
    job_check(&job, QIO_TASK_COMPLETED, NULL);
    qio_task_unref(task);
    while (g_main_context_iteration(context, FALSE)) {
    }
    job_clear(&job);
}

/* A forked child isn't bound by its parent's group, whose places may be taken for ever; and cancels nothing of its parent. */
static void test_fork(void)
{
    g_autoptr(QIOTaskGroup) group = qio_task_group_new(1);
    QIOTaskOptions options = { .size = sizeof(options), .group = group };
    Job holds = { 0 };
    QIOTask *task = job_start(&holds, NULL, &options);
    pid_t child;

    job_wait_for_worker(&holds);
    child = fork();
    if (child == 0) {
        GMainContext *context = g_main_context_new();
        Job own = { .gate.open = TRUE };
        bool was_cancelled = qio_task_cancel(task);
        QIOTask *of_child;

        of_child = job_start(&own, context, &options);
        iterate_until(&own.ended, 1, context);
        qio_task_unref(of_child);
        g_main_context_unref(context);
        job_clear(&own);
        child_end(!was_cancelled && own.outcome == QIO_TASK_COMPLETED);
    }
    child_await(child);
    gate_open(&holds.gate);
    iterate_until(&holds.ended, 1, NULL);
    job_check(&holds, QIO_TASK_COMPLETED, NULL);
    qio_task_unref(task);
    job_clear(&holds);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/task/group/bound", test_bound);
    g_test_add_func("/qio/task/group/places-are-used", test_places_are_used);
    g_test_add_func("/qio/task/group/others-go-on", test_others_go_on);
    g_test_add_func("/qio/task/group/order", test_order);
    g_test_add_func("/qio/task/group/given-up", test_given_up);
    g_test_add_func("/qio/task/group/place-of-cancelled", test_place_of_cancelled);
    g_test_add_func("/qio/task/group/wait", test_wait);
    g_test_add_func("/qio/task/group/fork", test_fork);
    return g_test_run();
}
