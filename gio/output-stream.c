/*
 * The GOutputStream of a channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "end.h"
#include "io/channel-websock.h"
#ifndef QIO_WITHOUT_TLS
#include "io/channel-tls.h"
#endif

G_DECLARE_FINAL_TYPE(QIOGioOutputStream, qio_gio_output_stream, QIO, GIO_OUTPUT_STREAM, GOutputStream)

struct _QIOGioOutputStream {
    GOutputStream parent;
    End end;
};

static void pollable_init(GPollableOutputStreamInterface *iface);

G_DEFINE_TYPE_WITH_CODE(QIOGioOutputStream, qio_gio_output_stream, G_TYPE_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, pollable_init))

/* GIO takes them for the same, too. */
G_STATIC_ASSERT(sizeof(GOutputVector) == sizeof(struct iovec));
G_STATIC_ASSERT(offsetof(GOutputVector, buffer) == offsetof(struct iovec, iov_base));
G_STATIC_ASSERT(offsetof(GOutputVector, size) == offsetof(struct iovec, iov_len));

static ssize_t transmit(End *end, const GOutputVector *vectors, gsize n_vectors, Error **errp)
{
    errno = 0;
    return qio_channel_writev(end->ioc, (const struct iovec *)vectors, n_vectors, errp);
}

static gboolean blocking_writev(GOutputStream *stream, const GOutputVector *vectors, gsize n_vectors,
                                gsize *bytes_written, GCancellable *cancellable, GError **error)
{
    End *end = &QIO_GIO_OUTPUT_STREAM(stream)->end;
    Error *err = NULL;
    ssize_t n;

    if (!end_begin(end, cancellable, error)) {
        return FALSE;
    }
    while ((n = transmit(end, vectors, n_vectors, &err)) == QIO_CHANNEL_ERR_BLOCK) {
        if (!end_wait(end, cancellable, error)) {
            return FALSE;
        }
    }
    n = end_finish(n, err, errno, error);
    *bytes_written = MAX(n, 0);
    return n >= 0;
}

static gssize blocking_write(GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable,
                             GError **error)
{
    GOutputVector vector = { buffer, count };
    gsize written = 0;

    return blocking_writev(stream, &vector, 1, &written, cancellable, error) ? (gssize)written : -1;
}

static GPollableReturn nonblocking_writev(GPollableOutputStream *stream, const GOutputVector *vectors,
                                          gsize n_vectors, gsize *bytes_written, GError **error)
{
    End *end = &QIO_GIO_OUTPUT_STREAM(stream)->end;
    Error *err = NULL;
    ssize_t n;

    if (!end_begin(end, NULL, error)) {
        return G_POLLABLE_RETURN_FAILED;
    }
    n = transmit(end, vectors, n_vectors, &err);
    if (n == QIO_CHANNEL_ERR_BLOCK) {
        /* By the rules of this method without an error. */
        return G_POLLABLE_RETURN_WOULD_BLOCK;
    }
    n = end_finish(n, err, errno, error);
    *bytes_written = MAX(n, 0);
    return n >= 0 ? G_POLLABLE_RETURN_OK : G_POLLABLE_RETURN_FAILED;
}

static gssize nonblocking_write(GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
    GOutputVector vector = { buffer, count };
    gsize written = 0;

    switch (nonblocking_writev(stream, &vector, 1, &written, error)) {
    case G_POLLABLE_RETURN_OK:
        return written;
    case G_POLLABLE_RETURN_WOULD_BLOCK:
        return end_finish(QIO_CHANNEL_ERR_BLOCK, NULL, EAGAIN, error);
    default:
        return -1;
    }
}

static gboolean is_writable(GPollableOutputStream *stream)
{
    return end_is_ready(&QIO_GIO_OUTPUT_STREAM(stream)->end);
}

static GSource *create_source(GPollableOutputStream *stream, GCancellable *cancellable)
{
    return end_source(&QIO_GIO_OUTPUT_STREAM(stream)->end, G_OBJECT(stream), cancellable);
}

static void pollable_init(GPollableOutputStreamInterface *iface)
{
    iface->is_writable = is_writable;
    iface->create_source = create_source;
    iface->write_nonblocking = nonblocking_write;
    iface->writev_nonblocking = nonblocking_writev;
}

#if defined(QIO_HAS_TLS_BYE) && !defined(QIO_WITHOUT_TLS)
/* NULL if it has no close_notify to send. */
static QIOChannelTLS *tls_of(End *end)
{
    return (QIOChannelTLS *)object_dynamic_cast(OBJECT(end->ioc), TYPE_QIO_CHANNEL_TLS);
}
#endif

static QIOChannelWebsock *websock_of(End *end)
{
    return (QIOChannelWebsock *)object_dynamic_cast(OBJECT(end->ioc), TYPE_QIO_CHANNEL_WEBSOCK);
}

/*
 * Whether what is said, or the last of what was written, would be cut short by the shutdown: until @transport is ready,
 * which has no references of its own. The end of the whole stream waits for nobody.
 */
static bool says_end_later(End *end, End *transport)
{
    QIOChannelWebsock *websock = websock_of(end);

    *transport = *end;
    if (websock) {
        /* It takes a bit more than is sent, which goes out at once when there is room below. */
        transport->ioc = websock->master;
        return !end_is_ready(transport);
    }
#if defined(QIO_HAS_TLS_BYE) && !defined(QIO_WITHOUT_TLS)
    return tls_of(end) && !end_is_ready(end);
#else
    return false;
#endif
}

/* Nothing more comes. The end of the whole stream is not to shut down what a WebSocket's Close frame goes through. */
static gboolean say_end(GOutputStream *stream, GError **error)
{
    End *end = &QIO_GIO_OUTPUT_STREAM(stream)->end;
    Error *err = NULL;

#if defined(QIO_HAS_TLS_BYE) && !defined(QIO_WITHOUT_TLS)
    if (tls_of(end)) {
        /* A peer that is gone needn't hear it. */
        qio_channel_tls_bye(tls_of(end), NULL);
    }
#endif
    if (websock_of(end)) {
        /* Nothing, but behind what it has taken before. */
        qio_channel_write(end->ioc, "", 0, NULL);
    }
    if (!g_cancellable_is_cancelled(end->closing) && qio_channel_has_feature(end->ioc, QIO_CHANNEL_FEATURE_SHUTDOWN)) {
        errno = 0;
        if (qio_channel_shutdown(end->ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &err) < 0) {
            error_to_gerror(err, code_of_errno(errno), error);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean close_blocking(GOutputStream *stream, GCancellable *cancellable, GError **error)
{
    End *end = &QIO_GIO_OUTPUT_STREAM(stream)->end, transport;
    /* It is closed even so, and the peer told if it can be. */
    gboolean waited = !says_end_later(end, &transport) || end_wait(&transport, cancellable, error);
    gboolean said = say_end(stream, waited ? error : NULL);

    return waited && said;
}

static gboolean close_when_ready(GObject *stream, gpointer opaque)
{
    GTask *task = opaque;
    GError *error = NULL;

    if (say_end(G_OUTPUT_STREAM(stream), &error)) {
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
    return G_SOURCE_REMOVE;
}

/* Where the base class would have a thread for it. */
static void close_async(GOutputStream *stream, int priority, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
    End *end = &QIO_GIO_OUTPUT_STREAM(stream)->end, transport;
    GTask *task = g_task_new(stream, cancellable, callback, user_data);

    g_task_set_priority(task, priority);
    if (says_end_later(end, &transport)) {
        GSource *source = end_source(&transport, G_OBJECT(stream), cancellable);

        g_task_attach_source(task, source, (GSourceFunc)(void (*)(void))close_when_ready);
        g_source_unref(source);
    } else {
        close_when_ready(G_OBJECT(stream), task);
    }
    g_object_unref(task);
}

static gboolean close_finish(GOutputStream *stream, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

static void finalize(GObject *object)
{
    end_clear(&QIO_GIO_OUTPUT_STREAM(object)->end);
    G_OBJECT_CLASS(qio_gio_output_stream_parent_class)->finalize(object);
}

static void qio_gio_output_stream_class_init(QIOGioOutputStreamClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = finalize;
    G_OUTPUT_STREAM_CLASS(klass)->write_fn = blocking_write;
    G_OUTPUT_STREAM_CLASS(klass)->writev_fn = blocking_writev;
    G_OUTPUT_STREAM_CLASS(klass)->close_fn = close_blocking;
    G_OUTPUT_STREAM_CLASS(klass)->close_async = close_async;
    G_OUTPUT_STREAM_CLASS(klass)->close_finish = close_finish;
}

static void qio_gio_output_stream_init(QIOGioOutputStream *self)
{
}

GOutputStream *qio_gio_output_stream_new(QIOChannel *ioc, GCancellable *closing)
{
    QIOGioOutputStream *self = g_object_new(qio_gio_output_stream_get_type(), NULL);

    end_init(&self->end, ioc, G_IO_OUT, closing);
    return G_OUTPUT_STREAM(self);
}
