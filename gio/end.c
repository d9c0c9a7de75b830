/*
 * Transfers and waits of a GIO stream over a channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "end.h"
#include "waiting.h"

void end_init(End *end, QIOChannel *ioc, GIOCondition condition, GCancellable *closing)
{
    end->ioc = QIO_CHANNEL(object_ref(OBJECT(ioc)));
    end->condition = condition;
    end->closing = g_object_ref(closing);
}

void end_clear(End *end)
{
    object_unref(OBJECT(end->ioc));
    g_object_unref(end->closing);
}

gboolean end_begin(End *end, GCancellable *cancellable, GError **error)
{
    if (g_cancellable_is_cancelled(end->closing)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The stream is closed");
        return FALSE;
    }
    return !g_cancellable_set_error_if_cancelled(cancellable, error);
}

gssize end_finish(ssize_t n, Error *err, int code, GError **error)
{
    if (n >= 0) {
        return n;
    }
    if (n == QIO_CHANNEL_ERR_BLOCK) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "The channel would block");
    } else {
        error_to_gerror(err, code_of_errno(code), error);
    }
    return -1;
}

static GSource *watch_new(End *end, QIOChannelFunc func, gpointer opaque)
{
    GSource *watch = qio_channel_create_watch(end->ioc, end->condition);

    g_source_set_callback(watch, (GSourceFunc)(void (*)(void))func, opaque, NULL);
    return watch;
}

static gboolean note_ready(QIOChannel *ioc, GIOCondition condition, gpointer is_ready)
{
    *(bool *)is_ready = true;
    return G_SOURCE_CONTINUE;
}

static void stop(GCancellable *cancellable, gpointer waiting)
{
    waiting_stop(waiting);
}

/* Ends the wait when it is cancelled. A source of GIO's own is leaked if its wait ends while another thread cancels. */
static gulong connect_cancelled(GCancellable *cancellable, Waiting *waiting)
{
    return cancellable ? g_cancellable_connect(cancellable, G_CALLBACK(stop), waiting_ref(waiting),
                                               (GDestroyNotify)waiting_unref)
                       : 0;
}

/* Not as g_cancellable_disconnect(), which waits for whoever cancels, and so for what that one waits for. */
static void disconnect_cancelled(GCancellable *cancellable, gulong id)
{
    if (id) {
        g_signal_handler_disconnect(cancellable, id);
    }
}

/* Nothing else may be dispatched in a call that blocks. */
static bool is_ready(End *end, GCancellable *cancellable, bool waits)
{
    Waiting *waiting = waiting_new();
    gulong closing_id = 0, id = 0;
    bool is_told, ready = false;

    if (waits) {
        closing_id = connect_cancelled(end->closing, waiting);
        id = connect_cancelled(cancellable, waiting);
    }
    is_told = waiting_run(waiting, watch_new(end, note_ready, &ready), waits, &ready);
    disconnect_cancelled(end->closing, closing_id);
    disconnect_cancelled(cancellable, id);
    waiting_unref(waiting);
    /* What nobody can tell a transfer does. */
    return !is_told || ready;
}

gboolean end_wait(End *end, GCancellable *cancellable, GError **error)
{
    is_ready(end, cancellable, true);
    return end_begin(end, cancellable, error);
}

gboolean end_is_ready(End *end)
{
    /* Then a transfer says so at once. */
    return g_cancellable_is_cancelled(end->closing) || is_ready(end, NULL, false);
}

/* Does nothing but wake who polls. */
static GSource *cancelled_new(GCancellable *cancellable)
{
    GSource *source = g_cancellable_source_new(cancellable);

    g_source_set_dummy_callback(source);
    return source;
}

static gboolean stay(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    return G_SOURCE_CONTINUE;
}

static void add_child(GSource *source, GSource *child)
{
    g_source_add_child_source(source, child);
    g_source_unref(child);
}

GSource *end_source(End *end, GObject *pollable, GCancellable *cancellable)
{
    GSource *source = g_pollable_source_new(pollable);

    add_child(source, cancelled_new(end->closing));
    if (cancellable) {
        add_child(source, cancelled_new(cancellable));
    }
    /* A closed channel has nothing to look at. */
    if (!g_cancellable_is_cancelled(end->closing)) {
        add_child(source, watch_new(end, stay, NULL));
    }
    return source;
}
