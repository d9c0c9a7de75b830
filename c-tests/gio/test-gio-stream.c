/*
 * qio/gio.h: a GIOStream over a channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"
#include "descriptor-limit.h"

#include "io/channel-buffer.h"
#include "io/channel-command.h"

/* A stream over one end of a connection; the test has the other one. */
typedef struct Fixture {
    Pair pair;
    GIOStream *stream;
    GInputStream *input;
    GOutputStream *output;
    QIOChannel *peer;
} Fixture;

static void begin(Fixture *fixture)
{
    *fixture = (Fixture) { .pair = unix_pair() };
    fixture->stream = qio_gio_stream_new(QIO_CHANNEL(fixture->pair.client), &error_abort);
    fixture->input = g_io_stream_get_input_stream(fixture->stream);
    fixture->output = g_io_stream_get_output_stream(fixture->stream);
    fixture->peer = QIO_CHANNEL(fixture->pair.server);
}

static void end(Fixture *fixture)
{
    g_clear_object(&fixture->stream);
    pair_end(&fixture->pair);
}

static void expect_from_peer(Fixture *fixture, const char *text)
{
    char buf[64];

    g_assert_cmpint(qio_channel_read_all(fixture->peer, buf, strlen(text), &error_abort), ==, 0);
    g_assert_cmpmem(buf, strlen(text), text, strlen(text));
}

static void send_from_peer(Fixture *fixture, const char *text)
{
    g_assert_cmpint(qio_channel_write_all(fixture->peer, text, strlen(text), &error_abort), ==, 0);
}

/* R-GIO-2, R-GIO-4 */
static void test_bytes(void)
{
    GOutputVector vectors[] = { { "one ", 4 }, { "", 0 }, { "two", 3 } };
    Fixture fixture;
    gsize written;
    char buf[64];

    begin(&fixture);
    g_assert_true(qio_gio_stream_get_channel(QIO_GIO_STREAM(fixture.stream)) == QIO_CHANNEL(fixture.pair.client));
    g_assert_true(succeed(g_output_stream_write_all(fixture.output, "hello", 5, &written, NULL, &error)));
    expect_from_peer(&fixture, "hello");
    g_assert_true(succeed(g_output_stream_writev_all(fixture.output, vectors, 3, &written, NULL, &error)));
    g_assert_cmpuint(written, ==, 7);
    expect_from_peer(&fixture, "one two");
    send_from_peer(&fixture, "answer");
    g_assert_cmpint(succeed(g_input_stream_read(fixture.input, buf, sizeof(buf), NULL, &error)), ==, 6);
    g_assert_cmpmem(buf, 6, "answer", 6);
    qio_channel_close(fixture.peer, &error_abort);
    g_assert_cmpint(succeed(g_input_stream_read(fixture.input, buf, sizeof(buf), NULL, &error)), ==, 0);
    end(&fixture);
}

/* R-GIO-2, R-GIO-3 */
static void test_would_block(void)
{
    GPollableInputStream *input;
    GPollableOutputStream *output;
    GError *error = NULL;
    Fixture fixture;
    char buf[4096] = "";
    GOutputVector vector = { buf, sizeof(buf) };
    gsize written;

    begin(&fixture);
    input = G_POLLABLE_INPUT_STREAM(fixture.input);
    output = G_POLLABLE_OUTPUT_STREAM(fixture.output);
    g_assert_true(g_pollable_input_stream_can_poll(input));
    g_assert_true(g_pollable_output_stream_can_poll(output));
    g_assert_false(g_pollable_input_stream_is_readable(input));
    g_assert_true(g_pollable_output_stream_is_writable(output));
    g_assert_cmpint(g_pollable_input_stream_read_nonblocking(input, buf, 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_WOULD_BLOCK);
    send_from_peer(&fixture, "x");
    g_assert_true(g_pollable_input_stream_is_readable(input));
    g_assert_cmpint(succeed(g_pollable_input_stream_read_nonblocking(input, buf, 1, NULL, &error)), ==, 1);
    while (g_pollable_output_stream_write_nonblocking(output, buf, sizeof(buf), NULL, &error) > 0) {
    }
    expect_error(&error, G_IO_ERROR_WOULD_BLOCK);
    g_assert_false(g_pollable_output_stream_is_writable(output));
    g_assert_cmpint(g_pollable_output_stream_writev_nonblocking(output, &vector, 1, &written, NULL, &error), ==,
                    G_POLLABLE_RETURN_WOULD_BLOCK);
    g_assert_no_error(error);
    end(&fixture);
}

static gpointer cancel_when_waiting(gpointer cancellable)
{
    g_usleep(20000);
    g_cancellable_cancel(cancellable);
    return NULL;
}

/* R-GIO-3: of a call that blocks, before and while it does. */
static void test_cancelled(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autofree char *much = g_malloc0(8 << 20);
    GError *error = NULL;
    GThread *thread;
    Fixture fixture;
    gsize written;
    char byte;

    begin(&fixture);
    thread = g_thread_new("cancel", cancel_when_waiting, cancellable);
    g_assert_cmpint(g_input_stream_read(fixture.input, &byte, 1, cancellable, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_thread_join(thread);
    g_assert_cmpint(g_input_stream_read(fixture.input, &byte, 1, cancellable, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CANCELLED);

    g_cancellable_reset(cancellable);
    thread = g_thread_new("cancel", cancel_when_waiting, cancellable);
    g_assert_false(g_output_stream_write_all(fixture.output, much, 8 << 20, &written, cancellable, &error));
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_thread_join(thread);
    g_assert_cmpuint(written, <, 8 << 20);
    /* The stream goes on. */
    send_from_peer(&fixture, "x");
    g_assert_cmpint(succeed(g_input_stream_read(fixture.input, &byte, 1, NULL, &error)), ==, 1);
    end(&fixture);
}

/* R-GIO-3 */
static void test_async(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GAsyncResult *result = NULL;
    GError *error = NULL;
    Fixture fixture;
    char buf[8];

    begin(&fixture);
    g_input_stream_read_all_async(fixture.input, buf, 6, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    send_from_peer(&fixture, "ans");
    g_main_context_iteration(NULL, FALSE);
    g_assert_null(result);
    send_from_peer(&fixture, "wer");
    await(&result);
    g_assert_true(succeed(g_input_stream_read_all_finish(fixture.input, result, NULL, &error)));
    g_assert_cmpmem(buf, 6, "answer", 6);
    g_clear_object(&result);

    g_input_stream_read_async(fixture.input, buf, 6, G_PRIORITY_DEFAULT, cancellable, keep_result, &result);
    g_main_context_iteration(NULL, FALSE);
    g_assert_null(result);
    g_cancellable_cancel(cancellable);
    await(&result);
    g_assert_cmpint(g_input_stream_read_finish(fixture.input, result, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_clear_object(&result);
    end(&fixture);
}

/* Much, both ways at once, over two streams. */
static void test_much(void)
{
    Pair pair = tcp_pair("127.0.0.1");
    g_autoptr(GIOStream) near = qio_gio_stream_new(QIO_CHANNEL(pair.client), &error_abort);
    g_autoptr(GIOStream) far = qio_gio_stream_new(QIO_CHANNEL(pair.server), &error_abort);

    exchange(near, far, 3 << 20);
    pair_end(&pair);
}

/* R-GIO-5 */
static void test_half_close(void)
{
    Fixture fixture;
    GError *error = NULL;
    char buf[8];

    begin(&fixture);
    g_assert_true(succeed(g_output_stream_close(fixture.output, NULL, &error)));
    g_assert_cmpint(qio_channel_read(fixture.peer, buf, 1, &error_abort), ==, 0);
    g_assert_cmpint(g_output_stream_write(fixture.output, "x", 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    /* The other way still goes. */
    send_from_peer(&fixture, "late");
    g_assert_cmpint(succeed(g_input_stream_read(fixture.input, buf, sizeof(buf), NULL, &error)), ==, 4);
    g_assert_true(succeed(g_io_stream_close(fixture.stream, NULL, &error)));
    end(&fixture);

    begin(&fixture);
    g_assert_true(succeed(g_input_stream_close(fixture.input, NULL, &error)));
    g_assert_true(succeed(g_output_stream_write_all(fixture.output, "still", 5, NULL, NULL, &error)));
    expect_from_peer(&fixture, "still");
    end(&fixture);
}

/* R-GIO-5 */
static void test_half_close_async(void)
{
    GAsyncResult *result = NULL;
    Fixture fixture;
    char byte;

    begin(&fixture);
    g_output_stream_close_async(fixture.output, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    g_assert_true(succeed(g_output_stream_close_finish(fixture.output, result, &error)));
    g_clear_object(&result);
    g_assert_cmpint(qio_channel_read(fixture.peer, &byte, 1, &error_abort), ==, 0);
    g_input_stream_close_async(fixture.input, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    g_assert_true(succeed(g_input_stream_close_finish(fixture.input, result, &error)));
    g_clear_object(&result);
    end(&fixture);
}

/* R-GIO-5: whoever waits is told, whether in a context or in a call. */
static void test_closed_while_waiting(void)
{
    GAsyncResult *result = NULL;
    GError *error = NULL;
    Fixture fixture;
    char byte;

    begin(&fixture);
    g_input_stream_read_async(fixture.input, &byte, 1, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    g_main_context_iteration(NULL, FALSE);
    g_assert_true(succeed(g_io_stream_close(fixture.stream, NULL, &error)));
    g_assert_cmpint(fixture.pair.client->fd, ==, -1);
    await(&result);
    g_assert_cmpint(g_input_stream_read_finish(fixture.input, result, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    g_clear_object(&result);
    /* And later. */
    g_assert_cmpint(g_input_stream_read(fixture.input, &byte, 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    g_assert_cmpint(g_output_stream_write(fixture.output, &byte, 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    g_assert_true(succeed(g_io_stream_close(fixture.stream, NULL, &error)));
    end(&fixture);
}

static gpointer read_until_closed(gpointer input)
{
    GError *error = NULL;
    char byte;

    g_assert_cmpint(g_input_stream_read(input, &byte, 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    return NULL;
}

/* R-GIO-5 */
static void test_closed_by_another_thread(void)
{
    Fixture fixture;
    GThread *thread;

    begin(&fixture);
    thread = g_thread_new("read", read_until_closed, fixture.input);
    g_usleep(20000);
    g_assert_true(succeed(g_io_stream_close(fixture.stream, NULL, &error)));
    g_thread_join(thread);
    end(&fixture);
}

/* R-GIO-5 */
static void test_closed_async(void)
{
    GAsyncResult *result = NULL;
    Fixture fixture;
    char byte;

    begin(&fixture);
    g_io_stream_close_async(fixture.stream, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    g_assert_true(succeed(g_io_stream_close_finish(fixture.stream, result, &error)));
    g_clear_object(&result);
    g_assert_cmpint(qio_channel_read(fixture.peer, &byte, 1, &error_abort), ==, 0);
    end(&fixture);
}

/* R-GIO-5: with the last reference on the stream, although that on the channel stays. */
static void test_dropped(void)
{
    GPollableInputStream *input;
    GError *error = NULL;
    GSource *source;
    Fixture fixture;
    char byte;

    begin(&fixture);
    input = g_object_ref(G_POLLABLE_INPUT_STREAM(fixture.input));
    source = g_pollable_input_stream_create_source(input, NULL);
    g_clear_object(&fixture.stream);
    g_assert_cmpint(fixture.pair.client->fd, ==, -1);
    g_assert_cmpint(qio_channel_read(fixture.peer, &byte, 1, &error_abort), ==, 0);
    /* What is left of it is harmless. */
    g_assert_true(g_pollable_input_stream_is_readable(input));
    g_assert_cmpint(g_pollable_input_stream_read_nonblocking(input, &byte, 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    g_source_unref(source);
    source = g_pollable_input_stream_create_source(input, NULL);
    g_source_unref(source);
    g_object_unref(input);
    end(&fixture);
}

/* R-GIO-5: in the middle of a read, which holds the input stream and no more. */
static void test_dropped_while_waiting(void)
{
    GAsyncResult *result = NULL;
    GError *error = NULL;
    GInputStream *input;
    Fixture fixture;
    char byte;

    begin(&fixture);
    input = fixture.input;
    g_input_stream_read_async(input, &byte, 1, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    g_main_context_iteration(NULL, FALSE);
    g_clear_object(&fixture.stream);
    await(&result);
    g_assert_cmpint(g_input_stream_read_finish(input, result, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    g_object_unref(result);
    end(&fixture);
}

/* R-GIO-4 */
static void test_broken(void)
{
    GError *error = NULL;
    Fixture fixture;

    begin(&fixture);
    qio_channel_close(fixture.peer, &error_abort);
    g_assert_cmpint(g_output_stream_write(fixture.output, "x", 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_BROKEN_PIPE);
    end(&fixture);

    /* The channel was closed beneath it. */
    begin(&fixture);
    qio_channel_close(QIO_CHANNEL(fixture.pair.client), &error_abort);
    g_assert_cmpint(g_output_stream_write(fixture.output, "x", 1, NULL, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CLOSED);
    end(&fixture);
}

/* A process that ends leaves a pipe that hangs up. */
static void test_command(void)
{
    const char *argv[] = { "/bin/sh", "-c", "read line; sleep 0.05; echo got $line", NULL };
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_command_new_spawn(argv, O_RDWR, &error_abort));
    GIOStream *stream = qio_gio_stream_new(ioc, &error_abort);
    GInputStream *input = g_io_stream_get_input_stream(stream);
    char buf[64];
    gsize n;

    g_assert_true(succeed(g_output_stream_write_all(g_io_stream_get_output_stream(stream), "it\n", 3, NULL, NULL, &error)));
    g_assert_true(succeed(g_input_stream_read_all(input, buf, sizeof(buf), &n, NULL, &error)));
    g_assert_cmpmem(buf, n, "got it\n", 7);
    g_object_unref(stream);
    object_unref(OBJECT(ioc));
}

/* Channels that no descriptor stands for. */
static void test_buffer(void)
{
    QIOChannelBuffer *ioc = qio_channel_buffer_new(100);
    GIOStream *stream = qio_gio_stream_new(QIO_CHANNEL(ioc), &error_abort);
    char buf[8];

    g_assert_cmpint(succeed(g_output_stream_write(g_io_stream_get_output_stream(stream), "kept", 4, NULL, &error)), ==, 4);
    qio_channel_io_seek(QIO_CHANNEL(ioc), 0, SEEK_SET, &error_abort);
    g_assert_cmpint(succeed(g_input_stream_read(g_io_stream_get_input_stream(stream), buf, 8, NULL, &error)), ==, 4);
    g_assert_true(succeed(g_output_stream_close(g_io_stream_get_output_stream(stream), NULL, &error)));
    g_object_unref(stream);
    object_unref(OBJECT(ioc));
}

static gpointer send_late(gpointer fixture)
{
    g_usleep(20000);
    send_from_peer(fixture, "x");
    return NULL;
}

static gpointer read_one(gpointer input)
{
    char byte;

    return GINT_TO_POINTER(succeed(g_input_stream_read(input, &byte, 1, NULL, &error)));
}

typedef struct Waits {
    GInputStream *input;
    GCancellable *cancellable;
} Waits;

static gpointer read_until_cancelled(gpointer opaque)
{
    Waits *waits = opaque;
    GError *error = NULL;
    char byte;

    g_assert_cmpint(g_input_stream_read(waits->input, &byte, 1, waits->cancellable, &error), ==, -1);
    expect_error(&error, G_IO_ERROR_CANCELLED);
    return NULL;
}

/* A wait may be over before who cancels it is: nothing of it is left, as sanitizers see. */
static void test_cancelled_by_another_thread(void)
{
    Fixture fixture;
    int i;

    begin(&fixture);
    for (i = 0; i < 100; i++) {
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        Waits waits = { fixture.input, cancellable };
        GThread *thread = g_thread_new("read", read_until_cancelled, &waits);

        if (i % 2) {
            g_usleep(200);
        }
        g_cancellable_cancel(cancellable);
        g_thread_join(thread);
    }
    end(&fixture);
}

/* R-GIO-3: what a wait takes is there before: GLib would end the process. Further waits at the same time go on
 * without. */
static void test_descriptor_limit(void)
{
    Fixture fixture, other;
    GThread *sender, *reader;
    Limit limit;
    char byte;

    begin(&fixture);
    begin(&other);
    limit_begin(&limit);
    reader = g_thread_new("read", read_one, other.input);
    sender = g_thread_new("send", send_late, &fixture);
    g_assert_cmpint(succeed(g_input_stream_read(fixture.input, &byte, 1, NULL, &error)), ==, 1);
    g_thread_join(sender);
    g_assert_cmpint(succeed(g_output_stream_write(fixture.output, "y", 1, NULL, &error)), ==, 1);
    expect_from_peer(&fixture, "y");
    send_from_peer(&other, "z");
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(reader)), ==, 1);
    g_assert_true(g_pollable_output_stream_is_writable(G_POLLABLE_OUTPUT_STREAM(fixture.output)));
    limit_end(&limit);
    end(&fixture);
    end(&other);
}

/* R-GIO-2 */
static void test_misuse(void)
{
    QIOChannelSocket *closed = qio_channel_socket_new();
    Error *err = NULL;

    expect_critical("qio_gio_stream_new", g_assert_null(qio_gio_stream_new(NULL, NULL)));
    expect_critical("qio_gio_stream_get_channel", g_assert_null(qio_gio_stream_get_channel(NULL)));
    /* It has no socket to make non-blocking. */
    g_assert_null(qio_gio_stream_new(QIO_CHANNEL(closed), &err));
    g_assert_nonnull(err);
    error_free(err);
    object_unref(OBJECT(closed));
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    g_test_add_func("/qio/gio/stream/bytes", test_bytes);
    g_test_add_func("/qio/gio/stream/would-block", test_would_block);
    g_test_add_func("/qio/gio/stream/cancelled", test_cancelled);
    g_test_add_func("/qio/gio/stream/cancelled/by-another-thread", test_cancelled_by_another_thread);
    g_test_add_func("/qio/gio/stream/async", test_async);
    g_test_add_func("/qio/gio/stream/much", test_much);
    g_test_add_func("/qio/gio/stream/half-close", test_half_close);
    g_test_add_func("/qio/gio/stream/half-close/async", test_half_close_async);
    g_test_add_func("/qio/gio/stream/closed/while-waiting", test_closed_while_waiting);
    g_test_add_func("/qio/gio/stream/closed/by-another-thread", test_closed_by_another_thread);
    g_test_add_func("/qio/gio/stream/closed/async", test_closed_async);
    g_test_add_func("/qio/gio/stream/dropped", test_dropped);
    g_test_add_func("/qio/gio/stream/dropped/while-waiting", test_dropped_while_waiting);
    g_test_add_func("/qio/gio/stream/broken", test_broken);
    g_test_add_func("/qio/gio/stream/command", test_command);
    g_test_add_func("/qio/gio/stream/buffer", test_buffer);
    g_test_add_func("/qio/gio/stream/descriptor-limit", test_descriptor_limit);
    g_test_add_func("/qio/gio/stream/misuse", test_misuse);
    return g_test_run();
}
