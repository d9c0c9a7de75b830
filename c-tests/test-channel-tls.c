/*
 * io/channel-tls.h: making channels, handshakes, and what is passed on to the master.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "listener-sockets.h"
#include "tls-channels.h"
#include "tls-wire.h"

#include <pthread.h>

/* R-TLS-2 */
static void test_new(void)
{
    Wire *wires[2];
    Tls tls;
    int i;

    wire_pair(wires);
    tls_make_over(&tls, &wires[0]->parent, &wires[1]->parent);
    for (i = 0; i < 2; i++) {
        QIOChannelTLS *ioc = tls.ends[i];

        g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_TLS);
        g_assert_cmpint(OBJECT(ioc)->ref, ==, 1);
        g_assert_cmpint(OBJECT(tls.below[i])->ref, ==, 2);
        g_assert_true(ioc->master == tls.below[i]);
        g_assert_nonnull(ioc->session);
        g_assert_true(qio_channel_tls_get_session(ioc) == ioc->session);
        g_assert_cmpint(ioc->shutdown, ==, 0);
        /* Nothing moves before the handshake. */
        g_assert_cmpint(wires[i]->reads + wires[i]->writes, ==, 0);
    }
    object_unref(OBJECT(tls.ends[CLIENT]));
    object_unref(OBJECT(tls.ends[SERVER]));
    tls.ends[CLIENT] = tls.ends[SERVER] = NULL;
    tls_end(&tls);
}

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
/* R-TLS-6, R-82-6, R-91-6: at construction, and not later. */
static void test_new_follows(void)
{
    int follows, end;

    for (follows = 0; follows < 2; follows++) {
        for (end = 0; end < 2; end++) {
            QIOChannel *master = QIO_CHANNEL(object_new(TYPE_WIRE));
            QIOChannelTLS *ioc;

            qio_channel_set_follow_coroutine_ctx(master, follows);
            ioc = tls_over(master, end);
            qio_channel_set_follow_coroutine_ctx(master, !follows);
            g_assert_cmpint(QIO_CHANNEL(ioc)->follow_coroutine_ctx, ==, follows);
            object_unref(OBJECT(ioc));
            object_unref(OBJECT(master));
        }
    }
}
#endif

/* R-TLS-2, R-TLS-50: from the session's making to the channel's end. */
static void test_new_keeps_credentials(void)
{
    PskCreds psk = psk_creds(CLIENT, PSK_KEY);
    QCryptoTLSCreds *creds = psk.creds;
    QIOChannelTLS *ioc;
    Wire *wires[2];

    wire_pair(wires);
    object_ref(OBJECT(creds));
    ioc = qio_channel_tls_new_client(&wires[0]->parent, creds, "localhost", &error_abort);
    psk_creds_end(&psk);
    g_assert_cmpint(OBJECT(creds)->ref, ==, 2);
    object_unref(OBJECT(ioc));
    g_assert_cmpint(OBJECT(creds)->ref, ==, 1);
    object_unref(OBJECT(creds));
    object_unref(OBJECT(wires[0]));
    object_unref(OBJECT(wires[1]));
}

/* R-TLS-3 */
static void test_new_fails(void)
{
    Error *err = NULL;
    Wire *wires[2];

    wire_pair(wires);
    g_assert_null(qio_channel_tls_new_server(&wires[0]->parent, psk_of[CLIENT].creds, NULL, &err));
    g_assert_nonnull(err);
    error_free(err);
    g_assert_null(qio_channel_tls_new_client(&wires[0]->parent, psk_of[SERVER].creds, NULL, NULL));
    g_assert_cmpint(OBJECT(wires[0])->ref, ==, 1);
    object_unref(OBJECT(wires[0]));
    object_unref(OBJECT(wires[1]));
}

/* R-TLS-7 */
static void test_too_early(void)
{
    char byte = 0;
    Tls tls;

    tls_make(&tls);
    expect_failure(tls_read(&tls, CLIENT, &byte, 1, &err));
    expect_failure(tls_write(&tls, CLIENT, &byte, 1, &err));
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, NULL), ==, -1);
    /* Also while it is under way. */
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    g_assert_cmpint(tls_read(&tls, CLIENT, &byte, 1, NULL), ==, -1);
    g_assert_cmpint(tls_write(&tls, CLIENT, &byte, 1, NULL), ==, -1);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    tls_pass(&tls, CLIENT, "in time");
    tls_end(&tls);
}

static void test_without_master(void)
{
    QIOChannel *ioc = QIO_CHANNEL(object_new(TYPE_QIO_CHANNEL_TLS));
    Shake shake = { 0 };
    char byte = 0;

    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, NULL), ==, -1);
    g_assert_cmpint(qio_channel_write(ioc, &byte, 1, NULL), ==, -1);
    expect_failure(qio_channel_close(ioc, &err));
    g_assert_null(qio_channel_create_watch(ioc, G_IO_IN));
    g_assert_null(qio_channel_tls_get_session(QIO_CHANNEL_TLS(ioc)));
    shake_start(&shake, QIO_CHANNEL_TLS(ioc), NULL);
    g_assert_cmpint(shake.destroyed, ==, 1);
    g_assert_nonnull(shake.error);
    g_free(shake.error);
    object_unref(OBJECT(ioc));
}

static void test_handshake(void)
{
    Tls tls;

    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    g_assert_cmpint(tls.shakes[SERVER].called, ==, 0);
    g_assert_cmpint(OBJECT(tls.ends[SERVER])->ref, >, 1);
#ifdef QIO_HAS_TLS_HS_IOC_TAG
    {
        GSource *source = g_main_context_find_source_by_id(NULL, tls.ends[SERVER]->hs_ioc_tag);

        g_assert_nonnull(source);
    }
#endif
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpstr(tls.shakes[CLIENT].error, ==, NULL);
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, NULL);
#ifdef QIO_HAS_TLS_HS_IOC_TAG
    g_assert_cmpuint(tls.ends[SERVER]->hs_ioc_tag, ==, 0);
#endif
    tls_pass(&tls, CLIENT, "there");
    tls_pass(&tls, SERVER, "and back");
    tls_end(&tls);
}

static void *shake_in_thread(void *opaque)
{
    Shake *shake = opaque;

    shake_start(shake, shake->ioc, NULL);
    /* R-TLS-13: without anybody's main loop. */
    g_assert_cmpint(shake->called, ==, 1);
    g_assert_cmpint(shake->destroyed, ==, 1);
    g_assert_true(shake->thread == g_thread_self());
    return NULL;
}

static void test_handshake_of_blocking_masters(void)
{
    pthread_t threads[2];
    Tls tls;
    int i;

    tls_make(&tls);
    tls_set_blocking(&tls, true);
    for (i = 0; i < 2; i++) {
        tls.shakes[i].ioc = tls.ends[i];
        g_assert_cmpint(pthread_create(&threads[i], NULL, shake_in_thread, &tls.shakes[i]), ==, 0);
    }
    for (i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        g_assert_cmpstr(tls.shakes[i].error, ==, NULL);
    }
    g_assert_false(g_main_context_pending(NULL));
    tls_pass(&tls, SERVER, "no loop");
    tls_end(&tls);
}

static void *iterate(void *opaque)
{
    GMainLoop *loop = opaque;

    g_main_loop_run(loop);
    return NULL;
}

static gboolean quit(gpointer opaque)
{
    g_main_loop_quit(opaque);
    return G_SOURCE_REMOVE;
}

/* A context that another thread iterates. */
typedef struct Loop {
    GMainContext *context;
    GMainLoop *loop;
    pthread_t thread;
} Loop;

static void loop_start(Loop *self)
{
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, false);
    g_assert_cmpint(pthread_create(&self->thread, NULL, iterate, self->loop), ==, 0);
}

static void loop_end(Loop *self)
{
    GSource *source = g_idle_source_new();

    g_source_set_callback(source, quit, self->loop, NULL);
    g_source_attach(source, self->context);
    g_source_unref(source);
    pthread_join(self->thread, NULL);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
}

static void test_handshake_in_context(void)
{
    GMainContext *context = g_main_context_new();
    Tls tls;
    int i;

    tls_make(&tls);
    for (i = 0; i < 2; i++) {
        shake_start(&tls.shakes[i], tls.ends[i], context);
    }
    tls_run();
    g_assert_cmpint(tls.shakes[CLIENT].called + tls.shakes[SERVER].called, ==, 0);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmpstr(tls.shakes[CLIENT].error, ==, NULL);
    g_main_context_unref(context);
    tls_end(&tls);
}

static void test_handshake_in_threads(void)
{
    Loop loop;
    Tls tls;

    tls_make(&tls);
    loop_start(&loop);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], loop.context);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    while (!tls.shakes[CLIENT].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    tls_set_blocking(&tls, true);
    g_assert_cmpint(tls_write(&tls, CLIENT, "x", 1, &error_abort), ==, 1);
    /* The server's last message may still be on its way. */
    while (!g_atomic_int_get(&tls.shakes[SERVER].destroyed)) {
        g_thread_yield();
    }
    loop_end(&loop);
    g_assert_true(tls.shakes[SERVER].thread != g_thread_self());
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, NULL);
    tls_end(&tls);
}

/*
 * A client whose greeting is out has to receive: until something comes nobody asks the session again, though the
 * master has room. A handshake result of 1 is "send" in later profiles and names no direction before (R-91-3,
 * R-82-5, R-90-4).
 */
static void test_client_receives_first(void)
{
    Wire *wires[2];
    Tls tls;
    int i, reads, writes;

    wire_pair(wires);
    tls_make_over(&tls, &wires[CLIENT]->parent, &wires[SERVER]->parent);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    g_assert_cmpuint(wires[SERVER]->in->len, >, 0);
    g_assert_cmpint(wire_ready(wires[CLIENT]), ==, G_IO_OUT);
    reads = wires[CLIENT]->reads;
    writes = wires[CLIENT]->writes;
    for (i = 0; i < 100; i++) {
        g_assert_false(g_main_context_iteration(NULL, false));
    }
    g_assert_cmpint(wires[CLIENT]->reads, ==, reads);
    g_assert_cmpint(wires[CLIENT]->writes, ==, writes);
    g_assert_cmpint(tls.shakes[CLIENT].destroyed, ==, 0);

    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_null(tls.shakes[CLIENT].error);
    g_assert_null(tls.shakes[SERVER].error);
    tls_pass(&tls, SERVER, "received");
    tls_end(&tls);
}

/* Every transfer of the master would block once in between (R-TLS-8). */
static void test_handshake_byte_by_byte(void)
{
    Wire *wires[2];
    Tls tls;

    wire_pair(wires);
    wires[0]->capacity = wires[1]->capacity = 7;
    wires[0]->portion = wires[1]->portion = 1;
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    wires[0]->capacity = wires[1]->capacity = 4096;
    tls_pass(&tls, CLIENT, "slowly");
    tls_end(&tls);
}

static void test_handshake_again(void)
{
    Shake second = { .is_second = true };
    Tls tls;

    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    shake_start(&second, tls.ends[SERVER], NULL);
    g_assert_cmpint(second.called, ==, 1);
    g_assert_cmpint(second.destroyed, ==, 1);
    g_assert_nonnull(second.error);
    g_free(second.error);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, NULL);
    tls_end(&tls);
}

static void await_failure(Shake *shake)
{
    while (!shake->destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpint(shake->called, ==, 1);
    g_assert_nonnull(shake->error);
    g_assert_true(g_str_has_prefix(shake->error, "TLS handshake failed: "));
}

static void client_is_greeted(QIONetListener *listener, QIOChannelSocket *client, gpointer opaque)
{
    Tls *tls = opaque;

    object_ref(OBJECT(client));
    tls->below[SERVER] = QIO_CHANNEL(client);
    set_blocking(client, false);
    tls->ends[SERVER] = tls_over(QIO_CHANNEL(client), SERVER);
    shake_start(&tls->shakes[SERVER], tls->ends[SERVER], NULL);
}

/* The connection has ended, by a reset if what was sent wasn't read. */
static void assert_gone(QIOChannelSocket *ioc)
{
    char byte;

    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), &byte, 1, NULL), <=, 0);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), &byte, 1, NULL), <=, 0);
}

/* A server that stops while a client hasn't finished its handshake: the client hears of it, the program once. */
static void test_handshake_server_stops(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIONetListener *listener = qio_net_listener_new();
    g_autoptr(SocketAddress) address = NULL;
    auto_socket client = qio_channel_socket_new();
    Tls tls = { 0 };

    g_assert_cmpint(qio_net_listener_open_sync(listener, &any, 5, &error_abort), ==, 0);
    qio_net_listener_set_client_func(listener, client_is_greeted, &tls, NULL);
    address = qio_channel_socket_get_local_address(socket_of(listener, 0), &error_abort);
    g_assert_cmpint(qio_channel_socket_connect_sync(client, address, &error_abort), ==, 0);
    while (!tls.ends[SERVER]) {
        g_main_context_iteration(NULL, true);
    }
    /* The beginning of a record. */
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(client), "\x16\x03\x01", 3, &error_abort), ==, 3);
    tls_run();
    g_assert_cmpint(tls.shakes[SERVER].called, ==, 0);

    qio_net_listener_disconnect(listener);
    object_unref(OBJECT(listener));
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort), ==, 0);
    tls_run();
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    g_assert_cmpint(tls.shakes[SERVER].called, <=, 1);
    assert_gone(client);
    tls_end(&tls);
}

/* R-TLS-22, R-TLS-23 */
static void test_handshake_cut(void)
{
    Tls tls;

    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    g_assert_cmpint(qio_channel_shutdown(QIO_CHANNEL(tls.ends[SERVER]), QIO_CHANNEL_SHUTDOWN_BOTH,
                                         &error_abort), ==, 0);
    await_failure(&tls.shakes[SERVER]);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    await_failure(&tls.shakes[CLIENT]);
    tls_end(&tls);
}

static void test_handshake_broken(void)
{
    Wire *wires[2];
    Tls tls;

    wire_pair(wires);
    tls_make_over(&tls, &wires[0]->parent, &wires[1]->parent);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    g_assert_cmpint(tls.shakes[CLIENT].called, ==, 0);
    wires[0]->broken = true;
    await_failure(&tls.shakes[CLIENT]);
#ifdef QIO_HAS_SESSION_ERRP
    g_assert_true(g_str_has_suffix(tls.shakes[CLIENT].error, ": the wire is broken"));
#endif
    tls_end(&tls);
}

static void test_other_key(void)
{
    PskCreds other = psk_creds(CLIENT, "00112233445566778899aabbccddeeff");
    Tls tls;

    tls_make(&tls);
    object_unref(OBJECT(tls.ends[CLIENT]));
    tls.ends[CLIENT] = qio_channel_tls_new_client(tls.below[CLIENT], other.creds, NULL,
                                                  &error_abort);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    await_failure(&tls.shakes[SERVER]);
    /* Nothing is told to the peer: it meets the end of the connection. */
    g_assert_cmpint(tls.shakes[CLIENT].called, ==, 0);
    tls_end_one(&tls, SERVER);
    await_failure(&tls.shakes[CLIENT]);
    psk_creds_end(&other);
    tls_end(&tls);
}

static void test_garbage(void)
{
    static const char *const texts[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\xff\xff garbage of a record",
        "\x16\x03\x03\x00\x04\x01\xff\xff\xff",
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(texts); i++) {
        Tls tls;

        tls_make(&tls);
        g_assert_cmpint(qio_channel_write(tls.below[CLIENT], texts[i], 9 + (i == 0 ? 9 : 0),
                                          &error_abort), >, 0);
        qio_channel_shutdown(tls.below[CLIENT], QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort);
        shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
        await_failure(&tls.shakes[SERVER]);
        tls_end(&tls);
    }
}

static void test_passed_on(void)
{
    QIOChannel *ioc;
    Error *err = NULL;
    Wire *wires[2];
    Tls tls;

    wire_pair(wires);
    tls_make_over(&tls, &wires[0]->parent, &wires[1]->parent);
    ioc = QIO_CHANNEL(tls.ends[CLIENT]);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_delay(ioc, false);
    wire_expect(wires[0], "set_cork(1) set_delay(0) ");
    qio_channel_set_blocking(ioc, false, &error_abort);
    wire_expect(wires[0], "set_blocking(0) ");
    qio_channel_set_blocking(ioc, true, &err);
    g_assert_nonnull(err);
    error_free(err);
    err = NULL;
    wire_expect(wires[0], "set_blocking(1) ");

    /* The bits stay even if the master fails. */
    expect_failure(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &err));
    g_assert_cmpint(tls.ends[CLIENT]->shutdown, ==, QIO_CHANNEL_SHUTDOWN_WRITE);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_READ, &error_abort), ==, 0);
    g_assert_cmpint(tls.ends[CLIENT]->shutdown, ==, QIO_CHANNEL_SHUTDOWN_BOTH);
    wire_expect(wires[0], "shutdown(2) shutdown(1) ");

    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    wire_expect(wires[0], "close close ");
    /* Nobody was told anything. */
    g_assert_cmpint(wires[1]->in->len, ==, 0);
    tls_end(&tls);
}

/* R-TLS-37, R-TLS-43: what no record has, and flags that nobody knows. */
static void test_refused(void)
{
    char byte = 'x';
    struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
    int fd = 0, *fds = NULL;
    size_t nfds = 0;
    Tls tls;

    tls_open(&tls);
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(tls.ends[CLIENT]), &iov, 1, &fd, 1, 0,
                                            NULL), ==, -1);
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(tls.ends[CLIENT]), &iov, 1, NULL, 0,
                                            QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, NULL), ==, -1);
#ifdef QIO_HAS_READV_FLAGS
    g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(tls.ends[CLIENT]), &iov, 1, NULL, NULL,
                                           QIO_CHANNEL_READ_FLAG_MSG_PEEK, NULL), ==, -1);
    g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(tls.ends[CLIENT]), &iov, 1, &fds, &nfds, 0, NULL), ==, -1);
#else
    g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(tls.ends[CLIENT]), &iov, 1, &fds, &nfds, NULL), ==, -1);
#endif
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    g_assert_cmpint(qio_channel_io_seek(QIO_CHANNEL(tls.ends[CLIENT]), 0, SEEK_SET, NULL), ==, -1);
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(tls.ends[CLIENT]), &iov, 1, NULL, 0,
                                            ~QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &error_abort), ==, 1);
    byte = 0;
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(byte, ==, 'x');
    tls_end(&tls);
}

/* The peer of a channel that is closed meets an end that it doesn't take for a clean one. */
static void test_close(void)
{
    char byte;
    Tls tls;

    tls_open(&tls);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[CLIENT]), &error_abort), ==, 0);
    expect_failure(tls_read(&tls, SERVER, &byte, 1, &err));
    expect_failure(tls_read(&tls, CLIENT, &byte, 1, &err));
    g_assert_cmpint(tls_write(&tls, CLIENT, "x", 1, NULL), ==, -1);
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    wire_register();
    g_test_add_func("/qio/channel/tls/new", test_new);
    g_test_add_func("/qio/channel/tls/new/credentials", test_new_keeps_credentials);
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    g_test_add_func("/qio/channel/tls/new/follows", test_new_follows);
#endif
    g_test_add_func("/qio/channel/tls/new/fails", test_new_fails);
    g_test_add_func("/qio/channel/tls/too-early", test_too_early);
    g_test_add_func("/qio/channel/tls/without-master", test_without_master);
    g_test_add_func("/qio/channel/tls/handshake", test_handshake);
    g_test_add_func("/qio/channel/tls/handshake/blocking", test_handshake_of_blocking_masters);
    g_test_add_func("/qio/channel/tls/handshake/context", test_handshake_in_context);
    g_test_add_func("/qio/channel/tls/handshake/threads", test_handshake_in_threads);
    g_test_add_func("/qio/channel/tls/handshake/byte-by-byte", test_handshake_byte_by_byte);
    g_test_add_func("/qio/channel/tls/handshake/client-receives-first", test_client_receives_first);
    g_test_add_func("/qio/channel/tls/handshake/again", test_handshake_again);
    g_test_add_func("/qio/channel/tls/handshake/server-stops", test_handshake_server_stops);
    g_test_add_func("/qio/channel/tls/handshake/cut", test_handshake_cut);
    g_test_add_func("/qio/channel/tls/handshake/broken", test_handshake_broken);
    g_test_add_func("/qio/channel/tls/handshake/other-key", test_other_key);
    g_test_add_func("/qio/channel/tls/handshake/garbage", test_garbage);
    g_test_add_func("/qio/channel/tls/passed-on", test_passed_on);
    g_test_add_func("/qio/channel/tls/refused", test_refused);
    g_test_add_func("/qio/channel/tls/close", test_close);
    return tls_tests_run();
}
