/*
 * Two ends of a connection inside one process: plain, or with TLS or WebSocket or both on top. They don't
 * block, and bytes that one sends wake the other.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_LAYERS_H
#define BENCH_LAYERS_H

#include "qemu/osdep.h"
#include "io/channel-websock.h"
#include "qapi/error.h"
#include "../c-tests/strace/tls-ends.h"

#define WEBSOCK_REQUEST \
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

/* The ends are the same object with no WebSocket between: that has no client's side here. */
typedef struct Layers {
    QIOChannel *client;     /* raw bytes, under TLS if there is any */
    QIOChannel *server;
    bool websock;
} Layers;

static inline void layers_websock(Layers *layers)
{
    QIOChannelWebsock *wioc = qio_channel_websock_new_server(layers->server);
    char answer[1024];
    bool ready = false;
    ssize_t got;

    g_assert_cmpint(qio_channel_write_all(layers->client, WEBSOCK_REQUEST, strlen(WEBSOCK_REQUEST),
                                          &error_abort), ==, 0);
    qio_channel_websock_handshake(wioc, shaken, &ready, NULL);
    while (!ready) {
        g_main_context_iteration(NULL, TRUE);
    }
    got = qio_channel_read(layers->client, answer, sizeof(answer), &error_abort);
    g_assert_cmpint(got, >, 4);
    g_assert_cmpmem(answer + got - 4, 4, "\r\n\r\n", 4);
    object_unref(OBJECT(layers->server));
    layers->server = QIO_CHANNEL(wioc);
    layers->websock = true;
}

/* A PSK goes with ChaCha20 unless the priority says otherwise, which would be most of what is measured. */
static inline void layers_choose_cipher(void)
{
#ifndef HOST_IMPORTED
    int i;

    for (i = 0; i < 2; i++) {
        object_property_set_str(OBJECT(creds_of[i]), "priority", "NORMAL:-CHACHA20-POLY1305", &error_abort);
    }
#endif
}

static inline void layers_open(Layers *layers, bool tls, bool websock)
{
    Secure ends[2];
    int fds[2];

    if (tls) {
        creds_begin();
        layers_choose_cipher();
        connect_ends(ends, true, false);
        layers->client = ends[0].ioc;
        layers->server = ends[1].ioc;
    } else {
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
        layers->client = QIO_CHANNEL(qio_channel_socket_new_fd(fds[0], &error_abort));
        layers->server = QIO_CHANNEL(qio_channel_socket_new_fd(fds[1], &error_abort));
    }
    layers->websock = false;
    if (websock) {
        layers_websock(layers);
    }
}

/* A byte for the server, in a frame if it reads frames. */
static inline void layers_send_byte(Layers *layers)
{
    static const char frame[] = { (char)0x82, (char)0x81, 1, 2, 3, 4, 5 };

    if (layers->websock) {
        qio_channel_write(layers->client, frame, sizeof(frame), &error_abort);
    } else {
        qio_channel_write(layers->client, "x", 1, &error_abort);
    }
}

static inline void layers_close(Layers *layers, bool tls)
{
    object_unref(OBJECT(layers->server));
    object_unref(OBJECT(layers->client));
    if (tls) {
        creds_finish();
    }
}

#endif
