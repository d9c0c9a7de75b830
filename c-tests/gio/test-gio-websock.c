/*
 * qio/gio.h: WebSocket channels over GIO's sockets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"
#include "io/channel-websock.h"
#include "qio/websock-client.h"

/* Both ends of a connection that GIO has made. */
static void connect_by_gio(GIOStream **near, GIOStream **far)
{
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(GSocketClient) client = g_socket_client_new();
    guint16 port = succeed(g_socket_listener_add_any_inet_port(listener, NULL, &error));
    GAsyncResult *accepted = NULL, *connected = NULL;

    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_listener_accept_async(listener, NULL, keep_result, &accepted);
    g_socket_client_connect_to_host_async(client, "localhost", port, NULL, keep_result, &connected);
    await(&accepted);
    await(&connected);
    *far = G_IO_STREAM(succeed(g_socket_listener_accept_finish(listener, accepted, NULL, &error)));
    *near = G_IO_STREAM(succeed(g_socket_client_connect_finish(client, connected, &error)));
    g_object_unref(accepted);
    g_object_unref(connected);
}

/* Takes over @stream. */
static QIOChannel *channel_over(GIOStream *stream)
{
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_gio_new(stream));

    g_object_unref(stream);
    qio_channel_set_blocking(ioc, false, &error_abort);
    return ioc;
}

static void note_opened(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    qio_task_propagate_error(task, &err);
    g_assert_null(err);
    ++*(int *)opaque;
}

/* R-GIO-5 */
static void test_websock(void)
{
    const QIOWebsockRequest request = { .size = sizeof(request), .host = "server.example.com" };
    GIOStream *near_base, *far_base;
    g_autoptr(GIOStream) near = NULL, far = NULL;
    QIOChannel *near_ioc, *far_ioc;
    QIOChannelWebsock *client, *server;
    GAsyncResult *result = NULL;
    GError *error = NULL;
    int opened = 0;
    char byte;

    connect_by_gio(&near_base, &far_base);
    near_ioc = channel_over(near_base);
    far_ioc = channel_over(far_base);
    client = qio_channel_websock_new_client(near_ioc, &request, &error_abort);
    server = qio_channel_websock_new_server(far_ioc);
    qio_channel_websock_handshake(server, note_opened, &opened, NULL);
    qio_channel_websock_handshake(client, note_opened, &opened, NULL);
    while (opened < 2) {
        g_main_context_iteration(NULL, TRUE);
    }
    near = qio_gio_stream_new(QIO_CHANNEL(client), &error_abort);
    far = qio_gio_stream_new(QIO_CHANNEL(server), &error_abort);
    exchange(near, far, 1 << 20);

    /* It ends with a Close frame, which the other end tells as an error. */
    g_assert_true(succeed(g_io_stream_close(near, NULL, &error)));
    g_input_stream_read_async(g_io_stream_get_input_stream(far), &byte, 1, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    g_assert_cmpint(g_input_stream_read_finish(g_io_stream_get_input_stream(far), result, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, "has closed the connection"));
    g_clear_error(&error);
    g_object_unref(result);
    object_unref(OBJECT(client));
    object_unref(OBJECT(server));
    object_unref(OBJECT(near_ioc));
    object_unref(OBJECT(far_ioc));
}

static gpointer count_to_end(gpointer stream)
{
    GInputStream *input = g_io_stream_get_input_stream(stream);
    char bytes[4096];
    size_t count = 0;
    gssize n;

    while ((n = succeed(g_input_stream_read(input, bytes, sizeof(bytes), NULL, &error))) > 0) {
        count += n;
    }
    return GSIZE_TO_POINTER(count);
}

/* R-GIO-5: what a slow peer has not made room for yet when the output is closed arrives before the end. */
static void test_slow_peer(void)
{
    const QIOWebsockRequest request = { .size = sizeof(request), .host = "localhost" };
    int is_async;

    for (is_async = 0; is_async < 2; is_async++) {
        QIOChannelSocket *sockets[2];
        g_autoptr(GIOStream) near = NULL, far = NULL;
        QIOChannelWebsock *client, *server;
        GAsyncResult *result = NULL;
        GOutputStream *output;
        GThread *reader;
        GError *error = NULL;
        size_t filled = 0;
        int i, sv[2], opened = 0;
        gssize n;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), ==, 0);
        for (i = 0; i < 2; i++) {
            sockets[i] = qio_channel_socket_new_fd(sv[i], &error_abort);
            qio_channel_set_blocking(QIO_CHANNEL(sockets[i]), false, &error_abort);
        }
        client = qio_channel_websock_new_client(QIO_CHANNEL(sockets[0]), &request, &error_abort);
        server = qio_channel_websock_new_server(QIO_CHANNEL(sockets[1]));
        qio_channel_websock_handshake(server, note_opened, &opened, NULL);
        qio_channel_websock_handshake(client, note_opened, &opened, NULL);
        while (opened < 2) {
            g_main_context_iteration(NULL, TRUE);
        }
        near = qio_gio_stream_new(QIO_CHANNEL(client), &error_abort);
        far = qio_gio_stream_new(QIO_CHANNEL(server), &error_abort);
        output = g_io_stream_get_output_stream(near);
        while ((n = g_pollable_output_stream_write_nonblocking(G_POLLABLE_OUTPUT_STREAM(output), "0123456789", 10, NULL,
                                                               &error)) > 0) {
            filled += n;
        }
        expect_error(&error, G_IO_ERROR_WOULD_BLOCK);
        reader = g_thread_new("reader", count_to_end, far);
        if (is_async) {
            g_output_stream_close_async(output, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
            await(&result);
            g_assert_true(succeed(g_output_stream_close_finish(output, result, &error)));
            g_object_unref(result);
        } else {
            g_assert_true(succeed(g_output_stream_close(output, NULL, &error)));
        }
        g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(reader)), ==, filled);
        object_unref(OBJECT(client));
        object_unref(OBJECT(server));
        for (i = 0; i < 2; i++) {
            object_unref(OBJECT(sockets[i]));
        }
    }
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    g_test_add_func("/qio/gio/websock/both", test_websock);
    g_test_add_func("/qio/gio/websock/slow-peer", test_slow_peer);
    return g_test_run();
}
