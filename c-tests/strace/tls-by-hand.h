/*
 * What a program does that has a TLS session and a socket, but no channels.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_BY_HAND_H
#define TLS_BY_HAND_H

#include "transfer.h"
#include "crypto/tlssession.h"

/* The transport of a session: the address of a descriptor. */
#ifndef QIO_HAS_SESSION_ERRP
static inline ssize_t hand_push(const char *buf, size_t len, void *opaque)
{
    struct iovec iov = { (char *)buf, len };

    return hand_send(*(int *)opaque, &iov, 1);
}

static inline ssize_t hand_pull(char *buf, size_t len, void *opaque)
{
    struct iovec iov = { buf, len };

    return hand_receive(*(int *)opaque, &iov, 1);
}
#else
#ifdef QIO_HAS_VOID_BUFFERS
#define SESSION_BUFFER void
#else
#define SESSION_BUFFER char
#endif

static inline ssize_t hand_moved(ssize_t done, Error **errp)
{
    if (done >= 0) {
        return done;
    }
    if (errno == EAGAIN) {
        return QCRYPTO_TLS_SESSION_ERR_BLOCK;
    }
    error_setg(errp, "%s", strerror(errno));
    return -1;
}

static inline ssize_t hand_push(const SESSION_BUFFER *buf, size_t len, void *opaque, Error **errp)
{
    struct iovec iov = { (void *)buf, len };

    return hand_moved(hand_send(*(int *)opaque, &iov, 1), errp);
}

static inline ssize_t hand_pull(SESSION_BUFFER *buf, size_t len, void *opaque, Error **errp)
{
    struct iovec iov = { buf, len };

    return hand_moved(hand_receive(*(int *)opaque, &iov, 1), errp);
}
#endif

static inline QCryptoTLSSession *hand_session(QCryptoTLSCreds *creds, bool is_server, int *fd)
{
    QCryptoTLSSession *session = qcrypto_tls_session_new(
        creds, NULL, NULL,
        is_server ? QCRYPTO_TLS_CREDS_ENDPOINT_SERVER : QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT,
        &error_abort);

    qcrypto_tls_session_set_callbacks(session, hand_push, hand_pull, fd);
    return session;
}

/* A step of the handshake; true after the last. */
static inline bool hand_shake(QCryptoTLSSession *session)
{
    int status = qcrypto_tls_session_handshake(session, &error_abort);

    g_assert_cmpint(status, >=, 0);
    if (status != 0) {
        return false;
    }
    g_assert_cmpint(qcrypto_tls_session_check_credentials(session, &error_abort), ==, 0);
    return true;
}

/* As write() and read() do: -1 and EAGAIN if it would have to wait. */
static inline ssize_t hand_encrypt(QCryptoTLSSession *session, const char *buf, size_t len)
{
#ifndef QIO_HAS_SESSION_ERRP
    return qcrypto_tls_session_write(session, buf, len);
#else
    ssize_t done = qcrypto_tls_session_write(session, buf, len, &error_abort);

    if (done < 0) {
        g_assert_cmpint(done, ==, QCRYPTO_TLS_SESSION_ERR_BLOCK);
        errno = EAGAIN;
        return -1;
    }
    return done;
#endif
}

static inline ssize_t hand_decrypt(QCryptoTLSSession *session, char *buf, size_t len)
{
#ifndef QIO_HAS_SESSION_ERRP
    return qcrypto_tls_session_read(session, buf, len);
#else
#ifndef QIO_HAS_PREMATURE_TERMINATION
    ssize_t done = qcrypto_tls_session_read(session, buf, len, false, &error_abort);
#else
    ssize_t done = qcrypto_tls_session_read(session, buf, len, &error_abort);
#endif

    if (done < 0) {
        g_assert_cmpint(done, ==, QCRYPTO_TLS_SESSION_ERR_BLOCK);
        errno = EAGAIN;
        return -1;
    }
    return done;
#endif
}

static inline void hand_encrypt_all(QCryptoTLSSession *session, int fd, const char *buf, size_t len)
{
    while (len) {
        ssize_t done = hand_encrypt(session, buf, len);

        if (done < 0) {
            g_assert_cmpint(errno, ==, EAGAIN);
            hand_wait(fd, POLLOUT);
            continue;
        }
        buf += done;
        len -= done;
    }
}

/* False at the end of the data. */
static inline bool hand_decrypt_all(QCryptoTLSSession *session, int fd, char *buf, size_t len)
{
    while (len) {
        ssize_t done = hand_decrypt(session, buf, len);

        if (done < 0) {
            g_assert_cmpint(errno, ==, EAGAIN);
            hand_wait(fd, POLLIN);
            continue;
        }
        if (done == 0) {
            return false;
        }
        buf += done;
        len -= done;
    }
    return true;
}

#endif
