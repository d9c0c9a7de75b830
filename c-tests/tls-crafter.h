/*
 * Records of TLS 1.3 that GnuTLS's own peers don't send, made with a peer's keys.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_CRAFTER_H
#define TLS_CRAFTER_H

#include "tls-peer.h"

#include <gnutls/crypto.h>

/* The peer's keys, once the handshake is over. */
typedef struct Crafter {
    gnutls_aead_cipher_hd_t cipher;
    uint8_t iv[12];
    uint64_t number;
} Crafter;

static inline void crafter_begin(Crafter *crafter, Peer *peer)
{
    gnutls_datum_t mac, iv, key;
    uint8_t number[8];

    tls_check(gnutls_record_get_state(peer->session, 0, &mac, &iv, &key, number));
    g_assert_cmpuint(iv.size, ==, 12);
    memcpy(crafter->iv, iv.data, 12);
    memcpy(&crafter->number, number, 8);
    crafter->number = GUINT64_FROM_BE(crafter->number);
    tls_check(gnutls_aead_cipher_init(&crafter->cipher, GNUTLS_CIPHER_AES_128_GCM, &key));
}

/* Appends a record of that type to @to. */
static inline void craft(Crafter *crafter, GByteArray *to, uint8_t type, const void *bytes, size_t size)
{
    size_t cipher_size = size + 1 + 16, at = to->len;
    uint64_t number = GUINT64_TO_BE(crafter->number);
    uint8_t nonce[12], header[5] = { 0x17, 3, 3, cipher_size >> 8, cipher_size };
    g_autofree uint8_t *plain = g_malloc(size + 1);

    crafter->number++;
    memcpy(plain, bytes, size);
    plain[size] = type;
    memcpy(nonce, crafter->iv, 12);
    for (int i = 0; i < 8; i++) {
        nonce[4 + i] ^= ((uint8_t *)&number)[i];
    }
    g_byte_array_append(to, header, 5);
    g_byte_array_set_size(to, at + 5 + cipher_size);
    tls_check(gnutls_aead_cipher_encrypt(crafter->cipher, nonce, 12, header, 5, 16, plain, size + 1,
                                         to->data + at + 5, &cipher_size));
}

#endif
