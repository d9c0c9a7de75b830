/*
 * The server's end of a WebSocket, over any other channel.
 *
 * Generated from crates/abi/src/layout/channel_websock.rs and src/capi/channel_websock.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_WEBSOCK_H
#define QIO_CHANNEL_WEBSOCK_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"
#include "qemu/buffer.h"
#include "io/task.h"

#define TYPE_QIO_CHANNEL_WEBSOCK "qio-channel-websock"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelWebsock, QIO_CHANNEL_WEBSOCK)

/** The mask of a frame, as bytes and as a number. */
typedef union QIOChannelWebsockMask {
    /** In the order of the frame. */
    char c[4];
    /** In the order of the machine. */
    uint32_t u;
} QIOChannelWebsockMask;

/**
 * The server's end of a WebSocket. All fields are private: but for `master`, the tag of the
 * handshake and the pointer in `rawinput`, behind which the state is, they stay zero.
 */
struct QIOChannelWebsock {
    /** The parent. */
    QIOChannel parent;
    /** What the frames travel over. */
    QIOChannel *master;
    /** Private. */
    Buffer encinput;
    /** Private. */
    Buffer encoutput;
    /** Private. */
    Buffer rawinput;
    /** Private. */
    size_t payload_remain;
    /** Private. */
    size_t pong_remain;
    /** Private. */
    union QIOChannelWebsockMask mask;
#if defined(QIO_HAS_WEBSOCK_HS_IO_TAG)
    /** The source that the handshake waits with, 0 if none. */
    unsigned int hs_io_tag;
#endif
    /** Private. */
    unsigned int io_tag;
    /** Private. */
    Error *io_err;
    /** Private. */
    gboolean io_eof;
    /** Private. */
    uint8_t opcode;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_websock_new_server:
 * @master: (transfer none): what the frames travel over; the channel holds a reference
 *
 * Makes the server's end of a WebSocket. Nothing can be read or written before
 * qio_channel_websock_handshake() has succeeded. Closing the channel closes @master; before that a Close
 * frame is sent, behind what is queued, if that can be done without waiting. A Close frame of the peer is
 * answered and ends the connection; reading then fails, and the program has to close the channel.
 *
 * Reads and watches take from @master what they need, in any context and without the default main
 * loop; they answer pings and a Close frame on their way. Of what is written up to 8192 bytes are
 * queued and sent in the background, from the default context; what the master takes at once is not
 * queued. The channel holds no more than 64 KiB of what came in.
 *
 * Threads: any; one reader and one writer at a time. Blocks: no.
 * Returns: (transfer full): the channel, never NULL.
 */
QIOChannelWebsock *qio_channel_websock_new_server(QIOChannel *master);

/**
 * qio_channel_websock_handshake:
 * @ioc: (transfer none): the channel, new
 * @func: (scope async): called once the opening handshake has succeeded or failed
 * @opaque: (closure) (nullable): data for @func
 * @destroy: (destroy) (nullable): frees @opaque; called once, also for NULL
 *
 * Waits for the client's request and responds to it: the opening handshake of RFC 6455. The path is `/`,
 * a query is ignored; the request's head has up to 16 KiB and 100 lines. A request that is refused gets
 * its HTTP status before @func is called with the error. The task's source is @ioc, which stays alive
 * until the task ends. qio_channel_close() cancels the handshake: then @func isn't called. A second
 * handshake ends the process.
 *
 * On a main loop, make the master non-blocking first (those that a listener hands out are blocking):
 * a blocking one waits for a client who takes no response, or who has sent a part of a TLS record and no
 * more, and everything else with it. There is no time limit, unless
 * qio_channel_set_handshake_timeout() or the listener's limits (qio/limits.h) have set one.
 *
 * Threads: any. Blocks: no; in the default context then as the master does.
 * Context: @func and @destroy run in the default context, never before this returns; on a close
 * @destroy runs there and then.
 */
void qio_channel_websock_handshake(QIOChannelWebsock *ioc,
                                   QIOTaskFunc func,
                                   gpointer opaque,
                                   GDestroyNotify destroy);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_WEBSOCK_H */
