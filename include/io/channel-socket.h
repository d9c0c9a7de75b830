/*
 * A channel over a socket.
 *
 * Generated from crates/abi/src/layout/channel_socket.rs and src/capi/channel_socket.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_SOCKET_H
#define QIO_CHANNEL_SOCKET_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"
#include "io/task.h"
#include "qemu/sockets.h"

#define TYPE_QIO_CHANNEL_SOCKET "qio-channel-socket"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelSocket, QIO_CHANNEL_SOCKET)

/** A socket channel. Programs read `fd` and the addresses, and some store `fd`; the rest is private. */
struct QIOChannelSocket {
    /** The parent. */
    QIOChannel parent;
    /** The socket, -1 when closed. Programs read and store it; re-read at each call. */
    int fd;
    /** The address of this end. */
    struct sockaddr_storage localAddr;
    /** Bytes of `localAddr` in use. */
    socklen_t localAddrLen;
    /** The address of the peer. */
    struct sockaddr_storage remoteAddr;
    /** Bytes of `remoteAddr` in use. */
    socklen_t remoteAddrLen;
    /** Zero-copy sends so far; private. */
    ssize_t zero_copy_queued;
    /** Zero-copy sends the kernel is done with; private. */
    ssize_t zero_copy_sent;
#if defined(QIO_HAS_BOOL_SET_BLOCKING)
    /** The mode last asked for; private. */
    bool blocking;
#endif
#if (defined(QIO_HAS_ZERO_COPY_SUCCESS) && !defined(QIO_HAS_ZERO_COPY_FALLBACK))
    /** Whether a send since the last flush really was zero-copy; private. */
    bool new_zero_copy_sent_success;
#endif
#if defined(QIO_HAS_ZERO_COPY_FALLBACK)
    /** Whether a send since the last flush that told so was copied; private. */
    bool zero_copy_fallback;
#endif
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_socket_new:
 *
 * Makes a closed channel, to be opened by one of the connect, listen or dgram functions.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): the channel, never NULL; its fd is -1.
 */
QIOChannelSocket *qio_channel_socket_new(void);

/**
 * qio_channel_socket_new_fd:
 * @fd: a socket; the channel's if this succeeds, else still the caller's. Its blocking mode stays
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a channel for a socket that exists. Also for a listening socket the channel hasn't
 * QIO_CHANNEL_FEATURE_LISTEN, so that its path stays when it is closed; nor can it send without a
 * copy, or peek.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set if @fd is no socket.
 */
QIOChannelSocket *qio_channel_socket_new_fd(int fd,
                                                   Error **errp);

/**
 * qio_channel_socket_connect_sync:
 * @ioc: (transfer none): a closed channel
 * @addr: (transfer none): whom to connect to; of type fd, the descriptor becomes the channel's
 * @errp: (nullable): as in qapi/error.h
 *
 * Looks names up and connects; of several addresses the first that answers is taken. The socket
 * is blocking. While this waits, another thread may call qio_channel_shutdown(), which fails
 * until the connection stands. A channel that is open already is left alone, and so is @addr.
 *
 * Threads: any. Blocks: yes, for the look-up and for the connection.
 * Returns: 0, or -1 with @errp set.
 */
int qio_channel_socket_connect_sync(QIOChannelSocket *ioc,
                                    SocketAddress *addr,
                                    Error **errp);

/**
 * qio_channel_socket_connect_async:
 * @ioc: (transfer none): a closed channel; referenced until the callback has returned
 * @addr: (transfer none): whom to connect to; copied
 * @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
 * @opaque: (closure) (nullable): data for @callback
 * @destroy: (destroy) (nullable): ends @opaque, after the callback
 * @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
 *
 * Runs qio_channel_socket_connect_sync() on a worker thread. The task's source is @ioc.
 *
 * Threads: any. Blocks: no.
 * Context: @callback and @destroy run in the thread that iterates @context, never before this
 * function has returned to it.
 */
void qio_channel_socket_connect_async(QIOChannelSocket *ioc,
                                      SocketAddress *addr,
                                      QIOTaskFunc callback,
                                      gpointer opaque,
                                      GDestroyNotify destroy,
                                      GMainContext *context);

/**
 * qio_channel_socket_listen_sync:
 * @ioc: (transfer none): a closed channel
 * @addr: (transfer none): where to listen; of type fd, the descriptor becomes the channel's
 * @num: how many connections may wait to be accepted
 * @errp: (nullable): as in qapi/error.h
 *
 * Looks names up and listens on the first address that can be had. A port is a number from 0 to
 * 65535, without sign, blanks or base prefix, or the name of a service; a host has no brackets. A
 * channel that is open already is left alone, and nothing is bound.
 *
 * A socket that stands at a UNIX path is replaced; any other file is an error and stays. The path is
 * removed when the channel is closed or freed, as long as the file that this call made stands there
 * and the process is the one that called: a forked child's copy, and a channel of a descriptor,
 * leave it. A UNIX listener that was shut down never listens again. Clients of a descriptor on which
 * this function has called listen() see this process as their peer.
 *
 * Threads: any. Blocks: yes, for the look-up.
 * Returns: 0, or -1 with @errp set.
 */
int qio_channel_socket_listen_sync(QIOChannelSocket *ioc,
                                   SocketAddress *addr,
                                   int num,
                                   Error **errp);

/**
 * qio_channel_socket_listen_async:
 * @ioc: (transfer none): a closed channel; referenced until the callback has returned
 * @addr: (transfer none): where to listen; copied
 * @num: how many connections may wait to be accepted
 * @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
 * @opaque: (closure) (nullable): data for @callback
 * @destroy: (destroy) (nullable): ends @opaque, after the callback
 * @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
 *
 * Runs qio_channel_socket_listen_sync() on a worker thread. The task's source is @ioc.
 *
 * Threads: any. Blocks: no.
 * Context: @callback and @destroy run in the thread that iterates @context, never before this
 * function has returned to it.
 */
void qio_channel_socket_listen_async(QIOChannelSocket *ioc,
                                     SocketAddress *addr,
                                     int num,
                                     QIOTaskFunc callback,
                                     gpointer opaque,
                                     GDestroyNotify destroy,
                                     GMainContext *context);

/**
 * qio_channel_socket_dgram_sync:
 * @ioc: (transfer none): a closed channel
 * @localAddr: (transfer none) (nullable): what to be bound to; NULL for any address and port
 * @remoteAddr: (transfer none): whom to send to and receive from; of type inet
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a datagram socket, bound and connected. One write is one datagram, also an empty one.
 * A channel that is open already is left alone.
 *
 * Threads: any. Blocks: yes, for the look-ups.
 * Returns: 0, or -1 with @errp set.
 */
int qio_channel_socket_dgram_sync(QIOChannelSocket *ioc,
                                  SocketAddress *localAddr,
                                  SocketAddress *remoteAddr,
                                  Error **errp);

/**
 * qio_channel_socket_dgram_async:
 * @ioc: (transfer none): a closed channel; referenced until the callback has returned
 * @localAddr: (transfer none) (nullable): what to be bound to; copied
 * @remoteAddr: (transfer none): whom to send to and receive from; copied
 * @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
 * @opaque: (closure) (nullable): data for @callback
 * @destroy: (destroy) (nullable): ends @opaque, after the callback
 * @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
 *
 * Runs qio_channel_socket_dgram_sync() on a worker thread. The task's source is @ioc.
 *
 * Threads: any. Blocks: no.
 * Context: @callback and @destroy run in the thread that iterates @context, never before this
 * function has returned to it.
 */
void qio_channel_socket_dgram_async(QIOChannelSocket *ioc,
                                    SocketAddress *localAddr,
                                    SocketAddress *remoteAddr,
                                    QIOTaskFunc callback,
                                    gpointer opaque,
                                    GDestroyNotify destroy,
                                    GMainContext *context);

/**
 * qio_channel_socket_get_local_address:
 * @ioc: (transfer none): the channel
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells the address of this end, as it was when the channel was opened; also after it was closed.
 *
 * Threads: any, but not while the channel is being opened. Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set if the channel was never
 * opened; free with qapi_free_SocketAddress().
 */
SocketAddress *qio_channel_socket_get_local_address(QIOChannelSocket *ioc,
                                                    Error **errp);

/**
 * qio_channel_socket_get_remote_address:
 * @ioc: (transfer none): the channel
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells the address of the peer, as it was when the channel was opened; also after it was closed.
 *
 * Threads: any, but not while the channel is being opened. Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set if there is no peer, as
 * for a listening socket; free with qapi_free_SocketAddress().
 */
SocketAddress *qio_channel_socket_get_remote_address(QIOChannelSocket *ioc,
                                                     Error **errp);

/**
 * qio_channel_socket_accept:
 * @ioc: (transfer none): a listening channel
 * @errp: (nullable): as in qapi/error.h
 *
 * Takes the first connection that waits. Its socket is blocking, whatever that of @ioc is, and
 * closed in programs that are executed. If @ioc is non-blocking and no connection waits, this fails, with
 * errno EAGAIN. @ioc goes on listening in any case.
 *
 * Threads: any. Blocks: until a peer connects, if @ioc is blocking.
 * Returns: (transfer full) (nullable): the connection, or NULL with @errp and errno set.
 */
QIOChannelSocket *qio_channel_socket_accept(QIOChannelSocket *ioc,
                                                   Error **errp);

#if defined(QIO_HAS_SEND_BUFFER)
/**
 * qio_channel_socket_set_send_buffer:
 * @ioc: (transfer none): an open channel
 * @size: bytes that the system should hold for the socket; more than an int counts as INT_MAX
 * @errp: (nullable): as in qapi/error.h
 *
 * Sets SO_SNDBUF. The system has a limit of its own, which this meets without an error.
 *
 * Threads: any. Blocks: no.
 * Returns: 0, or -1 with @errp set.
 * Since: qemu-10.1 profile.
 */
int qio_channel_socket_set_send_buffer(QIOChannelSocket *ioc,
                                       size_t size,
                                       Error **errp);
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_SOCKET_H */
