/*
 * TLS credentials, from a directory or the system's authorities.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "crypto/init.h"
#include "crypto/tlscredsx509.h"
#include <glib/gstdio.h>

/* Where Debian and others keep them. */
static const char system_authorities[] = "/etc/ssl/certs/ca-certificates.crt";

char *authorities_file(const Layers *layers)
{
    return layers->tls_dir ? g_build_filename(layers->tls_dir, "ca-cert.pem", NULL) : g_strdup(system_authorities);
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
    g_autofree char *dir = NULL, *link = NULL;
    QCryptoTLSCreds *creds = NULL;

    if (layers->tls_dir) {
        return credentials_from(layers->tls_dir, is_server, !is_server && verifies, true, errp);
    }
    /*
     * The files of credentials have fixed names, and are read when the credentials are made. Among the system's
     * authorities there may be expired ones, which concern nobody.
     */
    dir = g_dir_make_tmp("qio-XXXXXX", NULL);
    link = dir ? g_build_filename(dir, "ca-cert.pem", NULL) : NULL;
    if (!link || symlink(system_authorities, link) < 0) {
        error_setg_errno(errp, errno, "Cannot make a directory for credentials");
    } else {
        creds = credentials_from(dir, is_server, verifies, false, errp);
    }
    if (link) {
        g_unlink(link);
        g_rmdir(dir);
    }
    return creds;
}
