/*
 * The GInputStream of a channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "end.h"

G_DECLARE_FINAL_TYPE(QIOGioInputStream, qio_gio_input_stream, QIO, GIO_INPUT_STREAM, GInputStream)

struct _QIOGioInputStream {
    GInputStream parent;
    End end;
};

static void pollable_init(GPollableInputStreamInterface *iface);

G_DEFINE_TYPE_WITH_CODE(QIOGioInputStream, qio_gio_input_stream, G_TYPE_INPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM, pollable_init))

static ssize_t receive(End *end, void *buffer, gsize count, Error **errp)
{
    errno = 0;
    return qio_channel_read(end->ioc, buffer, count, errp);
}

static gssize blocking_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable,
                            GError **error)
{
    End *end = &QIO_GIO_INPUT_STREAM(stream)->end;
    Error *err = NULL;
    ssize_t n;

    if (!end_begin(end, cancellable, error)) {
        return -1;
    }
    while ((n = receive(end, buffer, count, &err)) == QIO_CHANNEL_ERR_BLOCK) {
        if (!end_wait(end, cancellable, error)) {
            return -1;
        }
    }
    return end_finish(n, err, errno, error);
}

static gssize nonblocking_read(GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
    End *end = &QIO_GIO_INPUT_STREAM(stream)->end;
    Error *err = NULL;
    ssize_t n;

    if (!end_begin(end, NULL, error)) {
        return -1;
    }
    n = receive(end, buffer, count, &err);
    return end_finish(n, err, errno, error);
}

static gboolean is_readable(GPollableInputStream *stream)
{
    return end_is_ready(&QIO_GIO_INPUT_STREAM(stream)->end);
}

static GSource *create_source(GPollableInputStream *stream, GCancellable *cancellable)
{
    return end_source(&QIO_GIO_INPUT_STREAM(stream)->end, G_OBJECT(stream), cancellable);
}

static void pollable_init(GPollableInputStreamInterface *iface)
{
    iface->is_readable = is_readable;
    iface->create_source = create_source;
    iface->read_nonblocking = nonblocking_read;
}

/* Where the base class would have a thread for it. */
static void close_async(GInputStream *stream, int priority, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(stream, cancellable, callback, user_data);

    g_task_set_priority(task, priority);
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
}

static gboolean close_finish(GInputStream *stream, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

static void finalize(GObject *object)
{
    end_clear(&QIO_GIO_INPUT_STREAM(object)->end);
    G_OBJECT_CLASS(qio_gio_input_stream_parent_class)->finalize(object);
}

static void qio_gio_input_stream_class_init(QIOGioInputStreamClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = finalize;
    G_INPUT_STREAM_CLASS(klass)->read_fn = blocking_read;
    G_INPUT_STREAM_CLASS(klass)->close_async = close_async;
    G_INPUT_STREAM_CLASS(klass)->close_finish = close_finish;
}

static void qio_gio_input_stream_init(QIOGioInputStream *self)
{
}

GInputStream *qio_gio_input_stream_new(QIOChannel *ioc, GCancellable *closing)
{
    QIOGioInputStream *self = g_object_new(qio_gio_input_stream_get_type(), NULL);

    end_init(&self->end, ioc, G_IO_IN, closing);
    return G_INPUT_STREAM(self);
}
