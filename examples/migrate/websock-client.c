/*
 * The client's end of a WebSocket (RFC 6455), as a channel class of the program's own: what
 * qio_channel_write_all() is given goes out in masked binary frames over another channel.
 *
 * Only writing: the destination of a migration has nothing to say.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include <sys/random.h>

#include "qemu/iov.h"
#include "qemu/module.h"

#define TYPE_WEBSOCK_CLIENT "migrate-websock-client"
OBJECT_DECLARE_SIMPLE_TYPE(WebsockClient, WEBSOCK_CLIENT)

/* RFC 6455, section 1.3 */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum {
    OPCODE_BINARY = 0x2,
    FIN = 0x80,
    MASKED = 0x80,
    LENGTH_16_BITS = 126,
    MASK_SIZE = 4,
    HEADER_SIZE = 4 + MASK_SIZE,
    PAYLOAD_MAX = 32 * 1024,
    RESPONSE_MAX = 4096,
};

struct WebsockClient {
    QIOChannel parent;
    QIOChannel *master;
    uint8_t frame[HEADER_SIZE + PAYLOAD_MAX];
};

QIOChannel *websock_client_new(QIOChannel *master)
{
    WebsockClient *client = WEBSOCK_CLIENT(object_new(TYPE_WEBSOCK_CLIENT));

    client->master = master;
    object_ref(OBJECT(master));
    return QIO_CHANNEL(client);
}

/* Section 4.1: the server proves that it has understood by hashing the key with a GUID. */
static char *accept_value(const char *key)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    uint8_t digest[20];
    gsize size = sizeof(digest);

    g_checksum_update(sum, (const guchar *)key, -1);
    g_checksum_update(sum, (const guchar *)ACCEPT_GUID, -1);
    g_checksum_get_digest(sum, digest, &size);
    return g_base64_encode(digest, size);
}

/* Up to the empty line, byte by byte: what follows it belongs to frames. */
static bool read_response(QIOChannel *ioc, GString *response, Error **errp)
{
    while (!g_str_has_suffix(response->str, "\r\n\r\n")) {
        char c;

        if (qio_channel_read_all(ioc, &c, 1, errp) < 0) {
            return false;
        }
        g_string_append_c(response, c);
        if (response->len > RESPONSE_MAX) {
            error_setg(errp, "The response to the WebSocket request has no end");
            return false;
        }
    }
    return true;
}

bool websock_client_handshake(QIOChannel *ioc, Error **errp)
{
    QIOChannel *master = WEBSOCK_CLIENT(ioc)->master;
    g_autoptr(GString) response = g_string_new(NULL);
    g_autofree char *key = NULL, *request = NULL, *wanted = NULL;
    uint8_t nonce[16];

    if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce)) {
        error_setg_errno(errp, errno, "No random bytes for a WebSocket key");
        return false;
    }
    key = g_base64_encode(nonce, sizeof(nonce));
    wanted = accept_value(key);
    request = g_strdup_printf("GET / HTTP/1.1\r\nHost: " DESTINATION_NAME "\r\n"
                              "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Protocol: binary\r\n\r\n", key);
    if (qio_channel_write_all(master, request, strlen(request), errp) < 0
        || !read_response(master, response, errp)) {
        return false;
    }
    if (!g_str_has_prefix(response->str, "HTTP/1.1 101 ") || !strstr(response->str, wanted)) {
        error_setg(errp, "The destination refused the WebSocket: %.*s",
                   (int)strcspn(response->str, "\r\n"), response->str);
        return false;
    }
    return true;
}

/* One frame; the caller comes again with the rest. */
static ssize_t websock_client_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                                     size_t nfds, int flags, Error **errp)
{
    WebsockClient *client = WEBSOCK_CLIENT(ioc);
    uint8_t *payload = client->frame + HEADER_SIZE, *mask = payload - MASK_SIZE, *begin;
    size_t length = iov_to_buf(iov, niov, 0, payload, PAYLOAD_MAX), i;

    (void)fds;
    (void)nfds;
    (void)flags;
    if (getrandom(mask, MASK_SIZE, 0) != MASK_SIZE) {
        error_setg_errno(errp, errno, "No random bytes for a WebSocket mask");
        return -1;
    }
    for (i = 0; i < length; i++) {
        payload[i] ^= mask[i % MASK_SIZE];
    }
    /* The header ends where the payload begins, whichever of its two forms it has (section 5.2). */
    begin = mask - (length < LENGTH_16_BITS ? 2 : 4);
    begin[0] = FIN | OPCODE_BINARY;
    if (length < LENGTH_16_BITS) {
        begin[1] = MASKED | length;
    } else {
        begin[1] = MASKED | LENGTH_16_BITS;
        begin[2] = length >> 8;
        begin[3] = length & 0xff;
    }
    if (qio_channel_write_all(client->master, (const char *)begin, payload + length - begin,
                              errp) < 0) {
        return -1;
    }
    return length;
}

static int websock_client_set_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    Error *err = NULL;

    /* The function returns a bool in the latest profile; the error tells in all of them. */
    qio_channel_set_blocking(WEBSOCK_CLIENT(ioc)->master, enabled, &err);
    if (err) {
        error_propagate(errp, err);
        return -1;
    }
    return 0;
}

static int websock_client_close(QIOChannel *ioc, Error **errp)
{
    return qio_channel_close(WEBSOCK_CLIENT(ioc)->master, errp);
}

static int websock_client_shutdown(QIOChannel *ioc, QIOChannelShutdown how, Error **errp)
{
    return qio_channel_shutdown(WEBSOCK_CLIENT(ioc)->master, how, errp);
}

static void websock_client_finalize(Object *obj)
{
    WebsockClient *client = WEBSOCK_CLIENT(obj);

    if (client->master) {
        object_unref(OBJECT(client->master));
    }
}

#ifdef QIO_HAS_CONST_TYPE_INFO
static void websock_client_class_init(ObjectClass *klass, const void *data)
#else
static void websock_client_class_init(ObjectClass *klass, void *data)
#endif
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    (void)data;
    ioc_klass->io_writev = websock_client_writev;
    ioc_klass->io_set_blocking = websock_client_set_blocking;
    ioc_klass->io_close = websock_client_close;
    ioc_klass->io_shutdown = websock_client_shutdown;
}

static const TypeInfo websock_client_info = {
    .name = TYPE_WEBSOCK_CLIENT,
    .parent = TYPE_QIO_CHANNEL,
    .instance_size = sizeof(WebsockClient),
    .instance_finalize = websock_client_finalize,
    .class_init = websock_client_class_init,
};

static void register_types(void)
{
    type_register_static(&websock_client_info);
}

type_init(register_types)
