/*
 * TLS credentials (R-TLS-67, R-TLS-68, R-TLS-73, R-TLS-74): no properties, no sanity check.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "tls-creds.h"

static char *file_in(const char *dir, const char *name)
{
    return g_build_filename(dir, name, NULL);
}

/* Whether a call of GnuTLS has succeeded. */
static bool succeeded(int ret, const char *path, Error **errp)
{
    if (ret < 0) {
        error_setg(errp, "Cannot load %s: %s", path, gnutls_strerror(ret));
    }
    return ret >= 0;
}

static bool psk_client_load(QCryptoTLSCreds *creds, const char *path, Error **errp)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    GError *gerr = NULL;
    size_t i;

    if (!g_file_get_contents(path, &text, NULL, &gerr)) {
        error_setg(errp, "%s", gerr->message);
        g_error_free(gerr);
        return false;
    }
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "qemu:")) {
            char *digits = lines[i] + strlen("qemu:");
            gnutls_datum_t key = { .data = (unsigned char *)digits, .size = strlen(digits) };

            return succeeded(gnutls_psk_set_client_credentials(creds->psk_client, "qemu", &key,
                                                               GNUTLS_PSK_KEY_HEX), path, errp);
        }
    }
    error_setg(errp, "No key of qemu in %s", path);
    return false;
}

static bool psk_load(QCryptoTLSCreds *creds, const char *dir, Error **errp)
{
    g_autofree char *path = file_in(dir, "keys.psk");

    if (creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT) {
        gnutls_psk_allocate_client_credentials(&creds->psk_client);
        return psk_client_load(creds, path, errp);
    }
    gnutls_psk_allocate_server_credentials(&creds->psk_server);
    return succeeded(gnutls_psk_set_server_credentials_file(creds->psk_server, path), path, errp);
}

static bool x509_load(QCryptoTLSCreds *creds, const char *dir, Error **errp)
{
    bool client = creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT;
    g_autofree char *ca = file_in(dir, "ca-cert.pem");
    g_autofree char *cert = file_in(dir, client ? "client-cert.pem" : "server-cert.pem");
    g_autofree char *key = file_in(dir, client ? "client-key.pem" : "server-key.pem");

    gnutls_certificate_allocate_credentials(&creds->x509);
    if (!succeeded(gnutls_certificate_set_x509_trust_file(creds->x509, ca, GNUTLS_X509_FMT_PEM),
                   ca, errp)) {
        return false;
    }
    /* A client needs none. */
    if (client && access(cert, F_OK) != 0) {
        return true;
    }
    return succeeded(gnutls_certificate_set_x509_key_file(creds->x509, cert, key,
                                                          GNUTLS_X509_FMT_PEM), cert, errp);
}

QCryptoTLSCreds *host_tls_creds_new(const char *kind, const char *dir,
                                    QCryptoTLSCredsEndpoint endpoint, bool verify_peer,
                                    Error **errp)
{
    g_autofree char *type = g_strdup_printf("tls-creds-%s", kind);
    QCryptoTLSCreds *creds = (QCryptoTLSCreds *)object_new(type);
    bool loaded;

    creds->endpoint = endpoint;
    creds->verify_peer = verify_peer;
    loaded = strcmp(kind, "psk") == 0 ? psk_load(creds, dir, errp) : x509_load(creds, dir, errp);
    if (!loaded) {
        object_unref(creds);
        return NULL;
    }
    return creds;
}

static void creds_finalize(Object *obj)
{
    QCryptoTLSCreds *creds = (QCryptoTLSCreds *)obj;

    if (creds->psk_client != NULL) {
        gnutls_psk_free_client_credentials(creds->psk_client);
    }
    if (creds->psk_server != NULL) {
        gnutls_psk_free_server_credentials(creds->psk_server);
    }
    if (creds->x509 != NULL) {
        gnutls_certificate_free_credentials(creds->x509);
    }
}

static void register_types(void)
{
    static const TypeInfo infos[] = {
        {
            .name = TYPE_QCRYPTO_TLS_CREDS,
            .parent = TYPE_OBJECT,
            .abstract = true,
            .instance_size = sizeof(QCryptoTLSCreds),
            .instance_finalize = creds_finalize,
            .class_size = sizeof(QCryptoTLSCredsClass),
        },
        { .name = "tls-creds-psk", .parent = TYPE_QCRYPTO_TLS_CREDS },
        { .name = "tls-creds-x509", .parent = TYPE_QCRYPTO_TLS_CREDS },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(infos); i++) {
        type_register_static(&infos[i]);
    }
}

type_init(register_types)
