/*
 * Tasks with a GCancellable through qio_task_run_in_thread_full() against GLib's GTask with one: so many in flight at a
 * time, with an empty worker. Nobody cancels, but for the last lines: there half of them are cancelled as soon as
 * they were started.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <gio/gio.h>
#include "qio/ext.h"
#include "qom/object.h"
#include "pairs.h"

enum { PAIRS = 7 };

/* A run: `total` tasks, a new one started for each that completes. */
typedef struct Run {
    int to_start;
    int to_complete;
    GCancellable *cancellable; /* NULL: each task has its own */
    gboolean returns;          /* the callback doesn't wait for the worker of a task that is cancelled */
    gboolean cancels;          /* every second one */
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

static GCancellable *take_cancellable(Run *run)
{
    return run->cancellable ? g_object_ref(run->cancellable) : g_cancellable_new();
}

static void release_cancellable(Run *run, GCancellable *cancellable)
{
    if (run->cancels && run->to_start % 2) {
        g_cancellable_cancel(cancellable);
    }
    g_object_unref(cancellable);
}

static void qio_worker(QIOTask *task, gpointer opaque)
{
}

static void qio_completed(QIOTask *task, gpointer opaque)
{
    qio_task_propagate_error(task, NULL);
    one_completed(opaque);
}

static void qio_start(Run *run)
{
    QIOTaskOptions options = {
        .size = sizeof(options),
        .cancellable = take_cancellable(run),
        .flags = run->returns ? QIO_TASK_RETURN_ON_CANCEL : QIO_TASK_NO_FLAGS,
    };

    qio_task_run_in_thread_full(qio_task_new(NULL, qio_completed, run, NULL), qio_worker, run, NULL, NULL, &options);
    release_cancellable(run, options.cancellable);
}

static void gtask_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    g_task_return_boolean(task, TRUE);
}

static void gtask_completed(GObject *source, GAsyncResult *result, gpointer data)
{
    g_task_propagate_boolean(G_TASK(result), NULL);
    one_completed(data);
}

static void gtask_start(Run *run)
{
    GCancellable *cancellable = take_cancellable(run);
    GTask *task = g_task_new(NULL, cancellable, gtask_completed, run);

    g_task_set_return_on_cancel(task, run->returns);
    g_task_run_in_thread(task, gtask_worker);
    g_object_unref(task);
    release_cancellable(run, cancellable);
}

static Cost measure(void (*start)(Run *), Run run, int window)
{
    Cost begin;
    int i;

    run.to_complete = run.to_start;
    run.to_start -= window;
    run.start = start;
    begin = cost_begin();
    for (i = 0; i < window; i++) {
        start(&run);
    }
    while (run.to_complete > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    return cost_end(begin);
}

static void compare(const char *what, Run run, int window)
{
    int pairs = pair_count(PAIRS), total = run.to_start, i;
    g_autofree double *qio = g_new(double, pairs), *gtask = g_new(double, pairs);
    g_autofree double *rate = g_new(double, pairs), *cpu = g_new(double, pairs);
    Run warm = run;

    warm.to_start /= 4;
    measure(qio_start, warm, window);
    measure(gtask_start, warm, window);
    for (i = 0; i < pairs; i++) {
        Cost a = measure(qio_start, run, window);
        Cost b = measure(gtask_start, run, window);

        qio[i] = total / a.wall;
        gtask[i] = total / b.wall;
        rate[i] = b.wall / a.wall;
        cpu[i] = b.cpu / a.cpu;
    }
    printf("%6d  %-30s  %9.0f  %9.0f  %10.2f  %9.2f\n", window, what, median(qio, pairs), median(gtask, pairs),
           median(rate, pairs), median(cpu, pairs));
    fflush(stdout);
}

int main(void)
{
    g_autoptr(GCancellable) shared = g_cancellable_new();
    static const struct {
        int window, total;
    } rows[] = { { 1, 5000 }, { 8, 40000 }, { 64, 100000 } };
    size_t i;

    module_call_init(MODULE_INIT_QOM);
    printf("Tasks with a GCancellable: libqio against GTask, medians of %d pairs.\n"
           "Ratios: libqio's tasks per second over GTask's, GTask's CPU time over libqio's.\n\n", pair_count(PAIRS));
    printf("%6s  %-30s  %9s  %9s  %10s  %9s\n", "window", "cancellable", "libqio/s", "GTask/s", "rate ratio",
           "CPU ratio");
    for (i = 0; i < G_N_ELEMENTS(rows); i++) {
        int total = rows[i].total, window = rows[i].window;

        compare("one for all", (Run) { .to_start = total, .cancellable = shared }, window);
        compare("one for each", (Run) { .to_start = total }, window);
        compare("one for each, return on cancel", (Run) { .to_start = total, .returns = TRUE }, window);
        compare("the same, half are cancelled", (Run) { .to_start = total, .returns = TRUE, .cancels = TRUE }, window);
    }
    return 0;
}
