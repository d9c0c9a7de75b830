/*
 * crypto/tlssession.h: new keys during the data phase, at which a reader and a writer are in each
 * other's way. The peer is GnuTLS itself, which can ask for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "tls-pair.h"

/* More would be taken for an attack by GnuTLS, which accepts 8. */
#define KEYS_PER_SECOND 7

/* A client that is GnuTLS itself, over a blocking or non-blocking descriptor. */
typedef struct Raw {
    gnutls_session_t session;
    gnutls_certificate_credentials_t creds;
} Raw;

static void raw_init(Raw *raw, int fd)
{
    tls_check(gnutls_init(&raw->session, GNUTLS_CLIENT));
    tls_check(gnutls_certificate_allocate_credentials(&raw->creds));
    tls_check(gnutls_credentials_set(raw->session, GNUTLS_CRD_CERTIFICATE, raw->creds));
    tls_check(gnutls_priority_set_direct(raw->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL));
    gnutls_transport_set_int(raw->session, fd);
}

static void raw_clear(Raw *raw)
{
    gnutls_deinit(raw->session);
    gnutls_certificate_free_credentials(raw->creds);
}

/* Our server with a client that can ask for new keys; the connection is pair->client.fd. */
static void raw_established(Pair *pair, Raw *raw)
{
    int result;

    pair_init(pair, NULL, NULL, "qemu.org", NULL);
    g_clear_pointer(&pair->client.session, qcrypto_tls_session_free);
    raw_init(raw, pair->client.fd);
    do {
        result = gnutls_handshake(raw->session);
        g_assert_true(result == 0 || result == GNUTLS_E_AGAIN);
        tls_end_handshake(&pair->server, &error_abort);
    } while (result);
    while (!tls_end_handshake(&pair->server, &error_abort)) {
        /* the client's last message */
    }
}

/* Bytes that are accepted when a new key is asked for are sent once. */
static void test_rekey_while_blocked(void)
{
    static guint8 buf[3 * RECORD_MAX];
    static guint8 received[4 * RECORD_MAX];
    Pair pair;
    Raw raw;
    size_t sent = 0;
    size_t got = 0;
    ssize_t n;
    char byte;

    raw_established(&pair, &raw);
    fill(buf, 0, sizeof(buf));
    pair.server.write_most = 1000;
    pair.server.then_blocks = true;
    g_assert_cmpint(tls_end_send(&pair.server, buf, RECORD_MAX, &error_abort), ==, TLS_BLOCK);

    g_assert_cmpint(gnutls_session_key_update(raw.session, GNUTLS_KU_PEER), ==, 0);
    g_assert_cmpint(gnutls_record_send(raw.session, "k", 1), ==, 1);
    g_assert_cmpint(tls_end_receive(&pair.server, &byte, 1, &error_abort), ==, 1);

    while (sent < sizeof(buf)) {
        pair.server.write_blocks = false;
        n = tls_end_send(&pair.server, buf + sent, MIN(sizeof(buf) - sent, RECORD_MAX),
                         &error_abort);
        sent += MAX(n, 0);
        do {
            n = gnutls_record_recv(raw.session, received + got, sizeof(received) - got);
            g_assert_true(n > 0 || n == GNUTLS_E_AGAIN);
            got += MAX(n, 0);
        } while (n > 0);
    }
    g_assert_cmpint(got, ==, sizeof(buf));
    expect_bytes(received, 0, got);
    raw_clear(&raw);
    pair_clear(&pair);
}

/* What comes for the session itself doesn't make a read block: more may be there (R-CRY-7). */
static void test_rekey_is_absorbed(void)
{
    Pair pair;
    Raw raw;

    raw_established(&pair, &raw);
    for (int i = 0; i < KEYS_PER_SECOND; i++) {
        g_assert_cmpint(gnutls_session_key_update(raw.session, i % 2 ? GNUTLS_KU_PEER : 0), ==, 0);
        g_assert_cmpint(gnutls_record_send(raw.session, "after", 5), ==, 5);
        expect_received(&pair.server, "after");
        send_all(&pair.server, "reply", 5);
        {
            char buf[16];
            ssize_t n;

            while ((n = gnutls_record_recv(raw.session, buf, sizeof(buf))) == GNUTLS_E_AGAIN) {
                /* a key */
            }
            g_assert_cmpmem(buf, n, "reply", 5);
        }
    }
    raw_clear(&raw);
    pair_clear(&pair);
}

/* What the threads of the stress test share. */
typedef struct Stress {
    TlsEnd *end;
    gint stop;
    size_t sent;
    size_t received;
} Stress;

static gpointer stress_writer(gpointer data)
{
    Stress *stress = data;
    g_autofree guint8 *buf = g_malloc(RECORD_MAX);

    while (!g_atomic_int_get(&stress->stop)) {
        fill(buf, stress->sent, RECORD_MAX);
        send_all(stress->end, buf, RECORD_MAX);
        stress->sent += RECORD_MAX;
    }
    shutdown(stress->end->fd, SHUT_WR);
    return NULL;
}

static gpointer stress_reader(gpointer data)
{
    Stress *stress = data;
    g_autofree guint8 *buf = g_malloc(RECORD_MAX);
    ssize_t n;

    while ((n = tls_end_receive(stress->end, buf, RECORD_MAX, &error_abort)) > 0) {
        expect_bytes(buf, stress->received, n);
        stress->received += n;
    }
    g_assert_cmpint(n, ==, 0);
    return NULL;
}

/*
 * The peer of the stress test: one thread, since nothing protects its GnuTLS. What GnuTLS writes is
 * queued, so that it needn't be called again for a part of it.
 */
typedef struct StressPeer {
    gnutls_session_t session;
    int fd;
    GByteArray *queue;
    size_t sent;
    size_t received;
    unsigned int keys;
    gint64 next_key;
} StressPeer;

static ssize_t stress_peer_push(gnutls_transport_ptr_t opaque, const void *data, size_t len)
{
    StressPeer *peer = opaque;

    g_byte_array_append(peer->queue, data, len);
    return len;
}

static ssize_t stress_peer_pull(gnutls_transport_ptr_t opaque, void *data, size_t len)
{
    StressPeer *peer = opaque;

    return recv(peer->fd, data, len, 0);
}

static void stress_peer_flush(StressPeer *peer)
{
    ssize_t n = send(peer->fd, peer->queue->data, peer->queue->len, MSG_NOSIGNAL);

    g_assert_true(n >= 0 || errno == EAGAIN);
    if (n > 0) {
        g_byte_array_remove_range(peer->queue, 0, n);
    }
}

static void stress_peer_send(StressPeer *peer)
{
    static guint8 buf[RECORD_MAX];
    size_t len = 1 + peer->sent % RECORD_MAX;

    if (g_get_monotonic_time() >= peer->next_key) {
        g_assert_cmpint(gnutls_session_key_update(peer->session,
                                                  peer->keys % 2 ? GNUTLS_KU_PEER : 0), ==, 0);
        peer->keys++;
        peer->next_key = g_get_monotonic_time() + G_USEC_PER_SEC / KEYS_PER_SECOND;
    }
    fill(buf, peer->sent, len);
    g_assert_cmpint(gnutls_record_send(peer->session, buf, len), ==, len);
    peer->sent += len;
}

/* GNUTLS_E_AGAIN if there is nothing. */
static ssize_t stress_peer_receive(StressPeer *peer)
{
    static guint8 buf[RECORD_MAX];
    ssize_t n = gnutls_record_recv(peer->session, buf, sizeof(buf));

    if (n > 0) {
        expect_bytes(buf, peer->received, n);
        peer->received += n;
    }
    return n;
}

/* A reader and a writer on a blocking transport, whose peer changes its keys and asks for ours (R-CRY-7). */
static void test_rekey_stress(void)
{
    const unsigned int keys = g_test_slow() ? 60 : 12;
    Pair pair;
    Raw raw;
    Stress stress = { .end = &pair.server };
    StressPeer peer;
    GThread *writer, *reader;
    ssize_t n;

    raw_established(&pair, &raw);
    peer = (StressPeer) { .session = raw.session, .fd = pair.client.fd, .queue = g_byte_array_new() };
    gnutls_transport_set_ptr(raw.session, &peer);
    gnutls_transport_set_push_function(raw.session, stress_peer_push);
    gnutls_transport_set_pull_function(raw.session, stress_peer_pull);
    g_unix_set_fd_nonblocking(pair.server.fd, FALSE, NULL);
    writer = g_thread_new("writer", stress_writer, &stress);
    reader = g_thread_new("reader", stress_reader, &stress);
    while (peer.keys < keys || peer.queue->len) {
        if (!peer.queue->len) {
            stress_peer_send(&peer);
        }
        stress_peer_flush(&peer);
        n = stress_peer_receive(&peer);
        g_assert_true(n > 0 || n == GNUTLS_E_AGAIN);
        if (n == GNUTLS_E_AGAIN && peer.queue->len) {
            GPollFD poll_fd = { .fd = pair.client.fd, .events = G_IO_IN | G_IO_OUT };

            g_poll(&poll_fd, 1, -1);
        }
    }
    g_atomic_int_set(&stress.stop, 1);
    g_assert_cmpint(gnutls_bye(raw.session, GNUTLS_SHUT_WR), ==, 0);
    g_unix_set_fd_nonblocking(pair.client.fd, FALSE, NULL);
    stress_peer_flush(&peer);
    g_assert_cmpint(peer.queue->len, ==, 0);
    while ((n = stress_peer_receive(&peer)) > 0 || n == GNUTLS_E_AGAIN) {
        /* the rest */
    }
    g_assert_cmpint(n, ==, GNUTLS_E_PREMATURE_TERMINATION);
    g_thread_join(writer);
    g_thread_join(reader);
    g_assert_cmpint(stress.received, ==, peer.sent);
    g_assert_cmpint(peer.received, ==, stress.sent);
    g_test_message("%zu bytes in, %zu out", stress.received, stress.sent);
    g_byte_array_unref(peer.queue);
    raw_clear(&raw);
    pair_clear(&pair);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();

    g_test_add_func("/qio/tls-session/rekey/while-blocked", test_rekey_while_blocked);
    g_test_add_func("/qio/tls-session/rekey/absorbed", test_rekey_is_absorbed);
    g_test_add_func("/qio/tls-session/rekey/stress", test_rekey_stress);
    result = g_test_run();
    tls_certs_free();
    return result;
}
