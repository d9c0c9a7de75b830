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

Stream *stream_add(Migration *m, QIOChannelSocket *sioc, bool websock, int number)
{
    Stream *stream = g_new0(Stream, 1);
    bool sends = number >= 0;

    *stream = (Stream) { .migration = m, .sioc = sioc, .ioc = QIO_CHANNEL(sioc), .sends = sends,
                         .end = sends ? SOURCE_END : DESTINATION_END, .websock = websock, .number = number };
    snprintf(stream->name, sizeof(stream->name), sends ? "stream %d" : "connection %d",
             sends ? number : m->accepted);
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

/*
 * Transfers run on threads of their own, which may block; handshakes and coroutines on the main loop,
 * which may not.
 */
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
    if (set_blocking(stream, stream->sends || !stream->migration->in_coroutines)) {
        transfer_start(stream);
    }
}

/* WebSocket */

static void websock_done(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;

    if (task_succeeded(stream->migration, task)) {
        say(stream->migration, stream->end, "%s: WebSocket %s", stream->name,
            stream->sends ? "opened" : "accepted");
        ready(stream);
    }
}

static void handshake_worker(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Error *err = NULL;

    say(stream->migration, stream->end, "%s: asking for a WebSocket", stream->name);
    websock_client_handshake(stream->ioc, &err);
    qio_task_set_error(task, err);
}

static void start_websock(Stream *stream)
{
    Migration *m = stream->migration;

    if (!stream->websock) {
        ready(stream);
    } else if (stream->sends) {
        if (!set_blocking(stream, true)) {
            return;
        }
        push(stream, websock_client_new(stream->ioc));
        /* Always on a worker: it waits for an answer that the main loop gives. */
        work_start(work_new(m, stream->end, websock_done, stream, "WebSocket handshake of %s", stream->name),
                   stream->ioc, handshake_worker, false);
    } else {
        QIOChannelWebsock *websock = qio_channel_websock_new_server(stream->ioc);

        Work *work = work_new(m, stream->end, websock_done, stream, "WebSocket handshake of %s", stream->name);

        push(stream, QIO_CHANNEL(websock));
        qio_channel_websock_handshake(websock, work_done, work, g_free);
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
        say(m, stream->end, "%s: TLS with %s, %d bit keys", stream->name, peer,
            qcrypto_tls_session_get_key_size(session, NULL) * 8);
        start_websock(stream);
    }
}

static void start_tls(Stream *stream)
{
    Migration *m = stream->migration;
    QIOChannelTLS *tls;
    Work *work;
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
    /* Not a worker's: the main loop goes on with it whenever the peer has answered. */
    work = work_new(m, stream->end, tls_done, stream, "TLS handshake of %s", stream->name);
    qio_channel_tls_handshake(tls, work_done, work, g_free, NULL);
}

/* The connection */

/*
 * qio_channel_socket_connect_async() is this and a task. Here they are written out, for the worker to
 * tell where it is.
 */
static void connect_worker(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    g_autofree char *where = socket_uri(stream->address);
    Error *err = NULL;

    say(stream->migration, stream->end, "%s: connecting to %s", stream->name, where);
    qio_channel_socket_connect_sync(stream->sioc, stream->address, &err);
    qio_task_set_error(task, err);
}

static void connected(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;

    if (task_succeeded(stream->migration, task)) {
        say(stream->migration, stream->end, "%s: connected", stream->name);
        if (set_blocking(stream, false)) {
            start_tls(stream);
        }
    }
}

void stream_connect(Stream *stream, SocketAddress *address)
{
    Migration *m = stream->migration;

    stream->address = address;
    work_start(work_new(m, stream->end, connected, stream, "connect %s", stream->name), stream->ioc,
               connect_worker, m->in_main_loop);
}

void stream_accept(Stream *stream)
{
    if (set_blocking(stream, false)) {
        start_tls(stream);
    }
}
