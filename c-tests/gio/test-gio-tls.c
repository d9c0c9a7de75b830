/*
 * qio/gio.h: GIO's TLS (glib-networking) over channels, the library's over GIO's streams, and one talking to the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"
#include "tls-channels.h"

static char *dir;

/* FALSE if the test is skipped. */
static bool has_backend(void)
{
    if (!g_tls_backend_supports_tls(g_tls_backend_get_default())) {
        g_test_skip("GIO has no TLS here: no glib-networking");
        return false;
    }
    return true;
}

static GIOStream *gio_server(GIOStream *base)
{
    g_autoptr(GTlsCertificate) certificate = certificate_of(dir, "server");

    return succeed(g_tls_server_connection_new(base, certificate, &error));
}

static GIOStream *gio_client(GIOStream *base)
{
    g_autoptr(GSocketConnectable) identity = g_network_address_new("qemu.org", 443);
    g_autoptr(GTlsCertificate) certificate = certificate_of(dir, "client");
    g_autofree char *authority = g_strdup_printf("%s/ca-cert.pem", dir);
    g_autoptr(GTlsDatabase) database = succeed(g_tls_file_database_new(authority, &error));
    GIOStream *stream = succeed(g_tls_client_connection_new(base, identity, &error));

    g_tls_connection_set_database(G_TLS_CONNECTION(stream), database);
    g_tls_connection_set_certificate(G_TLS_CONNECTION(stream), certificate);
    return stream;
}

static void shake_begin(GIOStream *stream, GAsyncResult **result)
{
    *result = NULL;
    g_tls_connection_handshake_async(G_TLS_CONNECTION(stream), G_PRIORITY_DEFAULT, NULL, keep_result, result);
}

static void shake_end(GIOStream *stream, GAsyncResult **result)
{
    await(result);
    g_assert_true(succeed(g_tls_connection_handshake_finish(G_TLS_CONNECTION(stream), *result, &error)));
    g_clear_object(result);
}

static void close_stream(GIOStream *stream)
{
    GAsyncResult *result = NULL;

    g_io_stream_close_async(stream, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    g_assert_true(succeed(g_io_stream_close_finish(stream, result, &error)));
    g_object_unref(result);
}

/* The end in good order, not one that somebody could have made. */
static void expect_end(GIOStream *stream)
{
    GInputStream *input = g_io_stream_get_input_stream(stream);
    GAsyncResult *result = NULL;
    char byte;

    g_input_stream_read_async(input, &byte, 1, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
    await(&result);
    g_assert_cmpint(succeed(g_input_stream_read_finish(input, result, &error)), ==, 0);
    g_object_unref(result);
}

static void test_gio_over_channels(void)
{
    g_autoptr(GIOStream) near_base = NULL, far_base = NULL, near = NULL, far = NULL;
    GAsyncResult *near_shaken, *far_shaken;
    Pair pair;

    if (!has_backend()) {
        return;
    }
    pair = unix_pair();
    near_base = qio_gio_stream_new(QIO_CHANNEL(pair.client), &error_abort);
    far_base = qio_gio_stream_new(QIO_CHANNEL(pair.server), &error_abort);
    near = gio_client(near_base);
    far = gio_server(far_base);
    shake_begin(near, &near_shaken);
    shake_begin(far, &far_shaken);
    shake_end(near, &near_shaken);
    shake_end(far, &far_shaken);
    exchange(near, far, 1 << 20);
    close_stream(near);
    expect_end(far);
    /* GIO's own wants to answer, and nobody is there. */
    g_io_stream_close(far, NULL, NULL);
    pair_end(&pair);
}

/* A stream over a TLS channel whose handshake is under way with GIO's at the other end, both told. */
static GIOStream *shake_with(QIOChannelTLS *ioc, GIOStream *other)
{
    Shake shake = { 0 };
    GAsyncResult *shaken;

    shake_begin(other, &shaken);
    shake_start(&shake, ioc, NULL);
    while (!shake.destroyed) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpstr(shake.error, ==, NULL);
    shake_end(other, &shaken);
    return qio_gio_stream_new(QIO_CHANNEL(ioc), &error_abort);
}

/* One end is the library's, the other one GIO's, whichever says that it ends. */
static void exchange_and_end(GIOStream *ours, GIOStream *gios)
{
    exchange(ours, gios, 1 << 20);
#ifdef QIO_HAS_TLS_BYE
    g_assert_true(succeed(g_output_stream_close(g_io_stream_get_output_stream(ours), NULL, &error)));
    expect_end(gios);
#endif
    close_stream(gios);
    expect_end(ours);
    close_stream(ours);
}

static void test_server_channel(void)
{
    g_autoptr(GIOStream) base = NULL, near = NULL, far = NULL;
    QCryptoTLSCreds *creds;
    QIOChannelTLS *ioc;
    Pair pair;

    if (!has_backend()) {
        return;
    }
    pair = unix_pair();
    set_blocking(pair.server, false);
    creds = tls_creds("x509", dir, SERVER);
    ioc = qio_channel_tls_new_server(QIO_CHANNEL(pair.server), creds, NULL, &error_abort);
    base = qio_gio_stream_new(QIO_CHANNEL(pair.client), &error_abort);
    near = gio_client(base);
    far = shake_with(ioc, near);
    exchange_and_end(far, near);
    object_unref(OBJECT(ioc));
    tls_creds_end(creds);
    pair_end(&pair);
}

/* The library's client over GIO's socket. */
static void test_client_over_gio(void)
{
    g_autoptr(GIOStream) base = NULL, far_base = NULL, near = NULL, far = NULL;
    g_autoptr(GSocket) socket = NULL;
    QCryptoTLSCreds *creds;
    QIOChannel *below;
    QIOChannelTLS *ioc;
    Pair pair;

    if (!has_backend()) {
        return;
    }
    pair = unix_pair();
    socket = succeed(g_socket_new_from_fd(dup(pair.client->fd), &error));
    qio_channel_close(QIO_CHANNEL(pair.client), &error_abort);
    base = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
    below = QIO_CHANNEL(qio_channel_gio_new(base));
    qio_channel_set_blocking(below, false, &error_abort);
    creds = tls_creds("x509", dir, CLIENT);
    ioc = qio_channel_tls_new_client(below, creds, "qemu.org", &error_abort);
    far_base = qio_gio_stream_new(QIO_CHANNEL(pair.server), &error_abort);
    far = gio_server(far_base);
    near = shake_with(ioc, far);
    exchange_and_end(near, far);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(below));
    tls_creds_end(creds);
    pair_end(&pair);
}

#ifdef QIO_HAS_TLS_BYE
static gpointer read_late(gpointer ioc)
{
    g_autofree char *buf = g_malloc(1 << 16);
    size_t total = 0;
    ssize_t n;

    g_usleep(20000);
    qio_channel_set_blocking(ioc, true, &error_abort);
    while ((n = qio_channel_read(ioc, buf, 1 << 16, &error_abort)) > 0) {
        total += n;
    }
    return GSIZE_TO_POINTER(total);
}

static GThread *fill(GIOStream *stream, QIOChannelTLS *peer, size_t *filled)
{
    GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(stream));
    GError *error = NULL;
    char bytes[1024] = { 0 };
    gssize n;

    for (*filled = 0; (n = g_pollable_output_stream_write_nonblocking(output, bytes, sizeof(bytes), NULL, &error)) > 0;) {
        *filled += n;
    }
    expect_error(&error, G_IO_ERROR_WOULD_BLOCK);
    return g_thread_new("read", read_late, peer);
}

/* R-GIO-5: to a peer that reads more slowly than it is written to, the end comes in good order behind all that. */
static void test_slow_peer(void)
{
    int is_async;

    for (is_async = 0; is_async < 2; is_async++) {
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        GAsyncResult *result = NULL;
        GOutputStream *output;
        GIOStream *stream;
        GThread *reader;
        size_t filled;
        Tls tls;

        tls_open(&tls);
        stream = qio_gio_stream_new(QIO_CHANNEL(tls.ends[SERVER]), &error_abort);
        output = g_io_stream_get_output_stream(stream);
        reader = fill(stream, tls.ends[CLIENT], &filled);
        if (is_async) {
            g_output_stream_close_async(output, G_PRIORITY_DEFAULT, cancellable, keep_result, &result);
            await(&result);
            g_assert_true(succeed(g_output_stream_close_finish(output, result, &error)));
            g_object_unref(result);
        } else {
            g_assert_true(succeed(g_output_stream_close(output, cancellable, &error)));
        }
        g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(reader)), >=, filled);
        g_object_unref(stream);
        tls_run();
        tls_end(&tls);
    }
}

/* R-GIO-5: whoever doesn't wait for that says so: it is closed all the same. */
static void test_slow_peer_cancelled(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GAsyncResult *result = NULL;
    GError *error = NULL;
    GOutputStream *output;
    GIOStream *stream;
    Tls tls;

    tls_open(&tls);
    stream = qio_gio_stream_new(QIO_CHANNEL(tls.ends[SERVER]), &error_abort);
    output = g_io_stream_get_output_stream(stream);
    while (tls_write(&tls, SERVER, "0123456789", 10, &error_abort) > 0) {
    }
    g_output_stream_close_async(output, G_PRIORITY_DEFAULT, cancellable, keep_result, &result);
    tls_run();
    g_assert_null(result);
    g_cancellable_cancel(cancellable);
    await(&result);
    g_assert_false(g_output_stream_close_finish(output, result, &error));
    expect_error(&error, G_IO_ERROR_CANCELLED);
    g_assert_true(g_output_stream_is_closed(output));
    g_object_unref(result);
    g_object_unref(stream);
    tls_run();
    tls_end(&tls);
}
#endif

int main(int argc, char **argv)
{
    TlsCert *ca, *server, *client;
    int result;

    tls_tests_init(&argc, &argv);
    ca = tls_cert(.name = "ca", .is_ca = true);
    server = tls_cert(.name = "qemu.org", .issuer = ca, .dns = { "qemu.org" });
    client = tls_cert(.name = "qemu", .issuer = ca);
    dir = tls_dir_new();
    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(dir, "server", server, NULL);
    tls_dir_put_identity(dir, "client", client, NULL);
    g_test_add_func("/qio/gio/tls/gio-over-channels", test_gio_over_channels);
    g_test_add_func("/qio/gio/tls/server-channel", test_server_channel);
    g_test_add_func("/qio/gio/tls/client-over-gio", test_client_over_gio);
#ifdef QIO_HAS_TLS_BYE
    g_test_add_func("/qio/gio/tls/slow-peer", test_slow_peer);
    g_test_add_func("/qio/gio/tls/slow-peer/cancelled", test_slow_peer_cancelled);
#endif
    result = tls_tests_run();
    tls_dir_free(dir);
    return result;
}
