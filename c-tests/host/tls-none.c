/*
 * The sessions of a host that was built without TLS: there are none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "crypto/tlssession.h"
#include "qapi/error.h"

QCryptoTLSSession *qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                           const char *aclname, QCryptoTLSCredsEndpoint endpoint,
                                           Error **errp)
{
    error_setg(errp, "TLS is not available");
    return NULL;
}

void qcrypto_tls_session_free(QCryptoTLSSession *sess)
{
}

/* Nobody has a session for the rest. */

void qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess,
                                       QCryptoTLSSessionWriteFunc writeFunc,
                                       QCryptoTLSSessionReadFunc readFunc, void *opaque)
{
    abort();
}

int qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp)
{
    abort();
}

int qcrypto_tls_session_check_credentials(QCryptoTLSSession *sess, Error **errp)
{
    abort();
}

#if defined(QIO_ABI_SERIES_7_2)
QCryptoTLSSessionHandshakeStatus qcrypto_tls_session_get_handshake_status(QCryptoTLSSession *sess)
{
    abort();
}

ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len)
{
    abort();
}

ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf, size_t len)
{
    abort();
}
#else
#if defined(QIO_ABI_SERIES_10_0)
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len,
                                 bool gracefulTermination, Error **errp)
{
    abort();
}
#else
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len, Error **errp)
{
    abort();
}

void qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess)
{
    abort();
}
#endif

ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf, size_t len,
                                  Error **errp)
{
    abort();
}

size_t qcrypto_tls_session_check_pending(QCryptoTLSSession *sess)
{
    abort();
}

int qcrypto_tls_session_bye(QCryptoTLSSession *session, Error **errp)
{
    abort();
}
#endif
