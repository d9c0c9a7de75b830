/*
 * Certificates made on the spot: an authority, and one certificate each for the destination (the TLS
 * server) and the source (the client), with the file names that tls-creds-x509 expects.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "crypto/tlscredsx509.h"

static const char *const FILES[] = {
    QCRYPTO_TLS_CREDS_X509_CA_CERT,
    QCRYPTO_TLS_CREDS_X509_SERVER_CERT, QCRYPTO_TLS_CREDS_X509_SERVER_KEY,
    QCRYPTO_TLS_CREDS_X509_CLIENT_CERT, QCRYPTO_TLS_CREDS_X509_CLIENT_KEY,
};

typedef struct Identity {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
} Identity;

/* The first failure stays; steps after it do nothing. */
#define STEP(status, call) ((status) < 0 ? (status) : ((status) = (call)))

/* Signed by @ca, or by itself if that is NULL. */
static int identity_make(Identity *id, const char *name, const char *purpose, const Identity *ca)
{
    static unsigned char serial;
    time_t now = time(NULL);
    int status = 0;

    serial++;
    STEP(status, gnutls_x509_privkey_init(&id->key));
    STEP(status, gnutls_x509_privkey_generate(id->key, GNUTLS_PK_ECDSA,
                     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    STEP(status, gnutls_x509_crt_init(&id->crt));
    STEP(status, gnutls_x509_crt_set_version(id->crt, 3));
    STEP(status, gnutls_x509_crt_set_key(id->crt, id->key));
    STEP(status, gnutls_x509_crt_set_serial(id->crt, &serial, 1));
    STEP(status, gnutls_x509_crt_set_activation_time(id->crt, now - 60));
    STEP(status, gnutls_x509_crt_set_expiration_time(id->crt, now + 3600));
    STEP(status, gnutls_x509_crt_set_dn_by_oid(id->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                     strlen(name)));
    STEP(status, gnutls_x509_crt_set_basic_constraints(id->crt, ca == NULL, -1));
    STEP(status, gnutls_x509_crt_set_key_usage(id->crt, ca ? GNUTLS_KEY_DIGITAL_SIGNATURE
                                                           : GNUTLS_KEY_KEY_CERT_SIGN));
    if (ca) {
        STEP(status, gnutls_x509_crt_set_key_purpose_oid(id->crt, purpose, 1));
        STEP(status, gnutls_x509_crt_set_subject_alt_name(id->crt, GNUTLS_SAN_DNSNAME, name,
                         strlen(name), GNUTLS_FSAN_SET));
    }
    STEP(status, gnutls_x509_crt_sign2(id->crt, ca ? ca->crt : id->crt, ca ? ca->key : id->key,
                     GNUTLS_DIG_SHA256, 0));
    return status;
}

static void identity_free(Identity *id)
{
    gnutls_x509_crt_deinit(id->crt);
    gnutls_x509_privkey_deinit(id->key);
}

/* Writes what has been exported, if that has succeeded, and frees it. */
static bool save(const char *dir, const char *name, int status, gnutls_datum_t *text, Error **errp)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GError) gerr = NULL;
    bool ok = false;

    if (status < 0) {
        error_setg(errp, "Could not export %s: %s", name, gnutls_strerror(status));
    } else if (!g_file_set_contents_full(path, (const char *)text->data, text->size,
                                         G_FILE_SET_CONTENTS_NONE, 0600, &gerr)) {
        error_setg(errp, "%s", gerr->message);
    } else {
        ok = true;
    }
    gnutls_free(text->data);
    return ok;
}

static bool save_certificate(const char *dir, const char *name, const Identity *id, Error **errp)
{
    gnutls_datum_t text = { NULL, 0 };
    int status = gnutls_x509_crt_export2(id->crt, GNUTLS_X509_FMT_PEM, &text);

    return save(dir, name, status, &text, errp);
}

static bool save_key(const char *dir, const char *name, const Identity *id, Error **errp)
{
    gnutls_datum_t text = { NULL, 0 };
    int status = gnutls_x509_privkey_export2_pkcs8(id->key, GNUTLS_X509_FMT_PEM, NULL,
                                                   GNUTLS_PKCS_PLAIN, &text);

    return save(dir, name, status, &text, errp);
}

/* (transfer full): @keep, made anew, or a temporary directory; NULL + @errp. */
static char *make_directory(const char *keep, Error **errp)
{
    g_autoptr(GError) gerr = NULL;
    char *dir;

    if (keep) {
        if (mkdir(keep, 0700) < 0) {
            error_setg_errno(errp, errno, "Could not make the directory '%s'", keep);
            return NULL;
        }
        return g_strdup(keep);
    }
    dir = g_dir_make_tmp("migrate-XXXXXX", &gerr);
    if (!dir) {
        error_setg(errp, "Could not make a directory for certificates: %s", gerr->message);
    }
    return dir;
}

char *certificates_make(const char *keep, Error **errp)
{
    char *dir = make_directory(keep, errp);
    Identity ca = { NULL, NULL }, server = { NULL, NULL }, client = { NULL, NULL };
    int status;
    bool ok = false;

    if (!dir) {
        return NULL;
    }
    status = identity_make(&ca, "migrate-authority", NULL, NULL);
    STEP(status, identity_make(&server, DESTINATION_NAME, GNUTLS_KP_TLS_WWW_SERVER, &ca));
    STEP(status, identity_make(&client, SOURCE_NAME, GNUTLS_KP_TLS_WWW_CLIENT, &ca));
    if (status < 0) {
        error_setg(errp, "Could not make certificates: %s", gnutls_strerror(status));
    } else {
        ok = save_certificate(dir, QCRYPTO_TLS_CREDS_X509_CA_CERT, &ca, errp)
             && save_certificate(dir, QCRYPTO_TLS_CREDS_X509_SERVER_CERT, &server, errp)
             && save_key(dir, QCRYPTO_TLS_CREDS_X509_SERVER_KEY, &server, errp)
             && save_certificate(dir, QCRYPTO_TLS_CREDS_X509_CLIENT_CERT, &client, errp)
             && save_key(dir, QCRYPTO_TLS_CREDS_X509_CLIENT_KEY, &client, errp);
    }
    identity_free(&ca);
    identity_free(&server);
    identity_free(&client);
    if (!ok) {
        certificates_remove(dir);
        g_clear_pointer(&dir, g_free);
    }
    return dir;
}

void certificates_remove(const char *dir)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autofree char *path = g_build_filename(dir, FILES[i], NULL);

        unlink(path);
    }
    rmdir(dir);
}
