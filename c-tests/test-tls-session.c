/*
 * crypto/tlssession.h: both ends of sessions stepped in one thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "authz/list.h"
#include "crypto/init.h"
#include "crypto/tlscredsanon.h"
#include "crypto/tlscredspsk.h"

#include "tls-pair.h"

/* Checks and frees an error. */
static void expect_error(Error **err, const char *wanted)
{
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, wanted);
    error_free_or_abort(err);
}

/* Checks the peer; NULL stands for success, else the error. */
static void expect_check(TlsEnd *end, const char *wanted)
{
    Error *err = NULL;
    int result = qcrypto_tls_session_check_credentials(end->session, wanted ? &err : &error_abort);

    g_assert_cmpint(result, ==, wanted ? -1 : 0);
    if (wanted) {
        expect_error(&err, wanted);
    }
}

/* Whole connections ------------------------------------------------------------------------ */

/* R-CRY-6, R-CRY-8: both ends stepped in turn; whom each has seen. */
static void test_basic(void)
{
    Pair pair;
    g_autofree char *server_name = NULL;
    g_autofree char *client_name = NULL;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    g_assert_null(qcrypto_tls_session_get_peer_name(pair.server.session));
    tls_handshake(&pair.client, &pair.server, &error_abort);
    g_assert_null(qcrypto_tls_session_get_peer_name(pair.server.session));
    expect_check(&pair.server, NULL);
    expect_check(&pair.client, NULL);
    server_name = qcrypto_tls_session_get_peer_name(pair.client.session);
    client_name = qcrypto_tls_session_get_peer_name(pair.server.session);
    g_assert_cmpstr(server_name, ==, "C=UK,CN=qemu.org");
    g_assert_cmpstr(client_name, ==, "C=UK,CN=qemu");
    g_assert_cmpint(qcrypto_tls_session_get_key_size(pair.client.session, &error_abort), >=, 16);
    /* Once complete, it stays so. */
    g_assert_true(tls_end_handshake(&pair.client, &error_abort));
    pair_clear(&pair);
}

#ifdef QIO_HAS_CONCURRENT_IO
/* Asked for before the handshake, which it doesn't change. */
static void test_thread_safety(void)
{
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    qcrypto_tls_session_require_thread_safety(pair.client.session);
    qcrypto_tls_session_require_thread_safety(pair.server.session);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.client, NULL);
    pair_clear(&pair);
}
#endif

/* Of the same name, or else the client doesn't show a certificate that can't help (R-CRY-9). */
static void test_different_ca(void)
{
    TlsCert *other_ca = tls_cert(.name = "ca", .is_ca = true);
    TlsCert *stranger = tls_cert(.name = "qemu", .issuer = other_ca);
    Pair pair;

    pair_init(&pair, NULL, stranger, "qemu.org", NULL);
    object_unparent(pair.client_creds);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    tls_dir_put_certs(pair.client_dir, "ca-cert.pem", other_ca, NULL);
    pair.client_creds = x509_creds("client", pair.client_dir);
    connect_pair(&pair, "qemu.org", NULL);

    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, "The certificate hasn't got a known issuer");
    expect_check(&pair.client, "The certificate hasn't got a known issuer");
    g_assert_null(qcrypto_tls_session_get_peer_name(pair.server.session));
    pair_clear(&pair);
}

typedef struct HostCase {
    const char *path;
    const char *hostname;
    TlsCertOptions cert;
    const char *refused;
} HostCase;

#define ALTERNATIVES \
    .dns = { "www.qemu.org", "qemu.org" }, .ip = { "192.168.122.1", "fec0::dead:beaf" }

static const HostCase host_cases[] = {
    { "altname1", "qemu.org", { .name = "qemu.org", ALTERNATIVES } },
    { "altname2", "www.qemu.org", { .name = "qemu.org", ALTERNATIVES } },
    { "altname3", "wiki.qemu.org", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname wiki.qemu.org" },
    { "altname4", "192.168.122.1", { .name = "qemu.org", ALTERNATIVES } },
    { "altname5", "fec0::dead:beaf", { .name = "qemu.org", ALTERNATIVES } },
    { "altname6", "qemu.org", { .name = "qemu.org", .dns = { "www.qemu.org", "wiki.qemu.org" } },
      "Certificate does not match the hostname qemu.org" },
    { "altname7", "www.qemu.org",
      { .name = "qemu.org", .dns = { "www.qemu.org", "wiki.qemu.org" } } },
    { "altname8", "wiki.qemu.org",
      { .name = "qemu.org", .dns = { "www.qemu.org", "wiki.qemu.org" } } },
    { "wildcard", "www.qemu.org", { .name = "server", .dns = { "*.qemu.org" } } },
    { "wildcard-depth", "a.www.qemu.org", { .name = "server", .dns = { "*.qemu.org" } },
      "Certificate does not match the hostname a.www.qemu.org" },
    { "other-name", "localhost", { .name = "qemu.org" },
      "Certificate does not match the hostname localhost" },
    { "no-hostname", NULL, { .name = "qemu.org" }, "No hostname for certificate validation" },
    { "other-ip", "192.168.122.2", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname 192.168.122.2" },
    { "root-dot", "qemu.org.", { .name = "qemu.org", ALTERNATIVES } },
    { "root-dot-common-name", "localhost.", { .name = "localhost" } },
    { "root-dot-wildcard", "www.qemu.org.", { .name = "server", .dns = { "*.qemu.org" } } },
    { "two-dots", "qemu.org..", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname qemu.org.." },
    { "only-dot", ".", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname ." },
    { "empty", "", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname " },
    { "other-root-dot", "localhost.", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname localhost." },
    { "newline", "localhost\n", { .name = "localhost" }, "The hostname has control characters" },
    { "newline-altname", "qemu.org\n", { .name = "qemu.org", ALTERNATIVES },
      "The hostname has control characters" },
    { "delete", "\177qemu.org", { .name = "qemu.org", ALTERNATIVES },
      "The hostname has control characters" },
    { "brackets", "[fec0::dead:beaf]", { .name = "qemu.org", ALTERNATIVES } },
    { "other-brackets", "[fec0::1]", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname [fec0::1]" },
    { "brackets-name", "[qemu.org]", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname [qemu.org]" },
    { "brackets-ipv4", "[192.168.122.1]", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname [192.168.122.1]" },
    { "other-form", "FEC0:0:0:0:0:0:DEAD:BEAF", { .name = "qemu.org", ALTERNATIVES } },
    { "zone", "fe80::1%eth0", { .name = "server", .ip = { "fe80::1" } } },
    { "brackets-zone", "[fe80::1%eth0]", { .name = "server", .ip = { "fe80::1" } } },
    { "short-ip", "127.1", { .name = "server", .ip = { "127.0.0.1" } },
      "Certificate does not match the hostname 127.1" },
    { "number-ip", "2130706433", { .name = "server", .ip = { "127.0.0.1" } },
      "Certificate does not match the hostname 2130706433" },
    { "port", "qemu.org:443", { .name = "qemu.org", ALTERNATIVES },
      "Certificate does not match the hostname qemu.org:443" },
    { "capitals", "QEMU.org", { .name = "qemu.org", ALTERNATIVES } },
    { "no-key-ids", "qemu.org", { .name = "qemu.org", .no_key_ids = true } },
    { "expired", "qemu.org", { .name = "qemu.org", .begins = -4, .ends = -1 },
      "The certificate is not trusted" },
    { "not-yet-active", "qemu.org", { .name = "qemu.org", .begins = 1, .ends = 4 },
      "The certificate is not trusted" },
};

/* R-CRY-9 */
static void test_host(const void *data)
{
    const HostCase *host_case = data;
    TlsCertOptions options = host_case->cert;
    Pair pair;

    options.issuer = ca;
    pair_init(&pair, tls_cert_make(&options), NULL, host_case->hostname, NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, NULL);
    expect_check(&pair.client, host_case->refused);
    pair_clear(&pair);
}

static void test_chain(void)
{
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = ca, .is_ca = true);
    TlsCert *level2a = tls_cert(.name = "level2a", .issuer = level1, .is_ca = true);
    TlsCert *level2b = tls_cert(.name = "level2b", .issuer = level1, .is_ca = true);
    TlsCert *server_cert = tls_cert(.name = "qemu.org", .issuer = level2a);
    TlsCert *client_cert = tls_cert(.name = "qemu", .issuer = level2b);
    Pair pair = { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };

    tls_dir_put_certs(pair.server_dir, "ca-cert.pem", ca, level1, level2a, level2b, NULL);
    tls_dir_put_certs(pair.client_dir, "ca-cert.pem", ca, level1, level2a, level2b, NULL);
    tls_dir_put_identity(pair.server_dir, "server", server_cert, NULL);
    tls_dir_put_identity(pair.client_dir, "client", client_cert, NULL);
    pair.server_creds = x509_creds("server", pair.server_dir);
    pair.client_creds = x509_creds("client", pair.client_dir);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, NULL);
    expect_check(&pair.client, NULL);
    pair_clear(&pair);
}

/* The peers know the root only; the chain comes with the certificate. */
static void test_own_chain(void)
{
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = ca, .is_ca = true);
    TlsCert *server_cert = tls_cert(.name = "qemu.org", .issuer = level1);
    Pair pair = { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };

    tls_dir_put_certs(pair.server_dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_certs(pair.client_dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(pair.server_dir, "server", server_cert, level1, NULL);
    tls_dir_put_identity(pair.client_dir, "client", client, NULL);
    pair.server_creds = x509_creds("server", pair.server_dir);
    pair.client_creds = x509_creds("client", pair.client_dir);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.client, NULL);
    pair_clear(&pair);
}

/* R-CRY-9 */
static void test_revoked(void)
{
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    object_unparent(pair.server_creds);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    tls_dir_put_revoked(pair.server_dir, "ca-crl.pem", ca, client, NULL);
    pair.server_creds = x509_creds("server", pair.server_dir);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, "The certificate has been revoked");
    expect_check(&pair.client, NULL);
    pair_clear(&pair);
}

/* A client need not have a certificate, for the handshake (R-CRY-5, R-CRY-9). */
static void test_no_client_certificate(void)
{
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    object_unparent(pair.client_creds);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    tls_dir_remove(pair.client_dir, "client-cert.pem");
    tls_dir_remove(pair.client_dir, "client-key.pem");
    pair.client_creds = x509_creds("client", pair.client_dir);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, "Verify failed: No certificate was found.");
    expect_check(&pair.client, NULL);
    pair_clear(&pair);
}

/* Without verification neither host nor name are asked about, and the name stays unknown (R-CRY-9). */
static void test_unverified(void)
{
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    object_unparent(pair.client_creds);
    pair.client_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, "unverified", "endpoint",
                                      "client", "dir", pair.client_dir, "verify-peer", "no", NULL);
    connect_pair(&pair, "elsewhere", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.client, NULL);
    g_assert_null(qcrypto_tls_session_get_peer_name(pair.client.session));
    pair_clear(&pair);
}

/* The name is known even though its owner was turned away later. */
static void test_name_of_refused(void)
{
    Pair pair;
    g_autofree char *name = NULL;

    pair_init(&pair, NULL, NULL, "elsewhere", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.client, "Certificate does not match the hostname elsewhere");
    name = qcrypto_tls_session_get_peer_name(pair.client.session);
    g_assert_cmpstr(name, ==, "C=UK,CN=qemu.org");
    pair_clear(&pair);
}

/* Who may ---------------------------------------------------------------------------------- */

typedef struct AuthzCase {
    const char *path;
    const char *rules[3];
    QAuthZListFormat format;
    const char *denied;
} AuthzCase;

/* Globs stand for any text, commas too. */
static const AuthzCase authz_cases[] = {
    { "exact", { "C=UK,CN=qemu" }, QAUTHZ_LIST_FORMAT_EXACT },
    { "exact-other", { "C=UK,CN=qemustuff", "CN=qemu,C=UK" }, QAUTHZ_LIST_FORMAT_EXACT,
      "TLS x509 authz check for C=UK,CN=qemu is denied" },
    { "no-rules", { NULL }, QAUTHZ_LIST_FORMAT_EXACT,
      "TLS x509 authz check for C=UK,CN=qemu is denied" },
    { "wildcard1", { "C=UK,CN=dogfood" }, QAUTHZ_LIST_FORMAT_GLOB,
      "TLS x509 authz check for C=UK,CN=qemu is denied" },
    { "wildcard2", { "C=UK,CN=qemu" }, QAUTHZ_LIST_FORMAT_GLOB },
    { "wildcard3", { "C=UK,CN=dogfood", "C=UK,CN=qemu" }, QAUTHZ_LIST_FORMAT_GLOB },
    { "wildcard4", { "C=UK,CN=qemustuff" }, QAUTHZ_LIST_FORMAT_GLOB,
      "TLS x509 authz check for C=UK,CN=qemu is denied" },
    { "wildcard5", { "C=UK,CN=qemu*" }, QAUTHZ_LIST_FORMAT_GLOB },
    { "wildcard6", { "C=UK,CN=*emu*" }, QAUTHZ_LIST_FORMAT_GLOB },
};

/* R-CRY-9 */
static void test_authz(const void *data)
{
    const AuthzCase *authz_case = data;
    QAuthZList *list = qauthz_list_new("acl", QAUTHZ_LIST_POLICY_DENY, &error_abort);
    g_autofree char *name = NULL;
    Pair pair;

    for (const char *const *rule = authz_case->rules; *rule; rule++) {
        qauthz_list_append_rule(list, *rule, QAUTHZ_LIST_POLICY_ALLOW, authz_case->format,
                                &error_abort);
    }
    pair_init(&pair, NULL, NULL, "qemu.org", "acl");
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, authz_case->denied);
    expect_check(&pair.client, NULL);
    name = qcrypto_tls_session_get_peer_name(pair.server.session);
    g_assert_cmpstr(name, ==, "C=UK,CN=qemu");
    pair_clear(&pair);
    object_unparent(OBJECT(list));
}

static void test_authz_missing(void)
{
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", "nobody");
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, "Cannot find QAuthZ object ID nobody");
    pair_clear(&pair);
}

/* Other kinds of credentials --------------------------------------------------------------- */

static void psk_init(Pair *pair, const char *client_keys)
{
    *pair = (Pair) { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };
    tls_dir_put(pair->server_dir, "keys.psk", "other:1111\nqemu:009d5638c40fde0c\n");
    tls_dir_put(pair->client_dir, "keys.psk", client_keys);
    pair->server_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_PSK, "server", "endpoint", "server",
                                       "dir", pair->server_dir, "priority", "NORMAL", NULL);
    pair->client_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_PSK, "client", "endpoint", "client",
                                       "dir", pair->client_dir, "priority", "NORMAL", NULL);
    connect_pair(pair, NULL, NULL);
}

static void test_psk(void)
{
    Pair pair;

    psk_init(&pair, "qemu:009d5638c40fde0c\n");
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, NULL);
    expect_check(&pair.client, NULL);
    g_assert_null(qcrypto_tls_session_get_peer_name(pair.server.session));
    pair_clear(&pair);
}

static void test_psk_mismatch(void)
{
    Pair pair;
    Error *err = NULL;

    psk_init(&pair, "qemu:0000000000000000\n");
    g_assert_false(tls_handshake(&pair.client, &pair.server, &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "TLS handshake failed: An illegal parameter has been received.");
    error_free(err);
    err = NULL;
    /* No alert is sent, so the client only sees the end. */
    shutdown(pair.server.fd, SHUT_WR);
    while (!tls_end_handshake(&pair.client, &err) && !err) {
        /* go on */
    }
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "TLS handshake failed: The TLS connection was non-properly terminated.");
    error_free(err);
    pair_clear(&pair);
}

/* R-TLS-72, R-111-31 */
static void test_anon(void)
{
    Pair pair = { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };

    pair.server_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_ANON, "server", "endpoint", "server",
                                      "priority", "NORMAL:-VERS-TLS1.3", NULL);
    pair.client_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_ANON, "client", "endpoint", "client",
                                      "priority", "NORMAL:-VERS-TLS1.3", NULL);
    connect_pair(&pair, NULL, NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    expect_check(&pair.server, NULL);
    expect_check(&pair.client, NULL);
    pair_clear(&pair);
}

/* Failures --------------------------------------------------------------------------------- */

/* R-CRY-5, R-CRY-8: an endpoint of the other kind; NULL is freed. */
static void test_new_failures(void)
{
    Pair pair;
    Error *err = NULL;
    Object *creds;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    g_assert_null(qcrypto_tls_session_new(QCRYPTO_TLS_CREDS(pair.server_creds), NULL, NULL,
                                          QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "client"));
    error_free(err);
    g_assert_null(qcrypto_tls_session_new(QCRYPTO_TLS_CREDS(pair.server_creds), NULL, NULL,
                                          QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT, NULL));
    err = NULL;
    /* A session can't have it, so the property refuses it already. */
    creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), "bad", &err,
                                  "endpoint", "client", "dir", pair.client_dir,
                                  "priority", "NORMAL:+NONSENSE", NULL);
    g_assert_null(creds);
    g_assert_nonnull(strstr(error_get_pretty(err), "NORMAL:+NONSENSE"));
    error_free(err);
    pair_clear(&pair);
    qcrypto_tls_session_free(NULL);
}

/* R-CRY-6, R-91-4 */
static void test_handshake_failures(void)
{
    Pair pair;
    Error *err = NULL;

    /* The transport ends. */
    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    close(pair.server.fd);
    pair.server.fd = -1;
    g_assert_false(tls_end_handshake(&pair.client, &err));
    g_assert_nonnull(g_strrstr(error_get_pretty(err), "TLS handshake failed: "));
    error_free(err);
    err = NULL;
    pair_clear(&pair);

    /* The peer doesn't speak TLS. */
    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    g_assert_cmpint(write(pair.server.fd, "HTTP/1.1 400 Bad Request\r\n", 26), ==, 26);
    g_assert_false(tls_end_handshake(&pair.client, &err));
    g_assert_nonnull(g_strrstr(error_get_pretty(err), "TLS handshake failed: "));
    error_free(err);
    err = NULL;
    pair_clear(&pair);

    /* The transport fails. */
    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    pair.client.write_error = "it rains";
    pair.client.read_error = "it snows";
    g_assert_false(tls_end_handshake(&pair.client, &err));
    g_assert_true(g_str_has_prefix(error_get_pretty(err), "TLS handshake failed: "));
#ifdef QIO_HAS_SESSION_ERRP
    g_assert_true(g_str_has_suffix(error_get_pretty(err), ": it rains"));
#endif
    error_free(err);
    pair_clear(&pair);
}

/* Too early: a mistake that must not crash; bye is done at once (R-TLS-81, R-CRY-8). */
static void test_before_handshake(void)
{
    Pair pair;
    Error *err = NULL;
    char byte = 'x';

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    g_assert_cmpint(tls_end_send(&pair.client, &byte, 1, &err), ==, TLS_FAILED);
    error_free(err);
    err = NULL;
    g_assert_cmpint(tls_end_receive(&pair.client, &byte, 1, &err), ==, TLS_FAILED);
    error_free(err);
#ifdef QIO_HAS_TLS_BYE
    g_assert_cmpint(qcrypto_tls_session_bye(pair.client.session, &error_abort), ==,
                    QCRYPTO_TLS_BYE_COMPLETE);
    g_assert_cmpint(qcrypto_tls_session_check_pending(pair.client.session), ==, 0);
#endif
    /* Nothing is lost by it. */
    tls_handshake(&pair.client, &pair.server, &error_abort);
    g_assert_cmpint(tls_end_send(&pair.client, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(tls_end_receive(&pair.server, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(tls_end_send(&pair.server, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(tls_end_receive(&pair.client, &byte, 1, &error_abort), ==, 1);
    pair_clear(&pair);
}

/*
 * What the session answers to a client whose greeting is out: the direction where the result is the status, else
 * only that there is more to do (R-91-3, R-CRY-6, R-82-5, R-90-4).
 */
static void test_client_receives_first(void)
{
    Pair pair;
    int i;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    for (i = 0; i < 3; i++) {
        int result = qcrypto_tls_session_handshake(pair.client.session, &error_abort);

#ifdef QIO_HAS_HANDSHAKE_RESULT
        g_assert_cmpint(result, ==, QCRYPTO_TLS_HANDSHAKE_RECVING);
#else
        g_assert_cmpint(result, ==, 1);
        g_assert_cmpint(qcrypto_tls_session_get_handshake_status(pair.client.session), ==,
                        QCRYPTO_TLS_HANDSHAKE_RECVING);
#endif
    }
    g_assert_true(tls_handshake(&pair.client, &pair.server, &error_abort));
    g_assert_cmpint(qcrypto_tls_session_handshake(pair.client.session, &error_abort), ==, 0);
#ifndef QIO_HAS_HANDSHAKE_RESULT
    g_assert_cmpint(qcrypto_tls_session_get_handshake_status(pair.client.session), ==,
                    QCRYPTO_TLS_HANDSHAKE_COMPLETE);
#endif
    pair_clear(&pair);
}

/* R-CRY-1 */
static void test_init(void)
{
    g_assert_cmpint(qcrypto_init(&error_abort), ==, 0);
    g_assert_cmpint(qcrypto_init(NULL), ==, 0);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();

    g_test_add_func("/qio/tls-session/init", test_init);
    g_test_add_func("/qio/tls-session/basic", test_basic);
#ifdef QIO_HAS_CONCURRENT_IO
    g_test_add_func("/qio/tls-session/thread-safety", test_thread_safety);
#endif
    g_test_add_func("/qio/tls-session/different-ca", test_different_ca);
    for (size_t i = 0; i < G_N_ELEMENTS(host_cases); i++) {
        g_autofree char *path = g_strdup_printf("/qio/tls-session/host/%s", host_cases[i].path);

        g_test_add_data_func(path, &host_cases[i], test_host);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(authz_cases); i++) {
        g_autofree char *path = g_strdup_printf("/qio/tls-session/authz/%s", authz_cases[i].path);

        g_test_add_data_func(path, &authz_cases[i], test_authz);
    }
    g_test_add_func("/qio/tls-session/authz/missing", test_authz_missing);
    g_test_add_func("/qio/tls-session/chain", test_chain);
    g_test_add_func("/qio/tls-session/own-chain", test_own_chain);
    g_test_add_func("/qio/tls-session/revoked", test_revoked);
    g_test_add_func("/qio/tls-session/no-client-certificate", test_no_client_certificate);
    g_test_add_func("/qio/tls-session/unverified", test_unverified);
    g_test_add_func("/qio/tls-session/name-of-refused", test_name_of_refused);
    g_test_add_func("/qio/tls-session/psk", test_psk);
    g_test_add_func("/qio/tls-session/psk-mismatch", test_psk_mismatch);
    g_test_add_func("/qio/tls-session/anon", test_anon);
    g_test_add_func("/qio/tls-session/new-failures", test_new_failures);
    g_test_add_func("/qio/tls-session/handshake-failures", test_handshake_failures);
    g_test_add_func("/qio/tls-session/before-handshake", test_before_handshake);
    g_test_add_func("/qio/tls-session/client-receives-first", test_client_receives_first);
    result = g_test_run();
    tls_certs_free();
    return result;
}
