/*
 * io/task.h: tasks that run in a thread.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "task-log.h"
#include <malloc.h>

typedef struct Work {
    Log *log;
    Error *err;
    gpointer result;
    GMainContext *context;
    gboolean func_has_run;
} Work;

static void worker_works(QIOTask *task, gpointer opaque)
{
    Work *work = opaque;

    work->log->worker_thread = g_thread_self();
    g_assert_nonnull(qio_task_get_source(task));
    if (work->result) {
        qio_task_set_result_pointer(task, work->result, NULL);
    }
    qio_task_set_error(task, work->err);
}

static void work_ends(gpointer opaque)
{
    Work *work = opaque;

    g_string_append(work->log->text, "worker-data ");
}

static void run_until_func(Log *log, GMainContext *context)
{
    while (log->calls == 0) {
        g_main_context_iteration(context, TRUE);
    }
}

static void check_thread(GMainContext *context, gboolean fail)
{
    Log log;
    Work work = { .log = &log };
    int finalized = 0;
    Object *source = probe_new(&finalized);
    QIOTask *task;

    log_init(&log);
    work.result = &work;
    if (fail) {
        error_setg(&work.err, "the worker failed");
    }
    task = qio_task_new(source, func_logs, &log, destroy_logs);
    object_unref(source);
    qio_task_run_in_thread(task, worker_works, &work, work_ends, context);
    /* Never inline, even if the work is done already, R-TASK-44. */
    g_assert_cmpint(log.calls, ==, 0);
    run_until_func(&log, context);

    g_assert_true(log.func_thread == g_thread_self());
    g_assert_true(log.worker_thread != g_thread_self());
    g_assert_true(log.result == &work);
    g_assert_true(log.source == source);
    if (fail) {
        g_assert_cmpstr(error_get_pretty(log.err), ==, "the worker failed");
    } else {
        g_assert_null(log.err);
    }
    /* The order of R-TASK-25. */
    g_assert_cmpstr(log.text->str, ==, "func worker-data task-data ");
    g_assert_cmpint(finalized, ==, 1);
    g_assert_false(g_main_context_pending(context));
    log_clear(&log);
}

/* R-TASK-24, R-TASK-27, R-TASK-40, R-TASK-43: what the worker did is there, the thread is the context's, the task is freed. */
static void test_thread_success(void)
{
    check_thread(NULL, FALSE);
}

/* R-TASK-24, R-TASK-27, R-TASK-40, R-TASK-43 */
static void test_thread_failure(void)
{
    check_thread(NULL, TRUE);
}

/* R-TASK-43 */
static void test_thread_context(void)
{
    GMainContext *context = g_main_context_new();

    check_thread(context, FALSE);
    check_thread(context, TRUE);
    g_main_context_unref(context);
}

/* NULL is the global default context, never the thread-default one, R-TASK-42. */
static void test_thread_default_context(void)
{
    GMainContext *mine = g_main_context_new();

    g_main_context_push_thread_default(mine);
    check_thread(NULL, FALSE);
    g_main_context_pop_thread_default(mine);
    g_main_context_unref(mine);
}

static void worker_looks_at_its_thread(QIOTask *task, gpointer opaque)
{
    char *name = opaque;
    sigset_t blocked;
    int sig;

    g_assert_cmpint(pthread_getname_np(pthread_self(), name, 16), ==, 0);
    g_assert_cmpint(pthread_sigmask(SIG_BLOCK, NULL, &blocked), ==, 0);
    for (sig = 1; sig < 32; sig++) {
        gboolean open = sig == SIGSEGV || sig == SIGFPE || sig == SIGILL
                        || sig == SIGKILL || sig == SIGSTOP;

        g_assert_cmpint(sigismember(&blocked, sig), ==, !open);
    }
}

/* R-TASK-45 */
static void test_thread_attributes(void)
{
    Log log;
    char name[16] = "";
    QIOTask *task;
    sigset_t before, after;
    int sig;

    log_init(&log);
    g_assert_cmpint(pthread_sigmask(SIG_BLOCK, NULL, &before), ==, 0);
    task = qio_task_new(NULL, func_logs, &log, NULL);
    qio_task_run_in_thread(task, worker_looks_at_its_thread, name, NULL, NULL);
    run_until_func(&log, NULL);
    g_assert_cmpstr(name, ==, "io-task-worker");
    g_assert_cmpint(pthread_sigmask(SIG_BLOCK, NULL, &after), ==, 0);
    for (sig = 1; sig < 32; sig++) {
        g_assert_cmpint(sigismember(&before, sig), ==, sigismember(&after, sig));
    }
    log_clear(&log);
}

static void worker_returns(QIOTask *task, gpointer opaque)
{
}

/* Deliveries into one context come in the order in which they were armed, R-TASK-44. */
static void func_notes_number(QIOTask *task, gpointer opaque)
{
    g_string_append_c(opaque, GPOINTER_TO_INT(qio_task_get_result_pointer(task)));
}

static void run_numbered(GString *order, int number, GMainContext *context)
{
    QIOTask *task = qio_task_new(NULL, func_notes_number, order, NULL);

    qio_task_set_result_pointer(task, GINT_TO_POINTER(number), NULL);
    qio_task_run_in_thread(task, worker_returns, NULL, NULL, context);
}

static void test_order(void)
{
    GString *order = g_string_new(NULL);
    GMainContext *context = g_main_context_new();
    int i;

    for (i = 0; i < 100; i++) {
        g_string_truncate(order, 0);
        run_numbered(order, 'a', context);
        /* The first one is armed: the second can only come after it. */
        while (!g_main_context_pending(context)) {
            g_thread_yield();
        }
        run_numbered(order, 'b', context);
        while (order->len < 2) {
            g_main_context_iteration(context, TRUE);
        }
        g_assert_cmpstr(order->str, ==, "ab");
    }
    g_main_context_unref(context);
    g_string_free(order, TRUE);
}

static void test_wait(void)
{
    Log log;
    Work work = { .log = &log };
    GMainContext *context = g_main_context_new();
    Object *source = probe_new(NULL);
    QIOTask *task;
    int i;

    for (i = 0; i < 200; i++) {
        log_init(&log);
        task = qio_task_new(source, func_logs, &log, destroy_logs);
        qio_task_run_in_thread(task, worker_works, &work, work_ends, context);
        if (i % 2) {
            /* The worker has ended long ago: nothing blocks, R-TASK-51. */
            while (!g_main_context_pending(context)) {
                g_thread_yield();
            }
        }
        qio_task_wait_thread(task);
        g_assert_cmpstr(log.text->str, ==, "func worker-data task-data ");
        g_assert_true(log.func_thread == g_thread_self());
        /* Nothing of the task is left in the context, R-TASK-50. */
        g_assert_false(g_main_context_pending(context));
        g_assert_cmpint(log.calls, ==, 1);
        log_clear(&log);
    }
    object_unref(source);
    g_main_context_unref(context);
}

/* A delivery that is ready already and waited for in the same round is skipped, R-TASK-54. */
typedef struct Pair {
    QIOTask *task[2];
    int calls[2];
} Pair;

static void func_waits_for_the_other(QIOTask *task, gpointer opaque)
{
    Pair *pair = opaque;
    int me = task == pair->task[1];
    QIOTask *other = pair->task[!me];

    pair->calls[me]++;
    pair->task[me] = NULL;
    if (other) {
        qio_task_wait_thread(other);
    }
}

static void test_wait_in_callback(void)
{
    GMainContext *context = g_main_context_new();
    Pair pair = { { NULL } };
    int i, round;

    for (round = 0; round < 100; round++) {
        memset(&pair, 0, sizeof(pair));
        for (i = 0; i < 2; i++) {
            pair.task[i] = qio_task_new(NULL, func_waits_for_the_other, &pair, NULL);
        }
        for (i = 0; i < 2; i++) {
            qio_task_run_in_thread(pair.task[i], worker_returns, NULL, NULL, context);
        }
        while (pair.calls[0] == 0) {
            g_main_context_iteration(context, TRUE);
        }
        g_assert_cmpint(pair.calls[0], ==, 1);
        g_assert_cmpint(pair.calls[1], ==, 1);
        g_assert_false(g_main_context_pending(context));
    }
    g_main_context_unref(context);
}

static void test_many(void)
{
    enum { N = 1000 };
    Log log;
    int i;

    log_init(&log);
    for (i = 0; i < N; i++) {
        QIOTask *task = qio_task_new(NULL, func_logs, &log, NULL);

        qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
    }
    while (log.calls < N) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_false(g_main_context_pending(NULL));
    log_clear(&log);
}

/* What a task costs while it waits for its context, less than 512 bytes. */
static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void test_memory(void)
{
    /* A bound that can't be seen under valgrind. */
    int many = is_slow() ? 500 : 10000;
    GMainContext *context = g_main_context_new();
    size_t before = 0;
    Log log;
    int i;

    log_init(&log);
    for (i = 0; i < many + 100; i++) {
        QIOTask *task = qio_task_new(NULL, func_logs, &log, NULL);

        /* The first ones pay for threads and for the context. */
        if (i == 100) {
            before = allocated();
        }
        qio_task_run_in_thread(task, worker_returns, NULL, NULL, context);
    }
    g_assert_cmpuint((allocated() - before) / many, <, 512);
    while (log.calls < many + 100) {
        g_main_context_iteration(context, TRUE);
    }
    g_main_context_unref(context);
    log_clear(&log);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    probe_register();
    g_test_add_func("/qio/task/thread/success", test_thread_success);
    g_test_add_func("/qio/task/thread/failure", test_thread_failure);
    g_test_add_func("/qio/task/thread/context", test_thread_context);
    g_test_add_func("/qio/task/thread/default-context", test_thread_default_context);
    g_test_add_func("/qio/task/thread/attributes", test_thread_attributes);
    g_test_add_func("/qio/task/thread/order", test_order);
    g_test_add_func("/qio/task/thread/many", test_many);
    g_test_add_func("/qio/task/wait", test_wait);
    g_test_add_func("/qio/task/wait-in-callback", test_wait_in_callback);
    g_test_add_func("/qio/task/thread/memory", test_memory);
    return g_test_run();
}
