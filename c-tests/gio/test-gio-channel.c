/*
 * qio/gio.h: a channel over a GIOStream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"
#include "descriptor-limit.h"

/* A channel over GIO's socket; the test has the socket at the other end. */
typedef struct Fixture {
    QIOChannel *ioc;
    GIOStream *stream;
    int fd;
} Fixture;

static GIOStream *socket_stream(int fd)
{
    g_autoptr(GSocket) socket = succeed(g_socket_new_from_fd(fd, &error));

    return G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
}

static void begin(Fixture *fixture)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    fixture->fd = fds[1];
    fixture->stream = socket_stream(fds[0]);
    fixture->ioc = QIO_CHANNEL(qio_channel_gio_new(fixture->stream));
    /* The channel has a reference of its own. */
    g_object_unref(fixture->stream);
}

static void end(Fixture *fixture)
{
    object_unref(OBJECT(fixture->ioc));
    close(fixture->fd);
}

static bool sets_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    Error *err = NULL;

    /* Its result is another in each profile. */
    qio_channel_set_blocking(ioc, enabled, &err);
    if (!err) {
        return true;
    }
    error_propagate(errp, err);
    return false;
}

/* R-GIO-6, R-GIO-7 */
static void test_bytes(void)
{
    Fixture fixture;
    char one[4], two[8];
    struct iovec empty_first[] = { { NULL, 0 }, { one, 2 }, { two, 8 } };
    struct iovec out[] = { { (char *)"now", 3 }, { NULL, 0 }, { (char *)"then", 4 } };
    char buf[16];

    begin(&fixture);
    g_assert_true(qio_channel_gio_get_stream(QIO_CHANNEL_GIO(OBJECT(fixture.ioc))) == fixture.stream);
    g_assert_true(qio_channel_has_feature(fixture.ioc, QIO_CHANNEL_FEATURE_SHUTDOWN));
    g_assert_false(qio_channel_has_feature(fixture.ioc, QIO_CHANNEL_FEATURE_FD_PASS));
    g_assert_cmpint(send(fixture.fd, "abcdef", 6, 0), ==, 6);
    g_assert_cmpint(qio_channel_readv(fixture.ioc, empty_first, 3, &error_abort), ==, 2);
    g_assert_cmpmem(one, 2, "ab", 2);
    g_assert_cmpint(qio_channel_readv(fixture.ioc, empty_first, 1, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_read_all(fixture.ioc, two, 4, &error_abort), ==, 0);
    g_assert_cmpmem(two, 4, "cdef", 4);
    g_assert_cmpint(qio_channel_writev(fixture.ioc, out, 3, &error_abort), ==, 7);
    g_assert_cmpint(recv(fixture.fd, buf, sizeof(buf), 0), ==, 7);
    g_assert_cmpmem(buf, 7, "nowthen", 7);
    g_assert_cmpint(qio_channel_writev(fixture.ioc, out, 0, &error_abort), ==, 0);
    shutdown(fixture.fd, SHUT_WR);
    g_assert_cmpint(qio_channel_read(fixture.ioc, buf, 1, &error_abort), ==, 0);
    end(&fixture);
}

/* R-GIO-7 */
static void test_would_block(void)
{
    static char much[1 << 20];
    Fixture fixture;
    ssize_t n;
    char byte;

    begin(&fixture);
    g_assert_true(sets_blocking(fixture.ioc, false, &error_abort));
    g_assert_cmpint(qio_channel_read(fixture.ioc, &byte, 1, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    while ((n = qio_channel_write(fixture.ioc, much, sizeof(much), &error_abort)) > 0) {
    }
    g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    end(&fixture);
}

/* R-GIO-7 */
static void test_broken(void)
{
    Fixture fixture;
    Error *err = NULL;

    begin(&fixture);
    close(fixture.fd);
    fixture.fd = -1;
    g_assert_cmpint(qio_channel_write(fixture.ioc, "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    g_assert_nonnull(err);
    error_free(err);
    end(&fixture);
}

static gboolean note_condition(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    *(GIOCondition *)opaque |= condition;
    return TRUE;
}

static GIOCondition seen_within(GIOCondition *seen, int turns)
{
    GIOCondition result;

    while (turns--) {
        g_main_context_iteration(NULL, FALSE);
    }
    result = *seen;
    *seen = 0;
    return result;
}

/* R-GIO-9 */
static void test_watch(void)
{
    GIOCondition in = 0, out = 0, both = 0, none = 0;
    guint tags[4];
    Fixture fixture;
    char byte;
    size_t i;

    begin(&fixture);
    tags[0] = qio_channel_add_watch(fixture.ioc, G_IO_IN, note_condition, &in, NULL);
    tags[1] = qio_channel_add_watch(fixture.ioc, G_IO_OUT, note_condition, &out, NULL);
    tags[2] = qio_channel_add_watch(fixture.ioc, G_IO_IN | G_IO_OUT, note_condition, &both, NULL);
    tags[3] = qio_channel_add_watch(fixture.ioc, G_IO_HUP, note_condition, &none, NULL);
    g_assert_cmpint(seen_within(&in, 4), ==, 0);
    g_assert_cmpint(seen_within(&out, 4), ==, G_IO_OUT);
    g_assert_cmpint(seen_within(&both, 4), ==, G_IO_OUT);
    g_assert_cmpint(send(fixture.fd, "x", 1, 0), ==, 1);
    g_assert_cmpint(seen_within(&in, 4), ==, G_IO_IN);
    g_assert_cmpint(seen_within(&both, 4), ==, G_IO_IN | G_IO_OUT);
    g_assert_cmpint(qio_channel_read(fixture.ioc, &byte, 1, &error_abort), ==, 1);
    seen_within(&in, 4);
    g_assert_cmpint(seen_within(&in, 4), ==, 0);
    g_assert_cmpint(seen_within(&none, 4), ==, 0);
    for (i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_source_remove(tags[i]);
    }
    end(&fixture);
}

static gpointer send_late(gpointer opaque)
{
    g_usleep(20000);
    g_assert_cmpint(send(GPOINTER_TO_INT(opaque), "late", 4, 0), ==, 4);
    return NULL;
}

/* The library's own waits. */
static void test_wait(void)
{
    Fixture fixture;
    GThread *thread;
    char buf[4];

    begin(&fixture);
    g_assert_true(sets_blocking(fixture.ioc, false, &error_abort));
    thread = g_thread_new("send", send_late, GINT_TO_POINTER(fixture.fd));
    g_assert_cmpint(qio_channel_read_all(fixture.ioc, buf, 4, &error_abort), ==, 0);
    g_assert_cmpmem(buf, 4, "late", 4);
    g_thread_join(thread);
    end(&fixture);
}

static gpointer read_to_end(gpointer ioc)
{
    char byte;

    return GINT_TO_POINTER(qio_channel_read(ioc, &byte, 1, &error_abort) + 1);
}

/* R-GIO-10: also from another thread, in the middle of a read. */
static void test_shutdown(void)
{
    Fixture fixture;
    Error *err = NULL;
    GThread *thread;
    GIOCondition seen = 0;
    guint tag;
    char byte;

    begin(&fixture);
    thread = g_thread_new("read", read_to_end, fixture.ioc);
    g_usleep(20000);
    g_assert_cmpint(qio_channel_shutdown(fixture.ioc, QIO_CHANNEL_SHUTDOWN_READ, &error_abort), ==, 0);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, 1);
    g_assert_cmpint(qio_channel_write(fixture.ioc, "x", 1, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_shutdown(fixture.ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write(fixture.ioc, "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    error_free(err);
    g_assert_cmpint(recv(fixture.fd, &byte, 1, 0), ==, 1);
    g_assert_cmpint(recv(fixture.fd, &byte, 1, 0), ==, 0);
    end(&fixture);

    begin(&fixture);
    tag = qio_channel_add_watch(fixture.ioc, G_IO_IN, note_condition, &seen, NULL);
    g_assert_cmpint(seen_within(&seen, 2), ==, 0);
    g_assert_cmpint(qio_channel_shutdown(fixture.ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
    g_assert_cmpint(seen_within(&seen, 4), ==, G_IO_IN);
    g_source_remove(tag);
    end(&fixture);
}

/* R-GIO-7, R-GIO-10 */
static void test_close(void)
{
    Fixture fixture;
    Error *err = NULL;
    char byte;

    begin(&fixture);
    g_assert_cmpint(qio_channel_close(fixture.ioc, &error_abort), ==, 0);
    g_assert_true(g_io_stream_is_closed(fixture.stream));
    g_assert_cmpint(recv(fixture.fd, &byte, 1, 0), ==, 0);
    g_assert_cmpint(qio_channel_read(fixture.ioc, &byte, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_nonnull(err);
    error_free(err);
    end(&fixture);
}

/* R-GIO-9: a watch says so at once, as a transfer does, whoever has closed what. */
static void test_watch_of_closed(void)
{
    int socket_only;

    for (socket_only = 0; socket_only < 2; socket_only++) {
        GIOCondition seen = 0;
        Fixture fixture;
        guint tag;

        begin(&fixture);
        if (socket_only) {
            succeed(g_socket_close(g_socket_connection_get_socket(G_SOCKET_CONNECTION(fixture.stream)), &error));
        } else {
            qio_channel_close(fixture.ioc, &error_abort);
        }
        tag = qio_channel_add_watch(fixture.ioc, G_IO_IN | G_IO_OUT | G_IO_HUP, note_condition, &seen, NULL);
        g_assert_cmpint(seen_within(&seen, 1), ==, G_IO_IN | G_IO_OUT);
        g_source_remove(tag);
        end(&fixture);
    }
}

/* R-GIO-8: GIO takes descriptors to wait for a stream and a cancellable, and ends the process where there are none. */
static void test_descriptor_limit(void)
{
    g_autoptr(GSubprocess) cat = succeed(g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "sh", "-c", "sleep 0.1; cat", NULL));
    g_autoptr(GIOStream) pipes = g_simple_io_stream_new(g_subprocess_get_stdout_pipe(cat),
                                                        g_subprocess_get_stdin_pipe(cat));
    QIOChannel *command = QIO_CHANNEL(qio_channel_gio_new(pipes));
    Fixture fixture;
    GThread *sender;
    Limit limit;
    char byte;

    begin(&fixture);
    limit_begin(&limit);
    sender = g_thread_new("send", send_late, GINT_TO_POINTER(fixture.fd));
    g_assert_cmpint(qio_channel_read(fixture.ioc, &byte, 1, &error_abort), ==, 1);
    g_thread_join(sender);
    g_assert_cmpint(qio_channel_write(fixture.ioc, "x", 1, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_write(command, "y", 1, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_read(command, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(byte, ==, 'y');
    limit_end(&limit);
    qio_channel_close(command, &error_abort);
    object_unref(OBJECT(command));
    g_assert_true(succeed(g_subprocess_wait(cat, NULL, &error)));
    end(&fixture);
}

/* R-GIO-10: a delay and a cork are of sockets; other streams have none. */
static void test_socket_options(void)
{
    Pair pair;
    GIOStream *stream;
    QIOChannel *ioc;
    int value;

    pair = tcp_pair("127.0.0.1");
    stream = socket_stream(dup(pair.client->fd));
    ioc = QIO_CHANNEL(qio_channel_gio_new(stream));
    qio_channel_set_delay(ioc, false);
    g_assert_true(g_socket_get_option(g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream)), IPPROTO_TCP, 1,
                                      &value, NULL));
    g_assert_cmpint(value, ==, 1);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_cork(ioc, false);
    object_unref(OBJECT(ioc));
    g_object_unref(stream);
    pair_end(&pair);
}

/* The last reference but that of a watch. */
static void test_dropped(void)
{
    GIOCondition seen = 0;
    Fixture fixture;
    guint tag;
    char byte;

    begin(&fixture);
    tag = qio_channel_add_watch(fixture.ioc, G_IO_IN, note_condition, &seen, NULL);
    object_unref(OBJECT(fixture.ioc));
    g_assert_cmpint(send(fixture.fd, "x", 1, 0), ==, 1);
    g_assert_cmpint(seen_within(&seen, 4), ==, G_IO_IN);
    /* Nothing but the channel had the stream. */
    g_source_remove(tag);
    g_assert_cmpint(recv(fixture.fd, &byte, 1, 0), ==, -1);
    g_assert_cmpint(errno, ==, ECONNRESET);
    close(fixture.fd);
}

/* R-GIO-8, R-GIO-9: what can't be polled: transfers block, and watches are ready. */
static void test_file(void)
{
    g_autoptr(GFileIOStream) stream = NULL;
    g_autoptr(GFile) file = succeed(g_file_new_tmp("qio-gio-XXXXXX", &stream, &error));
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_gio_new(G_IO_STREAM(stream)));
    GIOCondition seen = 0;
    Error *err = NULL;
    char buf[8];
    guint tag;

    g_assert_false(sets_blocking(ioc, false, &err));
    g_assert_cmpint(errno, ==, EOPNOTSUPP);
    g_assert_nonnull(strstr(error_get_pretty(err), G_OBJECT_TYPE_NAME(stream)));
    error_free(err);
    g_assert_true(sets_blocking(ioc, true, &error_abort));
    err = NULL;
    g_assert_null(qio_gio_stream_new(ioc, &err));
    error_free(err);

    tag = qio_channel_add_watch(ioc, G_IO_IN | G_IO_OUT, note_condition, &seen, NULL);
    g_assert_cmpint(seen_within(&seen, 1), ==, G_IO_IN | G_IO_OUT);
    g_source_remove(tag);
    g_assert_cmpint(qio_channel_write_all(ioc, "in a file", 9, &error_abort), ==, 0);
    g_assert_true(succeed(g_seekable_seek(G_SEEKABLE(stream), 3, G_SEEK_SET, NULL, &error)));
    g_assert_cmpint(qio_channel_read(ioc, buf, sizeof(buf), &error_abort), ==, 6);
    g_assert_cmpmem(buf, 6, "a file", 6);
    qio_channel_set_delay(ioc, false);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_read(ioc, buf, 1, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    g_file_delete(file, NULL, NULL);
}

/* An output without a socket in which a writer stays until the test lets it go, whoever cancels. */
typedef struct Gate {
    GOutputStream parent;
    GAsyncQueue *entered, *let_go;
    gint inside, closed_inside;
} Gate;

typedef struct GateClass {
    GOutputStreamClass parent;
} GateClass;

static void gate_pollable_init(GPollableOutputStreamInterface *iface);

static GType gate_get_type(void);
G_DEFINE_TYPE_WITH_CODE(Gate, gate, G_TYPE_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, gate_pollable_init))

static gssize gate_write(GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable,
                         GError **error)
{
    Gate *gate = (Gate *)stream;

    g_atomic_int_set(&gate->inside, 1);
    g_async_queue_push(gate->entered, gate);
    g_async_queue_pop(gate->let_go);
    g_atomic_int_set(&gate->inside, 0);
    return count;
}

static gboolean gate_close(GOutputStream *stream, GCancellable *cancellable, GError **error)
{
    Gate *gate = (Gate *)stream;

    g_atomic_int_or(&gate->closed_inside, g_atomic_int_get(&gate->inside));
    return TRUE;
}

static gssize gate_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
    return gate_write(G_OUTPUT_STREAM(stream), buffer, count, NULL, error);
}

static void gate_pollable_init(GPollableOutputStreamInterface *iface)
{
    iface->write_nonblocking = gate_write_nonblocking;
}

static void gate_class_init(GateClass *klass)
{
    G_OUTPUT_STREAM_CLASS(klass)->write_fn = gate_write;
    G_OUTPUT_STREAM_CLASS(klass)->close_fn = gate_close;
}

static void gate_init(Gate *gate)
{
}

static gpointer write_byte(gpointer ioc)
{
    return GINT_TO_POINTER(qio_channel_write(ioc, "x", 1, &error_abort));
}

/* R-GIO-10: it neither waits for the writer nor fails, and the writer's bytes go out before the output is closed. */
static void test_shutdown_beside_writer(void)
{
    int blocking, callers;

    for (blocking = 0; blocking < 2; blocking++) {
        for (callers = 1; callers < 3; callers++) {
            g_autoptr(GInputStream) input = g_memory_input_stream_new();
            Gate *gate = g_object_new(gate_get_type(), NULL);
            g_autoptr(GIOStream) stream = g_simple_io_stream_new(input, G_OUTPUT_STREAM(gate));
            QIOChannel *ioc = QIO_CHANNEL(qio_channel_gio_new(stream));
            Error *err = NULL;
            GThread *writer;
            int i;

            gate->entered = g_async_queue_new();
            gate->let_go = g_async_queue_new();
            g_assert_true(sets_blocking(ioc, blocking, &error_abort));
            writer = g_thread_new("write", write_byte, ioc);
            g_async_queue_pop(gate->entered);
            for (i = 0; i < callers; i++) {
                g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort), ==, 0);
            }
            g_assert_false(g_output_stream_is_closed(G_OUTPUT_STREAM(gate)));
            g_async_queue_push(gate->let_go, gate);
            g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(writer)), ==, 1);
            g_assert_true(g_output_stream_is_closed(G_OUTPUT_STREAM(gate)));
            g_assert_cmpint(gate->closed_inside, ==, 0);
            g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, -1);
            g_assert_cmpint(errno, ==, EPIPE);
            error_free(err);
            g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
            object_unref(OBJECT(ioc));
            g_async_queue_unref(gate->entered);
            g_async_queue_unref(gate->let_go);
            g_object_unref(gate);
        }
    }
}

/* R-GIO-8, R-GIO-10: memory, which is pollable and is no socket. */
static void test_memory(void)
{
    g_autoptr(GInputStream) input = g_memory_input_stream_new_from_data("given", 5, NULL);
    g_autoptr(GOutputStream) output = g_memory_output_stream_new_resizable();
    g_autoptr(GIOStream) stream = g_simple_io_stream_new(input, output);
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_gio_new(stream));
    char buf[8];

    g_assert_true(sets_blocking(ioc, false, &error_abort));
    g_assert_cmpint(qio_channel_read(ioc, buf, sizeof(buf), &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_read(ioc, buf, sizeof(buf), &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write(ioc, "taken", 5, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort), ==, 0);
    g_assert_true(g_output_stream_is_closed(output));
    g_assert_cmpmem(g_memory_output_stream_get_data(G_MEMORY_OUTPUT_STREAM(output)), 5, "taken", 5);
    object_unref(OBJECT(ioc));
}

/* A stream over a channel over a stream over a channel. */
static void test_over_each_other(void)
{
    Pair pair = unix_pair();
    g_autoptr(GIOStream) inner = qio_gio_stream_new(QIO_CHANNEL(pair.client), &error_abort);
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_gio_new(inner));
    g_autoptr(GIOStream) near = qio_gio_stream_new(ioc, &error_abort);
    g_autoptr(GIOStream) far = qio_gio_stream_new(QIO_CHANNEL(pair.server), &error_abort);
    char byte;

    exchange(near, far, 1 << 20);
    g_assert_true(succeed(g_output_stream_close(g_io_stream_get_output_stream(near), NULL, &error)));
    g_assert_cmpint(succeed(g_input_stream_read(g_io_stream_get_input_stream(far), &byte, 1, NULL, &error)), ==, 0);
    object_unref(OBJECT(ioc));
    pair_end(&pair);
}

/* R-GIO-6, R-GIO-10 */
static void test_misuse(void)
{
    Fixture fixture;
    Error *err = NULL;
    char byte;
    int fds[1] = { 0 };
    struct iovec iov = { &byte, 1 };

    expect_critical("qio_channel_gio_new", g_assert_null(qio_channel_gio_new(NULL)));
    expect_critical("qio_channel_gio_get_stream", g_assert_null(qio_channel_gio_get_stream(NULL)));
    begin(&fixture);
    g_assert_cmpint(qio_channel_writev_full(fixture.ioc, &iov, 1, fds, 1, 0, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    err = NULL;
    g_assert_cmpint(qio_channel_io_seek(fixture.ioc, 0, SEEK_SET, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    end(&fixture);
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    g_test_add_func("/qio/gio/channel/bytes", test_bytes);
    g_test_add_func("/qio/gio/channel/would-block", test_would_block);
    g_test_add_func("/qio/gio/channel/broken", test_broken);
    g_test_add_func("/qio/gio/channel/watch", test_watch);
    g_test_add_func("/qio/gio/channel/wait", test_wait);
    g_test_add_func("/qio/gio/channel/shutdown", test_shutdown);
    g_test_add_func("/qio/gio/channel/shutdown/beside-writer", test_shutdown_beside_writer);
    g_test_add_func("/qio/gio/channel/close", test_close);
    g_test_add_func("/qio/gio/channel/close/watch", test_watch_of_closed);
    g_test_add_func("/qio/gio/channel/descriptor-limit", test_descriptor_limit);
    g_test_add_func("/qio/gio/channel/socket-options", test_socket_options);
    g_test_add_func("/qio/gio/channel/dropped", test_dropped);
    g_test_add_func("/qio/gio/channel/file", test_file);
    g_test_add_func("/qio/gio/channel/memory", test_memory);
    g_test_add_func("/qio/gio/channel/over-each-other", test_over_each_other);
    g_test_add_func("/qio/gio/channel/misuse", test_misuse);
    return g_test_run();
}
