/*
 * crypto/tlssession.h: what a peer may say that is no error, to a session from a GnuTLS peer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "crypto/tlscredspsk.h"

#include "tls-certificates.h"
#include "tls-session.h"

#define KEY "6c69627320616e64206b657973206f6e"
#define KINDS ":+ECDHE-PSK:+DHE-PSK:+PSK"
#define ONLY_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define ONLY_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* An end that is a session, and one that is GnuTLS's and does what sessions don't. */
typedef struct Talk {
    char *dir;
    Object *creds;
    TlsEnd end;
    int fd;
    gnutls_session_t peer;
    gnutls_psk_server_credentials_t server_creds;
    gnutls_psk_client_credentials_t client_creds;
} Talk;

static int give_key(gnutls_session_t session, const char *name, gnutls_datum_t *key)
{
    gnutls_datum_t text = { .data = (unsigned char *)KEY, .size = strlen(KEY) };

    g_assert_cmpstr(name, ==, "qemu");
    return gnutls_hex_decode2(&text, key);
}

static void talk_init(Talk *talk, const char *priority, bool peer_is_server)
{
    gnutls_datum_t key = { .data = (unsigned char *)KEY, .size = strlen(KEY) };
    const char *role = peer_is_server ? "client" : "server";
    g_autofree char *peer_priority = g_strconcat(priority, KINDS, NULL);
    int fds[2];

    *talk = (Talk) { .dir = tls_dir_new() };
    tls_dir_put(talk->dir, "keys.psk", "qemu:" KEY "\n");
    talk->creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_PSK, role, "endpoint", role, "dir",
                                talk->dir, "priority", priority, NULL);
    tls_pair(fds);
    tls_end_init(&talk->end, fds[0], talk->creds, NULL, NULL,
                 peer_is_server ? QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT
                                : QCRYPTO_TLS_CREDS_ENDPOINT_SERVER);
    talk->fd = fds[1];
    tls_check(gnutls_init(&talk->peer, peer_is_server ? GNUTLS_SERVER : GNUTLS_CLIENT));
    tls_check(gnutls_priority_set_direct(talk->peer, peer_priority, NULL));
    tls_check(gnutls_psk_allocate_server_credentials(&talk->server_creds));
    gnutls_psk_set_server_credentials_function(talk->server_creds, give_key);
    tls_check(gnutls_psk_set_server_known_dh_params(talk->server_creds, GNUTLS_SEC_PARAM_MEDIUM));
    tls_check(gnutls_psk_allocate_client_credentials(&talk->client_creds));
    tls_check(gnutls_psk_set_client_credentials(talk->client_creds, "qemu", &key,
                                                GNUTLS_PSK_KEY_HEX));
    tls_check(gnutls_credentials_set(talk->peer, GNUTLS_CRD_PSK,
        peer_is_server ? (void *)talk->server_creds : (void *)talk->client_creds));
    gnutls_transport_set_int(talk->peer, talk->fd);
}

static void talk_clear(Talk *talk)
{
    gnutls_deinit(talk->peer);
    gnutls_psk_free_server_credentials(talk->server_creds);
    gnutls_psk_free_client_credentials(talk->client_creds);
    if (talk->fd >= 0) {
        close(talk->fd);
    }
    tls_end_clear(&talk->end);
    object_unparent(talk->creds);
    tls_dir_free(talk->dir);
}

static void talk_begin(Talk *talk)
{
    bool done = false, peer_done = false;

    while (!done || !peer_done) {
        done = done || tls_end_handshake(&talk->end, &error_abort);
        peer_done = peer_done || gnutls_handshake(talk->peer) == 0;
    }
}

static void talk_open(Talk *talk, const char *priority, bool peer_is_server)
{
    talk_init(talk, priority, peer_is_server);
    talk_begin(talk);
}

static void peer_says(Talk *talk, const char *text)
{
    g_assert_cmpint(gnutls_record_send(talk->peer, text, strlen(text)), ==, strlen(text));
}

static void expect_heard(Talk *talk, const char *wanted)
{
    char buf[64];
    ssize_t n = tls_end_receive(&talk->end, buf, sizeof(buf), &error_abort);

    g_assert_cmpmem(buf, n, wanted, strlen(wanted));
}

static void expect_nothing(Talk *talk)
{
    char buf[64];

    g_assert_cmpint(tls_end_receive(&talk->end, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);
}

/* The peer hears what is said to it, and nothing else. */
static void expect_peer_hears(Talk *talk, const char *wanted)
{
    char buf[64];
    ssize_t n = gnutls_record_recv(talk->peer, buf, sizeof(buf));

    g_assert_cmpmem(buf, MAX(n, 0), wanted, strlen(wanted));
}

static void say(Talk *talk, const char *text)
{
    g_assert_cmpint(tls_end_send(&talk->end, text, strlen(text), &error_abort), ==, strlen(text));
}

/* A client need not answer a server that wants to negotiate again (RFC 5246 7.4.1.1). */
static void test_hello_request(void)
{
    Talk talk;

    talk_open(&talk, ONLY_1_2, true);
    peer_says(&talk, "before");
    tls_check(gnutls_rehandshake(talk.peer));
    peer_says(&talk, "behind");
    expect_heard(&talk, "before");
    expect_heard(&talk, "behind");
    tls_check(gnutls_rehandshake(talk.peer));
    expect_nothing(&talk);
    peer_says(&talk, "later");
    expect_heard(&talk, "later");
    tls_check(gnutls_bye(talk.peer, GNUTLS_SHUT_WR));
    expect_heard(&talk, "");
    talk_clear(&talk);
}

/* A server doesn't negotiate again: every reader hears so. */
static void test_renegotiation(void)
{
    Talk talk;
    int i;

    talk_open(&talk, ONLY_1_2, false);
    g_assert_cmpint(gnutls_handshake(talk.peer), ==, GNUTLS_E_AGAIN);
    for (i = 0; i < 3; i++) {
        Error *err = NULL;
        char byte;

        g_assert_cmpint(tls_end_receive(&talk.end, &byte, 1, &err), ==, TLS_FAILED);
#ifdef QIO_HAS_SESSION_ERRP
        g_assert_cmpstr(error_get_pretty(err), ==,
                        "Cannot read from TLS channel: Rehandshake was requested by the peer.");
#endif
        error_free(err);
    }
    talk_clear(&talk);
}

/* What a program says that closes as those in Java do. */
static void check_canceled(const char *priority, bool peer_is_server)
{
    bool is_1_3 = strcmp(priority, ONLY_1_3) == 0;
    Talk talk;

    talk_open(&talk, priority, peer_is_server);
    peer_says(&talk, "text");
    tls_check(gnutls_alert_send(talk.peer, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED));
    tls_check(gnutls_bye(talk.peer, GNUTLS_SHUT_WR));
    expect_heard(&talk, "text");
    expect_heard(&talk, "");
    expect_heard(&talk, "");
#ifdef QIO_HAS_TLS_BYE
    if (is_1_3) {
        /* Nobody is there to be told. */
        g_assert_cmpint(qcrypto_tls_session_bye(talk.end.session, &error_abort), ==,
                        QCRYPTO_TLS_BYE_COMPLETE);
    }
#endif
    if (!is_1_3) {
        /* The other direction is open still. */
        say(&talk, "reply");
        expect_peer_hears(&talk, "reply");
    }
    talk_clear(&talk);
}

static void test_canceled(void)
{
    check_canceled(ONLY_1_2, true);
    check_canceled(ONLY_1_2, false);
    check_canceled(ONLY_1_3, true);
    check_canceled(ONLY_1_3, false);
}

/* Warnings don't stop a reader. */
static void test_warnings(void)
{
    Talk talk;

    talk_open(&talk, ONLY_1_2, true);
    tls_check(gnutls_alert_send(talk.peer, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION));
    tls_check(gnutls_alert_send(talk.peer, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME));
    peer_says(&talk, "text");
    expect_heard(&talk, "text");
    tls_check(gnutls_alert_send(talk.peer, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED));
    expect_nothing(&talk);
    /* Nor do they make an end of the transport one of the session. */
    close(talk.fd);
    talk.fd = -1;
    {
        char byte;
        Error *err = NULL;

        g_assert_cmpint(tls_end_receive(&talk.end, &byte, 1, &err), ==, TLS_PREMATURE);
        error_free(err);
    }
    talk_clear(&talk);
}

/* But a peer that says nothing else is given up. */
static void test_endless_warnings(void)
{
    Talk talk;
    char byte;
    Error *err = NULL;
    int i;

    talk_open(&talk, ONLY_1_2, true);
    for (i = 0; i < 25; i++) {
        tls_check(gnutls_alert_send(talk.peer, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME));
    }
    g_assert_cmpint(tls_end_receive(&talk.end, &byte, 1, &err), ==, TLS_FAILED);
    error_free_or_abort(&err);
    talk_clear(&talk);
}

/* An alert without which a session can't go on is an error, for every reader. */
static void test_fatal(void)
{
    const char *const priorities[] = { ONLY_1_2, ONLY_1_3 };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(priorities); i++) {
        Talk talk;
        char byte;
        Error *err = NULL;
        int j;

        talk_open(&talk, priorities[i], true);
        tls_check(gnutls_alert_send(talk.peer, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR));
        for (j = 0; j < 2; j++) {
            g_assert_cmpint(tls_end_receive(&talk.end, &byte, 1, &err), ==, TLS_FAILED);
            error_free_or_abort(&err);
        }
        talk_clear(&talk);
    }
}

/* A server that doesn't know its name says so before its hello (RFC 6066 3). */
static void check_warned_handshake(const char *priority, int warnings)
{
    const guint8 unrecognized_name[] = { 21, 3, 3, 0, 2, 1, 112 };
    Talk talk;
    int i;

    talk_init(&talk, priority, true);
    g_assert_false(tls_end_handshake(&talk.end, &error_abort));
    for (i = 0; i < warnings; i++) {
        g_assert_cmpint(write(talk.fd, unrecognized_name, sizeof(unrecognized_name)), ==,
                        sizeof(unrecognized_name));
    }
    talk_begin(&talk);
    peer_says(&talk, "text");
    expect_heard(&talk, "text");
    talk_clear(&talk);
}

static void test_warned_handshake(void)
{
    check_warned_handshake(ONLY_1_2, 1);
    check_warned_handshake(ONLY_1_2, 5);
    check_warned_handshake("NORMAL", 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/tls-session/alerts/hello-request", test_hello_request);
    g_test_add_func("/qio/tls-session/alerts/renegotiation", test_renegotiation);
    g_test_add_func("/qio/tls-session/alerts/canceled", test_canceled);
    g_test_add_func("/qio/tls-session/alerts/warnings", test_warnings);
    g_test_add_func("/qio/tls-session/alerts/endless-warnings", test_endless_warnings);
    g_test_add_func("/qio/tls-session/alerts/fatal", test_fatal);
    g_test_add_func("/qio/tls-session/alerts/handshake", test_warned_handshake);
    return g_test_run();
}
