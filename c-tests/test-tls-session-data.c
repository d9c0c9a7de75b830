/*
 * crypto/tlssession.h: the data phase.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "tls-pair.h"

/* One record at a time ---------------------------------------------------------------------- */

/* R-CRY-7: numbers of bytes, and that nothing is there. */
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

#ifdef QIO_HAS_TLS_CHECK_PENDING
/* R-TLS-81, R-CRY-8, R-801-5 */
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

/* The older version has records of another kind (R-CRY-4). */
static void test_tls_1_2(void)
{
    static guint8 buf[RECORD_MAX];
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    object_unparent(pair.client_creds);
    pair.client_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, "older", "endpoint", "client",
        "dir", pair.client_dir, "priority", "NORMAL:-VERS-TLS1.3:-CIPHER-ALL:+AES-128-CBC", NULL);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    for (size_t len = 1; len <= RECORD_MAX; len *= 4) {
        fill(buf, 0, len);
        send_all(&pair.client, buf, len);
        memset(buf, 0, len);
        g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, len);
        expect_bytes(buf, 0, len);
        send_all(&pair.server, buf, len);
        g_assert_cmpint(tls_end_receive(&pair.client, buf, sizeof(buf), &error_abort), ==, len);
        expect_bytes(buf, 0, len);
    }
    g_assert_cmpint(tls_end_receive(&pair.client, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);
    pair_clear(&pair);
}

/* Each record costs what it costs GnuTLS: one write; a header and a body read, nothing ahead (R-TLS-57). */
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

/* R-CRY-7, R-TLS-82 */
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
#ifndef QIO_HAS_SESSION_ERRP
                        "Cannot read from TLS channel: Software caused connection abort"
#else
                        "Cannot read from TLS channel: "
                        "The TLS connection was non-properly terminated."
#endif
                        );
        error_free(err);
    }
#if defined(QIO_HAS_SESSION_ERRP) && !defined(QIO_HAS_PREMATURE_TERMINATION)
    /* Who doesn't mind isn't told. */
    g_assert_cmpint(qcrypto_tls_session_read(pair.server.session, buf, sizeof(buf), true,
                                             &error_abort), ==, 0);
#endif
    pair_clear(&pair);
}

#ifdef QIO_HAS_TLS_BYE
/* R-CRY-7, R-CRY-8: an orderly end. */
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

/* R-CRY-8 */
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
#ifndef QIO_HAS_SESSION_ERRP
    error_free_or_abort(err);
#else
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, wanted);
    error_free_or_abort(err);
#endif
}

/* R-TLS-64: the transport's own words are passed on (R-CRY-7). */
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
#ifdef QIO_HAS_TLS_BYE
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

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();

    g_test_add_func("/qio/tls-session/transfer", test_transfer);
    g_test_add_func("/qio/tls-session/tls-1.2", test_tls_1_2);
    g_test_add_func("/qio/tls-session/calls", test_calls);
    g_test_add_func("/qio/tls-session/retry", test_retry);
    g_test_add_func("/qio/tls-session/partial-writes", test_partial_writes);
    g_test_add_func("/qio/tls-session/partial-reads", test_partial_reads);
    g_test_add_func("/qio/tls-session/premature-end", test_premature_end);
    g_test_add_func("/qio/tls-session/transport-errors", test_transport_errors);
#ifdef QIO_HAS_TLS_CHECK_PENDING
    g_test_add_func("/qio/tls-session/pending", test_pending);
#endif
#ifdef QIO_HAS_TLS_BYE
    g_test_add_func("/qio/tls-session/bye", test_bye);
    g_test_add_func("/qio/tls-session/bye-blocks", test_bye_blocks);
#endif
    result = g_test_run();
    tls_certs_free();
    return result;
}
