/*
 * Enums of the crypto headers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_TYPES_CRYPTO_H
#define QAPI_TYPES_CRYPTO_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"

G_BEGIN_DECLS

/**
 * QCryptoTLSCredsEndpoint:
 * @QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT: "client": the one that connects
 * @QCRYPTO_TLS_CREDS_ENDPOINT_SERVER: "server": the one that is connected to
 *
 * The role in a TLS connection.
 */
typedef enum QCryptoTLSCredsEndpoint {
    QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT,
    QCRYPTO_TLS_CREDS_ENDPOINT_SERVER,
    QCRYPTO_TLS_CREDS_ENDPOINT__MAX,
} QCryptoTLSCredsEndpoint;

#ifndef QIO_HAS_HASH_ALGO
/**
 * QCryptoHashAlgorithm:
 *
 * A hash function.
 *
 * Differs: named QCryptoHashAlgo from the qemu-10.0 profile on; qemu-9.1 has both names.
 */
typedef enum QCryptoHashAlgorithm {
    QCRYPTO_HASH_ALG_MD5,
    QCRYPTO_HASH_ALG_SHA1,
    QCRYPTO_HASH_ALG_SHA224,
    QCRYPTO_HASH_ALG_SHA256,
    QCRYPTO_HASH_ALG_SHA384,
    QCRYPTO_HASH_ALG_SHA512,
    QCRYPTO_HASH_ALG_RIPEMD160,
    QCRYPTO_HASH_ALG__MAX,
} QCryptoHashAlgorithm;

#ifdef QIO_HAS_HASH_ALGO_ALIAS
/* What the same functions are called in QEMU 9.2. */
typedef QCryptoHashAlgorithm QCryptoHashAlgo;
#define QCRYPTO_HASH_ALGO_MD5 QCRYPTO_HASH_ALG_MD5
#define QCRYPTO_HASH_ALGO_SHA1 QCRYPTO_HASH_ALG_SHA1
#define QCRYPTO_HASH_ALGO_SHA224 QCRYPTO_HASH_ALG_SHA224
#define QCRYPTO_HASH_ALGO_SHA256 QCRYPTO_HASH_ALG_SHA256
#define QCRYPTO_HASH_ALGO_SHA384 QCRYPTO_HASH_ALG_SHA384
#define QCRYPTO_HASH_ALGO_SHA512 QCRYPTO_HASH_ALG_SHA512
#define QCRYPTO_HASH_ALGO_RIPEMD160 QCRYPTO_HASH_ALG_RIPEMD160
#endif
#else
/**
 * QCryptoHashAlgo:
 *
 * A hash function.
 *
 * Since: qemu-10.0 profile. Differs: named QCryptoHashAlgorithm before, without SM3.
 */
typedef enum QCryptoHashAlgo {
    QCRYPTO_HASH_ALGO_MD5,
    QCRYPTO_HASH_ALGO_SHA1,
    QCRYPTO_HASH_ALGO_SHA224,
    QCRYPTO_HASH_ALGO_SHA256,
    QCRYPTO_HASH_ALGO_SHA384,
    QCRYPTO_HASH_ALGO_SHA512,
    QCRYPTO_HASH_ALGO_RIPEMD160,
    QCRYPTO_HASH_ALGO_SM3,
    QCRYPTO_HASH_ALGO__MAX,
} QCryptoHashAlgo;
#endif

G_END_DECLS

#endif
