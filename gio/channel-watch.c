/*
 * A watch on a channel over a GIOStream: the sources of its pollable ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel.h"

typedef struct Watch {
    GSource parent;
    QIOChannel *ioc;
    GIOCondition always; /* what needn't be waited for, since it can't be */
    GIOCondition ready; /* what the children have told since the last dispatch */
} Watch;

static gboolean prepare(GSource *source, gint *timeout)
{
    *timeout = -1;
    return ((Watch *)source)->always != 0;
}

static gboolean check(GSource *source)
{
    return ((Watch *)source)->always != 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer opaque)
{
    Watch *watch = (Watch *)source;
    GIOCondition condition = watch->always | watch->ready;

    watch->ready = 0;
    /* A child may be dispatched in a later turn than its parent, which then has another. */
    if (!condition || !callback) {
        return G_SOURCE_CONTINUE;
    }
    return ((QIOChannelFunc)(void (*)(void))callback)(watch->ioc, condition, opaque);
}

static void finalize(GSource *source)
{
    object_unref(OBJECT(((Watch *)source)->ioc));
}

static GSourceFuncs watch_funcs = {
    .prepare = prepare,
    .check = check,
    .dispatch = dispatch,
    .finalize = finalize,
};

static gboolean input_ready(GObject *stream, gpointer opaque)
{
    ((Watch *)opaque)->ready |= G_IO_IN;
    return G_SOURCE_CONTINUE;
}

static gboolean output_ready(GObject *stream, gpointer opaque)
{
    ((Watch *)opaque)->ready |= G_IO_OUT;
    return G_SOURCE_CONTINUE;
}

/* Takes over @child, or notes that there is none. */
static void add_child(Watch *watch, GSource *child, GPollableSourceFunc func, GIOCondition condition)
{
    if (child) {
        g_source_set_callback(child, (GSourceFunc)(void (*)(void))func, watch, NULL);
        g_source_add_child_source(&watch->parent, child);
        g_source_unref(child);
    } else {
        watch->always |= condition;
    }
}

/* A transfer says so at once, and GIO would warn of a source for it. */
static bool is_closed(QIOChannelGio *self)
{
    GSocket *socket = channel_gio_socket(self);

    return g_io_stream_is_closed(self->stream) || (socket && g_socket_is_closed(socket));
}

GSource *channel_gio_create_watch(QIOChannel *ioc, GIOCondition condition)
{
    QIOChannelGio *self = QIO_CHANNEL_GIO(ioc);
    Watch *watch = (Watch *)g_source_new(&watch_funcs, sizeof(Watch));

    watch->ioc = QIO_CHANNEL(object_ref(OBJECT(ioc)));
    if (is_closed(self)) {
        watch->always = condition & (G_IO_IN | G_IO_OUT);
        return &watch->parent;
    }
    if (condition & G_IO_IN) {
        GPollableInputStream *input = channel_gio_pollable_input(self);

        add_child(watch, input ? g_pollable_input_stream_create_source(input, self->read_end) : NULL, input_ready,
                  G_IO_IN);
    }
    if (condition & G_IO_OUT) {
        GPollableOutputStream *output = channel_gio_pollable_output(self);

        add_child(watch, output ? g_pollable_output_stream_create_source(output, self->write_end) : NULL,
                  output_ready, G_IO_OUT);
    }
    return &watch->parent;
}
