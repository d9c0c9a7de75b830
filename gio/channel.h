/*
 * The channel over a GIOStream, as its parts see it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GIO_CHANNEL_H
#define GIO_CHANNEL_H

#include "error.h"

struct QIOChannelGio {
    QIOChannel parent;
    GIOStream *stream;
    GInputStream *input; /* of the stream */
    GOutputStream *output;
    bool nonblocking;
    /* Cancelled when a direction is shut down, so that whoever waits for it is woken. */
    GCancellable *read_end, *write_end;
    bool read_end_held, write_end_held; /* their descriptors are there for GIO to wait */
    /* An output stream takes one call at a time: who comes to close it beside a writer leaves that to the writer. */
    GMutex output_lock; /* never held in a call of the stream */
    bool output_used; /* a thread writes or closes */
    bool output_close_due; /* that thread closes before it leaves */
};

/* NULL if there is none. */
GSocket *channel_gio_socket(QIOChannelGio *self);

/* NULL if the end can't be waited for. */
GPollableInputStream *channel_gio_pollable_input(QIOChannelGio *self);
GPollableOutputStream *channel_gio_pollable_output(QIOChannelGio *self);

/* The slot io_create_watch. */
GSource *channel_gio_create_watch(QIOChannel *ioc, GIOCondition condition);

#endif
