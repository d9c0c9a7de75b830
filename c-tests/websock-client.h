/*
 * A WebSocket channel on one end of a pair of sockets, a client made by hand on the other.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WEBSOCK_CLIENT_H
#define WEBSOCK_CLIENT_H

#include "socket-channels.h"
#include "io/channel-websock.h"

#define LINES \
    "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define REQUEST "GET / HTTP/1.1\r\n" LINES "Sec-WebSocket-Protocol: binary\r\n\r\n"

typedef struct Web {
    QIOChannel *ioc;
    QIOChannelSocket *master;
    int client;
    int called;
    int destroyed;
    char *error;
} Web;

static inline void web_called(QIOTask *task, gpointer opaque)
{
    Web *web = opaque;
    Error *err = NULL;

    web->called++;
    if (qio_task_propagate_error(task, &err)) {
        web->error = g_strdup(error_get_pretty(err));
        error_free(err);
    }
}

static inline void web_destroyed(gpointer opaque)
{
    ((Web *)opaque)->destroyed++;
}

/* A channel before its opening handshake. */
static inline void web_start(Web *web)
{
    int sv[2];

    *web = (Web) { .client = -1 };
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    web->client = sv[1];
    web->master = qio_channel_socket_new_fd(sv[0], &error_abort);
    qio_channel_set_blocking(QIO_CHANNEL(web->master), false, &error_abort);
    web->ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(web->master)));
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(web->ioc), web_called, web, web_destroyed);
    g_assert_cmpint(web->called, ==, 0);
}

static inline void web_send(Web *web, const void *bytes, size_t size)
{
    g_assert_cmpint(send(web->client, bytes, size, MSG_NOSIGNAL), ==, size);
}

/* Runs what is ready in the default context. */
static inline void web_run(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

static inline void web_await(Web *web)
{
    while (!web->destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpint(web->called, ==, 1);
}

/* What has arrived at the client; the string must be freed. */
static inline GString *web_receive(Web *web)
{
    GString *text = g_string_new(NULL);
    char bytes[4096];
    ssize_t got;

    while ((got = recv(web->client, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
        g_string_append_len(text, bytes, got);
    }
    return text;
}

/* A channel that was opened by these bytes, with what follows them. */
static inline void web_open_with(Web *web, const char *bytes, size_t size)
{
    GString *reply;

    web_start(web);
    web_send(web, bytes, size);
    web_await(web);
    g_assert_cmpstr(web->error, ==, NULL);
    reply = web_receive(web);
    g_assert_true(g_str_has_prefix(reply->str, "HTTP/1.1 101 Switching Protocols\r\n"));
    g_assert_true(g_str_has_suffix(reply->str, "Sec-WebSocket-Protocol: binary\r\n\r\n"));
    g_assert_nonnull(strstr(reply->str, "Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    g_string_free(reply, true);
}

static inline void web_open(Web *web)
{
    web_open_with(web, REQUEST, strlen(REQUEST));
}

static inline void web_end(Web *web)
{
    if (web->ioc) {
        object_unref(OBJECT(web->ioc));
    }
    web_run();
    g_assert_cmpint(OBJECT(web->master)->ref, ==, 1);
    object_unref(OBJECT(web->master));
    if (web->client >= 0) {
        close(web->client);
    }
    g_free(web->error);
}

/* Sends a frame with a mask. */
static inline void web_frame(Web *web, uint8_t first, const void *payload, size_t size)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    g_autoptr(GByteArray) frame = g_byte_array_new();
    uint8_t header[10] = { first, 0x80 | MIN(size, 126), size >> 8, size };
    size_t i;

    g_assert_cmpint(size, <, 65536);
    g_byte_array_append(frame, header, size < 126 ? 2 : 4);
    g_byte_array_append(frame, mask, 4);
    for (i = 0; i < size; i++) {
        uint8_t byte = ((const uint8_t *)payload)[i] ^ mask[i % 4];

        g_byte_array_append(frame, &byte, 1);
    }
    if (frame->data[1] == (0x80 | 126) && size < 126) {
        g_assert_not_reached();
    }
    web_send(web, frame->data, frame->len);
}

/* The channel has exactly these bytes. */
static inline void web_expect(Web *web, const void *bytes, size_t size)
{
    g_autofree char *got = g_malloc(size + 1);
    size_t have = 0;

    while (have < size) {
        ssize_t n = qio_channel_read(web->ioc, got + have, size + 1 - have, &error_abort);

        g_assert_cmpint(n, >, 0);
        have += n;
    }
    g_assert_cmpmem(got, have, bytes, size);
}

static inline void web_expect_nothing(Web *web)
{
    char byte;

    g_assert_cmpint(qio_channel_read(web->ioc, &byte, 1, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
}

/* The client has received exactly these bytes. */
static inline void web_expect_sent(Web *web, const void *bytes, size_t size)
{
    GString *got = web_receive(web);

    g_assert_cmpmem(got->str, got->len, bytes, size);
    g_string_free(got, true);
}

/* Reading fails with an error. */
static inline void web_expect_failure(Web *web)
{
    Error *err = NULL;
    char byte;

    g_assert_cmpint(qio_channel_read(web->ioc, &byte, 1, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
}

#endif
