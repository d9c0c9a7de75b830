/*
 * crypto/tlscredsx509.h: what is found wrong with own certificates when they are loaded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "tls-creds-expect.h"

typedef struct SanityCase {
    const char *path;
    TlsCertOptions ca;
    TlsCertOptions leaf;
    /* the role whose credentials are refused, if any, and a word of the error */
    const char *server_refused;
    const char *client_refused;
} SanityCase;

#define CA .name = "authority", .is_ca = true
#define LEAF .name = "qemu.org"

static const SanityCase sanity_cases[] = {
    { "good", { CA }, { LEAF } },
    { "expired", { CA }, { LEAF, .begins = -4, .ends = -1 }, "-cert.pem", "-cert.pem" },
    { "not-yet-active", { CA }, { LEAF, .begins = 1, .ends = 4 }, "-cert.pem", "-cert.pem" },
    { "expired-ca", { CA, .begins = -4, .ends = -1 }, { LEAF }, "ca-cert.pem", "ca-cert.pem" },
    { "inactive-ca", { CA, .begins = 1, .ends = 4 }, { LEAF }, "ca-cert.pem", "ca-cert.pem" },
    { "leaf-is-ca", { CA }, { LEAF, .is_ca = true }, "-cert.pem", "-cert.pem" },
    { "leaf-says-nothing", { CA }, { LEAF, .no_basic_constraints = true } },
    { "ca-is-no-ca", { .name = "authority" }, { LEAF }, "ca-cert.pem", "ca-cert.pem" },
    { "ca-says-nothing", { .name = "authority", .no_basic_constraints = true }, { LEAF },
      "ca-cert.pem", "ca-cert.pem" },
    { "ca-usage", { CA, .usage = GNUTLS_KEY_KEY_CERT_SIGN, .usage_critical = true }, { LEAF } },
    { "ca-wrong-usage",
      { CA, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .usage_critical = true },
      { LEAF }, "ca-cert.pem", "ca-cert.pem" },
    { "usage", { CA },
      { LEAF, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .usage_critical = true } },
    { "wrong-usage", { CA },
      { LEAF, .usage = GNUTLS_KEY_KEY_CERT_SIGN, .usage_critical = true },
      "-cert.pem", "-cert.pem" },
    { "wrong-usage-unmarked", { CA }, { LEAF, .usage = GNUTLS_KEY_KEY_CERT_SIGN } },
    { "server-purpose", { CA },
      { LEAF, .purposes = { GNUTLS_KP_TLS_WWW_SERVER }, .purpose_critical = true },
      NULL, "permits serverAuth and not clientAuth" },
    { "server-purpose-unmarked", { CA },
      { LEAF, .purposes = { GNUTLS_KP_TLS_WWW_SERVER } },
      NULL, "permits serverAuth and not clientAuth" },
    { "client-purpose", { CA },
      { LEAF, .purposes = { GNUTLS_KP_TLS_WWW_CLIENT }, .purpose_critical = true },
      "permits clientAuth and not serverAuth", NULL },
    { "client-purpose-unmarked", { CA },
      { LEAF, .purposes = { GNUTLS_KP_TLS_WWW_CLIENT } },
      "permits clientAuth and not serverAuth", NULL },
    { "both-purposes", { CA },
      { LEAF, .purposes = { GNUTLS_KP_TLS_WWW_CLIENT, GNUTLS_KP_TLS_WWW_SERVER },
        .purpose_critical = true } },
    { "any-purpose", { CA },
      { LEAF, .purposes = { GNUTLS_KP_ANY }, .purpose_critical = true } },
    { "other-purpose", { CA },
      { LEAF, .purposes = { GNUTLS_KP_CODE_SIGNING }, .purpose_critical = true },
      "permits codeSigning and not serverAuth", "permits codeSigning and not clientAuth" },
    { "other-purpose-unmarked", { CA }, { LEAF, .purposes = { GNUTLS_KP_CODE_SIGNING } },
      "permits codeSigning and not serverAuth", "permits codeSigning and not clientAuth" },
    { "no-key-ids", { CA, .no_key_ids = true }, { LEAF, .no_key_ids = true } },
};

/* R-CRY-3, R-1013-3: at load, or not at all. */
static void test_sanity(const void *data)
{
    const SanityCase *sanity_case = data;
    TlsCertOptions leaf_options = sanity_case->leaf;
    TlsCert *authority = tls_cert_make(&sanity_case->ca);
    TlsCert *leaf;
    char *dir = tls_dir_new();

    leaf_options.issuer = authority;
    leaf = tls_cert_make(&leaf_options);
    tls_dir_put_certs(dir, "ca-cert.pem", authority, NULL);
    tls_dir_put_identity(dir, "server", leaf, NULL);
    tls_dir_put_identity(dir, "client", leaf, NULL);
    expect_x509(sanity_case->server_refused ? WORDS(sanity_case->server_refused) : NULL,
                "server", dir);
    expect_x509(sanity_case->client_refused ? WORDS(sanity_case->client_refused) : NULL,
                "client", dir);
    /* Who doesn't want to know loads it all the same. */
    expect_creds(NULL, TYPE_QCRYPTO_TLS_CREDS_X509, "server", dir, "sanity-check", "no");
    tls_dir_free(dir);
}

/* R-CRY-3 */
static void test_other_ca(void)
{
    TlsCert *other = tls_cert(.name = "other", .is_ca = true);
    char *dir = good_dir();

    tls_dir_put_certs(dir, "ca-cert.pem", other, NULL);
    expect_x509(IS_NUMBERED ? WORDS("server-cert.pem", "ca-cert.pem")
                        : WORDS("ca-cert.pem", "The certificate hasn't got a known issuer"),
                "server", dir);
    tls_dir_free(dir);
}

/* One key may serve an authority and what it vouches for (R-CRY-9). */
static void test_shared_key(void)
{
    TlsCert *authority = tls_cert(.name = "authority", .is_ca = true, .rsa_bits = 2048);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = authority, .key_of = authority);
    char *dir = tls_dir_new();

    tls_dir_put_certs(dir, "ca-cert.pem", authority, NULL);
    tls_dir_put_identity(dir, "server", leaf, NULL);
    expect_x509(NULL, "server", dir);
    tls_dir_free(dir);
}

static void test_chains(void)
{
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = ca, .is_ca = true);
    TlsCert *level2 = tls_cert(.name = "level2", .issuer = level1, .is_ca = true);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = level2);
    TlsCert *bad = tls_cert(.name = "bad", .issuer = ca, .is_ca = true, .begins = -4, .ends = -1);
    char *dir = tls_dir_new();

    /* All authorities in their file, or some of them in the own one. */
    tls_dir_put_certs(dir, "ca-cert.pem", level2, ca, level1, NULL);
    tls_dir_put_identity(dir, "server", leaf, NULL);
    expect_x509(NULL, "server", dir);
    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(dir, "server", leaf, level2, level1, NULL);
    expect_x509(NULL, "server", dir);

    /* One is missing. */
    tls_dir_put_certs(dir, "ca-cert.pem", ca, level2, NULL);
    tls_dir_put_identity(dir, "server", leaf, NULL);
    expect_x509(IS_NUMBERED ? WORDS("server-cert.pem", "ca-cert.pem") : NULL, "server", dir);

    /* One is bad that isn't needed. */
    tls_dir_put_certs(dir, "ca-cert.pem", ca, level1, level2, bad, NULL);
    expect_x509(IS_NUMBERED ? NULL : WORDS("ca-cert.pem"), "server", dir);

    /* The own chain is out of order. */
    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(dir, "server", leaf, level1, level2, NULL);
    expect_x509(WORDS("server-cert.pem"), "server", dir);
    tls_dir_free(dir);
}

/* An authority that may vouch for servers only. */
static void test_authority_purpose(void)
{
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = ca, .is_ca = true,
                               .purposes = { GNUTLS_KP_TLS_WWW_SERVER });
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = level1);
    char *dir = tls_dir_new();

    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(dir, "server", leaf, level1, NULL);
    tls_dir_put_identity(dir, "client", leaf, level1, NULL);
    expect_x509(NULL, "server", dir);
    expect_x509(WORDS("client-cert.pem", "an authority on its path doesn't permit clientAuth"),
                "client", dir);
    tls_dir_free(dir);
}

/* Two authorities that vouch for each other lead nowhere, but to an end. */
static void test_cycle(void)
{
    TlsCert *root = tls_cert(.name = "one", .is_ca = true, .no_key_ids = true);
    TlsCert *two = tls_cert(.name = "two", .issuer = root, .is_ca = true, .no_key_ids = true);
    TlsCert *one = tls_cert(.name = "one", .issuer = two, .is_ca = true, .no_key_ids = true,
                            .key_of = root);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = one, .no_key_ids = true);
    char *dir = tls_dir_new();

    tls_dir_put_certs(dir, "ca-cert.pem", one, two, NULL);
    tls_dir_put_identity(dir, "server", leaf, NULL);
    expect_x509(IS_NUMBERED ? WORDS("server-cert.pem", "ca-cert.pem") : NULL, "server", dir);
    tls_dir_free(dir);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();

    for (size_t i = 0; i < G_N_ELEMENTS(sanity_cases); i++) {
        g_autofree char *path = g_strdup_printf("/qio/tls-creds/sanity/%s", sanity_cases[i].path);

        g_test_add_data_func(path, &sanity_cases[i], test_sanity);
    }
    g_test_add_func("/qio/tls-creds/sanity/other-ca", test_other_ca);
    g_test_add_func("/qio/tls-creds/sanity/shared-key", test_shared_key);
    g_test_add_func("/qio/tls-creds/sanity/chains", test_chains);
    g_test_add_func("/qio/tls-creds/sanity/authority-purpose", test_authority_purpose);
    g_test_add_func("/qio/tls-creds/sanity/cycle", test_cycle);
    result = g_test_run();
    tls_certs_free();
    return result;
}
