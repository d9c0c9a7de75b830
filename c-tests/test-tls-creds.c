/*
 * crypto/tlscreds.h and its kinds: properties, and what loading them finds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "crypto/tlscredsanon.h"
#include "crypto/tlscredspsk.h"
#include "qom/object_interfaces.h"

#include "tls-creds-expect.h"

/* Properties ------------------------------------------------------------------------------- */

static void expect_str(Object *obj, const char *name, const char *wanted)
{
    g_autofree char *value = object_property_get_str(obj, name, &error_abort);

    g_assert_cmpstr(value, ==, wanted);
}

static void expect_bool(Object *obj, const char *name, bool wanted)
{
    g_assert_cmpint(object_property_get_bool(obj, name, &error_abort), ==, wanted);
}

/* R-CRY-2 */
static void test_properties(void)
{
    Object *creds = object_new(TYPE_QCRYPTO_TLS_CREDS_X509);
    Error *err = NULL;

    expect_str(creds, "dir", "");
    expect_str(creds, "priority", "");
    expect_str(creds, "passwordid", "");
    expect_str(creds, "endpoint", "client");
    expect_bool(creds, "verify-peer", true);
    expect_bool(creds, "sanity-check", true);
    object_property_set_str(creds, "dir", "/etc/pki", &error_abort);
    object_property_set_str(creds, "dir", "/etc/other", &error_abort);
    expect_str(creds, "dir", "/etc/other");
    object_property_parse(creds, "endpoint", "server", &error_abort);
    expect_str(creds, "endpoint", "server");
    g_assert_false(object_property_parse(creds, "endpoint", "both", &err));
    error_free_or_abort(&err);
    expect_str(creds, "endpoint", "server");
    object_property_parse(creds, "verify-peer", "off", &error_abort);
    expect_bool(creds, "verify-peer", false);
    object_property_parse(creds, "sanity-check", "no", &error_abort);
    expect_bool(creds, "sanity-check", false);
    object_unref(creds);

    creds = object_new(TYPE_QCRYPTO_TLS_CREDS_PSK);
    expect_str(creds, "username", "");
    g_assert_null(object_property_find(creds, "sanity-check"));
    object_property_set_str(creds, "username", "me", &error_abort);
    expect_str(creds, "username", "me");
    object_unref(creds);
}

/* What no file and no other property could make good is refused when it is set, and changes nothing (R-CRY-4). */
static void test_refused(void)
{
    static const char *const types[] = {
        TYPE_QCRYPTO_TLS_CREDS_X509, TYPE_QCRYPTO_TLS_CREDS_PSK, TYPE_QCRYPTO_TLS_CREDS_ANON,
    };
    Error *err = NULL;
    Object *creds;

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        creds = object_new(types[i]);
        object_property_set_str(creds, "priority", "SECURE256", &error_abort);
        g_assert_false(object_property_set_str(creds, "priority", "SECURE256:+NONSENSE", &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "priority SECURE256:+NONSENSE"));
        error_free_or_abort(&err);
        expect_str(creds, "priority", "SECURE256");

        g_assert_false(object_property_set_str(creds, "endpoint", "both", &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "endpoint"));
        error_free_or_abort(&err);
        expect_str(creds, "endpoint", "client");
        object_unref(creds);
    }

    creds = object_new(TYPE_QCRYPTO_TLS_CREDS_X509);
    g_assert_false(object_property_set_str(creds, "passwordid", "sec0", &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "passwordid"));
    error_free_or_abort(&err);
    expect_str(creds, "passwordid", "");
    object_unref(creds);
}

/* R-CRY-2 */
static void test_loaded(void)
{
#ifdef QIO_HAS_CREDS_LOADED
    char *dir = good_dir();
    Object *creds = object_new(TYPE_QCRYPTO_TLS_CREDS_X509);
    Error *err = NULL;

    expect_bool(creds, "loaded", false);
    g_assert_false(object_property_set_bool(creds, "loaded", true, &err));
    error_free_or_abort(&err);
    object_property_set_str(creds, "dir", dir, &error_abort);
    user_creatable_complete(USER_CREATABLE(creds), &error_abort);
    expect_bool(creds, "loaded", true);
    object_unref(creds);
    tls_dir_free(dir);
#else
    Object *creds = object_new(TYPE_QCRYPTO_TLS_CREDS_X509);

    g_assert_null(object_property_find(creds, "loaded"));
    object_unref(creds);
#endif
}

/* R-CRY-2 */
static void test_types(void)
{
    Error *err = NULL;

    g_assert_null(object_new_with_props(TYPE_QCRYPTO_TLS_CREDS, object_get_objects_root(), "x",
                                        &err, NULL));
    error_free_or_abort(&err);
    g_assert_true(object_class_is_abstract(object_class_by_name(TYPE_QCRYPTO_TLS_CREDS)));
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {
            TYPE_QCRYPTO_TLS_CREDS_X509, TYPE_QCRYPTO_TLS_CREDS_PSK, TYPE_QCRYPTO_TLS_CREDS_ANON,
        };
        ObjectClass *class = object_class_by_name(names[i]);

        g_assert_nonnull(object_class_dynamic_cast(class, TYPE_USER_CREATABLE));
        g_assert_cmpint(QCRYPTO_TLS_CREDS_CLASS(class)->reload != NULL, ==, i == 0);
#ifdef QIO_HAS_CREDS_PRIORITY
        g_assert_cmpint(QCRYPTO_TLS_CREDS_CLASS(class)->prioritySuffix != NULL, ==, i != 0);
#endif
    }
}

static void test_endpoint(void)
{
    char *dir = good_dir();
    Object *creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, "creds", "endpoint", "server",
                                  "dir", dir, NULL);
    Error *err = NULL;

    g_assert_true(qcrypto_tls_creds_check_endpoint(QCRYPTO_TLS_CREDS(creds),
        QCRYPTO_TLS_CREDS_ENDPOINT_SERVER, &error_abort));
    g_assert_false(qcrypto_tls_creds_check_endpoint(QCRYPTO_TLS_CREDS(creds),
        QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "client"));
    error_free_or_abort(&err);
    object_unparent(creds);
    tls_dir_free(dir);
}

#ifdef QIO_HAS_CREDS_PRIORITY
/* R-CRY-4: the default, and what is said. */
static void test_priority(void)
{
    static const struct {
        const char *type, *priority, *wanted;
    } cases[] = {
        { TYPE_QCRYPTO_TLS_CREDS_X509, NULL, "NORMAL" },
        { TYPE_QCRYPTO_TLS_CREDS_X509, "SECURE256", "SECURE256" },
        { TYPE_QCRYPTO_TLS_CREDS_ANON, NULL, "NORMAL:+ANON-DH" },
        { TYPE_QCRYPTO_TLS_CREDS_PSK, "SECURE256", "SECURE256:+ECDHE-PSK:+DHE-PSK:+PSK" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Object *creds = object_new(cases[i].type);
        g_autofree char *priority = NULL;

        if (cases[i].priority) {
            object_property_set_str(creds, "priority", cases[i].priority, &error_abort);
        }
        priority = qcrypto_tls_creds_get_priority(QCRYPTO_TLS_CREDS(creds));
        g_assert_cmpstr(priority, ==, cases[i].wanted);
        object_unref(creds);
    }
}
#endif

/* Files ------------------------------------------------------------------------------------ */

/* R-CRY-2, R-TLS-68, R-TLS-69: which there have to be, and that errors name them. */
static void test_x509_files(void)
{
    char *dir = good_dir();

    expect_x509(NULL, "server", dir);
    expect_x509(NULL, "client", dir);
    expect_x509(WORDS("dir"), "server", NULL);
    expect_x509(WORDS("dir"), "client", NULL);
    expect_x509(WORDS("/nonexistent/ca-cert.pem", "No such file or directory"), "client",
                "/nonexistent");

    tls_dir_put(dir, "ca-crl.pem", "no list");
    expect_x509(WORDS("ca-crl.pem"), "server", dir);
    expect_x509(NULL, "client", dir);
    tls_dir_put_revoked(dir, "ca-crl.pem", ca, client, NULL);
    expect_x509(NULL, "server", dir);

    tls_dir_remove(dir, "server-key.pem");
    expect_x509(WORDS("server-key.pem"), "server", dir);
    tls_dir_put_key(dir, "server-key.pem", client);
    expect_x509(WORDS("server-key.pem"), "server", dir);
    tls_dir_put_key(dir, "server-key.pem", server);
    tls_dir_remove(dir, "server-cert.pem");
    expect_x509(WORDS("server-cert.pem"), "server", dir);
    tls_dir_put(dir, "server-cert.pem", "no certificate");
    expect_x509(WORDS("server-cert.pem"), "server", dir);

    /* Without a certificate a client is nobody. */
    tls_dir_remove(dir, "client-cert.pem");
    expect_x509(IS_NUMBERED ? WORDS("client-cert.pem", "client-key.pem") : NULL, "client", dir);
    tls_dir_remove(dir, "client-key.pem");
    expect_x509(NULL, "client", dir);
    tls_dir_put_certs(dir, "client-cert.pem", client, NULL);
    expect_x509(IS_NUMBERED ? WORDS("client-cert.pem", "client-key.pem") : NULL, "client", dir);

    tls_dir_remove(dir, "client-cert.pem");
    tls_dir_put(dir, "ca-cert.pem", "no authority");
    expect_x509(WORDS("ca-cert.pem"), "client", dir);
    tls_dir_remove(dir, "ca-cert.pem");
    expect_x509(WORDS("ca-cert.pem", "No such file or directory"), "client", dir);
    tls_dir_free(dir);
}

/* R-TLS-69 */
static void test_unreadable(void)
{
    char *dir = good_dir();
    g_autofree char *crl = g_build_filename(dir, "ca-crl.pem", NULL);

    /* It is there, but nobody can read it: for root, too. */
    g_assert_cmpint(mkdir(crl, 0700), ==, 0);
    expect_x509(WORDS("ca-crl.pem", "Is a directory"), "server", dir);
    tls_dir_free(dir);
}

static void test_passwordid(void)
{
    char *dir = good_dir();

    expect_creds(WORDS("passwordid"), TYPE_QCRYPTO_TLS_CREDS_X509, "server", dir, "passwordid",
                 "sec0");
    tls_dir_free(dir);
}

/* R-CRY-9: PKCS #1 as well as PKCS #8. */
static void test_rsa(void)
{
    TlsCert *cert = tls_cert(.name = "qemu.org", .issuer = ca, .rsa_bits = 2048);
    char *dir = good_dir();
    gnutls_datum_t pem;
    g_autofree char *text = NULL;

    tls_dir_put_identity(dir, "server", cert, NULL);
    expect_x509(NULL, "server", dir);
    tls_check(gnutls_x509_privkey_export2(cert->key, GNUTLS_X509_FMT_PEM, &pem));
    text = g_strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    g_assert_nonnull(strstr(text, "BEGIN RSA PRIVATE KEY"));
    tls_dir_put(dir, "server-key.pem", text);
    expect_x509(NULL, "server", dir);
    tls_dir_free(dir);
}

/* Numbers ----------------------------------------------------------------------------------- */

static void put_numbered(const char *dir, const char *role, int number, TlsCert *cert)
{
    g_autofree char *cert_name = g_strdup_printf("%s-cert-%d.pem", role, number);
    g_autofree char *key_name = g_strdup_printf("%s-key-%d.pem", role, number);

    tls_dir_put_certs(dir, cert_name, cert, NULL);
    tls_dir_put_key(dir, key_name, cert);
}

/* R-CRY-2, R-TLS-68: up to the first gap. */
static void test_numbered(void)
{
    char *dir = good_dir();

    if (!IS_NUMBERED) {
        /* They aren't looked at. */
        tls_dir_put(dir, "server-cert-0.pem", "nothing");
        expect_x509(NULL, "server", dir);
        tls_dir_free(dir);
        return;
    }
    put_numbered(dir, "server", 0, server);
    expect_x509(NULL, "server", dir);
    tls_dir_remove(dir, "server-cert.pem");
    expect_x509(WORDS("server-cert.pem", "server-key.pem"), "server", dir);
    tls_dir_remove(dir, "server-key.pem");
    expect_x509(NULL, "server", dir);

    /* Behind a gap they aren't looked at, nor beyond the last number. */
    tls_dir_put(dir, "server-cert-2.pem", "nothing");
    expect_x509(NULL, "server", dir);
    put_numbered(dir, "server", 1, server);
    expect_x509(WORDS("server-cert-2.pem", "server-key-2.pem"), "server", dir);
    put_numbered(dir, "server", 2, server);
    put_numbered(dir, "server", 3, server);
    tls_dir_put(dir, "server-cert-4.pem", "nothing");
    expect_x509(NULL, "server", dir);

    /* A server has to be somebody. */
    tls_dir_remove(dir, "server-cert-0.pem");
    expect_x509(WORDS("server-cert-0.pem", "server-key-0.pem"), "server", dir);
    tls_dir_remove(dir, "server-key-0.pem");
    expect_x509(WORDS("server-cert.pem"), "server", dir);

    tls_dir_put_key(dir, "client-key-0.pem", client);
    expect_x509(WORDS("client-cert-0.pem", "client-key-0.pem"), "client", dir);
    tls_dir_free(dir);
}

#ifdef QIO_HAS_NUMBERED_CERTIFICATES
/* A server shows the identity that the client asks for. */
static void test_numbered_choice(void)
{
    TlsCert *rsa = tls_cert(.name = "rsa.qemu.org", .issuer = ca, .rsa_bits = 2048);
    Pair pair;

    pair_init(&pair, NULL, NULL, "rsa.qemu.org", NULL);
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    object_unparent(pair.server_creds);
    object_unparent(pair.client_creds);
    put_numbered(pair.server_dir, "server", 0, rsa);
    pair.server_creds = x509_creds("server", pair.server_dir);
    pair.client_creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, "client", "endpoint", "client",
        "dir", pair.client_dir, "priority", "NORMAL:-VERS-TLS1.3:-ECDHE-ECDSA", NULL);
    connect_pair(&pair, "rsa.qemu.org", NULL);
    tls_handshake(&pair.client, &pair.server, &error_abort);
    g_assert_cmpint(qcrypto_tls_session_check_credentials(pair.client.session, &error_abort), ==, 0);
    pair_clear(&pair);
}
#endif

/* Loading again ----------------------------------------------------------------------------- */

static bool reload(Object *creds, Error **errp)
{
#ifdef QIO_HAS_CREDS_RELOAD
    return qcrypto_tls_creds_reload(QCRYPTO_TLS_CREDS(creds), errp);
#else
    return QCRYPTO_TLS_CREDS_GET_CLASS(creds)->reload(QCRYPTO_TLS_CREDS(creds), errp);
#endif
}

static void expect_server_is(Pair *pair, const char *wanted)
{
    g_autofree char *name = NULL;

    tls_handshake(&pair->client, &pair->server, &error_abort);
    qcrypto_tls_session_check_credentials(pair->client.session, NULL);
    name = qcrypto_tls_session_get_peer_name(pair->client.session);
    g_assert_cmpstr(name, ==, wanted);
}

static void test_reload(void)
{
    TlsCert *renewed = tls_cert(.name = "renewed", .issuer = ca);
    Error *err = NULL;
    Pair pair;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    tls_dir_put_identity(pair.server_dir, "server", renewed, NULL);
    g_assert_true(reload(pair.server_creds, &error_abort));
    /* The session that there is has the old ones, the next one the new. */
    expect_server_is(&pair, "C=UK,CN=qemu.org");
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    connect_pair(&pair, "renewed", NULL);
    expect_server_is(&pair, "C=UK,CN=renewed");

    /* A failure changes nothing. */
    tls_dir_put(pair.server_dir, "server-key.pem", "no key");
    g_assert_false(reload(pair.server_creds, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "server-key.pem"));
    error_free_or_abort(&err);
    g_assert_false(reload(pair.server_creds, NULL));
    tls_end_clear(&pair.server);
    tls_end_clear(&pair.client);
    connect_pair(&pair, "renewed", NULL);
    expect_server_is(&pair, "C=UK,CN=renewed");
    pair_clear(&pair);
}

#ifdef QIO_HAS_CREDS_RELOAD
static void test_reload_unsupported(void)
{
    Object *creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_ANON, "anon", "endpoint", "server", NULL);
    Error *err = NULL;

    g_assert_false(reload(creds, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "tls-creds-anon"));
    error_free_or_abort(&err);
    object_unparent(creds);
}
#endif

/* Other kinds ------------------------------------------------------------------------------- */

/* R-TLS-68, R-TLS-69, R-TLS-73 */
static void test_psk(void)
{
    char *dir = tls_dir_new();
    const char *type = TYPE_QCRYPTO_TLS_CREDS_PSK;

    expect_creds(WORDS("dir"), type, "server", NULL, NULL, NULL);
    expect_creds(WORDS("dir"), type, "client", NULL, NULL, NULL);
    expect_creds(WORDS("keys.psk", "No such file or directory"), type, "server", dir, NULL, NULL);
    expect_creds(WORDS("keys.psk", "No such file or directory"), type, "client", dir, NULL, NULL);
    tls_dir_put(dir, "keys.psk", "somebody:00112233\r\nqemu2:4455\n");
    expect_creds(NULL, type, "server", dir, NULL, NULL);
    expect_creds(WORDS("username"), type, "server", dir, "username", "somebody");
    expect_creds(WORDS("qemu", "keys.psk"), type, "client", dir, NULL, NULL);
    expect_creds(WORDS("nobody", "keys.psk"), type, "client", dir, "username", "nobody");
    expect_creds(NULL, type, "client", dir, "username", "somebody");
    tls_dir_put(dir, "keys.psk", "qemu:no hexadecimal number\n");
    expect_creds(WORDS("keys.psk"), type, "client", dir, NULL, NULL);
    tls_dir_free(dir);
}

static void put_dh_params(const char *dir)
{
    gnutls_dh_params_t params;
    gnutls_datum_t pem;
    g_autofree char *text = NULL;

    tls_check(gnutls_dh_params_init(&params));
    tls_check(gnutls_dh_params_import_raw(params, &gnutls_ffdhe_2048_group_prime,
                                          &gnutls_ffdhe_2048_group_generator));
    tls_check(gnutls_dh_params_export2_pkcs3(params, GNUTLS_X509_FMT_PEM, &pem));
    text = g_strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_dh_params_deinit(params);
    tls_dir_put(dir, "dh-params.pem", text);
}

/* R-TLS-68 */
static void test_dh_params(void)
{
    static const char *const types[] = {
        TYPE_QCRYPTO_TLS_CREDS_ANON, TYPE_QCRYPTO_TLS_CREDS_PSK, TYPE_QCRYPTO_TLS_CREDS_X509,
    };
    char *dir = good_dir();

    tls_dir_put(dir, "keys.psk", "qemu:00112233\n");
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        put_dh_params(dir);
        expect_creds(NULL, types[i], "server", dir, NULL, NULL);
        tls_dir_put(dir, "dh-params.pem", "nothing");
        expect_creds(WORDS("dh-params.pem"), types[i], "server", dir, NULL, NULL);
        expect_creds(NULL, types[i], "client", dir, NULL, NULL);
    }
    tls_dir_free(dir);
}

/* R-TLS-72, R-111-31, R-1020-2, R-TLS-69 */
static void test_anon(void)
{
    expect_creds(NULL, TYPE_QCRYPTO_TLS_CREDS_ANON, "server", NULL, NULL, NULL);
    expect_creds(NULL, TYPE_QCRYPTO_TLS_CREDS_ANON, "client", NULL, NULL, NULL);
}

/* R-TLS-88: sessions keep credentials, and credentials can't be used before they are complete (R-CRY-5). */
static void test_lifetimes(void)
{
    Object *creds = object_new(TYPE_QCRYPTO_TLS_CREDS_ANON);
    QCryptoTLSSession *session;
    Error *err = NULL;

    g_assert_null(qcrypto_tls_session_new(QCRYPTO_TLS_CREDS(creds), NULL, NULL,
                                          QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT, &err));
    error_free_or_abort(&err);
    user_creatable_complete(USER_CREATABLE(creds), &error_abort);
    session = qcrypto_tls_session_new(QCRYPTO_TLS_CREDS(creds), NULL, NULL,
                                      QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT, &error_abort);
    g_assert_cmpint(creds->ref, ==, 2);
    object_unref(creds);
    g_assert_cmpint(creds->ref, ==, 1);
    qcrypto_tls_session_free(session);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();

    g_test_add_func("/qio/tls-creds/properties", test_properties);
    g_test_add_func("/qio/tls-creds/refused", test_refused);
    g_test_add_func("/qio/tls-creds/loaded", test_loaded);
    g_test_add_func("/qio/tls-creds/types", test_types);
    g_test_add_func("/qio/tls-creds/endpoint", test_endpoint);
    g_test_add_func("/qio/tls-creds/x509/files", test_x509_files);
    g_test_add_func("/qio/tls-creds/x509/unreadable", test_unreadable);
    g_test_add_func("/qio/tls-creds/x509/passwordid", test_passwordid);
    g_test_add_func("/qio/tls-creds/x509/rsa", test_rsa);
    g_test_add_func("/qio/tls-creds/numbered/files", test_numbered);
    g_test_add_func("/qio/tls-creds/reload", test_reload);
    g_test_add_func("/qio/tls-creds/psk", test_psk);
    g_test_add_func("/qio/tls-creds/dh-params", test_dh_params);
    g_test_add_func("/qio/tls-creds/anon", test_anon);
    g_test_add_func("/qio/tls-creds/lifetimes", test_lifetimes);
#ifdef QIO_HAS_CREDS_PRIORITY
    g_test_add_func("/qio/tls-creds/priority", test_priority);
#endif
#ifdef QIO_HAS_NUMBERED_CERTIFICATES
    g_test_add_func("/qio/tls-creds/numbered/choice", test_numbered_choice);
#endif
#ifdef QIO_HAS_CREDS_RELOAD
    g_test_add_func("/qio/tls-creds/reload-unsupported", test_reload_unsupported);
#endif
    result = g_test_run();
    tls_certs_free();
    return result;
}
