/*
 * crypto/tlssession.h: the data phase. The peer is GnuTLS itself where it has to do what our own
 * sessions don't.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "tls-pair.h"

#define RECORD_MAX 16384

/* Bytes that tell where they belong. */
static guint8 byte_at(size_t position)
{
    return position * 31 + (position >> 8) * 7 + (position >> 16);
}

static void fill(guint8 *buf, size_t position, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = byte_at(position + i);
    }
}

static void expect_bytes(const guint8 *buf, size_t position, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (buf[i] != byte_at(position + i)) {
            g_error("byte %zu is wrong", position + i);
        }
    }
}

static void send_all(TlsEnd *end, const void *buf, size_t len)
{
    for (size_t done = 0; done < len; ) {
        ssize_t n = tls_end_send(end, (const char *)buf + done, len - done, &error_abort);

        g_assert_cmpint(n, >, 0);
        done += n;
    }
}

static void expect_received(TlsEnd *end, const char *wanted)
{
    char buf[64];
    ssize_t n = tls_end_receive(end, buf, sizeof(buf), &error_abort);

    g_assert_cmpmem(buf, n, wanted, strlen(wanted));
}

/* One record at a time ---------------------------------------------------------------------- */

static void test_transfer(void)
{
    static guint8 buf[3 * RECORD_MAX];
    Pair pair;

    pair_established(&pair);
    send_all(&pair.client, "hello", 5);
    expect_received(&pair.server, "hello");
    send_all(&pair.server, "world", 5);
    expect_received(&pair.client, "world");
    g_assert_cmpint(tls_end_receive(&pair.client, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);

    /* A record holds so much, and a read gets one record. */
    fill(buf, 0, sizeof(buf));
    g_assert_cmpint(tls_end_send(&pair.client, buf, sizeof(buf), &error_abort), ==, RECORD_MAX);
    memset(buf, 0, sizeof(buf));
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, RECORD_MAX);
    expect_bytes(buf, 0, RECORD_MAX);
    pair_clear(&pair);
}

#ifndef QIO_ABI_SERIES_7_2
static void test_pending(void)
{
    static guint8 buf[RECORD_MAX];
    Pair pair;
    unsigned int reads;

    pair_established(&pair);
    fill(buf, 0, RECORD_MAX);
    send_all(&pair.client, buf, RECORD_MAX);
    g_assert_cmpint(qcrypto_tls_session_check_pending(pair.server.session), ==, 0);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, 100, &error_abort), ==, 100);
    g_assert_cmpint(qcrypto_tls_session_check_pending(pair.server.session), ==, RECORD_MAX - 100);
    reads = pair.server.reads;
    g_assert_cmpint(tls_end_receive(&pair.server, buf + 100, RECORD_MAX, &error_abort), ==,
                    RECORD_MAX - 100);
    g_assert_cmpint(pair.server.reads, ==, reads);
    g_assert_cmpint(qcrypto_tls_session_check_pending(pair.server.session), ==, 0);
    expect_bytes(buf, 0, RECORD_MAX);
    pair_clear(&pair);
}
#endif

/* Each record costs what it costs GnuTLS: one write; a header and a body read. */
static void test_calls(void)
{
    static guint8 buf[RECORD_MAX];
    Pair pair;
    unsigned int reads, writes;

    pair_established(&pair);
    send_all(&pair.client, "x", 1);
    expect_received(&pair.server, "x");
    reads = pair.server.reads;
    writes = pair.client.writes;
    for (int i = 0; i < 5; i++) {
        send_all(&pair.client, buf, RECORD_MAX);
        g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==,
                        RECORD_MAX);
    }
    g_assert_cmpint(pair.client.writes - writes, ==, 5);
    g_assert_cmpint(pair.server.reads - reads, ==, 10);
    pair_clear(&pair);
}

/* Would block -------------------------------------------------------------------------------- */

/* The bytes are accepted when the call blocks: the retry returns their number, whatever it offers. */
static void test_retry(void)
{
    static guint8 buf[8192];
    Pair pair;

    pair_established(&pair);
    fill(buf, 0, sizeof(buf));
    pair.client.write_blocks = true;
    g_assert_cmpint(tls_end_send(&pair.client, buf, 5000, &error_abort), ==, TLS_BLOCK);
    g_assert_cmpint(tls_end_send(&pair.client, buf, 5000, &error_abort), ==, TLS_BLOCK);
    pair.client.write_blocks = false;
    g_assert_cmpint(tls_end_send(&pair.client, buf, 10, &error_abort), ==, 5000);
    g_assert_cmpint(tls_end_send(&pair.client, buf + 5000, 3000, &error_abort), ==, 3000);
    memset(buf, 0, sizeof(buf));
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 5000);
    g_assert_cmpint(tls_end_receive(&pair.server, buf + 5000, 8192 - 5000, &error_abort), ==, 3000);
    expect_bytes(buf, 0, 8000);
    pair_clear(&pair);
}

/* A record goes out in pieces: as long as the transport takes any, at once. */
static void test_partial_writes(void)
{
    static guint8 buf[RECORD_MAX];
    Pair pair;
    ssize_t done;
    int calls = 0;

    pair_established(&pair);
    fill(buf, 0, sizeof(buf));
    pair.client.write_most = 3000;
    pair.client.writes = 0;
    g_assert_cmpint(tls_end_send(&pair.client, buf, sizeof(buf), &error_abort), ==, RECORD_MAX);
    g_assert_cmpint(pair.client.writes, ==, 6);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, RECORD_MAX);

    pair.client.then_blocks = true;
    do {
        pair.client.write_blocks = false;
        done = tls_end_send(&pair.client, buf, sizeof(buf), &error_abort);
        calls++;
    } while (done == TLS_BLOCK);
    g_assert_cmpint(done, ==, RECORD_MAX);
    g_assert_cmpint(calls, ==, 6);
    memset(buf, 0, sizeof(buf));
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, RECORD_MAX);
    expect_bytes(buf, 0, RECORD_MAX);
    pair_clear(&pair);
}

/* The other end reads half a record. */
static void test_partial_reads(void)
{
    static guint8 buf[RECORD_MAX];
    Pair pair;
    ssize_t done;

    pair_established(&pair);
    pair.client.write_most = 9000;
    pair.client.then_blocks = true;
    g_assert_cmpint(tls_end_send(&pair.client, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);
    pair.client.write_blocks = false;
    done = tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort);
    g_assert_cmpint(done, ==, TLS_BLOCK);
    g_assert_cmpint(tls_end_send(&pair.client, buf, sizeof(buf), &error_abort), ==, RECORD_MAX);
    done = tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort);
    g_assert_cmpint(done, ==, RECORD_MAX);
    pair_clear(&pair);
}

/* The end ------------------------------------------------------------------------------------ */

static void test_premature_end(void)
{
    Pair pair;
    char buf[16];

    pair_established(&pair);
    send_all(&pair.client, "last", 4);
    shutdown(pair.client.fd, SHUT_WR);
    expect_received(&pair.server, "last");
    /* It stays the end, and the same one. */
    for (int i = 0; i < 3; i++) {
        Error *err = NULL;

        g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &err), ==, TLS_PREMATURE);
        g_assert_cmpstr(error_get_pretty(err), ==,
#ifdef QIO_ABI_SERIES_7_2
                        "Cannot read from TLS channel: Software caused connection abort"
#else
                        "Cannot read from TLS channel: "
                        "The TLS connection was non-properly terminated."
#endif
                        );
        error_free(err);
    }
#ifdef QIO_ABI_SERIES_10_0
    /* Who doesn't mind isn't told. */
    g_assert_cmpint(qcrypto_tls_session_read(pair.server.session, buf, sizeof(buf), true,
                                             &error_abort), ==, 0);
#endif
    pair_clear(&pair);
}

#ifndef QIO_ABI_SERIES_7_2
static void test_bye(void)
{
    Pair pair;
    char buf[16];

    pair_established(&pair);
    send_all(&pair.client, "last", 4);
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                    QCRYPTO_TLS_BYE_COMPLETE);
    expect_received(&pair.server, "last");
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 0);
    shutdown(pair.client.fd, SHUT_WR);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 0);
    /* The other direction goes on. */
    send_all(&pair.server, "more", 4);
    expect_received(&pair.client, "more");
    /* Saying it twice is harmless, and says nothing. */
    pair.client.writes = 0;
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                    QCRYPTO_TLS_BYE_COMPLETE);
    g_assert_cmpint(pair.client.writes, ==, 0);
    pair_clear(&pair);
}

static void test_bye_blocks(void)
{
    static guint8 buf[5000];
    Pair pair;

    /* After a write that has blocked too: what was accepted goes first. */
    pair_established(&pair);
    fill(buf, 0, sizeof(buf));
    pair.client.write_blocks = true;
    g_assert_cmpint(tls_end_send(&pair.client, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                        QCRYPTO_TLS_BYE_SENDING);
    }
    pair.client.write_blocks = false;
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                    QCRYPTO_TLS_BYE_COMPLETE);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 5000);
    expect_bytes(buf, 0, 5000);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 0);
    pair_clear(&pair);

    /* Half of it goes out. */
    pair_established(&pair);
    pair.client.write_most = 7;
    pair.client.then_blocks = true;
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                    QCRYPTO_TLS_BYE_SENDING);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);
    pair.client.write_most = 0;
    pair.client.write_blocks = false;
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                    QCRYPTO_TLS_BYE_COMPLETE);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 0);
    pair_clear(&pair);
}
#endif

static void expect_error(Error **err, const char *wanted)
{
#ifdef QIO_ABI_SERIES_7_2
    error_free_or_abort(err);
#else
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, wanted);
    error_free_or_abort(err);
#endif
}

/* The transport's own words are passed on. */
static void test_transport_errors(void)
{
    Pair pair;
    Error *err = NULL;
    char byte = 'x';

    pair_established(&pair);
    pair.client.read_error = "it snows";
    g_assert_cmpint(tls_end_receive(&pair.client, &byte, 1, &err), ==, TLS_FAILED);
    expect_error(&err, "it snows");
    pair_clear(&pair);

    pair_established(&pair);
    pair.client.write_error = "it rains";
    g_assert_cmpint(tls_end_send(&pair.client, &byte, 1, &err), ==, TLS_FAILED);
    expect_error(&err, "it rains");
    pair_clear(&pair);

    /* While it is being retried. */
    pair_established(&pair);
    pair.client.write_blocks = true;
    g_assert_cmpint(tls_end_send(&pair.client, &byte, 1, &err), ==, TLS_BLOCK);
    pair.client.write_error = "it rains";
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(tls_end_send(&pair.client, &byte, 1, &err), ==, TLS_FAILED);
        expect_error(&err, "it rains");
    }
#ifndef QIO_ABI_SERIES_7_2
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &err), ==, -1);
    g_assert_true(g_str_has_prefix(error_get_pretty(err), "TLS termination failed: "));
    g_assert_true(g_str_has_suffix(error_get_pretty(err), ": it rains"));
    error_free_or_abort(&err);
#endif
    pair_clear(&pair);

    /* Nonsense from the peer. */
    pair_established(&pair);
    g_assert_cmpint(write(pair.server.fd, "nonsense that is no record", 26), ==, 26);
    g_assert_cmpint(tls_end_receive(&pair.client, &byte, 1, &err), ==, TLS_FAILED);
    g_assert_true(g_str_has_prefix(error_get_pretty(err), "Cannot read from TLS channel: "));
    error_free_or_abort(&err);
    pair_clear(&pair);
}

/* Re-keying ---------------------------------------------------------------------------------- */

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

/* What comes for the session itself doesn't make a read block: more may be there. */
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

/* A reader and a writer on a blocking transport, whose peer changes its keys and asks for ours. */
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

    g_test_add_func("/qio/tls-session/transfer", test_transfer);
    g_test_add_func("/qio/tls-session/calls", test_calls);
    g_test_add_func("/qio/tls-session/retry", test_retry);
    g_test_add_func("/qio/tls-session/partial-writes", test_partial_writes);
    g_test_add_func("/qio/tls-session/partial-reads", test_partial_reads);
    g_test_add_func("/qio/tls-session/premature-end", test_premature_end);
    g_test_add_func("/qio/tls-session/transport-errors", test_transport_errors);
#ifndef QIO_ABI_SERIES_7_2
    g_test_add_func("/qio/tls-session/pending", test_pending);
    g_test_add_func("/qio/tls-session/bye", test_bye);
    g_test_add_func("/qio/tls-session/bye-blocks", test_bye_blocks);
#endif
    g_test_add_func("/qio/tls-session/rekey/while-blocked", test_rekey_while_blocked);
    g_test_add_func("/qio/tls-session/rekey/absorbed", test_rekey_is_absorbed);
    g_test_add_func("/qio/tls-session/rekey/stress", test_rekey_stress);
    result = g_test_run();
    tls_certs_free();
    return result;
}
