/*
 * One end of a TLS connection, over any other channel.
 *
 * Generated from crates/abi/src/layout/channel_tls.rs and src/capi/channel_tls.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_TLS_H
#define QIO_CHANNEL_TLS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"
#include "io/task.h"
#include "crypto/tlssession.h"

#define TYPE_QIO_CHANNEL_TLS "qio-channel-tls"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelTLS, QIO_CHANNEL_TLS)

/** One end of a TLS connection. All fields are private. */
struct QIOChannelTLS {
    /** The parent. */
    QIOChannel parent;
    /** What the records travel over. */
    QIOChannel *master;
    /** What encrypts them. */
    QCryptoTLSSession *session;
    /** The directions that were shut down; changed by atomic OR only. */
    QIOChannelShutdown shutdown;
#if defined(QIO_HAS_TLS_HS_IOC_TAG)
    /** The source that the handshake waits with, 0 if none. */
    unsigned int hs_ioc_tag;
#endif
#if defined(QIO_HAS_TLS_BYE)
    /** The source that the end of the connection waits with, 0 if none. */
    unsigned int bye_ioc_tag;
#endif
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_tls_new_server:
 * @master: (transfer none): what the records travel over; the channel holds a reference
 * @creds: (transfer none): credentials of a server; the session holds a reference
 * @aclname: (nullable): the id of the authorization object that decides about clients by their
 * certificates' names; NULL accepts all whose certificates are good
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes the server's end of a TLS connection. Nothing is sent or received, and nothing can be, before
 * qio_channel_tls_handshake(). Closing the channel closes @master. If @master can be shut down, so
 * can the channel.
 *
 * Threads: any; later one reader and one writer at a time. Blocks: no.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
 */
QIOChannelTLS *qio_channel_tls_new_server(QIOChannel *master,
                                                 QCryptoTLSCreds *creds,
                                                 const char *aclname,
                                                 Error **errp);

/**
 * qio_channel_tls_new_client:
 * @master: (transfer none): what the records travel over; the channel holds a reference
 * @creds: (transfer none): credentials of a client; the session holds a reference
 * @hostname: (nullable): what the server's certificate has to be for; qcrypto_tls_session_new() says
 * how it may be written
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes the client's end of a TLS connection. Nothing is sent or received, and nothing can be, before
 * qio_channel_tls_handshake(). Closing the channel closes @master. If @master can be shut down, so
 * can the channel.
 *
 * Whom the channel accepts, and what else its peer may say, is the session's business: that of this
 * library, or the program's own where the library is hosted.
 *
 * Threads: any; later one reader and one writer at a time. Blocks: no.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
 */
QIOChannelTLS *qio_channel_tls_new_client(QIOChannel *master,
                                                 QCryptoTLSCreds *creds,
                                                 const char *hostname,
                                                 Error **errp);

/**
 * qio_channel_tls_handshake:
 * @ioc: (transfer none): the channel
 * @func: (scope async): called once when the peer was accepted, or the handshake has failed
 * @opaque: (closure) (nullable): data for @func
 * @destroy: (destroy) (nullable): frees @opaque; called once, also for NULL
 * @context: (transfer none) (nullable): where to go on when the master has to be waited for; NULL is
 * the default context
 *
 * Makes the handshake and checks the peer's credentials. The task's source is @ioc, which stays alive
 * until the task is freed. If the master is blocking, or has what it takes, @func has been called when
 * this returns. qio_channel_close() cancels a handshake that waits: then @func isn't
 * called. qio_channel_shutdown() makes it fail. Nothing is sent to a peer that is refused; the channel
 * stays open for @func to close.
 *
 * On a main loop, make the master non-blocking first (those that a listener hands out are blocking):
 * otherwise this waits for the peer, and one who says nothing stops everything else. There is no time
 * limit, unless qio_channel_set_handshake_timeout() or the listener's limits (qio/limits.h) have set one; a
 * program that is to run with other libraries too closes the channel from a timer. docs/tls.md has examples.
 *
 * Threads: any. Blocks: as the master does.
 * Context: @func and @destroy run in the calling thread before this returns, or in @context; on a
 * close @destroy runs there and then.
 */
void qio_channel_tls_handshake(QIOChannelTLS *ioc,
                               QIOTaskFunc func,
                               gpointer opaque,
                               GDestroyNotify destroy,
                               GMainContext *context);

#if defined(QIO_HAS_TLS_BYE)
/**
 * qio_channel_tls_bye:
 * @ioc: (transfer none): the channel
 * @errp: (nullable): as in qapi/error.h; not touched after this returned
 *
 * Sends close_notify: nothing more will be written, and the peer meets an end of file instead of an
 * error. Does nothing before the handshake, and the second time. If the master isn't ready, goes on
 * in the background, and a failure there is not reported. Closing a channel doesn't do this.
 *
 * Threads: the writer's. Blocks: as the master does.
 * Context: the default context, for the background.
 * Since: qemu-10.0 profile.
 */
void qio_channel_tls_bye(QIOChannelTLS *ioc,
                         Error **errp);
#endif

/**
 * qio_channel_tls_get_session:
 * @ioc: (transfer none): the channel
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none): the session, which lives as long as the channel.
 */
QCryptoTLSSession *qio_channel_tls_get_session(QIOChannelTLS *ioc);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_TLS_H */
