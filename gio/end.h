/*
 * One end of a channel as GIO sees it: what its input and its output stream share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GIO_END_H
#define GIO_END_H

#include "error.h"

typedef struct End {
    QIOChannel *ioc;
    GIOCondition condition; /* G_IO_IN or G_IO_OUT */
    GCancellable *closing; /* of the GIOStream: cancelled before the channel is closed */
} End;

void end_init(End *end, QIOChannel *ioc, GIOCondition condition, GCancellable *closing);
void end_clear(End *end);

/* FALSE with @error if a transfer is not to begin. */
gboolean end_begin(End *end, GCancellable *cancellable, GError **error);

/* What a transfer of the channel came to: @n as it is, or -1 with @error. Takes over @err. */
gssize end_finish(ssize_t n, Error *err, int code, GError **error);

/* Until the end is ready for a transfer; FALSE with @error if it was cancelled or closed. */
gboolean end_wait(End *end, GCancellable *cancellable, GError **error);

gboolean end_is_ready(End *end);

/* For g_pollable_*_stream_create_source(). */
GSource *end_source(End *end, GObject *pollable, GCancellable *cancellable);

GType qio_gio_input_stream_get_type(void);
GType qio_gio_output_stream_get_type(void);
GInputStream *qio_gio_input_stream_new(QIOChannel *ioc, GCancellable *closing);
GOutputStream *qio_gio_output_stream_new(QIOChannel *ioc, GCancellable *closing);

#endif
