/*
 * Sessions over descriptors, for tests, with one face for all profiles.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "crypto/tlssession.h"
#include "qapi/error.h"
#include "qemu/sockets.h"

/* What the transfers below return besides a number of bytes. */
enum {
    TLS_FAILED = -1,
    TLS_BLOCK = -2,
    TLS_PREMATURE = -3,
};

/* A session's transport, and what has gone through it. */
typedef struct TlsEnd {
    QCryptoTLSSession *session;
    int fd;
    unsigned int reads;
    unsigned int writes;
    /* instead of writing, as long as it is set */
    bool write_blocks;
    /* if not 0, at most so many bytes are written at once */
    size_t write_most;
    /* if set, it blocks after that */
    bool then_blocks;
    /* what the next calls fail with, if set */
    const char *read_error;
    const char *write_error;
} TlsEnd;

#ifndef QIO_HAS_SESSION_ERRP
#define TLS_ERRP
#define tls_stopped(reason, errp) (errno = (reason) ? EIO : EAGAIN, -1)
#else
#define TLS_ERRP , Error **errp
static inline ssize_t tls_stopped(const char *reason, Error **errp)
{
    if (!reason) {
        return QCRYPTO_TLS_SESSION_ERR_BLOCK;
    }
    error_setg(errp, "%s", reason);
    return -1;
}
#endif

#ifdef QIO_HAS_VOID_BUFFERS
#define TLS_BYTE void
#else
#define TLS_BYTE char
#endif

static inline ssize_t tls_end_write(const TLS_BYTE *buf, size_t len, void *opaque TLS_ERRP)
{
    TlsEnd *end = opaque;
    ssize_t done;

    if (end->write_error) {
        return tls_stopped(end->write_error, errp);
    }
    if (end->write_blocks) {
        return tls_stopped(NULL, errp);
    }
    end->writes++;
    if (end->write_most && len > end->write_most) {
        len = end->write_most;
        end->write_blocks = end->then_blocks;
    }
    done = send(end->fd, buf, len, MSG_NOSIGNAL);
    if (done < 0) {
        return tls_stopped(errno == EAGAIN ? NULL : "the transport can't be written", errp);
    }
    return done;
}

static inline ssize_t tls_end_read(TLS_BYTE *buf, size_t len, void *opaque TLS_ERRP)
{
    TlsEnd *end = opaque;
    ssize_t done;

    if (end->read_error) {
        return tls_stopped(end->read_error, errp);
    }
    end->reads++;
    done = recv(end->fd, buf, len, 0);
    if (done < 0) {
        return tls_stopped(errno == EAGAIN ? NULL : "the transport can't be read", errp);
    }
    return done;
}

/* Makes the session and gives it the descriptor as transport. */
static inline void tls_end_init(TlsEnd *end, int fd, Object *creds, const char *hostname,
                                const char *aclname, QCryptoTLSCredsEndpoint endpoint)
{
    *end = (TlsEnd) { .fd = fd };
    end->session = qcrypto_tls_session_new(QCRYPTO_TLS_CREDS(creds), hostname, aclname, endpoint,
                                           &error_abort);
    g_assert_nonnull(end->session);
    qcrypto_tls_session_set_callbacks(end->session, tls_end_write, tls_end_read, end);
}

static inline void tls_end_clear(TlsEnd *end)
{
    g_clear_pointer(&end->session, qcrypto_tls_session_free);
    if (end->fd >= 0) {
        close(end->fd);
        end->fd = -1;
    }
}

/* Two ends of a non-blocking connection. */
static inline void tls_pair(int fds[2])
{
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
}

/* Whether the handshake is done; false too if it fails, and then *errp is set. */
static inline bool tls_end_handshake(TlsEnd *end, Error **errp)
{
    int status = qcrypto_tls_session_handshake(end->session, errp);

#ifndef QIO_HAS_HANDSHAKE_RESULT
    if (status >= 0) {
        g_assert_cmpint(status, ==, qcrypto_tls_session_get_handshake_status(end->session) != 0);
    }
#endif
    return status == 0;
}

/* Steps both ends in turn until both are done, or one of them fails. */
static inline bool tls_handshake(TlsEnd *one, TlsEnd *other, Error **errp)
{
    Error *local = NULL;
    bool one_done = false;
    bool other_done = false;

    for (int i = 0; i < 1000 && !local && !(one_done && other_done); i++) {
        one_done = one_done || tls_end_handshake(one, &local);
        if (!local) {
            other_done = other_done || tls_end_handshake(other, &local);
        }
    }
    g_assert_true(local || (one_done && other_done));
    if (local) {
        error_propagate(errp, local);
        return false;
    }
    return true;
}

static inline ssize_t tls_end_send(TlsEnd *end, const void *buf, size_t len, Error **errp)
{
#ifndef QIO_HAS_SESSION_ERRP
    ssize_t done = qcrypto_tls_session_write(end->session, buf, len);

    if (done < 0 && errno == EAGAIN) {
        return TLS_BLOCK;
    }
    if (done < 0) {
        error_setg_errno(errp, errno, "Cannot write to TLS channel");
    }
    return done;
#else
    return qcrypto_tls_session_write(end->session, buf, len, errp);
#endif
}

static inline ssize_t tls_end_receive(TlsEnd *end, void *buf, size_t len, Error **errp)
{
#ifndef QIO_HAS_SESSION_ERRP
    ssize_t done = qcrypto_tls_session_read(end->session, buf, len);

    if (done < 0 && errno == EAGAIN) {
        return TLS_BLOCK;
    }
    if (done < 0) {
        bool is_premature = errno == ECONNABORTED;

        error_setg_errno(errp, errno, "Cannot read from TLS channel");
        return is_premature ? TLS_PREMATURE : TLS_FAILED;
    }
    return done;
#elif !defined(QIO_HAS_PREMATURE_TERMINATION)
    Error *local = NULL;
    ssize_t done = qcrypto_tls_session_read(end->session, buf, len, false, &local);

    if (local) {
        bool is_premature = strstr(error_get_pretty(local), "non-properly terminated") != NULL;

        error_propagate(errp, local);
        return is_premature ? TLS_PREMATURE : TLS_FAILED;
    }
    return done;
#else
    return qcrypto_tls_session_read(end->session, buf, len, errp);
#endif
}

#endif
