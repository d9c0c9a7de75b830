/*
 * Hashes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_HASH_H
#define QCRYPTO_HASH_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-types-crypto.h"

G_BEGIN_DECLS

#ifndef QIO_HAS_HASH_ALGO
#define QIO_HASH_ALGO QCryptoHashAlgorithm
#else
#define QIO_HASH_ALGO QCryptoHashAlgo
#endif
#ifdef QIO_HAS_VOID_BUFFERS
#define QIO_HASH_BYTES const void
#else
#define QIO_HASH_BYTES const char
#endif

/**
 * qcrypto_hash_supports:
 * @alg: a hash function
 *
 * Threads: any; Blocks: no.
 * Returns: whether it is there: of the hash functions, only SHA1 is
 */
gboolean qcrypto_hash_supports(QIO_HASH_ALGO alg);

/**
 * qcrypto_hash_base64:
 * @alg: a hash function
 * @buf: (nullable) (array length=len): bytes
 * @len: how many there are
 * @base64: (out) (transfer full): the hash in base64, with padding; free with
 *     g_free(). Left alone on failure
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells the hash of some bytes. Fails if the function is not there.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with @errp set
 * Differs: @buf is a pointer to char before profile qemu-10.2.0.
 */
int qcrypto_hash_base64(QIO_HASH_ALGO alg, QIO_HASH_BYTES *buf, size_t len,
                        char **base64, Error **errp);

G_END_DECLS

#endif
