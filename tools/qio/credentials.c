/*
 * TLS credentials, from a directory or the system's authorities.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "crypto/init.h"
#include "crypto/tlscredsx509.h"
#include <glib/gstdio.h>
#include <gnutls/x509.h>

char *authorities_file(const Layers *layers)
{
    const char *chosen = g_getenv("SSL_CERT_FILE");

    if (layers->tls_dir) {
        return g_build_filename(layers->tls_dir, "ca-cert.pem", NULL);
    }
    /* Where Debian and others keep those of the system. */
    return g_strdup(chosen && *chosen ? chosen : "/etc/ssl/certs/ca-certificates.crt");
}

/* Writes an authority that nobody knows, for credentials that trust none: they can't be made without one. */
static bool write_unknown_authority(const char *path, Error **errp)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    gnutls_datum_t pem = { 0 };
    time_t now = time(NULL);
    int ret;

    gnutls_x509_privkey_init(&key);
    gnutls_x509_crt_init(&crt);
    ret = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (ret == 0) {
        gnutls_x509_crt_set_version(crt, 3);
        gnutls_x509_crt_set_serial(crt, "\1", 1);
        gnutls_x509_crt_set_dn(crt, "CN=nobody", NULL);
        gnutls_x509_crt_set_activation_time(crt, now);
        gnutls_x509_crt_set_expiration_time(crt, now + 60);
        gnutls_x509_crt_set_ca_status(crt, 1);
        gnutls_x509_crt_set_key(crt, key);
        ret = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    }
    if (ret == 0) {
        ret = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
    }
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
    if (ret < 0) {
        error_setg(errp, "Cannot make an authority: %s", gnutls_strerror(ret));
        return false;
    }
    if (!g_file_set_contents(path, (char *)pem.data, pem.size, NULL)) {
        error_setg(errp, "Cannot write %s", path);
        ret = -1;
    }
    gnutls_free(pem.data);
    return ret == 0;
}

/* Puts the authorities that are trusted there; if none @verifies, there need be none. */
static bool put_authorities(const Layers *layers, const char *path, bool verifies, Error **errp)
{
    g_autofree char *authorities = authorities_file(layers);

    if (g_file_test(authorities, G_FILE_TEST_EXISTS)) {
        if (symlink(authorities, path) == 0) {
            return true;
        }
        error_setg_errno(errp, errno, "Cannot link to %s", authorities);
        return false;
    }
    if (!verifies) {
        return write_unknown_authority(path, errp);
    }
    error_setg(errp, "There are no authorities to trust in %s: name a file by SSL_CERT_FILE or a directory by --tls-dir, "
               "or take any certificate by --insecure", authorities);
    return false;
}

static QCryptoTLSCreds *credentials_from(const char *dir, bool is_server, bool verifies, bool checks, Error **errp)
{
    static unsigned int count;
    g_autofree char *id = g_strdup_printf("tls%u", count++);
    Object *creds;

    if (qcrypto_init(errp) < 0) {
        return NULL;
    }
    creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), id, errp, "dir", dir,
                                  "endpoint", is_server ? "server" : "client",
                                  "verify-peer", verifies ? "yes" : "no", "sanity-check", checks ? "yes" : "no", NULL);
    return creds ? QCRYPTO_TLS_CREDS(creds) : NULL;
}

QCryptoTLSCreds *credentials_new(const Layers *layers, bool is_server, bool verifies, Error **errp)
{
    g_autofree char *dir = NULL, *file = NULL;
    QCryptoTLSCreds *creds = NULL;

    if (layers->tls_dir) {
        return credentials_from(layers->tls_dir, is_server, !is_server && verifies, true, errp);
    }
    /*
     * The files of credentials have fixed names, and are read when the credentials are made. Among the system's
     * authorities there may be expired ones, which concern nobody.
     */
    dir = g_dir_make_tmp("qio-XXXXXX", NULL);
    file = dir ? g_build_filename(dir, "ca-cert.pem", NULL) : NULL;
    if (!file) {
        error_setg_errno(errp, errno, "Cannot make a directory for credentials");
    } else if (put_authorities(layers, file, verifies, errp)) {
        creds = credentials_from(dir, is_server, verifies, false, errp);
    }
    if (file) {
        g_unlink(file);
        g_rmdir(dir);
    }
    return creds;
}
