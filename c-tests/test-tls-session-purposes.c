/*
 * crypto/tlssession.h: what a certificate may be used for, its extended key usage (RFC 5280
 * 4.2.1.12), which both ends ask for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "tls-pair.h"

#define SERVER_AUTH GNUTLS_KP_TLS_WWW_SERVER
#define CLIENT_AUTH GNUTLS_KP_TLS_WWW_CLIENT

/* What a role's peer says of a certificate, NULL if it is good. */
static char *checked(TlsCert *cert, TlsCert *issuer, bool is_server)
{
    Pair pair = { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };
    TlsCert *server_cert = is_server ? cert : server;
    TlsCert *client_cert = is_server ? client : cert;
    Error *err = NULL;
    char *text = NULL;

    tls_dir_put_certs(pair.server_dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_certs(pair.client_dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(pair.server_dir, "server", server_cert, is_server ? issuer : NULL, NULL);
    tls_dir_put_identity(pair.client_dir, "client", client_cert, is_server ? NULL : issuer, NULL);
    pair.server_creds = x509_creds("server", pair.server_dir);
    pair.client_creds = x509_creds("client", pair.client_dir);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    if (qcrypto_tls_session_check_credentials(
            (is_server ? &pair.client : &pair.server)->session, &err) < 0) {
        text = g_strdup(error_get_pretty(err));
        error_free(err);
    }
    pair_clear(&pair);
    return text;
}

static void expect(TlsCert *cert, TlsCert *issuer, const char *as_server, const char *as_client)
{
    g_autofree char *server_text = checked(cert, issuer, true);
    g_autofree char *client_text = checked(cert, issuer, false);

    g_assert_cmpstr(server_text, ==, as_server);
    g_assert_cmpstr(client_text, ==, as_client);
}

#define NO_SERVER(reason) "The certificate is not for a TLS server: its extended key usage permits " reason
#define NO_CLIENT(reason) "The certificate is not for a TLS client: its extended key usage permits " reason

typedef struct PurposeCase {
    const char *path;
    const char *purposes[TLS_NAMES_MAX];
    const char *as_server;
    const char *as_client;
} PurposeCase;

static const PurposeCase purpose_cases[] = {
    { "none", { NULL } },
    { "server", { SERVER_AUTH }, NULL, NO_CLIENT("serverAuth and not clientAuth") },
    { "client", { CLIENT_AUTH }, NO_SERVER("clientAuth and not serverAuth"), NULL },
    { "both", { SERVER_AUTH, CLIENT_AUTH } },
    { "any", { GNUTLS_KP_ANY } },
    { "any-and-other", { GNUTLS_KP_CODE_SIGNING, GNUTLS_KP_ANY } },
    { "code-signing", { GNUTLS_KP_CODE_SIGNING }, NO_SERVER("codeSigning and not serverAuth"),
      NO_CLIENT("codeSigning and not clientAuth") },
    { "unknown", { "1.2.3.4", GNUTLS_KP_EMAIL_PROTECTION },
      NO_SERVER("1.2.3.4, emailProtection and not serverAuth"),
      NO_CLIENT("1.2.3.4, emailProtection and not clientAuth") },
};

/* Marked critical or not. */
static void test_purpose(const void *data)
{
    const PurposeCase *purpose_case = data;

    for (int is_critical = 0; is_critical < 2; is_critical++) {
        TlsCertOptions options = { .name = "qemu.org", .issuer = ca,
                                   .purpose_critical = is_critical };

        memcpy(options.purposes, purpose_case->purposes, sizeof(options.purposes));
        expect(tls_cert_make(&options), NULL, purpose_case->as_server, purpose_case->as_client);
    }
}

/* An authority that may vouch for one kind of peers only. */
static void test_authority(void)
{
    TlsCert *for_servers = tls_cert(.name = "level1", .issuer = ca, .is_ca = true,
                                    .purposes = { SERVER_AUTH });
    TlsCert *for_both = tls_cert(.name = "level1", .issuer = ca, .is_ca = true,
                                 .purposes = { SERVER_AUTH, CLIENT_AUTH });

    expect(tls_cert(.name = "qemu.org", .issuer = for_servers), for_servers, NULL,
           "The certificate is not for a TLS client: the extended key usage of an authority on its "
           "path doesn't permit clientAuth");
    expect(tls_cert(.name = "qemu.org", .issuer = for_both), for_both, NULL, NULL);
}

/* Another objection comes first. */
static void test_untrusted(void)
{
    TlsCert *other = tls_cert(.name = "ca", .is_ca = true);
    const char *unknown = "The certificate hasn't got a known issuer";

    expect(tls_cert(.name = "qemu.org", .issuer = other, .purposes = { GNUTLS_KP_CODE_SIGNING }),
           NULL, unknown, unknown);
}

/* Whoever doesn't verify doesn't ask. */
static void test_unverified(void)
{
    TlsCert *code = tls_cert(.name = "qemu.org", .issuer = ca,
                             .purposes = { GNUTLS_KP_CODE_SIGNING });
    Pair pair;

    pair_init(&pair, code, NULL, "qemu.org", NULL);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    object_unparent(pair.client_creds);
    pair.client_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, "unverified", "endpoint",
                                      "client", "dir", pair.client_dir, "verify-peer", "no", NULL);
    connect_pair(&pair, "qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    g_assert_cmpint(qcrypto_tls_session_check_credentials(pair.client.session, &error_abort), ==,
                    0);
    pair_clear(&pair);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();
    for (size_t i = 0; i < G_N_ELEMENTS(purpose_cases); i++) {
        g_autofree char *path = g_strdup_printf("/qio/tls-session/purposes/%s",
                                                purpose_cases[i].path);

        g_test_add_data_func(path, &purpose_cases[i], test_purpose);
    }
    g_test_add_func("/qio/tls-session/purposes/authority", test_authority);
    g_test_add_func("/qio/tls-session/purposes/untrusted", test_untrusted);
    g_test_add_func("/qio/tls-session/purposes/unverified", test_unverified);
    result = g_test_run();
    tls_certs_free();
    return result;
}
