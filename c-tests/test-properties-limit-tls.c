/*
 * Row C8 of docs/spec/properties.md for TLS channels: no descriptor is needed that isn't there, from
 * the handshake to the close.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-channels.h"
#include "descriptor-limit.h"
#include "websock-client.h"
#include "qemu/main-loop.h"

static gpointer writes_later(gpointer ioc)
{
    g_usleep(2000);
    g_assert_cmpint(qio_channel_write_all(ioc, "answer", 6, &error_abort), ==, 0);
    return NULL;
}

static gboolean stops(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    ++*(int *)data;
    return G_SOURCE_REMOVE;
}

static void ignores(void *opaque)
{
}

static void exchange(QIOChannel *ioc, QIOChannel *peer)
{
    struct iovec iov = { (char[8]) { 0 }, 6 };
    char bytes[8];
    GThread *thread;

    g_assert_cmpint(qio_channel_write_all(ioc, "hello", 5, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(qio_channel_flush(ioc, &error_abort), >=, 0);
    g_assert_cmpint(qio_channel_read_all(peer, bytes, 5, &error_abort), ==, 0);

    thread = g_thread_new("answers", writes_later, peer);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_readv_all(ioc, &iov, 1, &error_abort), ==, 0);
    g_assert_cmpmem(iov.iov_base, 6, "answer", 6);
    g_thread_join(thread);
    /* The same with the wait in it. */
    thread = g_thread_new("answers", writes_later, peer);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 6, &error_abort), ==, 0);
    g_thread_join(thread);
}

static void watch(QIOChannel *ioc)
{
    int calls = 0;

    qio_channel_add_watch(ioc, G_IO_OUT, stops, &calls, NULL);
    while (calls == 0) {
        g_main_context_iteration(NULL, true);
    }
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_set_aio_fd_handler(ioc, iohandler_get_aio_context(), ignores, ignores, ioc);
    qio_channel_set_aio_fd_handler(ioc, iohandler_get_aio_context(), NULL, NULL, NULL);
#else
    qio_channel_set_aio_fd_handler(ioc, iohandler_get_aio_context(), ignores,
                                   iohandler_get_aio_context(), ignores, ioc);
    qio_channel_set_aio_fd_handler(ioc, iohandler_get_aio_context(), NULL,
                                   iohandler_get_aio_context(), NULL, NULL);
#endif
}

static void use(Tls *tls)
{
    QIOChannel *ioc = QIO_CHANNEL(tls->ends[CLIENT]);
    QIOChannel *peer = QIO_CHANNEL(tls->ends[SERVER]);

#ifndef HOST_IMPORTED
    tls_connect(tls);
#endif
    g_assert_nonnull(qio_channel_tls_get_session(tls->ends[CLIENT]));
    qio_channel_set_name(ioc, "limit");
    qio_channel_set_delay(ioc, false);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_cork(ioc, false);
    exchange(ioc, peer);
    watch(ioc);
    tls_set_blocking(tls, true);
    exchange(ioc, peer);
    tls_set_blocking(tls, false);
    exchange(peer, ioc);
#ifdef QIO_HAS_TLS_BYE
    qio_channel_tls_bye(tls->ends[CLIENT], &error_abort);
    qio_channel_wait(peer, G_IO_IN);
    g_assert_cmpint(qio_channel_read(peer, (char[1]) { 0 }, 1, &error_abort), ==, 0);
#endif
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
}

static void test_tls(void)
{
    Pair pair;
    Limit limit;
    Tls tls;

    /* What is made once is there before. */
    g_assert_nonnull(iohandler_get_aio_context());
    tls_open(&tls);
    tls_end(&tls);

    pair = unix_pair();
    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
#ifdef HOST_IMPORTED
    /* The C host's server reads its keys at each handshake. */
    tls_open_over(&tls, QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
    limit_begin(&limit);
#else
    limit_begin(&limit);
    tls_make_over(&tls, QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
#endif
    use(&tls);
    limit_restore(&limit);
    tls_end(&tls);
}

/* A WebSocket over TLS, from its opening handshake to the Close frame that it answers with. */
static void test_websock(void)
{
    QIOChannel *client, *ioc;
    Web web = { .client = -1 };
    GString *got = g_string_new(NULL);
    char bytes[256];
    int calls = 0;
    Error *err = NULL;
    Limit limit;
    Tls tls;

    tls_open(&tls);
    client = QIO_CHANNEL(tls.ends[CLIENT]);
    limit_begin(&limit);
    ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(tls.ends[SERVER])));
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(ioc), web_called, &web, web_destroyed);
    g_assert_cmpint(qio_channel_write_all(client, REQUEST, strlen(REQUEST), &error_abort), ==, 0);
    web_await(&web);
    g_assert_cmpstr(web.error, ==, NULL);
    /* A frame each way, and a ping; "hello" with a mask of zeros. */
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(qio_channel_write_all(ioc, "hello", 5, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write_all(client, "\x89\x81\0\0\0\0p\x82\x85\0\0\0\0hello", 18,
                                          &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 5, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 5, "hello", 5);
    qio_channel_add_watch(ioc, G_IO_OUT, stops, &calls, NULL);
    while (!calls) {
        g_main_context_iteration(NULL, true);
    }
    /* A wrong word. */
    g_assert_cmpint(qio_channel_write_all(client, "\x82\0", 2, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_read(ioc, bytes, 1, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    for (;;) {
        ssize_t n = qio_channel_read(client, bytes, sizeof(bytes), NULL);

        if (n <= 0) {
            break;
        }
        g_string_append_len(got, bytes, n);
    }
    g_assert_true(g_str_has_prefix(got->str, "HTTP/1.1 101 "));
    g_assert_nonnull(memmem(got->str, got->len, "\x82\5hello\x8a\1p\x88", 11));
    limit_restore(&limit);
    object_unref(OBJECT(ioc));
    g_string_free(got, true);
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    g_test_add_func("/qio/properties/C8/limit/tls", test_tls);
    g_test_add_func("/qio/properties/C8/limit/websock-tls", test_websock);
    return tls_tests_run();
}
