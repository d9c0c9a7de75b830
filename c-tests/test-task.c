/*
 * io/task.h: every function, as a C caller sees it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/task.h"
#include "qapi/error.h"
#include "probe-object.h"

#if defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2)
#define COMPLETE_FREES 0
#else
#define COMPLETE_FREES 1
#endif

/* Completes a task by hand and frees it by the rules of the profile. */
static void complete_and_free(QIOTask *task)
{
    qio_task_complete(task);
#if !COMPLETE_FREES
    qio_task_free(task);
#endif
}

/* What callbacks leave behind, in the order in which they ran. */
typedef struct Log {
    GString *text;
    GThread *func_thread;
    GThread *worker_thread;
    Object *source;
    gpointer result;
    Error *err;
    GMainLoop *loop;
    int calls;
} Log;

static void log_init(Log *log)
{
    *log = (Log) { .text = g_string_new(NULL) };
}

static void log_clear(Log *log)
{
    g_string_free(log->text, TRUE);
    error_free(log->err);
}

static void func_logs(QIOTask *task, gpointer opaque)
{
    Log *log = opaque;

    g_string_append(log->text, "func ");
    log->calls++;
    log->func_thread = g_thread_self();
    log->source = qio_task_get_source(task);
    log->result = qio_task_get_result_pointer(task);
    qio_task_propagate_error(task, &log->err);
    if (log->loop) {
        g_main_loop_quit(log->loop);
    }
}

static void destroy_logs(gpointer opaque)
{
    Log *log = opaque;

    g_string_append(log->text, "task-data ");
}

typedef struct Item {
    Log *log;
    const char *name;
} Item;

static void item_ends(gpointer opaque)
{
    Item *item = opaque;

    g_string_append_printf(item->log->text, "%s ", item->name);
}

static void test_complete(void)
{
    Log log;
    int finalized = 0;
    Object *source = probe_new(&finalized);
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(source, func_logs, &log, destroy_logs);
    g_assert_nonnull(task);
    g_assert_cmpuint(source->ref, ==, 2);
    g_assert_true(qio_task_get_source(task) == source);
    g_assert_null(qio_task_get_result_pointer(task));
    complete_and_free(task);

    g_assert_cmpstr(log.text->str, ==, "func task-data ");
    g_assert_true(log.func_thread == g_thread_self());
    g_assert_true(log.source == source);
    g_assert_null(log.err);
    g_assert_cmpuint(source->ref, ==, 1);
    g_assert_cmpint(finalized, ==, 0);
    object_unref(source);
    g_assert_cmpint(finalized, ==, 1);
    log_clear(&log);
}

/* The task's reference keeps the source alive through func, R-TASK-2. */
static void test_last_reference(void)
{
    Log log;
    int finalized = 0;
    Object *source = probe_new(&finalized);
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(source, func_logs, &log, NULL);
    object_unref(source);
    g_assert_cmpint(finalized, ==, 0);
    complete_and_free(task);
    g_assert_true(log.source == source);
    g_assert_cmpint(finalized, ==, 1);
    log_clear(&log);
}

static void test_null_source(void)
{
    Log log;
    QIOTask *task;

    log_init(&log);
    log.source = (Object *)&log;
    task = qio_task_new(NULL, func_logs, &log, NULL);
    g_assert_null(qio_task_get_source(task));
    complete_and_free(task);
    g_assert_null(log.source);
    g_assert_cmpint(log.calls, ==, 1);
    log_clear(&log);
}

static int null_destroyed;

static void destroy_of_null(gpointer opaque)
{
    g_assert_null(opaque);
    null_destroyed++;
}

static void func_ignores(QIOTask *task, gpointer opaque)
{
}

static void test_null_opaque(void)
{
    QIOTask *task = qio_task_new(NULL, func_ignores, NULL, destroy_of_null);

    null_destroyed = 0;
    qio_task_set_result_pointer(task, NULL, destroy_of_null);
    complete_and_free(task);
    g_assert_cmpint(null_destroyed, ==, 2);
}

static void test_result(void)
{
    Log log;
    Item first = { &log, "first" }, second = { &log, "second" };
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(NULL, func_logs, &log, NULL);
    qio_task_set_result_pointer(task, &first, item_ends);
    g_assert_true(qio_task_get_result_pointer(task) == &first);
    /* The same pointer: only its ownership changes. */
    qio_task_set_result_pointer(task, &first, NULL);
    g_assert_cmpstr(log.text->str, ==, "");
    qio_task_set_result_pointer(task, &first, item_ends);
    g_assert_cmpstr(log.text->str, ==, "");
    /* Another pointer: the one before ends, R-TASK-6. */
    qio_task_set_result_pointer(task, &second, item_ends);
    g_assert_cmpstr(log.text->str, ==, "first ");
    g_assert_true(qio_task_get_result_pointer(task) == &second);
    complete_and_free(task);
    g_assert_true(log.result == &second);
    g_assert_cmpstr(log.text->str, ==, "first func second ");
    log_clear(&log);
}

static void test_result_not_owned(void)
{
    Log log;
    Item item = { &log, "item" };
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(NULL, func_logs, &log, NULL);
    qio_task_set_result_pointer(task, &item, NULL);
    complete_and_free(task);
    g_assert_true(log.result == &item);
    g_assert_cmpstr(log.text->str, ==, "func ");
    log_clear(&log);
}

static void test_error(void)
{
    Log log;
    Error *err = NULL, *second = NULL;
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(NULL, func_logs, &log, NULL);
    qio_task_set_error(task, NULL);
    error_setg(&err, "the first");
    error_setg(&second, "the second");
    qio_task_set_error(task, err);
    qio_task_set_error(task, second);
    complete_and_free(task);
    /* The very same object, R-TASK-12. */
    g_assert_true(log.err == err);
    g_assert_cmpstr(error_get_pretty(log.err), ==, "the first");
    log_clear(&log);
}

static void test_propagate(void)
{
    Error *err = NULL, *local = NULL;
    QIOTask *task = qio_task_new(NULL, func_ignores, NULL, NULL);

    g_assert_false(qio_task_propagate_error(task, &local));
    g_assert_null(local);
    g_assert_false(qio_task_propagate_error(task, NULL));

    error_setg(&err, "one");
    qio_task_set_error(task, err);
    g_assert_true(qio_task_propagate_error(task, &local));
    g_assert_true(local == err);
    g_assert_false(qio_task_propagate_error(task, &local));

    /* A destination that is taken already: the first error wins. */
    err = NULL;
    error_setg(&err, "two");
    qio_task_set_error(task, err);
    g_assert_true(qio_task_propagate_error(task, &local));
    g_assert_cmpstr(error_get_pretty(local), ==, "one");

    err = NULL;
    error_setg(&err, "three");
    qio_task_set_error(task, err);
    g_assert_true(qio_task_propagate_error(task, NULL));
    g_assert_false(qio_task_propagate_error(task, NULL));

    /* Nobody asks for this one: it goes with the task. */
    err = NULL;
    error_setg(&err, "four");
    qio_task_set_error(task, err);
    complete_and_free(task);
    error_free(local);
}

static void test_propagate_abort(void)
{
    if (g_test_subprocess()) {
        Error *err = NULL;
        QIOTask *task = qio_task_new(NULL, func_ignores, NULL, NULL);

        error_setg(&err, "no way out");
        qio_task_set_error(task, err);
        qio_task_propagate_error(task, &error_abort);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*Unexpected error in test_propagate_abort() at *no way out*");
}

static void test_propagate_fatal(void)
{
    if (g_test_subprocess()) {
        Error *err = NULL;
        QIOTask *task = qio_task_new(NULL, func_ignores, NULL, NULL);

        error_setg(&err, "this is the end");
        qio_task_set_error(task, err);
        qio_task_propagate_error(task, &error_fatal);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*this is the end*");
}

#if !COMPLETE_FREES
static void test_free(void)
{
    Log log;
    Item item = { &log, "result" };
    int finalized = 0;
    Object *source = probe_new(&finalized);
    Error *err = NULL;
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(source, func_logs, &log, destroy_logs);
    qio_task_set_result_pointer(task, &item, item_ends);
    error_setg(&err, "nobody asks");
    qio_task_set_error(task, err);
    object_unref(source);
    qio_task_free(task);
    g_assert_cmpstr(log.text->str, ==, "task-data result ");
    g_assert_cmpint(finalized, ==, 1);
    qio_task_free(NULL);
    log_clear(&log);
}

static void test_complete_twice(void)
{
    Log log;
    QIOTask *task;

    log_init(&log);
    task = qio_task_new(NULL, func_logs, &log, destroy_logs);
    qio_task_complete(task);
    qio_task_complete(task);
    qio_task_free(task);
    g_assert_cmpstr(log.text->str, ==, "func func task-data ");
    log_clear(&log);
}
#endif

/* Threads */

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

static void test_thread_success(void)
{
    check_thread(NULL, FALSE);
}

static void test_thread_failure(void)
{
    check_thread(NULL, TRUE);
}

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

/* A task may be completed on another thread than the one that made it, P-TASK-8. */
static gpointer thread_completes(gpointer opaque)
{
    complete_and_free(opaque);
    return NULL;
}

static void test_complete_elsewhere(void)
{
    Log log;
    GThread *thread;

    log_init(&log);
    thread = g_thread_new("completer", thread_completes,
                          qio_task_new(NULL, func_logs, &log, destroy_logs));
    g_thread_join(thread);
    g_assert_cmpstr(log.text->str, ==, "func task-data ");
    g_assert_true(log.func_thread == thread);
    log_clear(&log);
}

/* Mistakes of the program end it, with the function and the mistake named. */

typedef struct Mistake {
    const char *name;
    void (*make)(void);
    const char *stderr_pattern;
} Mistake;

static void mistake_null_complete(void)
{
    qio_task_complete(NULL);
}

static void mistake_null_wait(void)
{
    qio_task_wait_thread(NULL);
}

static void mistake_null_source(void)
{
    qio_task_get_source(NULL);
}

static void mistake_null_run(void)
{
    qio_task_run_in_thread(NULL, worker_returns, NULL, NULL, NULL);
}

static void mistake_null_worker(void)
{
    qio_task_run_in_thread(qio_task_new(NULL, func_ignores, NULL, NULL), NULL, NULL, NULL, NULL);
}

static void mistake_null_error(void)
{
    qio_task_set_error(NULL, NULL);
}

static void mistake_null_propagate(void)
{
    qio_task_propagate_error(NULL, NULL);
}

static void mistake_null_set_result(void)
{
    qio_task_set_result_pointer(NULL, NULL, NULL);
}

static void mistake_null_get_result(void)
{
    qio_task_get_result_pointer(NULL);
}

static void mistake_no_func(void)
{
    qio_task_complete(qio_task_new(NULL, NULL, NULL, NULL));
}

static void mistake_wait_manual(void)
{
    qio_task_wait_thread(qio_task_new(NULL, func_ignores, NULL, NULL));
}

static void mistake_run_twice(void)
{
    QIOTask *task = qio_task_new(NULL, func_ignores, NULL, NULL);

    qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
    qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
}

static void func_waits_for_itself(QIOTask *task, gpointer opaque)
{
    qio_task_wait_thread(task);
}

static void mistake_wait_inside(void)
{
    qio_task_run_in_thread(qio_task_new(NULL, func_waits_for_itself, NULL, NULL),
                           worker_returns, NULL, NULL, NULL);
    for (;;) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static const Mistake mistakes[] = {
    { "complete-null", mistake_null_complete, "*qio_task_complete: task is NULL*" },
    { "complete-without-func", mistake_no_func, "*qio_task_complete: *func*" },
    { "wait-null", mistake_null_wait, "*qio_task_wait_thread: task is NULL*" },
    { "wait-manual", mistake_wait_manual, "*qio_task_wait_thread: *not given to a thread*" },
    { "wait-inside", mistake_wait_inside, "*qio_task_wait_thread: *inside its own func*" },
    { "run-null", mistake_null_run, "*qio_task_run_in_thread: task is NULL*" },
    { "run-null-worker", mistake_null_worker, "*qio_task_run_in_thread: worker is NULL*" },
    { "run-twice", mistake_run_twice, "*qio_task_run_in_thread: *to a thread before*" },
    { "source-null", mistake_null_source, "*qio_task_get_source: task is NULL*" },
    { "error-null", mistake_null_error, "*qio_task_set_error: task is NULL*" },
    { "propagate-null", mistake_null_propagate, "*qio_task_propagate_error: task is NULL*" },
    { "set-result-null", mistake_null_set_result, "*qio_task_set_result_pointer: task is NULL*" },
    { "get-result-null", mistake_null_get_result, "*qio_task_get_result_pointer: task is NULL*" },
};

static void test_mistake(gconstpointer opaque)
{
    const Mistake *mistake = opaque;

    if (g_test_subprocess()) {
        mistake->make();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(mistake->stderr_pattern);
}

int main(int argc, char **argv)
{
    size_t i;

    g_test_init(&argc, &argv, NULL);
    probe_register();
    g_test_add_func("/qio/task/complete", test_complete);
    g_test_add_func("/qio/task/last-reference", test_last_reference);
    g_test_add_func("/qio/task/null-source", test_null_source);
    g_test_add_func("/qio/task/null-opaque", test_null_opaque);
    g_test_add_func("/qio/task/result", test_result);
    g_test_add_func("/qio/task/result-not-owned", test_result_not_owned);
    g_test_add_func("/qio/task/error", test_error);
    g_test_add_func("/qio/task/propagate", test_propagate);
    g_test_add_func("/qio/task/propagate-abort", test_propagate_abort);
    g_test_add_func("/qio/task/propagate-fatal", test_propagate_fatal);
#if !COMPLETE_FREES
    g_test_add_func("/qio/task/free", test_free);
    g_test_add_func("/qio/task/complete-twice", test_complete_twice);
#endif
    g_test_add_func("/qio/task/complete-elsewhere", test_complete_elsewhere);
    g_test_add_func("/qio/task/thread/success", test_thread_success);
    g_test_add_func("/qio/task/thread/failure", test_thread_failure);
    g_test_add_func("/qio/task/thread/context", test_thread_context);
    g_test_add_func("/qio/task/thread/default-context", test_thread_default_context);
    g_test_add_func("/qio/task/thread/attributes", test_thread_attributes);
    g_test_add_func("/qio/task/thread/order", test_order);
    g_test_add_func("/qio/task/thread/many", test_many);
    g_test_add_func("/qio/task/wait", test_wait);
    g_test_add_func("/qio/task/wait-in-callback", test_wait_in_callback);
    for (i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/qio/task/mistake/%s", mistakes[i].name);

        g_test_add_data_func(path, &mistakes[i], test_mistake);
    }
    return g_test_run();
}
