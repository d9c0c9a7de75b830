/*
 * The host of a program that was built without a TLS library: it can't make sessions, and so has
 * nothing to do for them.
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
    error_setg(errp, "This program has no TLS");
    return NULL;
}

void qcrypto_tls_session_free(QCryptoTLSSession *sess)
{
    g_assert(sess == NULL);
}

int qcrypto_tls_session_check_credentials(QCryptoTLSSession *sess, Error **errp)
{
    g_assert_not_reached();
}

void qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess, QCryptoTLSSessionWriteFunc write,
                                       QCryptoTLSSessionReadFunc read, void *opaque)
{
    g_assert_not_reached();
}

int qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp)
{
    g_assert_not_reached();
}

#ifndef QIO_HAS_SESSION_ERRP
ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf, size_t len)
{
    g_assert_not_reached();
}

ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len)
{
    g_assert_not_reached();
}
#else
ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf, size_t len, Error **errp)
{
    g_assert_not_reached();
}

#ifndef QIO_HAS_PREMATURE_TERMINATION
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len,
                                 bool gracefulTermination, Error **errp)
#else
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len, Error **errp)
#endif
{
    g_assert_not_reached();
}
#endif

#ifndef QIO_HAS_HANDSHAKE_RESULT
QCryptoTLSSessionHandshakeStatus qcrypto_tls_session_get_handshake_status(QCryptoTLSSession *sess)
{
    g_assert_not_reached();
}
#endif

#ifdef QIO_HAS_TLS_CHECK_PENDING
size_t qcrypto_tls_session_check_pending(QCryptoTLSSession *sess)
{
    g_assert_not_reached();
}
#endif

#ifdef QIO_HAS_TLS_BYE
int qcrypto_tls_session_bye(QCryptoTLSSession *session, Error **errp)
{
    g_assert_not_reached();
}
#endif

#ifdef QIO_HAS_CONCURRENT_IO
void qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess)
{
    g_assert_not_reached();
}
#endif
