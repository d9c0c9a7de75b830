/*
 * A GIOStream over a channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "end.h"
#include "waiting.h"

struct _QIOGioStream {
    GIOStream parent;
    QIOChannel *ioc;
    GCancellable *closing;
    GInputStream *input;
    GOutputStream *output;
};

G_DEFINE_TYPE(QIOGioStream, qio_gio_stream, G_TYPE_IO_STREAM)

static GInputStream *get_input(GIOStream *stream)
{
    return QIO_GIO_STREAM(stream)->input;
}

static GOutputStream *get_output(GIOStream *stream)
{
    return QIO_GIO_STREAM(stream)->output;
}

/* What still waits isn't waited for: it ends as the first thing. */
static gboolean close_all(GIOStream *stream, GCancellable *cancellable, GError **error)
{
    QIOGioStream *self = QIO_GIO_STREAM(stream);
    Error *err = NULL;

    g_cancellable_cancel(self->closing);
    g_output_stream_close(self->output, NULL, NULL);
    g_input_stream_close(self->input, NULL, NULL);
    errno = 0;
    if (qio_channel_close(self->ioc, &err) < 0) {
        error_to_gerror(err, code_of_errno(errno), error);
        return FALSE;
    }
    return TRUE;
}

/* Where the base class would have a thread for it. */
static void close_async(GIOStream *stream, int priority, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data)
{
    GTask *task = g_task_new(stream, cancellable, callback, user_data);
    GError *error = NULL;

    g_task_set_priority(task, priority);
    if (close_all(stream, cancellable, &error)) {
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
    g_object_unref(task);
}

static gboolean close_finish(GIOStream *stream, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

static void finalize(GObject *object)
{
    QIOGioStream *self = QIO_GIO_STREAM(object);

    g_object_unref(self->input);
    g_object_unref(self->output);
    g_object_unref(self->closing);
    object_unref(OBJECT(self->ioc));
    G_OBJECT_CLASS(qio_gio_stream_parent_class)->finalize(object);
}

static void qio_gio_stream_class_init(QIOGioStreamClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = finalize;
    G_IO_STREAM_CLASS(klass)->get_input_stream = get_input;
    G_IO_STREAM_CLASS(klass)->get_output_stream = get_output;
    G_IO_STREAM_CLASS(klass)->close_fn = close_all;
    G_IO_STREAM_CLASS(klass)->close_async = close_async;
    G_IO_STREAM_CLASS(klass)->close_finish = close_finish;
}

static void qio_gio_stream_init(QIOGioStream *self)
{
}

GIOStream *qio_gio_stream_new(QIOChannel *ioc, Error **errp)
{
    QIOGioStream *self;
    Error *err = NULL;

    g_return_val_if_fail(ioc != NULL, NULL);
    /* Its result is another in each profile. */
    qio_channel_set_blocking(ioc, false, &err);
    if (err) {
        error_propagate(errp, err);
        return NULL;
    }
    waiting_prepare();
    self = g_object_new(QIO_TYPE_GIO_STREAM, NULL);
    self->ioc = QIO_CHANNEL(object_ref(OBJECT(ioc)));
    self->closing = g_cancellable_new();
    self->input = qio_gio_input_stream_new(ioc, self->closing);
    self->output = qio_gio_output_stream_new(ioc, self->closing);
    return G_IO_STREAM(self);
}

QIOChannel *qio_gio_stream_get_channel(QIOGioStream *self)
{
    g_return_val_if_fail(QIO_IS_GIO_STREAM(self), NULL);
    return self->ioc;
}
