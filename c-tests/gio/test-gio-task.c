/*
 * qio/gio.h: tasks and GTasks, and asynchronous results.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"
#include "qio/ext.h"

static int destroyed;

static void count_destroyed(gpointer text)
{
    destroyed++;
    g_free(text);
}

static void set_text(QIOTask *task, gpointer opaque)
{
    /* Whatever destroy function it is set with, it is the GTask's afterwards. */
    qio_task_set_result_pointer(task, g_strdup("text"), g_free);
}

static void set_nothing(QIOTask *task, gpointer opaque)
{
}

static void set_failure(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    error_setg(&err, "it failed");
    qio_task_set_error(task, err);
}

/* A function in GIO's way, whose work is a QIOTask. */
static void work_async(QIOTaskWorker worker, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer opaque)
{
    GTask *gtask = g_task_new(NULL, cancellable, callback, opaque);
    QIOTask *task = qio_task_new_for_gtask(NULL, gtask, count_destroyed);

    qio_task_run_in_thread(task, worker, NULL, NULL, g_task_get_context(gtask));
}

/* R-GIO-11 */
static void test_pointer(void)
{
    GAsyncResult *result = NULL;
    char *text;

    destroyed = 0;
    work_async(set_text, NULL, keep_result, &result);
    g_assert_null(result);
    await(&result);
    text = succeed(g_task_propagate_pointer(G_TASK(result), &error));
    g_assert_cmpstr(text, ==, "text");
    g_free(text);
    g_clear_object(&result);
    g_assert_cmpint(destroyed, ==, 0);

    /* Nobody wants it. */
    work_async(set_text, NULL, keep_result, &result);
    await(&result);
    g_clear_object(&result);
    g_assert_cmpint(destroyed, ==, 1);
}

/* R-GIO-11 */
static void test_nothing(void)
{
    GAsyncResult *result = NULL;

    work_async(set_nothing, NULL, keep_result, &result);
    await(&result);
    g_assert_true(succeed(g_task_propagate_boolean(G_TASK(result), &error)));
    g_clear_object(&result);
}

/* R-GIO-11 */
static void test_failure(void)
{
    GAsyncResult *result = NULL;
    GError *error = NULL;

    work_async(set_failure, NULL, keep_result, &result);
    await(&result);
    g_assert_null(g_task_propagate_pointer(G_TASK(result), &error));
    g_assert_cmpstr(error->message, ==, "it failed");
    expect_error(&error, G_IO_ERROR_FAILED);
    g_clear_object(&result);
}

/* R-GIO-11: GTask's own rule: the result of an operation that was cancelled isn't told. */
static void test_cancelled(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GAsyncResult *result = NULL;
    GError *error = NULL;

    destroyed = 0;
    work_async(set_text, cancellable, keep_result, &result);
    g_cancellable_cancel(cancellable);
    await(&result);
    g_assert_null(g_task_propagate_pointer(G_TASK(result), &error));
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_clear_object(&result);
    g_assert_cmpint(destroyed, ==, 1);
}

/* When a task is freed, whatever has become of its worker. */
static void note_freed(gpointer opaque)
{
    *(bool *)opaque = true;
}

static void await_freed(const bool *freed)
{
    while (!*freed) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* The same operation, on terms. */
static void work_on_terms(QIOTaskWorker worker, gpointer data, GDestroyNotify destroy, GCancellable *cancellable,
                          int64_t deadline, GAsyncResult **result)
{
    GTask *gtask = g_task_new(NULL, cancellable, keep_result, result);
    QIOTaskOptions options = {
        .size = sizeof(options), .cancellable = cancellable, .deadline = deadline,
        .priority = g_task_get_priority(gtask), .flags = QIO_TASK_RETURN_ON_CANCEL,
    };

    qio_task_run_in_thread_full(qio_task_new_for_gtask(NULL, gtask, count_destroyed), worker, data, destroy,
                                g_task_get_context(gtask), &options);
}

typedef struct Worker {
    bool freed; /* for note_freed(), so the first */
    int begun, ended;
} Worker;

/* Until nobody waits for it. */
static void wait_for_end(QIOTask *task, gpointer opaque)
{
    Worker *worker = opaque;

    g_atomic_int_set(&worker->begun, 1);
    while (!qio_task_is_cancelled(task)) {
        g_usleep(1000);
    }
    qio_task_set_result_pointer(task, g_strdup("late"), count_destroyed);
    g_atomic_int_set(&worker->ended, 1);
}

/* R-GIO-11: the cancellable reaches the worker, and the caller doesn't wait for it. */
static void test_cancelled_worker(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GAsyncResult *result = NULL;
    GError *error = NULL;
    Worker worker = { 0 };

    destroyed = 0;
    work_on_terms(wait_for_end, &worker, note_freed, cancellable, 0, &result);
    while (!g_atomic_int_get(&worker.begun)) {
        g_usleep(1000);
    }
    g_cancellable_cancel(cancellable);
    await(&result);
    g_assert_null(g_task_propagate_pointer(G_TASK(result), &error));
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_clear_object(&result);
    await_freed(&worker.freed);
    /* The late result ends with the task. */
    g_assert_cmpint(worker.ended, ==, 1);
    g_assert_cmpint(destroyed, ==, 1);
}

/* R-GIO-11 */
static void test_deadline(void)
{
    GAsyncResult *result = NULL;
    GError *error = NULL;
    Worker worker = { 0 };

    destroyed = 0;
    work_on_terms(wait_for_end, &worker, note_freed, NULL, g_get_monotonic_time() + 20000, &result);
    await(&result);
    g_assert_null(g_task_propagate_pointer(G_TASK(result), &error));
    expect_error(&error, G_IO_ERROR_TIMED_OUT);
    g_clear_object(&result);
    await_freed(&worker.freed);
    /* It has no result if the time was up before a thread came. */
    g_assert_cmpint(destroyed, ==, worker.ended);
}

/* In the context of the GTask, wherever the QIOTask completes. */
static gpointer complete_here(gpointer task)
{
    qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
    qio_task_free(task);
#endif
    return NULL;
}

/* R-GIO-11 */
static void test_other_thread(void)
{
    GAsyncResult *result = NULL;
    GTask *gtask = g_task_new(NULL, NULL, keep_result, &result);
    QIOTask *task = qio_task_new_for_gtask(NULL, gtask, NULL);

    g_thread_join(g_thread_new("complete", complete_here, task));
    g_assert_null(result);
    await(&result);
    g_assert_true(succeed(g_task_propagate_boolean(G_TASK(result), &error)));
    g_clear_object(&result);
}

/* R-GIO-11, R-GIO-12: a function that makes its task itself, and has none of GIO. */
static void test_connect(void)
{
    SocketAddress address = abstract_address("qio-test-gio-task", true);
    QIOChannelSocket *server = listen_on(&address), *client = qio_channel_socket_new();
    GAsyncResult *result = NULL;
    GTask *gtask = g_task_new(NULL, NULL, keep_result, &result);
    GError *error = NULL;

    qio_channel_socket_connect_async(client, &address, qio_task_return_to_gtask, gtask, qio_task_release_gtask, NULL);
    await(&result);
    g_assert_true(succeed(g_task_propagate_boolean(G_TASK(result), &error)));
    g_clear_object(&result);
    object_unref(OBJECT(client));
    object_unref(OBJECT(server));

    client = qio_channel_socket_new();
    gtask = g_task_new(NULL, NULL, keep_result, &result);
    qio_channel_socket_connect_async(client, &address, qio_task_return_to_gtask, gtask, qio_task_release_gtask, NULL);
    await(&result);
    g_assert_false(g_task_propagate_boolean(G_TASK(result), &error));
    expect_error(&error, G_IO_ERROR_FAILED);
    g_clear_object(&result);
    object_unref(OBJECT(client));
}

/* R-GIO-12: the task goes without completing. */
static void test_dropped(void)
{
    GAsyncResult *result = NULL;
    GError *error = NULL;

    qio_task_release_gtask(g_task_new(NULL, NULL, keep_result, &result));
    await(&result);
    g_assert_false(g_task_propagate_boolean(G_TASK(result), &error));
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_clear_object(&result);
#ifdef QIO_HAS_TASK_FREE
    qio_task_free(qio_task_new_for_gtask(NULL, g_task_new(NULL, NULL, keep_result, &result), NULL));
    await(&result);
    g_assert_false(g_task_propagate_boolean(G_TASK(result), &error));
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_clear_object(&result);
#endif
}

/* R-GIO-12 */
static void test_source(void)
{
    QIOChannelSocket *source = qio_channel_socket_new();
    GAsyncResult *result = NULL;
    QIOTask *task = qio_task_new_for_gtask(OBJECT(source), g_task_new(NULL, NULL, keep_result, &result), NULL);

    g_assert_true(qio_task_get_source(task) == OBJECT(source));
    object_unref(OBJECT(source));
    complete_here(task);
    await(&result);
    g_clear_object(&result);
}

/* The other way: what a task came to, for a callback of GIO's kind. */
typedef struct Call {
    GObject *source;
    GAsyncResult *result;
} Call;

static void move_result(QIOTask *task, gpointer opaque)
{
    Call *call = opaque;

    call->result = qio_task_to_async_result(task, call->source, call, count_destroyed);
    /* The task has nothing left. */
    g_assert_false(qio_task_propagate_error(task, NULL));
}

static void run(Call *call, QIOTaskWorker worker)
{
    QIOTask *task = qio_task_new(NULL, move_result, call, NULL);

    worker(task, NULL);
    complete_here(task);
}

/* R-GIO-13 */
static void test_async_result(void)
{
    Call call = { .source = g_object_new(G_TYPE_OBJECT, NULL) };
    GObject *source;
    gpointer text;

    destroyed = 0;
    run(&call, set_text);
    g_assert_true(g_async_result_get_user_data(call.result) == &call);
    source = g_async_result_get_source_object(call.result);
    g_assert_true(source == call.source);
    g_object_unref(source);
    g_assert_true(g_async_result_is_tagged(call.result, (gpointer)qio_task_to_async_result));
    g_assert_false(g_async_result_is_tagged(call.result, NULL));
    g_assert_true(succeed(qio_task_result_propagate(QIO_TASK_RESULT(call.result), NULL, &error)));
    g_assert_true(succeed(qio_task_result_propagate(QIO_TASK_RESULT(call.result), &text, &error)));
    g_assert_cmpstr(text, ==, "text");
    g_free(text);
    g_assert_true(succeed(qio_task_result_propagate(QIO_TASK_RESULT(call.result), &text, &error)));
    g_assert_null(text);
    g_object_unref(call.result);
    g_assert_cmpint(destroyed, ==, 0);
    g_object_unref(call.source);

    /* Nobody wants it; and there is no object. */
    call.source = NULL;
    run(&call, set_text);
    g_assert_null(g_async_result_get_source_object(call.result));
    g_object_unref(call.result);
    g_assert_cmpint(destroyed, ==, 1);
}

/* R-GIO-13 */
static void test_async_failure(void)
{
    Call call = { NULL };
    GError *error = NULL;
    gpointer text = &call;

    run(&call, set_failure);
    g_assert_false(qio_task_result_propagate(QIO_TASK_RESULT(call.result), &text, &error));
    g_assert_cmpstr(error->message, ==, "it failed");
    expect_error(&error, G_IO_ERROR_FAILED);
    g_assert_true(text == &call);
    /* It stays a failure. */
    g_assert_false(qio_task_result_propagate(QIO_TASK_RESULT(call.result), NULL, &error));
    expect_error(&error, G_IO_ERROR_FAILED);
    g_object_unref(call.result);
    run(&call, set_failure);
    g_object_unref(call.result);
}

/* An operation of GIO's completes a task. */
static void finish_read(QIOTask *task, gpointer opaque)
{
    GAsyncResult *result = qio_task_get_result_pointer(task);
    GObject *stream = g_async_result_get_source_object(result);

    *(gssize *)opaque = succeed(g_input_stream_read_finish(G_INPUT_STREAM(stream), result, &error));
    g_object_unref(stream);
}

/* R-GIO-14 */
static void test_from_async(void)
{
    g_autoptr(GInputStream) input = g_memory_input_stream_new_from_data("given", 5, NULL);
    gssize n = -1;
    char buf[8];

    g_input_stream_read_async(input, buf, sizeof(buf), G_PRIORITY_DEFAULT, NULL, qio_task_complete_from_async,
                              qio_task_new(NULL, finish_read, &n, NULL));
    while (n < 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(n, ==, 5);
}

static void test_misuse(void)
{
    QIOTask *task = qio_task_new(NULL, set_nothing, NULL, NULL);
    GObject *object = g_object_new(G_TYPE_OBJECT, NULL);

    expect_critical("qio_task_new_for_gtask", g_assert_null(qio_task_new_for_gtask(NULL, NULL, NULL)));
    expect_critical("qio_task_return_to_gtask", qio_task_return_to_gtask(NULL, NULL));
    expect_critical("qio_task_return_to_gtask", qio_task_return_to_gtask(task, object));
    expect_critical("qio_task_release_gtask", qio_task_release_gtask(object));
    expect_critical("qio_task_to_async_result", g_assert_null(qio_task_to_async_result(NULL, NULL, NULL, NULL)));
    expect_critical("qio_task_complete_from_async", qio_task_complete_from_async(object, NULL, task));
    expect_critical("qio_task_complete_from_async", qio_task_complete_from_async(NULL, NULL, NULL));
    expect_critical("qio_task_result_propagate", g_assert_false(qio_task_result_propagate(NULL, NULL, NULL)));
    complete_here(task);
    g_object_unref(object);
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    g_test_add_func("/qio/gio/task/pointer", test_pointer);
    g_test_add_func("/qio/gio/task/nothing", test_nothing);
    g_test_add_func("/qio/gio/task/failure", test_failure);
    g_test_add_func("/qio/gio/task/cancelled", test_cancelled);
    g_test_add_func("/qio/gio/task/cancelled/worker", test_cancelled_worker);
    g_test_add_func("/qio/gio/task/deadline", test_deadline);
    g_test_add_func("/qio/gio/task/other-thread", test_other_thread);
    g_test_add_func("/qio/gio/task/connect", test_connect);
    g_test_add_func("/qio/gio/task/dropped", test_dropped);
    g_test_add_func("/qio/gio/task/source", test_source);
    g_test_add_func("/qio/gio/task/async-result", test_async_result);
    g_test_add_func("/qio/gio/task/async-result/failure", test_async_failure);
    g_test_add_func("/qio/gio/task/from-async", test_from_async);
    g_test_add_func("/qio/gio/task/misuse", test_misuse);
    return g_test_run();
}
