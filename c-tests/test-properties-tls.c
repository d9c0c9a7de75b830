/*
 * Rows S1, S2, S4, S5 and S7 to S11 of docs/spec/properties.md.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-peer.h"
#include "tls-wire.h"
#include "qemu/atomic.h"

#include <glib-unix.h>
#include <poll.h>
#include <pthread.h>

static gboolean stays(gpointer opaque)
{
    return G_SOURCE_CONTINUE;
}

/* R-TLS-47, R-TLS-48: only the handshake's own source goes. */
static void test_s1_close_in_private_context(void)
{
    GMainContext *context = g_main_context_new();
    GSource *others[64];
    size_t i;
    Tls tls;

    /* Sources of the default context, with all the numbers that the handshake's may have. */
    for (i = 0; i < G_N_ELEMENTS(others); i++) {
        GMainContext *first = i < 32 ? NULL : context;

        others[i] = g_timeout_source_new_seconds(3600);
        g_source_set_callback(others[i], stays, NULL, NULL);
        g_source_attach(others[i], first);
    }
    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], context);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 0);
    /* The handshake could go on. */
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    g_assert_true(g_main_context_pending(context));

    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort), ==, 0);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    g_assert_cmpint(OBJECT(tls.ends[SERVER])->ref, ==, 1);
    while (g_main_context_iteration(context, false)) {
    }
    g_assert_cmpint(tls.shakes[SERVER].called, ==, 0);
    for (i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_false(g_source_is_destroyed(others[i]));
        g_source_destroy(others[i]);
        g_source_unref(others[i]);
    }
    g_main_context_unref(context);
    qio_channel_close(QIO_CHANNEL(tls.ends[CLIENT]), &error_abort);
    tls_end(&tls);
}

/* A context that a thread iterates until it is told not to. */
typedef struct Loop {
    GMainContext *context;
    int ends;
    pthread_t thread;
} Loop;

static void *iterate(void *opaque)
{
    Loop *loop = opaque;

    while (!g_atomic_int_get(&loop->ends)) {
        g_main_context_iteration(loop->context, true);
    }
    return NULL;
}

static void loop_start(Loop *loop)
{
    *loop = (Loop) { .context = g_main_context_new() };
    g_assert_cmpint(pthread_create(&loop->thread, NULL, iterate, loop), ==, 0);
}

static void loop_end(Loop *loop)
{
    g_atomic_int_set(&loop->ends, 1);
    g_main_context_wakeup(loop->context);
    pthread_join(loop->thread, NULL);
    g_main_context_unref(loop->context);
}

/* R-TLS-48: what is under way in another thread is done once or cancelled once. */
static void test_s1_close_while_dispatched(void)
{
    int rounds, called = 0;
    Loop loop;

    loop_start(&loop);
    for (rounds = 0; rounds < (g_getenv("QIO_TEST_SLOW") ? 20 : 300); rounds++) {
        Tls tls;

        tls_make(&tls);
        shake_start(&tls.shakes[SERVER], tls.ends[SERVER], loop.context);
        shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
        while (rounds % 3 && !tls.shakes[CLIENT].destroyed) {
            g_main_context_iteration(NULL, true);
        }
        qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort);
        while (!g_atomic_int_get(&tls.shakes[SERVER].destroyed) ||
               qatomic_read(&OBJECT(tls.ends[SERVER])->ref) > 1 ||
               /* The source may still be on its way out. */
               qatomic_read(&OBJECT(tls.below[SERVER])->ref) > 2) {
            g_thread_yield();
        }
        g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
        g_assert_cmpint(tls.shakes[SERVER].called, <=, 1);
        called += tls.shakes[SERVER].called;
        while (!tls.shakes[CLIENT].destroyed) {
            g_main_context_iteration(NULL, true);
        }
        tls_end(&tls);
    }
    g_test_message("%d of %d were told", called, rounds);
    loop_end(&loop);
}

static void close_it(Shake *shake)
{
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(shake->ioc), &error_abort), ==, 0);
}

static void test_s2_close_twice(void)
{
    Tls tls;

    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort), ==, 0);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    g_assert_cmpint(OBJECT(tls.ends[SERVER])->ref, ==, 1);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort), ==, 0);
    tls_end_one(&tls, SERVER);
    tls_run();
    g_assert_cmpint(tls.shakes[SERVER].called, ==, 0);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    tls_end(&tls);
    g_assert_false(g_main_context_pending(NULL));
}

/* Only the task's reference is left, and the close takes that. */
static void test_s2_close_last(void)
{
    Tls tls;

    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    object_unref(OBJECT(tls.ends[SERVER]));
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 0);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort), ==, 0);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    tls.ends[SERVER] = NULL;
    tls_end(&tls);
}

static void test_s2_close_in_callback(void)
{
    Tls tls;

    tls_make(&tls);
    tls.shakes[SERVER].in_callback = tls.shakes[CLIENT].in_callback = close_it;
    tls_connect(&tls);
    tls_end(&tls);
}

static void unref_it(Shake *shake)
{
    object_unref(OBJECT(shake->ioc));
}

/* Callers drop their reference in the callback; until then the task keeps the channel. */
static void test_s2_unref_in_callback(void)
{
    Tls tls;

    tls_make(&tls);
    tls.shakes[SERVER].in_callback = tls.shakes[CLIENT].in_callback = unref_it;
    tls_connect(&tls);
    g_assert_cmpint(OBJECT(tls.below[SERVER])->ref, ==, 1);
    tls.ends[CLIENT] = tls.ends[SERVER] = NULL;
    tls_end(&tls);
}

#ifdef QIO_HAS_TLS_BYE
static void fill(Tls *tls)
{
    g_autofree char *bytes = g_malloc0(16384);

    while (tls_write(tls, CLIENT, bytes, 16384, &error_abort) > 0) {
    }
}

/* tls_end_one() sees to it that the references are the test's (R-111-16). */
static void test_s4_bye_leaks_nothing(void)
{
    Tls tls;

    tls_open(&tls);
    qio_channel_tls_bye(tls.ends[CLIENT], NULL);
    tls_end_one(&tls, CLIENT);
    qio_channel_tls_bye(tls.ends[SERVER], NULL);
    tls_end(&tls);

    tls_open(&tls);
    fill(&tls);
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    tls_end_one(&tls, SERVER);
    while (OBJECT(tls.ends[CLIENT])->ref > 1) {
        g_main_context_iteration(NULL, true);
    }
    tls_end(&tls);
}

static void test_s5_bye_forgets_errp(void)
{
    Error **errp = g_new0(Error *, 1);
    Tls tls;

    tls_open(&tls);
    fill(&tls);
    qio_channel_tls_bye(tls.ends[CLIENT], errp);
    g_assert_null(*errp);
    g_assert_cmpuint(tls.ends[CLIENT]->bye_ioc_tag, !=, 0);
    /* It fails now, behind the caller's back. */
    tls_end_one(&tls, SERVER);
    while (tls.ends[CLIENT]->bye_ioc_tag) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_null(*errp);
    g_free(errp);
    tls_end(&tls);
}
#endif

typedef struct Bytewise {
    GString *got;
    int empty;
} Bytewise;

static gboolean take_byte(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Bytewise *self = opaque;
    ssize_t n;
    char byte;

    g_assert_cmpint(condition & G_IO_IN, ==, G_IO_IN);
    n = qio_channel_read(ioc, &byte, 1, &error_abort);
    if (n > 0) {
        g_string_append_c(self->got, byte);
    } else {
        self->empty++;
    }
    return G_SOURCE_CONTINUE;
}

static void test_s7_woken_for_what_is_pending(void)
{
    Bytewise self = { .got = g_string_new(NULL) };
    guint tag;
    Tls tls;

    tls_open(&tls);
    tag = qio_channel_add_watch(QIO_CHANNEL(tls.ends[SERVER]), G_IO_IN | G_IO_HUP, take_byte, &self,
                                NULL);
    tls_write(&tls, CLIENT, "one byte ", 9, &error_abort);
    tls_write(&tls, CLIENT, "at a time", 9, &error_abort);
    while (self.got->len < 18) {
        g_main_context_iteration(NULL, true);
    }
    tls_run();
    g_assert_cmpstr(self.got->str, ==, "one byte at a time");
    /* Only who cannot ask the session is woken once too often. */
    g_assert_cmpint(self.empty, <=, 2);
    g_source_remove(tag);
    g_string_free(self.got, true);
    tls_end(&tls);
}

/* R-TLS-35 */
static void test_s8_bytes_before_errors(void)
{
    g_autofree char *bytes = g_malloc0(20000);
    struct iovec out[] = {
        { .iov_base = bytes, .iov_len = 10000 },
        { .iov_base = bytes, .iov_len = 10000 },
    };
    char a[2], b[2];
    struct iovec in[] = { { .iov_base = a, .iov_len = 2 }, { .iov_base = b, .iov_len = 2 } };
    QIOChannel *client, *server;
    Wire *wires[2];
    Tls tls;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    client = QIO_CHANNEL(tls.ends[CLIENT]);
    server = QIO_CHANNEL(tls.ends[SERVER]);
    tls_write(&tls, SERVER, "xy", 2, &error_abort);
    /* The second record finds the wire broken. */
    wires[0]->fuse = 16384;
    g_assert_cmpint(qio_channel_writev(client, out, 2, &error_abort), ==, 16384);
    expect_failure(qio_channel_writev(client, out, 2, &err));
    g_assert_cmpint(qio_channel_readv(client, in, 2, &error_abort), ==, 2);
    expect_failure(qio_channel_readv(client, in, 2, &err));
    g_assert_cmpint(qio_channel_read(server, bytes, 16384, &error_abort), ==, 16384);
    tls_end(&tls);
}

static void test_s9_premature_end(void)
{
    Error *err = NULL;
    char byte;
    Tls tls;

    tls_open(&tls);
    tls_end_one(&tls, CLIENT);
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &err), ==, -1);
    assert_error_has(&err, "Cannot read from TLS channel: ", NULL);
    tls_end(&tls);

    tls_open(&tls);
    qio_channel_shutdown(QIO_CHANNEL(tls.ends[SERVER]), QIO_CHANNEL_SHUTDOWN_READ, &error_abort);
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &error_abort), ==, 0);
    tls_end(&tls);
#ifdef QIO_HAS_TLS_BYE
    {
        struct iovec iov = { .iov_base = &byte, .iov_len = 1 };

        tls_open(&tls);
        tls_end_one(&tls, CLIENT);
        g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(tls.ends[SERVER]), &iov, 1, NULL, NULL,
                                               QIO_CHANNEL_READ_FLAG_RELAXED_EOF, &error_abort),
                        ==, 0);
        tls_end(&tls);
    }
#endif
}

enum { ROUNDS = 400, PIECE = 6000 };

static void *send_rounds(void *opaque)
{
    Peer *peer = opaque;
    g_autofree char *bytes = g_malloc0(PIECE);
    int i;

    for (i = 0; i < ROUNDS; i++) {
        memset(bytes, i, PIECE);
        g_assert_cmpint(qio_channel_write_all(QIO_CHANNEL(peer->ioc), bytes, PIECE, &error_abort),
                        ==, 0);
    }
    return NULL;
}

static void check_rounds(const char *bytes, size_t at, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if ((guint8)bytes[i] != (guint8)((at + i) / PIECE)) {
            g_error("byte %zu is wrong", at + i);
        }
    }
}

static void *receive_rounds(void *opaque)
{
    Peer *peer = opaque;
    g_autofree char *bytes = g_malloc0(PIECE);
    int i;

    for (i = 0; i < ROUNDS; i++) {
        g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(peer->ioc), bytes, PIECE, &error_abort),
                        ==, 0);
        check_rounds(bytes, (size_t)i * PIECE, PIECE);
    }
    return NULL;
}

/* The peer, in one thread: it renews the keys of both directions every few records. */
static void echo_rounds(Peer *peer)
{
    const size_t size = (size_t)ROUNDS * PIECE;
    g_autofree char *bytes = g_malloc0(PIECE);
    size_t sent = 0, got = 0;
    bool renews = false;

    g_unix_set_fd_nonblocking(peer->fd, true, NULL);
    while (sent < size || got < size) {
        ssize_t n;

        if (renews) {
            int ret;

            /* Nothing else in between: GnuTLS would lose count of what it has sent. */
            do {
                ret = gnutls_session_key_update(peer->session, GNUTLS_KU_PEER);
            } while (ret < 0 && !gnutls_error_is_fatal(ret));
            g_assert_cmpint(ret, ==, 0);
            renews = false;
        } else if (sent < size) {
            memset(bytes, sent / PIECE, PIECE);
            n = gnutls_record_send(peer->session, bytes, PIECE - sent % PIECE);
            if (n > 0) {
                sent += n;
                renews = sent % (ROUNDS / 5 * PIECE) == 0 && sent < size;
            } else {
                g_assert_false(gnutls_error_is_fatal(n));
            }
        }
        n = gnutls_record_recv(peer->session, bytes, PIECE);
        if (n > 0) {
            check_rounds(bytes, got, n);
            got += n;
        } else {
            g_assert_false(gnutls_error_is_fatal(n));
        }
    }
}

static void check_rekeying(bool blocking)
{
    pthread_t reader, writer;
    Peer peer;

    peer_make(&peer, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK");
#ifdef QIO_HAS_CONCURRENT_IO
    qio_channel_set_feature(QIO_CHANNEL(peer.ioc), QIO_CHANNEL_FEATURE_CONCURRENT_IO);
#endif
    peer_connect(&peer);
    set_blocking(peer.master, blocking);
    g_assert_cmpint(pthread_create(&reader, NULL, receive_rounds, &peer), ==, 0);
    g_assert_cmpint(pthread_create(&writer, NULL, send_rounds, &peer), ==, 0);
    echo_rounds(&peer);
    pthread_join(reader, NULL);
    pthread_join(writer, NULL);
    peer_end(&peer);
}

static void test_s10_both_directions_across_new_keys(void)
{
    check_rekeying(true);
    check_rekeying(false);
}

/* Takes what the channel's writer has sent, up to so many bytes in all. */
static void take_rounds(Peer *peer, size_t *got, size_t until)
{
    g_autofree char *bytes = g_malloc(PIECE);

    while (*got < until) {
        ssize_t n = gnutls_record_recv(peer->session, bytes, PIECE);

        if (n > 0) {
            check_rounds(bytes, *got, n);
            *got += n;
        } else {
            g_assert_false(gnutls_error_is_fatal(n));
        }
    }
}

/* The reader meets new keys while the writer waits for the peer. */
static void test_s10_new_keys_below_a_writer(void)
{
    const size_t size = (size_t)ROUNDS * PIECE;
    struct pollfd full = { .events = POLLOUT };
    pthread_t writer;
    size_t got = 0;
    char text[3];
    Peer peer;
    int i;

    peer_open_with(&peer, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK");
    set_blocking(peer.master, true);
    g_assert_cmpint(pthread_create(&writer, NULL, send_rounds, &peer), ==, 0);
    full.fd = peer.master->fd;
    /* A peer may renew its key eight times a second. */
    for (i = 1; i <= 6; i++) {
        while (poll(&full, 1, 0) > 0) {
            g_thread_yield();
        }
        g_assert_cmpint(gnutls_session_key_update(peer.session, GNUTLS_KU_PEER), ==, 0);
        peer_send(&peer, "key", 3);
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), text, 3, &error_abort), ==, 3);
        /* Three of them during one and the same write. Then more is taken than the
         * socket has room for, so that the writer gets a new key, too. */
        if (i % 3 == 0) {
            take_rounds(&peer, &got, i * size / 7);
        }
    }
    take_rounds(&peer, &got, size);
    pthread_join(writer, NULL);
    peer_end(&peer);
}

static void test_s11_features(void)
{
    int with, end;

    for (with = 0; with < 2; with++) {
        for (end = 0; end < 2; end++) {
            QIOChannel *master = QIO_CHANNEL(object_new(TYPE_WIRE));
            QIOChannelTLS *ioc;

            qio_channel_set_feature(master, QIO_CHANNEL_FEATURE_FD_PASS);
            qio_channel_set_feature(master, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
            if (with) {
                qio_channel_set_feature(master, QIO_CHANNEL_FEATURE_SHUTDOWN);
            }
            ioc = tls_over(master, end);
            g_assert_cmpuint(QIO_CHANNEL(ioc)->features, ==, with ? FEATURE(SHUTDOWN) : 0);
            object_unref(OBJECT(ioc));
            object_unref(OBJECT(master));
        }
    }
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    wire_register();
    g_test_add_func("/qio/properties/s1/private-context", test_s1_close_in_private_context);
    g_test_add_func("/qio/properties/s1/dispatched", test_s1_close_while_dispatched);
    g_test_add_func("/qio/properties/s2/twice", test_s2_close_twice);
    g_test_add_func("/qio/properties/s2/last", test_s2_close_last);
    g_test_add_func("/qio/properties/s2/close-in-callback", test_s2_close_in_callback);
    g_test_add_func("/qio/properties/s2/unref-in-callback", test_s2_unref_in_callback);
#ifdef QIO_HAS_TLS_BYE
    g_test_add_func("/qio/properties/s4/bye", test_s4_bye_leaks_nothing);
    g_test_add_func("/qio/properties/s5/errp", test_s5_bye_forgets_errp);
#endif
    g_test_add_func("/qio/properties/s7/pending", test_s7_woken_for_what_is_pending);
    g_test_add_func("/qio/properties/s8/bytes-first", test_s8_bytes_before_errors);
    g_test_add_func("/qio/properties/s9/premature-end", test_s9_premature_end);
    g_test_add_func("/qio/properties/s10/new-keys", test_s10_both_directions_across_new_keys);
    g_test_add_func("/qio/properties/s10/below-a-writer", test_s10_new_keys_below_a_writer);
    g_test_add_func("/qio/properties/s11/features", test_s11_features);
    return tls_tests_run();
}
