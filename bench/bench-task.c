/*
 * Tasks through qio_task_run_in_thread() against GLib's g_task_run_in_thread(): so many in flight
 * at a time, with an empty worker and with one that sleeps for 100 microseconds.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <gio/gio.h>
#include <malloc.h>
#include "io/task.h"
#include "qom/object.h"
#include "pairs.h"

enum { PAIRS = 7 };

/* A run: `total` tasks, a new one started for each that completes. */
typedef struct Run {
    int to_start;
    int to_complete;
    gboolean sleeps;
    void (*start)(struct Run *run);
} Run;

static void one_completed(Run *run)
{
    run->to_complete--;
    if (run->to_start > 0) {
        run->to_start--;
        run->start(run);
    }
}

static void work(const Run *run)
{
    if (run->sleeps) {
        struct timespec pause = { 0, 100 * 1000 };

        nanosleep(&pause, NULL);
    }
}

static void qio_worker(QIOTask *task, gpointer opaque)
{
    work(opaque);
}

static void qio_completed(QIOTask *task, gpointer opaque)
{
    one_completed(opaque);
}

static void qio_start(Run *run)
{
    QIOTask *task = qio_task_new(NULL, qio_completed, run, NULL);

    qio_task_run_in_thread(task, qio_worker, run, NULL, NULL);
}

static void gtask_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    work(data);
    g_task_return_boolean(task, TRUE);
}

static void gtask_completed(GObject *source, GAsyncResult *result, gpointer data)
{
    one_completed(data);
}

static void gtask_start(Run *run)
{
    GTask *task = g_task_new(NULL, NULL, gtask_completed, run);

    g_task_set_task_data(task, run, NULL);
    g_task_run_in_thread(task, gtask_worker);
    g_object_unref(task);
}

static Cost measure(void (*start)(Run *), int window, int total, gboolean sleeps)
{
    Run run = { total - window, total, sleeps, start };
    Cost begin = cost_begin();
    int i;

    for (i = 0; i < window; i++) {
        start(&run);
    }
    while (run.to_complete > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    return cost_end(begin);
}

static void compare(int window, int total, gboolean sleeps)
{
    int pairs = pair_count(PAIRS), i;
    g_autofree double *rate = g_new(double, pairs), *qio = g_new(double, pairs);
    g_autofree double *gtask = g_new(double, pairs), *cpu = g_new(double, pairs);

    measure(qio_start, window, total / 4, sleeps);
    measure(gtask_start, window, total / 4, sleeps);
    for (i = 0; i < pairs; i++) {
        Cost a = measure(qio_start, window, total, sleeps);
        Cost b = measure(gtask_start, window, total, sleeps);

        qio[i] = total / a.wall;
        gtask[i] = total / b.wall;
        rate[i] = b.wall / a.wall;
        cpu[i] = a.cpu / b.cpu;
    }
    printf("%6d  %-8s  %11.0f  %11.0f  %10.2f  %13.2f  %9.2f\n", window,
           sleeps ? "100 us" : "nothing", median(qio, pairs), median(gtask, pairs),
           median(rate, pairs), 1 / median(rate, pairs), median(cpu, pairs));
    fflush(stdout);
}

/* Memory of tasks that have ended and wait for their context. */
static void waiting_memory(void)
{
    enum { N = 10000 };
    GMainContext *context = g_main_context_new();
    Run run = { 0, N, FALSE, NULL };
    struct mallinfo2 before, after;
    int i;

    before = mallinfo2();
    for (i = 0; i < N; i++) {
        QIOTask *task = qio_task_new(NULL, qio_completed, &run, NULL);

        qio_task_run_in_thread(task, qio_worker, &run, NULL, context);
    }
    after = mallinfo2();
    printf("\nmalloc'ed per waiting task: %.0f bytes (%d tasks)\n",
           ((double)(after.uordblks + after.hblkhd) - (before.uordblks + before.hblkhd)) / N, N);
    while (run.to_complete > 0) {
        g_main_context_iteration(context, TRUE);
    }
    g_main_context_unref(context);
}

int main(void)
{
    module_call_init(MODULE_INIT_QOM);
    printf("Tasks: libqio against GTask, medians of %d pairs.\n"
           "rate ratio: libqio's tasks per second over GTask's; round trip ratio: its inverse.\n\n",
           pair_count(PAIRS));
    printf("%6s  %-8s  %11s  %11s  %10s  %13s  %9s\n", "window", "work", "libqio/s", "GTask/s",
           "rate ratio", "round trip r.", "CPU ratio");
    compare(1, 5000, FALSE);
    compare(8, 40000, FALSE);
    compare(64, 100000, FALSE);
    compare(1, 2000, TRUE);
    compare(8, 10000, TRUE);
    compare(64, 40000, TRUE);
    waiting_memory();
    return 0;
}
