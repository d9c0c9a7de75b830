/*
 * What sessions know of credentials.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HOST_TLS_CREDS_H
#define HOST_TLS_CREDS_H

#include "tls.h"

#include <gnutls/gnutls.h>

struct QCryptoTLSCreds {
    Object parent_obj;
    QCryptoTLSCredsEndpoint endpoint;
    bool verify_peer;
    /* One of them is there. */
    gnutls_psk_server_credentials_t psk_server;
    gnutls_psk_client_credentials_t psk_client;
    gnutls_certificate_credentials_t x509;
};

#endif
