/*
 * TLS sessions: encryption and authentication over any transport
 *
 * A session reads and writes its transport through two callbacks. They are only
 * called by qcrypto_tls_session_handshake(), _read(), _write() and _bye().
 *
 * One thread may read while another one writes. Any other two calls for one
 * session must not be made at the same time.
 *
 * A peer can't make a session of the embedded host keep more than 1 MiB: a
 * handshake that takes more than 144 KiB or 2560 records fails, where an
 * encrypted one counts as 80, and so does a read that meets more than 24 records
 * in a row without data.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_TLSSESSION_H
#define QCRYPTO_TLSSESSION_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "crypto/tlscreds.h"

G_BEGIN_DECLS

typedef struct QCryptoTLSSession QCryptoTLSSession;

/**
 * QCryptoTLSSessionHandshakeStatus:
 * @QCRYPTO_TLS_HANDSHAKE_COMPLETE: it is done
 * @QCRYPTO_TLS_HANDSHAKE_SENDING: it wants to write to the transport
 * @QCRYPTO_TLS_HANDSHAKE_RECVING: it wants to read from the transport
 *
 * How far a handshake is.
 */
typedef enum {
    QCRYPTO_TLS_HANDSHAKE_COMPLETE,
    QCRYPTO_TLS_HANDSHAKE_SENDING,
    QCRYPTO_TLS_HANDSHAKE_RECVING,
} QCryptoTLSSessionHandshakeStatus;

#ifdef QIO_HAS_TLS_BYE
/**
 * QCryptoTLSSessionByeStatus:
 * @QCRYPTO_TLS_BYE_COMPLETE: close_notify has been sent
 * @QCRYPTO_TLS_BYE_SENDING: it wants to write to the transport
 * @QCRYPTO_TLS_BYE_RECVING: it wants to read from the transport
 *
 * How far sending close_notify is.
 *
 * Since: qemu-10.0 profile.
 */
typedef enum {
    QCRYPTO_TLS_BYE_COMPLETE,
    QCRYPTO_TLS_BYE_SENDING,
    QCRYPTO_TLS_BYE_RECVING,
} QCryptoTLSSessionByeStatus;
#endif

#ifdef QIO_HAS_SESSION_ERRP
/* The transport is not ready. */
#define QCRYPTO_TLS_SESSION_ERR_BLOCK -2
#endif

#ifdef QIO_HAS_PREMATURE_TERMINATION
/* The transport has ended without a close_notify. */
#define QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION -3
#endif

/**
 * QCryptoTLSSessionWriteFunc:
 * @buf: (array length=len): what to write
 * @len: bytes in @buf
 * @opaque: (closure): data of the one who set the callbacks
 * @errp: as in qapi/error.h; never NULL (from the qemu-9.1 profile on)
 *
 * Writes to the transport.
 *
 * Returns: the number of bytes written; QCRYPTO_TLS_SESSION_ERR_BLOCK if the
 * transport is not ready; or -1 with @errp set. Before qemu-9.1 -1 with
 * errno set in both cases, EAGAIN for the former.
 */
/**
 * QCryptoTLSSessionReadFunc:
 * @buf: (out) (array length=len): where the bytes go
 * @len: bytes in @buf
 * @opaque: (closure): data of the one who set the callbacks
 * @errp: as in qapi/error.h; never NULL (from the qemu-9.1 profile on)
 *
 * Reads from the transport.
 *
 * Returns: the number of bytes read, 0 at the end; otherwise as
 * QCryptoTLSSessionWriteFunc.
 */
#ifndef QIO_HAS_SESSION_ERRP
typedef ssize_t (*QCryptoTLSSessionWriteFunc)(const char *buf, size_t len,
                                              void *opaque);
typedef ssize_t (*QCryptoTLSSessionReadFunc)(char *buf, size_t len,
                                             void *opaque);
#elif !defined(QIO_HAS_VOID_BUFFERS)
typedef ssize_t (*QCryptoTLSSessionWriteFunc)(const char *buf, size_t len,
                                              void *opaque, Error **errp);
typedef ssize_t (*QCryptoTLSSessionReadFunc)(char *buf, size_t len,
                                             void *opaque, Error **errp);
#else
typedef ssize_t (*QCryptoTLSSessionWriteFunc)(const void *buf, size_t len,
                                              void *opaque, Error **errp);
typedef ssize_t (*QCryptoTLSSessionReadFunc)(void *buf, size_t len,
                                             void *opaque, Error **errp);
#endif

/**
 * qcrypto_tls_session_new:
 * @creds: (transfer none): credentials for the role @endpoint; the session
 *     references them
 * @hostname: (nullable): what the server's certificate has to be for: a host
 *     name, or an IP address
 * @aclname: (nullable): id of the authorization object that decides about the
 *     name of the peer
 * @endpoint: the role of the session
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a session.
 *
 * @hostname may end with the dot of the root ("localhost."). Capitals don't
 * matter. An IPv4 address has four decimal numbers (no "127.1"); an IPv6 address
 * may be in brackets and have a zone ("[fe80::1%eth0]"), neither of which is
 * compared. There is no port in it.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the session, or NULL with @errp set;
 * free with qcrypto_tls_session_free().
 */
QCryptoTLSSession *qcrypto_tls_session_new(QCryptoTLSCreds *creds,
                                           const char *hostname,
                                           const char *aclname,
                                           QCryptoTLSCredsEndpoint endpoint,
                                           Error **errp);

/**
 * qcrypto_tls_session_free:
 * @sess: (transfer full) (nullable): a session
 *
 * Frees a session, without close_notify.
 *
 * Threads: any; Blocks: no.
 */
void qcrypto_tls_session_free(QCryptoTLSSession *sess);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoTLSSession, qcrypto_tls_session_free)

#ifdef QIO_HAS_CONCURRENT_IO
/**
 * qcrypto_tls_session_require_thread_safety:
 * @sess: a session whose handshake has not begun
 *
 * Asks for one thread to be able to read while another one writes, which every
 * session of this library can.
 *
 * Threads: any; Blocks: no.
 * Since: qemu-10.1 profile.
 */
void qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess);
#endif

/**
 * qcrypto_tls_session_check_credentials:
 * @sess: a session whose handshake is complete
 * @errp: (nullable): as in qapi/error.h
 *
 * Checks the peer's certificate: that a known authority vouches for it, that
 * its extended key usage is for the peer's role if it has one, that it is valid
 * now, that the authorization object allows its name, and that it is for the
 * host name. Only certificates on a path to an authority count, not what else
 * the peer has shown. Nothing is checked without certificates or if the
 * credentials' "verify-peer" is off.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with @errp set.
 */
int qcrypto_tls_session_check_credentials(QCryptoTLSSession *sess,
                                          Error **errp);

/**
 * qcrypto_tls_session_set_callbacks:
 * @sess: a session whose handshake has not begun
 * @writeFunc: writes to the transport
 * @readFunc: reads from the transport
 * @opaque: (closure): data for both
 *
 * Gives the session its transport.
 *
 * Threads: any; Blocks: no.
 */
void qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess,
                                       QCryptoTLSSessionWriteFunc writeFunc,
                                       QCryptoTLSSessionReadFunc readFunc,
                                       void *opaque);

/**
 * qcrypto_tls_session_write:
 * @sess: a session whose handshake is complete
 * @buf: (array length=len): what to write
 * @len: bytes in @buf, not 0
 * @errp: (nullable): as in qapi/error.h (from the qemu-9.1 profile on)
 *
 * Encrypts and writes as much of @buf as one record holds. When the transport
 * wasn't ready the bytes are encrypted already: the next call must offer the
 * same ones, and returns their number.
 *
 * Threads: one at a time; Blocks: as the transport does.
 * Returns: the number of bytes written; QCRYPTO_TLS_SESSION_ERR_BLOCK if the
 * transport is not ready; or -1 with @errp set. Before qemu-9.1 -1 with
 * errno set in both cases: EAGAIN for the former, EINTR, or EIO.
 */
/**
 * qcrypto_tls_session_read:
 * @sess: a session whose handshake is complete
 * @buf: (out) (array length=len): where the bytes go
 * @len: bytes in @buf, not 0
 * @gracefulTermination: whether the end of the transport is that of the session
 *     (from qemu-9.1 on, before qemu-10.2.0)
 * @errp: (nullable): as in qapi/error.h (from the qemu-9.1 profile on)
 *
 * Reads what one record has, or the rest of it. What a peer says that is no
 * data and no end is passed over: tickets, new keys, warnings, and a server's
 * request to negotiate again (a client's is an error). user_canceled, which
 * programs in Java send before close_notify, ends a TLS 1.3 session in both
 * directions.
 *
 * Threads: one at a time; Blocks: as the transport does.
 * Returns: the number of bytes read, 0 if the peer has ended the session;
 * QCRYPTO_TLS_SESSION_ERR_BLOCK if the transport is not ready;
 * QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION with @errp set if the transport has
 * ended but not the session (from qemu-10.2.0 on); or -1 with @errp set. Before
 * qemu-9.1 -1 with errno set: EAGAIN if the transport is not ready,
 * ECONNABORTED if it has ended, EINTR, or EIO.
 */
#ifndef QIO_HAS_SESSION_ERRP
ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf,
                                  size_t len);
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf,
                                 size_t len);
#else
ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf,
                                  size_t len, Error **errp);
#ifndef QIO_HAS_PREMATURE_TERMINATION
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf,
                                 size_t len, bool gracefulTermination,
                                 Error **errp);
#else
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf,
                                 size_t len, Error **errp);
#endif
#endif

#ifdef QIO_HAS_TLS_CHECK_PENDING
/**
 * qcrypto_tls_session_check_pending:
 * @sess: a session whose handshake is complete
 *
 * Threads: the reader's; Blocks: no.
 * Returns: how many bytes can be read without the transport.
 * Since: qemu-8.0.1 profile.
 */
size_t qcrypto_tls_session_check_pending(QCryptoTLSSession *sess);
#endif

#ifdef QIO_HAS_TLS_BYE
/**
 * qcrypto_tls_session_bye:
 * @session: a session
 * @errp: (nullable): as in qapi/error.h
 *
 * Sends close_notify: nothing more will be written. Nothing is sent before the
 * handshake is complete.
 *
 * Threads: the writer's; Blocks: as the transport does.
 * Returns: a QCryptoTLSSessionByeStatus, or -1 with @errp set.
 * Since: qemu-10.0 profile.
 */
int qcrypto_tls_session_bye(QCryptoTLSSession *session, Error **errp);
#endif

/**
 * qcrypto_tls_session_handshake:
 * @sess: a session with callbacks
 * @errp: (nullable): as in qapi/error.h
 *
 * Goes on with the handshake until it is complete or the transport is not
 * ready. The peer's certificate is not checked.
 *
 * Threads: any, one at a time; Blocks: as the transport does.
 * Returns: a QCryptoTLSSessionHandshakeStatus, or -1 with @errp set. Before
 * qemu-10.0 0 if it is complete, 1 if not.
 */
int qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp);

#ifndef QIO_HAS_HANDSHAKE_RESULT
/**
 * qcrypto_tls_session_get_handshake_status:
 * @sess: a session
 *
 * Threads: as qcrypto_tls_session_handshake(); Blocks: no.
 * Returns: what the handshake waits for.
 * Since: only before the qemu-10.0 profile.
 */
QCryptoTLSSessionHandshakeStatus
qcrypto_tls_session_get_handshake_status(QCryptoTLSSession *sess);
#endif

/**
 * qcrypto_tls_session_get_key_size:
 * @sess: a session whose handshake is complete
 * @errp: (nullable): as in qapi/error.h
 *
 * Threads: any; Blocks: no.
 * Returns: the size of the cipher's key in bytes, or -1 with @errp set.
 */
int qcrypto_tls_session_get_key_size(QCryptoTLSSession *sess, Error **errp);

/**
 * qcrypto_tls_session_get_peer_name:
 * @sess: a session
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the distinguished name in the peer's
 * certificate as qcrypto_tls_session_check_credentials() has found it, like
 * "C=UK,CN=qemu"; or NULL; free with g_free().
 */
char *qcrypto_tls_session_get_peer_name(QCryptoTLSSession *sess);

G_END_DECLS

#endif
