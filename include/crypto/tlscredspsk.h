/*
 * TLS credentials with pre-shared keys
 *
 * keys.psk in @dir has lines "NAME:KEY" with a hexadecimal key. Property besides
 * those of all credentials (crypto/tlscreds.h):
 *
 *   username  string  client: whose key it is (default: "qemu"); must not be
 *                     set on a server
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_TLSCREDSPSK_H
#define QCRYPTO_TLSCREDSPSK_H

#include "crypto/tlscreds.h"

#define TYPE_QCRYPTO_TLS_CREDS_PSK "tls-creds-psk"

/* The instance struct is private. */
typedef struct QCryptoTLSCredsPSK QCryptoTLSCredsPSK;
DECLARE_INSTANCE_CHECKER(QCryptoTLSCredsPSK, QCRYPTO_TLS_CREDS_PSK,
                         TYPE_QCRYPTO_TLS_CREDS_PSK)

#define QCRYPTO_TLS_CREDS_PSKFILE "keys.psk"

#endif
