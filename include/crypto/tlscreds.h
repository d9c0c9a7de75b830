/*
 * TLS credentials: the role in a connection, and what is shown to the peer and
 * asked of it
 *
 * Credentials are made with object_new_with_props(), which qom/object.h brings,
 * usually as a child of object_get_objects_root(), which then owns them;
 * QCRYPTO_TLS_CREDS() casts to what others take. docs/tls.md has examples, and
 * the commands that make certificates. Properties of all kinds:
 *
 *   dir          string   directory of the files
 *   endpoint     enum     "client" (default) or "server"
 *   verify-peer  bool     check the peer's certificate (default: true)
 *   priority     string   replaces GnuTLS's "NORMAL" in the priority string
 *
 * They only record values; files are read by user_creatable_complete(), which
 * object_new_with_props() calls. dh-params.pem in @dir is optional for a
 * server of any kind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_TLSCREDS_H
#define QCRYPTO_TLSCREDS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-types-crypto.h"
#include "qom/object.h"

G_BEGIN_DECLS

/* The parent of all kinds of credentials; abstract. */
#define TYPE_QCRYPTO_TLS_CREDS "tls-creds"

/* The instance struct is private. */
typedef struct QCryptoTLSCreds QCryptoTLSCreds;
typedef struct QCryptoTLSCredsClass QCryptoTLSCredsClass;
DECLARE_OBJ_CHECKERS(QCryptoTLSCreds, QCryptoTLSCredsClass, QCRYPTO_TLS_CREDS,
                     TYPE_QCRYPTO_TLS_CREDS)

/* The file of Diffie-Hellman parameters. */
#define QCRYPTO_TLS_CREDS_DH_PARAMS "dh-params.pem"

/**
 * CryptoTLSCredsReload:
 * @creds: credentials
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads the files again.
 *
 * Returns: true, or false with @errp set and nothing changed.
 */
typedef bool (*CryptoTLSCredsReload)(QCryptoTLSCreds *creds, Error **errp);

/**
 * QCryptoTLSCredsClass:
 * @reload: (nullable): reads the files again; sessions that exist keep what
 *     they were made with
 * @prioritySuffix: (nullable): what the kind of credentials adds to the
 *     priority string (from qemu-10.2.0 on)
 */
struct QCryptoTLSCredsClass {
    ObjectClass parent_class;
    CryptoTLSCredsReload reload;
#ifdef QIO_HAS_CREDS_PRIORITY
    const char *prioritySuffix;
#endif
};

/**
 * qcrypto_tls_creds_check_endpoint:
 * @creds: credentials
 * @endpoint: a role
 * @errp: (nullable): as in qapi/error.h
 *
 * Threads: any; Blocks: no.
 * Returns: whether @creds are for that role; else @errp is set.
 */
bool qcrypto_tls_creds_check_endpoint(QCryptoTLSCreds *creds,
                                      QCryptoTLSCredsEndpoint endpoint,
                                      Error **errp);

#ifdef QIO_HAS_CREDS_PRIORITY
/**
 * qcrypto_tls_creds_get_priority:
 * @creds: credentials
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the priority string that GnuTLS gets for their
 * sessions; free with g_free().
 * Since: qemu-10.2.0 profile.
 */
char *qcrypto_tls_creds_get_priority(QCryptoTLSCreds *creds);

/**
 * qcrypto_tls_creds_reload:
 * @creds: credentials
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads the files again, which x509 credentials can. Sessions that exist keep
 * what they were made with.
 *
 * Threads: any; Blocks: for files.
 * Returns: true, or false with @errp set and nothing changed.
 * Since: qemu-10.2.0 profile. Differs: in the others, the class has @reload.
 */
bool qcrypto_tls_creds_reload(QCryptoTLSCreds *creds, Error **errp);
#endif

G_END_DECLS

#endif
