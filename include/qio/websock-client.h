/*
 * A client's end of a WebSocket (RFC 6455).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_WEBSOCK_CLIENT_H
#define QIO_WEBSOCK_CLIENT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif
#include "io/channel-websock.h"

/**
 * QIOWebsockRequest:
 * @size: set by the caller: sizeof(QIOWebsockRequest) as it was compiled
 * @host: (not nullable): the name of the server, with `:PORT` behind it if that is not the scheme's own (80, 443); an
 *     IPv6 address stands in brackets. Nothing is looked up: it is what the server reads in the Host line
 * @path: (nullable): what is asked for: a path that begins with `/`, perhaps with a query, both percent-encoded; NULL
 *     for `/`
 * @protocols: (nullable) (array zero-terminated=1): subprotocols, in the order of preference, an array that ends with
 *     NULL. Servers that are QIO channels take a request with `binary` among them, or with none
 * @headers: (nullable) (array zero-terminated=1): more header lines, `Name: value` without a line end, such as Origin,
 *     Authorization or Cookie, an array that ends with NULL. The handshake's own are refused (Host, Connection, Upgrade,
 *     Sec-WebSocket-*), and those that would give it a body
 *
 * What a client asks a server for. All of it is copied.
 *
 * Later versions of the library add members at the end; a smaller struct has zeros in their place.
 */
typedef struct QIOWebsockRequest {
    size_t size;
    const char *host;
    const char *path;
    const char *const *protocols;
    const char *const *headers;
} QIOWebsockRequest;

G_BEGIN_DECLS

/**
 * qio_channel_websock_new_client:
 * @master: (transfer none): what the frames travel over, a connection to the server, for `wss:` a TLS channel whose
 *     handshake is complete; the channel holds a reference
 * @request: (transfer none): what to ask for
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a client's end of a WebSocket, over a connection that has been made. It is used like a server's:
 * qio_channel_websock_handshake() sends the request and waits for the response, in the default context, and its
 * function is called once frames may go or the server has refused, whose status is in the error. Closing the channel
 * cancels it, and closes @master. There is no time limit of its own.
 *
 * What is written goes out in binary frames, each masked with a key of its own that nobody can predict; what is read
 * is the payload of the server's frames, which must not be masked. Messages of text end the connection with
 * status 1003, as at the server's end. Pings are answered. The server's Close frame is answered, and reading then
 * fails; the end of the connection is left to the server until the channel is closed. qio_channel_close() sends a Close
 * frame first, if that can be done without waiting. No extension is asked for, and none is taken.
 *
 * Threads: any; later one reader and one writer at a time. Blocks: no.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set if what @request asks for can't stand in a
 *     request.
 */
QIOChannelWebsock *qio_channel_websock_new_client(QIOChannel *master, const QIOWebsockRequest *request,
                                                  Error **errp);

/**
 * qio_channel_websock_get_protocol:
 * @ioc: (transfer none): a WebSocket channel
 *
 * Tells which of the subprotocols that a client has asked for the server has chosen.
 *
 * Threads: any, once the handshake is complete. Blocks: no.
 * Returns: (transfer none) (nullable): its name, which lives as long as @ioc; NULL if the server has chosen none, before
 *     the end of the handshake, and for a server's end.
 */
const char *qio_channel_websock_get_protocol(QIOChannelWebsock *ioc);

/**
 * qio_channel_websock_get_close_status:
 * @ioc: (transfer none): a WebSocket channel, a client's or a server's end
 *
 * Tells the status of the Close frame with which the peer has ended the stream: a read that fails after one has failed
 * in good order. It is known once a read has failed, and stays when the channel is closed.
 *
 * Source: RFC 6455, sections 5.5.1 and 7.4.
 * Threads: any. Blocks: no.
 * Returns: the status, as the peer has sent it; 1005 if the frame has none, or none has come along with its header; 0 if
 *     no Close frame has ended the stream.
 */
uint16_t qio_channel_websock_get_close_status(QIOChannelWebsock *ioc);

G_END_DECLS

#endif /* QIO_WEBSOCK_CLIENT_H */
