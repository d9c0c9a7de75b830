/*
 * io/task.h: every function, driven by hand, and every mistake.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "task-log.h"
#include "mistakes.h"

typedef struct Item {
    Log *log;
    const char *name;
} Item;

static void item_ends(gpointer opaque)
{
    Item *item = opaque;

    g_string_append_printf(item->log->text, "%s ", item->name);
}

/* R-TASK-1, R-TASK-5 */
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

/* R-TASK-4 */
static void test_null_opaque(void)
{
    QIOTask *task = qio_task_new(NULL, func_ignores, NULL, destroy_of_null);

    null_destroyed = 0;
    qio_task_set_result_pointer(task, NULL, destroy_of_null);
    complete_and_free(task);
    g_assert_cmpint(null_destroyed, ==, 2);
}

/* R-TASK-7: the last one, as often as one asks. */
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

    /* Nobody asks for this one: it goes with the task, R-TASK-13. */
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
/* R-TASK-30, R-TASK-13, R-TASK-4 */
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

/* R-TASK-30 */
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

static void worker_returns(QIOTask *task, gpointer opaque)
{
}

/* Mistakes of the program end it, with the function and the mistake named. */

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

static void mistake_complete_threaded(void)
{
    QIOTask *task = qio_task_new(NULL, func_ignores, NULL, NULL);

    qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
    qio_task_complete(task);
}

static void mistake_no_func(void)
{
    qio_task_complete(qio_task_new(NULL, NULL, NULL, NULL));
}

static void mistake_wait_manual(void)
{
    qio_task_wait_thread(qio_task_new(NULL, func_ignores, NULL, NULL));
}

static void worker_completes(QIOTask *task, gpointer opaque)
{
    qio_task_complete(task);
}

/* R-TASK-46: that is not for the worker. */
static void mistake_complete_in_worker(void)
{
    qio_task_run_in_thread(qio_task_new(NULL, func_ignores, NULL, NULL), worker_completes, NULL, NULL, NULL);
    for (;;) {
        g_main_context_iteration(NULL, TRUE);
    }
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
    { "complete-threaded", mistake_complete_threaded, "*qio_task_complete: *given to a thread*" },
    { "complete-in-worker", mistake_complete_in_worker, "*qio_task_complete: *given to a thread*" },
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

int main(int argc, char **argv)
{
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
    ADD_MISTAKES("/qio/task/mistake", mistakes);
    return g_test_run();
}
