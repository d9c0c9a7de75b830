/*
 * TLS credentials for programs that talk to peers of other implementations.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PEER_CREDENTIALS_H
#define PEER_CREDENTIALS_H

#include "io/channel-tls.h"
#include "qapi/error.h"

#ifdef HOST_IMPORTED
#include "../host/tls.h"
#else
#include "crypto/init.h"
#endif

/* Credentials of the kind "psk" or "x509" from a directory; credentials_end() gives them up. */
static inline QCryptoTLSCreds *credentials_new(const char *kind, const char *dir, bool is_server,
                                               bool trusts_all)
{
#ifdef HOST_IMPORTED
    return host_tls_creds_new(kind, dir, is_server ? QCRYPTO_TLS_CREDS_ENDPOINT_SERVER
                                                   : QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT,
                              !trusts_all, &error_abort);
#else
    g_autofree char *type = g_strdup_printf("tls-creds-%s", kind);
    const char *id = is_server ? "server-creds" : "client-creds";

    g_assert_cmpint(qcrypto_init(&error_abort), ==, 0);
    return QCRYPTO_TLS_CREDS(object_new_with_props(
        type, object_get_objects_root(), id, &error_abort,
        "endpoint", is_server ? "server" : "client", "dir", dir,
        "verify-peer", trusts_all ? "no" : "yes", NULL));
#endif
}

static inline void credentials_end(QCryptoTLSCreds *creds)
{
#ifdef HOST_IMPORTED
    object_unref(OBJECT(creds));
#else
    object_unparent(OBJECT(creds));
#endif
}

#endif
