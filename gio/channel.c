/*
 * A channel over a GIOStream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel.h"
#include "waiting.h"

#include <netinet/tcp.h>

GSocket *channel_gio_socket(QIOChannelGio *self)
{
    return G_IS_SOCKET_CONNECTION(self->stream) && !G_IS_TCP_WRAPPER_CONNECTION(self->stream)
               ? g_socket_connection_get_socket(G_SOCKET_CONNECTION(self->stream))
               : NULL;
}

GPollableInputStream *channel_gio_pollable_input(QIOChannelGio *self)
{
    if (G_IS_POLLABLE_INPUT_STREAM(self->input)
        && g_pollable_input_stream_can_poll(G_POLLABLE_INPUT_STREAM(self->input))) {
        return G_POLLABLE_INPUT_STREAM(self->input);
    }
    return NULL;
}

GPollableOutputStream *channel_gio_pollable_output(QIOChannelGio *self)
{
    if (G_IS_POLLABLE_OUTPUT_STREAM(self->output)
        && g_pollable_output_stream_can_poll(G_POLLABLE_OUTPUT_STREAM(self->output))) {
        return G_POLLABLE_OUTPUT_STREAM(self->output);
    }
    return NULL;
}

/* What ends a transfer that blocks. A socket that is shut down needs nothing, for which GIO would take a descriptor. */
static GCancellable *unless_socket(QIOChannelGio *self, GCancellable *end)
{
    return channel_gio_socket(self) ? NULL : end;
}

/* The result of a transfer that failed. Takes over @error. */
static ssize_t failure(GError *error, Error **errp)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        g_error_free(error);
        errno = EAGAIN;
        return QIO_CHANNEL_ERR_BLOCK;
    }
    error_from_gerror(error, errp);
    return -1;
}

static ssize_t receive(QIOChannel *ioc, const struct iovec *iov, size_t niov, Error **errp)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(ioc);
    GError *error = NULL;
    gssize n;

    while (niov && !iov->iov_len) {
        iov++;
        niov--;
    }
    if (!niov || g_cancellable_is_cancelled(self->read_end)) {
        return 0;
    }
    if (self->nonblocking) {
        n = g_pollable_input_stream_read_nonblocking(G_POLLABLE_INPUT_STREAM(self->input), iov->iov_base,
                                                     iov->iov_len, self->read_end, &error);
    } else {
        n = g_input_stream_read(self->input, iov->iov_base, iov->iov_len, unless_socket(self, self->read_end), &error);
    }
    if (n >= 0) {
        return n;
    }
    /* It was shut down meanwhile. */
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_error_free(error);
        return 0;
    }
    return failure(error, errp);
}

#ifdef QIO_HAS_READV_FLAGS
static ssize_t channel_gio_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds, size_t *nfds,
                                 int flags, Error **errp)
#else
static ssize_t channel_gio_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds, size_t *nfds,
                                 Error **errp)
#endif
{
    return receive(ioc, iov, niov, errp);
}

/* FALSE if somebody is inside the output, who closes it on leaving if that is wanted. */
static bool output_enter(QIOChannelGio *self, bool to_close)
{
    bool is_free;

    g_mutex_lock(&self->output_lock);
    is_free = !self->output_used;
    self->output_used = true;
    self->output_close_due |= to_close && !is_free;
    g_mutex_unlock(&self->output_lock);
    return is_free;
}

/* Leaves it, closed if somebody has come to do so. That one has been told already: nobody hears of a failure. */
static void output_leave(QIOChannelGio *self)
{
    bool close_due;

    do {
        g_mutex_lock(&self->output_lock);
        close_due = self->output_close_due;
        self->output_close_due = false;
        self->output_used = close_due;
        g_mutex_unlock(&self->output_lock);
        if (close_due) {
            g_output_stream_close(self->output, NULL, NULL);
        }
    } while (close_due);
}

static ssize_t transmit(QIOChannelGio *self, const struct iovec *iov, size_t niov, Error **errp)
{
    const GOutputVector *vectors = (const GOutputVector *)iov;
    GError *error = NULL;
    gsize written = 0;
    bool done;

    if (self->nonblocking) {
        GPollableReturn result = g_pollable_output_stream_writev_nonblocking(
            G_POLLABLE_OUTPUT_STREAM(self->output), vectors, niov, &written, self->write_end, &error);

        if (result == G_POLLABLE_RETURN_WOULD_BLOCK) {
            errno = EAGAIN;
            return QIO_CHANNEL_ERR_BLOCK;
        }
        done = result == G_POLLABLE_RETURN_OK;
    } else {
        done = !g_cancellable_set_error_if_cancelled(self->write_end, &error)
               && g_output_stream_writev(self->output, vectors, niov, &written,
                                         unless_socket(self, self->write_end), &error);
    }
    if (done) {
        return written;
    }
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_error_free(error);
        error_setg_errno(errp, EPIPE, "Unable to write to a stream that was shut down");
        errno = EPIPE;
        return -1;
    }
    return failure(error, errp);
}

static ssize_t channel_gio_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds, size_t nfds,
                                  int flags, Error **errp)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(ioc);
    /* Otherwise it is being shut down, and the transfer says so. */
    bool entered = output_enter(self, false);
    ssize_t n = transmit(self, iov, niov, errp);
    int code = errno;

    if (entered) {
        output_leave(self);
    }
    errno = code;
    return n;
}

static int channel_gio_set_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(ioc);

    if (!enabled && !(channel_gio_pollable_input(self) && channel_gio_pollable_output(self))) {
        error_setg(errp, "A %s can't be non-blocking, as it can't be polled", G_OBJECT_TYPE_NAME(self->stream));
        errno = EOPNOTSUPP;
        return -1;
    }
    self->nonblocking = !enabled;
    return 0;
}

static int channel_gio_close(QIOChannel *ioc, Error **errp)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(ioc);
    GError *error = NULL;

    if (!g_io_stream_close(self->stream, NULL, &error)) {
        error_from_gerror(error, errp);
        return -1;
    }
    return 0;
}

static int channel_gio_shutdown(QIOChannel *ioc, QIOChannelShutdown how, Error **errp)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(ioc);
    bool read = how != QIO_CHANNEL_SHUTDOWN_WRITE, write = how != QIO_CHANNEL_SHUTDOWN_READ;
    GSocket *socket = channel_gio_socket(self);
    GError *error = NULL;
    bool done = true;

    if (read) {
        g_cancellable_cancel(self->read_end);
    }
    if (write) {
        g_cancellable_cancel(self->write_end);
    }
    if (socket) {
        done = g_socket_shutdown(socket, read, write, &error);
    } else if (write && output_enter(self, true)) {
        done = g_output_stream_close(self->output, NULL, &error);
        output_leave(self);
    }
    if (!done) {
        error_from_gerror(error, errp);
        return -1;
    }
    return 0;
}

static void set_tcp_option(QIOChannel *ioc, int option, bool enabled)
{
    GSocket *socket = channel_gio_socket(QIO_CHANNEL_GIO(ioc));

    if (socket) {
        g_socket_set_option(socket, IPPROTO_TCP, option, enabled, NULL);
    }
}

static void channel_gio_set_cork(QIOChannel *ioc, bool enabled)
{
    set_tcp_option(ioc, TCP_CORK, enabled);
}

static void channel_gio_set_delay(QIOChannel *ioc, bool enabled)
{
    set_tcp_option(ioc, TCP_NODELAY, !enabled);
}

static void channel_gio_finalize(Object *obj)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(obj);

    if (self->read_end_held) {
        g_cancellable_release_fd(self->read_end);
    }
    if (self->write_end_held) {
        g_cancellable_release_fd(self->write_end);
    }
    g_clear_object(&self->stream);
    g_clear_object(&self->read_end);
    g_clear_object(&self->write_end);
    g_mutex_clear(&self->output_lock);
}

static void channel_gio_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    ioc_klass->io_readv = channel_gio_readv;
    ioc_klass->io_writev = channel_gio_writev;
    ioc_klass->io_set_blocking = channel_gio_set_blocking;
    ioc_klass->io_close = channel_gio_close;
    ioc_klass->io_shutdown = channel_gio_shutdown;
    ioc_klass->io_set_cork = channel_gio_set_cork;
    ioc_klass->io_set_delay = channel_gio_set_delay;
    ioc_klass->io_create_watch = channel_gio_create_watch;
}

/* At its first use: code that is loaded late isn't among what the program initialises. */
static gpointer register_type(gpointer unused)
{
    static const TypeInfo info = {
        .name = TYPE_QIO_CHANNEL_GIO,
        .parent = TYPE_QIO_CHANNEL,
        .instance_size = sizeof(QIOChannelGio),
        .instance_finalize = channel_gio_finalize,
        .class_init = channel_gio_class_init,
    };

    type_register_static(&info);
    return NULL;
}

QIOChannelGio *qio_channel_gio_new(GIOStream *stream)
{
    static GOnce once = G_ONCE_INIT;
    QIOChannelGio *self;

    g_return_val_if_fail(G_IS_IO_STREAM(stream), NULL);
    g_once(&once, register_type, NULL);
    self = QIO_CHANNEL_GIO(object_new(TYPE_QIO_CHANNEL_GIO));
    self->stream = g_object_ref(stream);
    self->input = g_io_stream_get_input_stream(stream);
    self->output = g_io_stream_get_output_stream(stream);
    self->read_end = g_cancellable_new();
    self->write_end = g_cancellable_new();
    g_mutex_init(&self->output_lock);
    if (!channel_gio_socket(self)) {
        self->read_end_held = channel_gio_pollable_input(self) && waiting_prepare_cancellable(self->read_end);
        self->write_end_held = channel_gio_pollable_output(self) && waiting_prepare_cancellable(self->write_end);
    }
    qio_channel_set_feature(QIO_CHANNEL(self), QIO_CHANNEL_FEATURE_SHUTDOWN);
    return self;
}

GIOStream *qio_channel_gio_get_stream(QIOChannelGio *self)
{
    g_return_val_if_fail(self != NULL, NULL);
    return self->stream;
}
