/*
 * TLS credentials with pre-shared keys
 *
 * keys.psk in @dir has lines "NAME:KEY" with a hexadecimal key, and means the
 * same to both ends. Lines end with LF or CR LF, the last one perhaps with
 * neither; blanks at their end don't matter. Empty lines are passed over, and
 * comments, which begin with "#"; but "#HEX:KEY", as psktool(1) writes it, is a
 * name in hexadecimal digits. Any other line is an error. Of several lines with
 * one name the first one counts.
 *
 * The file is read by user_creatable_complete() only: new keys need new
 * credentials, and what becomes of the file later doesn't matter.
 *
 * In TLS 1.3 a key is bound to SHA-256 (RFC 8446 4.2.11), so sessions have
 * ChaCha20-Poly1305 or AES-128-GCM unless the priority says otherwise. With
 * AES-256-GCM alone, whose hash is SHA-384, there is no TLS 1.3 session; TLS 1.2
 * has it.
 *
 * Property besides those of all credentials (crypto/tlscreds.h):
 *
 *   username  string  client: whose key it is (default: "qemu"); must not be
 *                     set on a server
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_TLSCREDSPSK_H
#define QCRYPTO_TLSCREDSPSK_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "crypto/tlscreds.h"

#define TYPE_QCRYPTO_TLS_CREDS_PSK "tls-creds-psk"

/* The instance struct is private. */
typedef struct QCryptoTLSCredsPSK QCryptoTLSCredsPSK;
DECLARE_INSTANCE_CHECKER(QCryptoTLSCredsPSK, QCRYPTO_TLS_CREDS_PSK,
                         TYPE_QCRYPTO_TLS_CREDS_PSK)

#define QCRYPTO_TLS_CREDS_PSKFILE "keys.psk"

#endif
