/*
 * Certificates for tests, made on the spot, and directories of them as TLS credentials want them:
 *
 *     TlsCert *ca = tls_cert(.name = "ca", .is_ca = true);
 *     TlsCert *server = tls_cert(.name = "qemu.org", .issuer = ca, .dns = { "www.qemu.org" });
 *     char *dir = tls_dir_new();
 *
 *     tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
 *     tls_dir_put_identity(dir, "server", server, NULL);
 *     creds = tls_creds_new("tls-creds-x509", "server", "endpoint", "server", "dir", dir, NULL);
 *     ...
 *     object_unparent(creds);
 *     tls_dir_free(dir);
 *     tls_certs_free();
 *
 * Nothing here can fail but by ending the test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_CERTIFICATES_H
#define TLS_CERTIFICATES_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <gnutls/x509-ext.h>

#include "qapi/error.h"
#include "qom/object.h"

#define TLS_NAMES_MAX 4

/* A certificate with its key. */
typedef struct TlsCert {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
} TlsCert;

/* What a certificate is to be like; what isn't said is as the comments say. */
typedef struct TlsCertOptions {
    /* common name; the subject is "C=UK,CN=NAME" */
    const char *name;
    /* self-signed */
    TlsCert *issuer;
    /* a key of its own */
    TlsCert *key_of;
    /* an elliptic key, or RSA with so many bits */
    unsigned int rsa_bits;
    /* basic constraints: not CA for a leaf */
    bool is_ca;
    bool no_basic_constraints;
    /* none; GNUTLS_KEY_* */
    unsigned int usage;
    bool usage_critical;
    /* none; an object identifier like GNUTLS_KP_TLS_WWW_SERVER */
    const char *purposes[TLS_NAMES_MAX];
    bool purpose_critical;
    /* none: alternative names */
    const char *dns[TLS_NAMES_MAX];
    const char *ip[TLS_NAMES_MAX];
    /* hours from now: valid from -1 to 24 */
    int begins;
    int ends;
    /* has subject and authority key identifiers */
    bool no_key_ids;
} TlsCertOptions;

#define tls_check(call) \
    do { \
        int tls_code_ = (call); \
        if (tls_code_ < 0) { \
            g_error("%s:%d: %s: %s", __FILE__, __LINE__, #call, gnutls_strerror(tls_code_)); \
        } \
    } while (0)

/* All that have been made. */
static GPtrArray *tls_certs;

static inline void tls_cert_free(gpointer data)
{
    TlsCert *cert = data;

    gnutls_x509_crt_deinit(cert->crt);
    gnutls_x509_privkey_deinit(cert->key);
    g_free(cert);
}

/* Frees all certificates. */
static G_GNUC_UNUSED void tls_certs_free(void)
{
    g_clear_pointer(&tls_certs, g_ptr_array_unref);
}

static inline void tls_add_key(TlsCert *cert, const TlsCertOptions *options)
{
    tls_check(gnutls_x509_privkey_init(&cert->key));
    if (options->key_of) {
        tls_check(gnutls_x509_privkey_cpy(cert->key, options->key_of->key));
    } else if (options->rsa_bits) {
        tls_check(gnutls_x509_privkey_generate(cert->key, GNUTLS_PK_RSA, options->rsa_bits, 0));
    } else {
        tls_check(gnutls_x509_privkey_generate(cert->key, GNUTLS_PK_ECDSA,
            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    }
    tls_check(gnutls_x509_crt_set_key(cert->crt, cert->key));
}

static inline void tls_add_names(gnutls_x509_crt_t crt, const TlsCertOptions *options)
{
    tls_check(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COUNTRY_NAME, 0, "UK", 2));
    tls_check(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, options->name,
                                            strlen(options->name)));
    for (size_t i = 0; i < TLS_NAMES_MAX; i++) {
        if (options->dns[i]) {
            tls_check(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
                options->dns[i], strlen(options->dns[i]), GNUTLS_FSAN_APPEND));
        }
    }
    for (size_t i = 0; i < TLS_NAMES_MAX; i++) {
        if (options->ip[i]) {
            guint8 address[16];
            bool is_ipv6 = strchr(options->ip[i], ':') != NULL;

            g_assert_cmpint(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, options->ip[i], address),
                            ==, 1);
            tls_check(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address,
                is_ipv6 ? 16 : 4, GNUTLS_FSAN_APPEND));
        }
    }
}

static inline void tls_add_constraints(gnutls_x509_crt_t crt, const TlsCertOptions *options)
{
    if (!options->no_basic_constraints) {
        tls_check(gnutls_x509_crt_set_basic_constraints(crt, options->is_ca, -1));
    }
    if (options->usage) {
        gnutls_datum_t usage;

        tls_check(gnutls_x509_ext_export_key_usage(options->usage, &usage));
        tls_check(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.15", usage.data, usage.size,
                                                       options->usage_critical));
        gnutls_free(usage.data);
    }
    for (size_t i = 0; i < TLS_NAMES_MAX; i++) {
        if (options->purposes[i]) {
            tls_check(gnutls_x509_crt_set_key_purpose_oid(crt, options->purposes[i],
                                                          options->purpose_critical));
        }
    }
}

static inline void tls_add_key_ids(TlsCert *cert, TlsCert *issuer)
{
    guint8 id[64];
    size_t size = sizeof(id);

    tls_check(gnutls_x509_crt_get_key_id(cert->crt, 0, id, &size));
    tls_check(gnutls_x509_crt_set_subject_key_id(cert->crt, id, size));
    if (issuer != cert) {
        size = sizeof(id);
        if (gnutls_x509_crt_get_subject_key_id(issuer->crt, id, &size, NULL) == 0) {
            tls_check(gnutls_x509_crt_set_authority_key_id(cert->crt, id, size));
        }
    }
}

static inline TlsCert *tls_cert_make(const TlsCertOptions *options)
{
    static guint32 last_serial;
    TlsCert *cert = g_new0(TlsCert, 1);
    TlsCert *issuer = options->issuer ? options->issuer : cert;
    guint32 serial;
    time_t now = time(NULL);
    int begins = options->begins || options->ends ? options->begins : -1;
    int ends = options->begins || options->ends ? options->ends : 24;

    last_serial++;
    serial = GUINT32_TO_BE(last_serial);
    tls_check(gnutls_x509_crt_init(&cert->crt));
    tls_check(gnutls_x509_crt_set_version(cert->crt, 3));
    tls_check(gnutls_x509_crt_set_serial(cert->crt, &serial, sizeof(serial)));
    tls_check(gnutls_x509_crt_set_activation_time(cert->crt, now + begins * 3600));
    tls_check(gnutls_x509_crt_set_expiration_time(cert->crt, now + ends * 3600));
    tls_add_key(cert, options);
    tls_add_names(cert->crt, options);
    tls_add_constraints(cert->crt, options);
    if (!options->no_key_ids) {
        tls_add_key_ids(cert, issuer);
    }
    tls_check(gnutls_x509_crt_sign2(cert->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0));
    if (!tls_certs) {
        tls_certs = g_ptr_array_new_with_free_func(tls_cert_free);
    }
    g_ptr_array_add(tls_certs, cert);
    return cert;
}

/* A certificate; the arguments initialise a TlsCertOptions. */
#define tls_cert(...) tls_cert_make(&(TlsCertOptions) { __VA_ARGS__ })

/* Directories ------------------------------------------------------------------------------ */

/* A new directory, to be ended with tls_dir_free(). */
static G_GNUC_UNUSED char *tls_dir_new(void)
{
    char *dir = g_dir_make_tmp("qio-tls-XXXXXX", NULL);

    g_assert_nonnull(dir);
    return dir;
}

/* Deletes the directory and the files in it. */
static G_GNUC_UNUSED void tls_dir_free(char *dir)
{
    GDir *names = g_dir_open(dir, 0, NULL);
    const char *name;

    g_assert_nonnull(names);
    while ((name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        remove(path);
    }
    g_dir_close(names);
    g_assert_cmpint(rmdir(dir), ==, 0);
    g_free(dir);
}

/* Writes a text into a file. */
static G_GNUC_UNUSED void tls_dir_put(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Deletes a file. */
static G_GNUC_UNUSED void tls_dir_remove(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    g_assert_cmpint(remove(path), ==, 0);
}

static inline void tls_append_cert(GString *text, TlsCert *cert)
{
    gnutls_datum_t pem;

    tls_check(gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_PEM, &pem));
    g_string_append_len(text, (const char *)pem.data, pem.size);
    gnutls_free(pem.data);
}

static inline void tls_dir_put_certs_va(const char *dir, const char *name, TlsCert *first,
                                        va_list more)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (TlsCert *cert = first; cert; cert = va_arg(more, TlsCert *)) {
        tls_append_cert(text, cert);
    }
    tls_dir_put(dir, name, text->str);
}

/* Writes certificates, up to NULL, into a file: a chain with the leaf first, or authorities. */
static G_GNUC_UNUSED G_GNUC_NULL_TERMINATED
void tls_dir_put_certs(const char *dir, const char *name, TlsCert *first, ...)
{
    va_list more;

    va_start(more, first);
    tls_dir_put_certs_va(dir, name, first, more);
    va_end(more);
}

/* Writes the key of a certificate into a file. */
static G_GNUC_UNUSED void tls_dir_put_key(const char *dir, const char *name, TlsCert *cert)
{
    gnutls_datum_t pem;
    g_autofree char *text = NULL;

    tls_check(gnutls_x509_privkey_export2_pkcs8(cert->key, GNUTLS_X509_FMT_PEM, NULL,
                                                GNUTLS_PKCS_PLAIN, &pem));
    text = g_strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    tls_dir_put(dir, name, text);
}

/* Writes ROLE-cert.pem, a chain, and ROLE-key.pem. */
static G_GNUC_UNUSED G_GNUC_NULL_TERMINATED
void tls_dir_put_identity(const char *dir, const char *role, TlsCert *leaf, ...)
{
    g_autofree char *cert_name = g_strdup_printf("%s-cert.pem", role);
    g_autofree char *key_name = g_strdup_printf("%s-key.pem", role);
    va_list more;

    va_start(more, leaf);
    tls_dir_put_certs_va(dir, cert_name, leaf, more);
    va_end(more);
    tls_dir_put_key(dir, key_name, leaf);
}

/* Writes a list of the certificates, up to NULL, that an authority has revoked. */
static G_GNUC_UNUSED G_GNUC_NULL_TERMINATED
void tls_dir_put_revoked(const char *dir, const char *name, TlsCert *ca, ...)
{
    gnutls_x509_crl_t crl;
    gnutls_datum_t pem;
    g_autofree char *text = NULL;
    guint8 number = 1;
    time_t now = time(NULL);
    TlsCert *cert;
    va_list revoked;

    tls_check(gnutls_x509_crl_init(&crl));
    tls_check(gnutls_x509_crl_set_version(crl, 2));
    va_start(revoked, ca);
    while ((cert = va_arg(revoked, TlsCert *))) {
        tls_check(gnutls_x509_crl_set_crt(crl, cert->crt, now - 60));
    }
    va_end(revoked);
    tls_check(gnutls_x509_crl_set_this_update(crl, now - 60));
    tls_check(gnutls_x509_crl_set_next_update(crl, now + 24 * 3600));
    tls_check(gnutls_x509_crl_set_number(crl, &number, sizeof(number)));
    tls_check(gnutls_x509_crl_sign2(crl, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0));
    tls_check(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
    text = g_strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_x509_crl_deinit(crl);
    tls_dir_put(dir, name, text);
}

/* Credentials ------------------------------------------------------------------------------- */

/*
 * Credentials as child ID of /objects, which owns them, made of property names and values up to
 * NULL. object_unparent() ends them.
 */
#define tls_creds_new(type, id, ...) \
    object_new_with_props((type), object_get_objects_root(), (id), &error_abort, __VA_ARGS__)

#endif
