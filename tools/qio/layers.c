/*
 * What stands between a socket and what is transferred: TLS, a WebSocket, both, or nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "qio/connect.h"
#include "qio/websock-client.h"

/* A connection on its way up. */
typedef struct Raise {
    const Layers *layers;
    LayersReady *ready;
    gpointer opaque;
    SocketAddress *address; /* a client's */
    QIOChannelSocket *sioc;
    QIOChannel *top;
    guint deadline;
    bool is_late;
} Raise;

static void raise_free(Raise *raise)
{
    g_clear_handle_id(&raise->deadline, g_source_remove);
    qapi_free_SocketAddress(raise->address);
    object_unref(OBJECT(raise->sioc));
    if (raise->top) {
        object_unref(OBJECT(raise->top));
    }
    g_free(raise);
}

/* Takes over @err. */
static void raise_failed(Raise *raise, Error *err)
{
    if (raise->is_late) {
        error_free(err);
        err = NULL;
        error_setg(&err, "There was no answer within %d seconds", raise->layers->timeout);
    }
    qio_channel_close(raise->top ? raise->top : QIO_CHANNEL(raise->sioc), NULL);
    raise->ready(NULL, err, raise->opaque);
    raise_free(raise);
}

static void raise_done(Raise *raise)
{
    raise->ready(QIO_CHANNEL(object_ref(OBJECT(raise->top))), NULL, raise->opaque);
    raise_free(raise);
}

/* Whatever is under way sees the end of the connection. */
static gboolean raise_late(gpointer opaque)
{
    Raise *raise = opaque;

    raise->deadline = 0;
    raise->is_late = true;
    if (raise->sioc->fd >= 0) {
        qio_channel_shutdown(QIO_CHANNEL(raise->sioc), QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
    } else {
        qio_channel_socket_connect_cancel(raise->sioc);
    }
    return G_SOURCE_REMOVE;
}

static void set_top(Raise *raise, void *ioc)
{
    if (raise->top) {
        object_unref(OBJECT(raise->top));
    }
    raise->top = ioc;
}

static void websock_done(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        raise_failed(opaque, err);
    } else {
        raise_done(opaque);
    }
}

/* The host of a request's Host line; g_free() it. */
static char *host_line(const Raise *raise)
{
    const SocketAddress *address = raise->address;
    const char *host = address_host(address);

    if (raise->layers->host) {
        return g_strdup(raise->layers->host);
    }
    if (!host) {
        return g_strdup("localhost");
    }
    return g_strdup_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, address->u.inet.port);
}

static void raise_websock(Raise *raise)
{
    QIOChannelWebsock *ioc;

    if (!raise->layers->websocket) {
        raise_done(raise);
        return;
    }
    if (raise->address) {
        const char *protocol = raise->layers->protocol ? raise->layers->protocol : "binary";
        const char *const protocols[] = { protocol, NULL };
        g_autofree char *host = host_line(raise);
        QIOWebsockRequest request = {
            .size = sizeof(request), .host = host, .path = raise->layers->path,
            .protocols = *protocol ? protocols : NULL,
        };
        Error *err = NULL;

        ioc = qio_channel_websock_new_client(raise->top, &request, &err);
        if (!ioc) {
            raise_failed(raise, err);
            return;
        }
    } else {
        ioc = qio_channel_websock_new_server(raise->top);
    }
    set_top(raise, ioc);
    qio_channel_websock_handshake(ioc, websock_done, raise, NULL);
}

#ifdef QIO_TOOL_HAS_TLS
static void tls_done(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        raise_failed(opaque, err);
    } else {
        raise_websock(opaque);
    }
}

static void raise_tls(Raise *raise)
{
    const Layers *layers = raise->layers;
    const char *name = layers->tls_name;
    QCryptoTLSCreds *creds;
    QIOChannelTLS *ioc = NULL;
    Error *err = NULL;

    creds = credentials_new(layers, !raise->address, !layers->insecure, &err);
    if (creds && raise->address) {
        name = name ? name : address_host(raise->address);
        ioc = qio_channel_tls_new_client(raise->top, creds, name, &err);
    } else if (creds) {
        ioc = qio_channel_tls_new_server(raise->top, creds, NULL, &err);
    }
    if (creds) {
        object_unparent(OBJECT(creds));
    }
    if (!ioc) {
        raise_failed(raise, err);
        return;
    }
    set_top(raise, ioc);
    qio_channel_tls_handshake(ioc, tls_done, raise, NULL, NULL);
}
#endif

static void raise_begin(Raise *raise)
{
    set_top(raise, object_ref(OBJECT(raise->sioc)));
    qio_channel_set_blocking(raise->top, false, NULL);
#ifdef QIO_TOOL_HAS_TLS
    if (raise->layers->tls) {
        raise_tls(raise);
        return;
    }
#endif
    raise_websock(raise);
}

static Raise *raise_new(const Layers *layers, LayersReady *ready, gpointer opaque)
{
    Raise *raise = g_new0(Raise, 1);

    raise->layers = layers;
    raise->ready = ready;
    raise->opaque = opaque;
    if (layers->timeout > 0) {
        raise->deadline = g_timeout_add_seconds(layers->timeout, raise_late, raise);
    }
    return raise;
}

static void connected(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        raise_failed(opaque, err);
    } else {
        raise_begin(opaque);
    }
}

void layers_connect(const Layers *layers, SocketAddress *address, LayersReady *ready, gpointer opaque)
{
    Raise *raise = raise_new(layers, ready, opaque);

    raise->address = QAPI_CLONE(SocketAddress, address);
    raise->sioc = qio_channel_socket_new();
    qio_channel_socket_connect_full_async(raise->sioc, address, NULL, connected, raise, NULL, NULL);
}

void layers_accept(const Layers *layers, QIOChannelSocket *sioc, LayersReady *ready, gpointer opaque)
{
    Raise *raise = raise_new(layers, ready, opaque);

    raise->sioc = QIO_CHANNEL_SOCKET(object_ref(OBJECT(sioc)));
    raise_begin(raise);
}

bool layers_half_close(QIOChannel *ioc)
{
    if (object_dynamic_cast(OBJECT(ioc), TYPE_QIO_CHANNEL_WEBSOCK)) {
        return false;
    }
#if defined(QIO_TOOL_HAS_TLS) && defined(QIO_HAS_TLS_BYE)
    if (object_dynamic_cast(OBJECT(ioc), TYPE_QIO_CHANNEL_TLS)) {
        qio_channel_tls_bye(QIO_CHANNEL_TLS(ioc), NULL);
        return true;
    }
#endif
    qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, NULL);
    return true;
}
