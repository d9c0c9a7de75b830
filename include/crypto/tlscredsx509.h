/*
 * TLS credentials with X.509 certificates
 *
 * Properties besides those of all credentials (crypto/tlscreds.h):
 *
 *   sanity-check  bool    check the own certificates when they are loaded
 *                         (default: true): that they are valid now, for the
 *                         role by key usage and extended key usage, and that
 *                         peers with the same authorities will accept them
 *   passwordid    string  must not be set: there are no secret objects
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_TLSCREDSX509_H
#define QCRYPTO_TLSCREDSX509_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "crypto/tlscreds.h"

#define TYPE_QCRYPTO_TLS_CREDS_X509 "tls-creds-x509"

/* The instance struct is private. */
typedef struct QCryptoTLSCredsX509 QCryptoTLSCredsX509;
DECLARE_INSTANCE_CHECKER(QCryptoTLSCredsX509, QCRYPTO_TLS_CREDS_X509,
                         TYPE_QCRYPTO_TLS_CREDS_X509)

/*
 * The files, PEM. Those of the authority are for both roles; the list of
 * revoked certificates is optional and used by servers.
 *
 * Authorities may stand in any order, a renewed one beside the one of the same
 * name that has expired. An own file has the certificate first and then those
 * of the authorities in between, each issued by the next one; what follows
 * beyond an authority that peers trust doesn't matter.
 */
#define QCRYPTO_TLS_CREDS_X509_CA_CERT "ca-cert.pem"
#define QCRYPTO_TLS_CREDS_X509_CA_CRL "ca-crl.pem"
#define QCRYPTO_TLS_CREDS_X509_SERVER_KEY "server-key.pem"
#define QCRYPTO_TLS_CREDS_X509_SERVER_CERT "server-cert.pem"
#define QCRYPTO_TLS_CREDS_X509_CLIENT_KEY "client-key.pem"
#define QCRYPTO_TLS_CREDS_X509_CLIENT_CERT "client-cert.pem"

#ifdef QIO_HAS_NUMBERED_CERTIFICATES
/* Further identities, numbered from 0 without a gap. */
#define QCRYPTO_TLS_CREDS_X509_SERVER_KEY_N "server-key-%zu.pem"
#define QCRYPTO_TLS_CREDS_X509_SERVER_CERT_N "server-cert-%zu.pem"
#define QCRYPTO_TLS_CREDS_X509_CLIENT_KEY_N "client-key-%zu.pem"
#define QCRYPTO_TLS_CREDS_X509_CLIENT_CERT_N "client-cert-%zu.pem"
#define QCRYPTO_TLS_CREDS_X509_IDENTITY_MAX 4
#endif

#endif
