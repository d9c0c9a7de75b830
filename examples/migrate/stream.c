/*
 * From a connection to the channel that a stream reads from or writes to. Each layer is a channel
 * over another one: the socket, TLS over it, a WebSocket over either.
 *
 * Every step is asynchronous: it ends in a callback on the main loop, which starts the next one.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include "io/channel-tls.h"
#include "io/channel-websock.h"

Stream *stream_add(Migration *m, QIOChannelSocket *sioc, bool sends, bool websock, int number)
{
    Stream *stream = g_new0(Stream, 1);

    *stream = (Stream) { m, sioc, QIO_CHANNEL(sioc), sends, websock, number };
    object_ref(OBJECT(stream->ioc));
    g_ptr_array_add(m->streams, stream);
    return stream;
}

void stream_free(gpointer opaque)
{
    Stream *stream = opaque;

    object_unref(OBJECT(stream->ioc));
    object_unref(OBJECT(stream->sioc));
    g_free(stream);
}

/* Puts a layer on top. It holds a reference on what it lies over, so the stream drops its own. */
static void push(Stream *stream, QIOChannel *layer)
{
    object_unref(OBJECT(stream->ioc));
    stream->ioc = layer;
}

/* Transfers run on threads of their own, which may block; handshakes on the main loop, which may not. */
static bool set_blocking(Stream *stream, bool blocking)
{
    Error *err = NULL;

    qio_channel_set_blocking(stream->ioc, blocking, &err);
    if (err) {
        fail(stream->migration, err);
        return false;
    }
    return true;
}

static void ready(Stream *stream)
{
    if (set_blocking(stream, true)) {
        transfer_start(stream);
    }
}

/* WebSocket */

static void websock_done(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;

    if (task_succeeded(stream->migration, task)) {
        say(stream->migration, "WebSocket %s", stream->sends ? "opened" : "accepted");
        ready(stream);
    }
}

static void handshake_worker(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Error *err = NULL;

    websock_client_handshake(stream->ioc, &err);
    qio_task_set_error(task, err);
}

static void start_websock(Stream *stream)
{
    Migration *m = stream->migration;

    if (!stream->websock) {
        ready(stream);
    } else if (stream->sends) {
        QIOTask *task;

        if (!set_blocking(stream, true)) {
            return;
        }
        push(stream, websock_client_new(stream->ioc));
        task = qio_task_new(OBJECT(stream->ioc), websock_done, stream, NULL);
        m->running++;
        qio_task_run_in_thread(task, handshake_worker, stream, NULL, NULL);
    } else {
        QIOChannelWebsock *websock = qio_channel_websock_new_server(stream->ioc);

        push(stream, QIO_CHANNEL(websock));
        m->running++;
        qio_channel_websock_handshake(websock, websock_done, stream, NULL);
    }
}

/* TLS */

static void tls_done(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Migration *m = stream->migration;
    QCryptoTLSSession *session = qio_channel_tls_get_session(QIO_CHANNEL_TLS(stream->ioc));
    g_autofree char *peer = NULL;

    if (task_succeeded(m, task)) {
        peer = qcrypto_tls_session_get_peer_name(session);
        say(m, "TLS with %s, %d bit keys", peer,
            qcrypto_tls_session_get_key_size(session, NULL) * 8);
        start_websock(stream);
    }
}

static void start_tls(Stream *stream)
{
    Migration *m = stream->migration;
    QIOChannelTLS *tls;
    Error *err = NULL;

    if (!m->source_creds) {
        start_websock(stream);
        return;
    }
    /* The client checks the server's name; the server's list says which clients are welcome. */
    if (stream->sends) {
        tls = qio_channel_tls_new_client(stream->ioc, m->source_creds, DESTINATION_NAME, &err);
    } else {
        tls = qio_channel_tls_new_server(stream->ioc, m->destination_creds, "tls-allowed", &err);
    }
    if (!tls) {
        fail(m, err);
        return;
    }
    push(stream, QIO_CHANNEL(tls));
    m->running++;
    qio_channel_tls_handshake(tls, tls_done, stream, NULL, NULL);
}

/* The connection */

static void connected(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;

    if (task_succeeded(stream->migration, task)) {
        say(stream->migration, "stream %d: connected", stream->number);
        if (set_blocking(stream, false)) {
            start_tls(stream);
        }
    }
}

void stream_connect(Stream *stream, SocketAddress *address)
{
    stream->migration->running++;
    qio_channel_socket_connect_async(stream->sioc, address, connected, stream, NULL, NULL);
}

void stream_accept(Stream *stream)
{
    if (set_blocking(stream, false)) {
        start_tls(stream);
    }
}
