/*
 * qio/gio.h: libsoup's HTTP server over channels, with libsoup's own client and the library's WebSocket.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"
#include "listener-sockets.h"
#include "tls-channels.h"
#include "io/net-listener.h"
#include "qio/websock-client.h"

#include <libsoup/soup.h>

static char *dir;

/* libsoup wants to know the addresses. */
static void accept_stream(SoupServer *soup, QIOChannel *ioc, QIOChannelSocket *sioc)
{
    g_autoptr(GSocketAddress) local = g_socket_address_new_from_native(&sioc->localAddr, sioc->localAddrLen);
    g_autoptr(GSocketAddress) remote = g_socket_address_new_from_native(&sioc->remoteAddr, sioc->remoteAddrLen);
    g_autoptr(GIOStream) stream = qio_gio_stream_new(ioc, &error_abort);

    g_assert_true(succeed(soup_server_accept_iostream(soup, stream, local, remote, &error)));
}

/* HTTP -------------------------------------------------------------------------------------- */

/* Says what it is told, and what it was asked for. */
static void handle(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer opaque)
{
    SoupMessageBody *request = soup_server_message_get_request_body(message);
    g_autoptr(GString) text = g_string_new(path);

    g_string_append_c(text, ' ');
    g_string_append_len(text, request->data, request->length);
    soup_server_message_set_status(message, 200, NULL);
    soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_COPY, text->str, text->len);
}

/* A server of HTTP behind a listener and TLS of the library. */
typedef struct Https {
    SoupServer *soup;
    QIONetListener *listener;
    QCryptoTLSCreds *creds;
    int clients;
    char *root; /* of its URLs */
    GTlsCertificate *certificate; /* its client's, one for all requests, or there is a connection for each */
} Https;

static void client_shaken(QIOTask *task, gpointer opaque)
{
    Https *https = opaque;
    QIOChannelTLS *ioc = QIO_CHANNEL_TLS(qio_task_get_source(task));
    Error *err = NULL;

    qio_task_propagate_error(task, &err);
    g_assert_null(err);
    accept_stream(https->soup, QIO_CHANNEL(ioc), QIO_CHANNEL_SOCKET(ioc->master));
}

static void client_accepted(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Https *https = opaque;
    QIOChannelTLS *ioc;

    qio_channel_set_blocking(QIO_CHANNEL(sioc), false, &error_abort);
    ioc = qio_channel_tls_new_server(QIO_CHANNEL(sioc), https->creds, NULL, &error_abort);
    https->clients++;
    qio_channel_tls_handshake(ioc, client_shaken, https, NULL, NULL);
    object_unref(OBJECT(ioc));
}

static void https_begin(Https *https)
{
    SocketAddress any = {
        .type = SOCKET_ADDRESS_TYPE_INET,
        .u.inet = { .host = (char *)"127.0.0.1", .port = (char *)"0" },
    };
    g_autoptr(GSocketAddress) anywhere = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    SocketAddress *address;

    *https = (Https) {
        .soup = soup_server_new(NULL, NULL),
        .listener = qio_net_listener_new(),
        .creds = tls_creds("x509", dir, SERVER),
        .certificate = certificate_of(dir, "client"),
    };
    soup_server_add_handler(https->soup, NULL, handle, NULL, NULL);
    /* One that listens nowhere ends each connection behind its first response. */
    g_assert_true(succeed(soup_server_listen(https->soup, anywhere, 0, &error)));
    g_assert_cmpint(qio_net_listener_open_sync(https->listener, &any, 5, &error_abort), ==, 0);
    address = qio_channel_socket_get_local_address(socket_of(https->listener, 0), &error_abort);
    https->root = g_strdup_printf("https://localhost:%s", address->u.inet.port);
    qapi_free_SocketAddress(address);
    qio_net_listener_set_client_func(https->listener, client_accepted, https, NULL);
}

static void https_end(Https *https)
{
    qio_net_listener_disconnect(https->listener);
    object_unref(OBJECT(https->listener));
    soup_server_disconnect(https->soup);
    g_object_unref(https->soup);
    tls_creds_end(https->creds);
    g_object_unref(https->certificate);
    g_free(https->root);
}

static void expect_answer(SoupSession *session, const Https *https, const char *method, const char *path, const char *body, gsize length)
{
    g_autofree char *uri = g_strconcat(https->root, path, NULL);
    g_autoptr(SoupMessage) message = soup_message_new(method, uri);
    g_autoptr(GString) wanted = g_string_new(path);
    g_autoptr(GBytes) answer = NULL;
    GAsyncResult *result = NULL;

    soup_message_set_tls_client_certificate(message, https->certificate);
    g_string_append_c(wanted, ' ');
    if (body) {
        g_autoptr(GBytes) bytes = g_bytes_new(body, length);

        soup_message_set_request_body_from_bytes(message, "application/octet-stream", bytes);
        g_string_append_len(wanted, body, length);
    }
    soup_session_send_and_read_async(session, message, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    answer = succeed(soup_session_send_and_read_finish(session, result, &error));
    g_object_unref(result);
    g_assert_cmpint(soup_message_get_status(message), ==, 200);
    g_assert_cmpmem(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer), wanted->str, wanted->len);
}

static void test_https(void)
{
    g_autofree char *authority = g_strdup_printf("%s/ca-cert.pem", dir);
    g_autoptr(GTlsDatabase) database = NULL;
    g_autofree char *body = patterned(1 << 20, 3);
    SoupSession *session;
    Https https;

    if (!g_tls_backend_supports_tls(g_tls_backend_get_default())) {
        g_test_skip("GIO has no TLS here: no glib-networking");
        return;
    }
    database = succeed(g_tls_file_database_new(authority, &error));
    session = soup_session_new_with_options("proxy-resolver", NULL, "tls-database", database, NULL);
    https_begin(&https);
    expect_answer(session, &https, "GET", "/one", NULL, 0);
    expect_answer(session, &https, "PUT", "/two", "body", 4);
    expect_answer(session, &https, "PUT", "/three", body, 1 << 20);
    /* All over the one connection. */
    g_assert_cmpint(https.clients, ==, 1);
    g_object_unref(session);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    https_end(&https);
}

/* WebSocket --------------------------------------------------------------------------------- */

static void say_again(SoupWebsocketConnection *connection, SoupWebsocketDataType type, GBytes *bytes, gpointer opaque)
{
    soup_websocket_connection_send_message(connection, type, bytes);
}

static void note_message(SoupWebsocketConnection *connection, SoupWebsocketDataType type, GBytes *bytes, gpointer opaque)
{
    GBytes **message = opaque;

    g_assert_null(*message);
    *message = g_bytes_ref(bytes);
}

static void note_ended(SoupWebsocketConnection *connection, gpointer opaque)
{
    *(bool *)opaque = true;
}

static void run_until(const bool *done)
{
    while (!*done) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void keep_connection(SoupServer *server, SoupServerMessage *message, const char *path,
                            SoupWebsocketConnection *connection, gpointer opaque)
{
    SoupWebsocketConnection **kept = opaque;

    *kept = g_object_ref(connection);
    g_signal_connect(connection, "message", G_CALLBACK(say_again), NULL);
}

static void note_opened(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    qio_task_propagate_error(task, &err);
    g_assert_null(err);
    *(bool *)opaque = true;
}

/* The library's client, with libsoup's server over a stream of ours. */
static void test_websock_client(void)
{
    const char *const protocols[] = { "other", "binary", NULL };
    const QIOWebsockRequest request = {
        .size = sizeof(request), .host = "server.example.com", .path = "/echo", .protocols = protocols,
    };
    SoupWebsocketConnection *connection = NULL;
    SoupServer *soup = soup_server_new(NULL, NULL);
    char *served[] = { (char *)"binary", NULL };
    Pair pair = unix_pair();
    GIOStream *near;
    QIOChannelWebsock *ioc;
    GAsyncResult *written = NULL, *read = NULL;
    char *sent = patterned(50000, 4), *received = g_malloc0(50000);
    bool is_open = false;

    soup_server_add_websocket_handler(soup, "/echo", NULL, served, keep_connection, &connection, NULL);
    accept_stream(soup, QIO_CHANNEL(pair.server), pair.server);
    set_blocking(pair.client, false);
    ioc = qio_channel_websock_new_client(QIO_CHANNEL(pair.client), &request, &error_abort);
    qio_channel_websock_handshake(ioc, note_opened, &is_open, NULL);
    run_until(&is_open);
    g_assert_cmpstr(qio_channel_websock_get_protocol(ioc), ==, "binary");

    near = qio_gio_stream_new(QIO_CHANNEL(ioc), &error_abort);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(near), sent, 50000, 0, NULL, keep_result, &written);
    g_input_stream_read_all_async(g_io_stream_get_input_stream(near), received, 50000, 0, NULL, keep_result, &read);
    await(&written);
    await(&read);
    g_assert_cmpmem(received, 50000, sent, 50000);
    g_object_unref(written);
    g_object_unref(read);
    g_assert_nonnull(connection);
    g_assert_true(succeed(g_io_stream_close(near, NULL, &error)));
    while (soup_websocket_connection_get_state(connection) != SOUP_WEBSOCKET_STATE_CLOSED) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_object_unref(connection);
    g_object_unref(near);
    g_object_unref(soup);
    object_unref(OBJECT(ioc));
    pair_end(&pair);
    g_free(sent);
    g_free(received);
}

/* libsoup's WebSocket at both ends, which have been agreed on already. */
static void test_websocket_connections(void)
{
    g_autoptr(GUri) uri = succeed(g_uri_parse("ws://server.example.com/", G_URI_FLAGS_NONE, &error));
    Pair pair = unix_pair();
    GIOStream *near = qio_gio_stream_new(QIO_CHANNEL(pair.client), &error_abort);
    GIOStream *far = qio_gio_stream_new(QIO_CHANNEL(pair.server), &error_abort);
    SoupWebsocketConnection *client = soup_websocket_connection_new(near, uri, SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL,
                                                                    NULL, NULL);
    SoupWebsocketConnection *server = soup_websocket_connection_new(far, uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL,
                                                                    NULL, NULL);
    g_autofree char *body = patterned(100000, 5);
    g_autoptr(GBytes) bytes = g_bytes_new(body, 100000);
    GBytes *message = NULL;
    bool client_ended = false, server_ended = false;

    g_signal_connect(server, "message", G_CALLBACK(say_again), NULL);
    g_signal_connect(client, "message", G_CALLBACK(note_message), &message);
    g_signal_connect(client, "closed", G_CALLBACK(note_ended), &client_ended);
    g_signal_connect(server, "closed", G_CALLBACK(note_ended), &server_ended);
    soup_websocket_connection_send_message(client, SOUP_WEBSOCKET_DATA_BINARY, bytes);
    while (!message) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_true(g_bytes_equal(message, bytes));
    g_bytes_unref(message);
    soup_websocket_connection_close(client, SOUP_WEBSOCKET_CLOSE_NORMAL, "enough");
    run_until(&client_ended);
    run_until(&server_ended);
    g_assert_cmpint(soup_websocket_connection_get_close_code(server), ==, SOUP_WEBSOCKET_CLOSE_NORMAL);
    g_object_unref(client);
    g_object_unref(server);
    g_object_unref(near);
    g_object_unref(far);
    pair_end(&pair);
}

int main(int argc, char **argv)
{
    TlsCert *ca, *server, *client;
    int result;

    tls_tests_init(&argc, &argv);
    ca = tls_cert(.name = "ca", .is_ca = true);
    server = tls_cert(.name = "localhost", .issuer = ca, .dns = { "localhost" });
    client = tls_cert(.name = "qemu", .issuer = ca);
    dir = tls_dir_new();
    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(dir, "server", server, NULL);
    tls_dir_put_identity(dir, "client", client, NULL);
    g_test_add_func("/qio/gio/soup/https", test_https);
    g_test_add_func("/qio/gio/soup/websock-client", test_websock_client);
    g_test_add_func("/qio/gio/soup/websocket-connections", test_websocket_connections);
    result = tls_tests_run();
    tls_dir_free(dir);
    return result;
}
