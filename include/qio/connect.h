/*
 * Connecting as a browser does: several addresses of a name race (Happy Eyeballs, RFC 8305), with deadlines, and can be
 * cancelled.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_CONNECT_H
#define QIO_CONNECT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif
#include "io/channel-socket.h"

/**
 * QIOConnectOptions:
 * @size: set by the caller: sizeof(QIOConnectOptions) as it was compiled
 * @timeout_ms: milliseconds that all of it may take, look-ups included; 0 for any time
 * @attempt_timeout_ms: milliseconds that the connection to one address may take; 0 for as long as the system tries
 * @attempt_delay_ms: milliseconds until the next address is tried beside those that haven't answered; 0 for 250. Less
 *     than 10 counts as 10, more than 2000 as 2000
 * @resolution_delay_ms: milliseconds that the addresses of the second family wait for those of the first, if they are
 *     known sooner; 0 for 50
 * @first_family_count: addresses of the first family that are tried before one of the other; 0 for 1
 * @first_family: whose addresses are tried first: 6 or 0 for IPv6, 4 for IPv4
 *
 * How to connect. A member that is 0 stands for what RFC 8305 recommends, or for no limit.
 *
 * Later versions of the library add members at the end. What a program that was compiled with fewer doesn't know is 0.
 */
typedef struct QIOConnectOptions {
    size_t size;
    uint32_t timeout_ms;
    uint32_t attempt_timeout_ms;
    uint32_t attempt_delay_ms;
    uint32_t resolution_delay_ms;
    uint32_t first_family_count;
    uint32_t first_family;
} QIOConnectOptions;

G_BEGIN_DECLS

/**
 * qio_channel_socket_connect_full_async:
 * @ioc: (transfer none): a closed channel; referenced until the callback has returned
 * @addr: (transfer none): whom to connect to; copied. Of type fd, the descriptor is the channel's from this call on, or
 *     closed if it fails; it stays the caller's if @ioc is open by then
 * @options: (transfer none) (nullable): how; copied. NULL for what is recommended, without a deadline.
 *     QIOConnectOptions options = { .size = sizeof(options), .timeout_ms = 10000 }
 * @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
 * @opaque: (closure) (nullable): data for @callback
 * @destroy: (destroy) (nullable): ends @opaque, after the callback
 * @context: (transfer none) (nullable): what it runs in, and the callback; NULL is the global default context
 *
 * Connects @ioc as qio_channel_socket_connect_async() does, but to the address that answers first, and without a thread
 * that waits for one. IPv6 and IPv4 addresses of a name are looked up each for itself, on worker threads. As soon as
 * one may be tried a connection to it is begun, and the next when that has failed or hasn't answered for a while, the
 * families in turn. The first connection that stands is the channel's, and the other sockets are closed before the
 * callback.
 *
 * Where all have failed the error names each address with its own failure; where a deadline has come or it was
 * cancelled, also those that hadn't answered: `Failed to connect to 'HOST:PORT': Connection timed out (tried
 * [2001:db8::1]:80: Network is unreachable; 192.0.2.1:80: no answer)`.
 *
 * In the callback qio_task_get_outcome() (qio/ext.h) tells QIO_TASK_TIMED_OUT for @timeout_ms, QIO_TASK_CANCELLED, and
 * otherwise QIO_TASK_COMPLETED.
 *
 * UNIX and virtio sockets and descriptors have one address, and the host connects to it, on a worker thread; the deadline
 * holds all the same, but the thread goes on until the host gives up.
 *
 * If @context is freed before the end @callback is not called; @destroy is, and all sockets are closed.
 *
 * Threads: any. Blocks: no.
 * Context: @callback and @destroy run in the thread that iterates @context, never before this function has returned to
 * it.
 */
void qio_channel_socket_connect_full_async(QIOChannelSocket *ioc, SocketAddress *addr, const QIOConnectOptions *options,
                                           QIOTaskFunc callback, gpointer opaque, GDestroyNotify destroy,
                                           GMainContext *context);

/**
 * qio_channel_socket_connect_cancel:
 * @ioc: (transfer none): a channel that is being connected by qio_channel_socket_connect_full_async()
 *
 * Cancels that. Its callback is called all the same, in its context, with the error `Failed to connect to 'HOST:PORT':
 * Operation canceled`. The channel stays closed and can be connected anew.
 *
 * Threads: any. Blocks: no.
 * Returns: true if the callback is told of it, if not of an earlier cancellation; false if nothing was under way, or its
 *     outcome had been decided
 */
bool qio_channel_socket_connect_cancel(QIOChannelSocket *ioc);

G_END_DECLS

#endif /* QIO_CONNECT_H */
