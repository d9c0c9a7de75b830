/*
 * Moves bytes both ways between two channels, without ever waiting for one of them alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "io/channel-websock.h"
#include "qio/websock-client.h"

enum {
    CHUNK = 64 << 10,
    PATIENCE = 5 /* seconds for the far end to end, when the command is over that wanted no more of it */
};

/* One direction. */
typedef struct Way {
    Relay *relay;
    QIOChannel *from, *to;
    uint64_t *count;
    size_t length, done; /* of what was read and is to be written */
    guint tag;
    bool is_over;
    bool discards; /* nobody takes what is read */
    char bytes[CHUNK];
} Way;

struct Relay {
    Way out, in;
    QIOChannel *far;
    bool waits_for_near;
    int linger;
    guint timer, room;
    Relayed relayed;
    RelayOver *over;
    gpointer opaque;
};

static gboolean way_ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque);

static void way_watch(Way *way)
{
    bool writes = way->done < way->length;

    way->tag = qio_channel_add_watch(writes ? way->to : way->from, writes ? G_IO_OUT : G_IO_IN, way_ready, way,
                                     NULL);
}

static gboolean relay_end(gpointer opaque)
{
    Relay *relay = opaque;

    g_clear_handle_id(&relay->out.tag, g_source_remove);
    g_clear_handle_id(&relay->in.tag, g_source_remove);
    g_clear_handle_id(&relay->room, g_source_remove);
    relay->timer = 0;
    if (!relay->out.is_over) {
        layers_half_close(relay->far);
    }
    qio_channel_close(relay->far, NULL);
    relay->over(&relay->relayed, relay->opaque);
    object_unref(OBJECT(relay->out.from));
    object_unref(OBJECT(relay->in.to));
    object_unref(OBJECT(relay->far));
    error_free(relay->relayed.err);
    g_free(relay);
    return G_SOURCE_REMOVE;
}

/* Not from inside a watch's function, which is still to return. */
static void relay_end_soon(Relay *relay)
{
    g_clear_handle_id(&relay->timer, g_source_remove);
    relay->timer = g_idle_add(relay_end, relay);
}

void relay_stop(Relay *relay)
{
    relay_end_soon(relay);
}

/* The WebSocket's own source comes before the idle one. */
static gboolean far_has_room(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Relay *relay = opaque;

    relay->room = 0;
    relay_end_soon(relay);
    return G_SOURCE_REMOVE;
}

/*
 * A WebSocket has taken up to 8 KiB that it hasn't sent: closing would drop them, and the Close frame has its turn behind
 * them. They go out in the main loop, together, when what is below has room.
 */
static gboolean relay_end_sent(gpointer opaque)
{
    Relay *relay = opaque;
    Object *websock = object_dynamic_cast(OBJECT(relay->far), TYPE_QIO_CHANNEL_WEBSOCK);

    if (!websock) {
        return relay_end(relay);
    }
    relay->timer = 0;
    relay->room = qio_channel_add_watch(QIO_CHANNEL_WEBSOCK(websock)->master, G_IO_OUT, far_has_room, relay, NULL);
    return G_SOURCE_REMOVE;
}

static void relay_end_within(Relay *relay, int seconds)
{
    g_clear_handle_id(&relay->timer, g_source_remove);
    relay->timer = g_timeout_add_seconds(seconds, relay_end_sent, relay);
}

/* A WebSocket ends with an error, also in good order. */
static bool is_good_end(QIOChannel *ioc)
{
    Object *websock = object_dynamic_cast(OBJECT(ioc), TYPE_QIO_CHANNEL_WEBSOCK);

    return websock && qio_channel_websock_get_close_status(QIO_CHANNEL_WEBSOCK(websock));
}

/* Nothing more comes this way. */
static void way_over(Way *way)
{
    Relay *relay = way->relay;
    bool is_out = way == &relay->out;

    way->is_over = true;
    if (!is_out && relay->waits_for_near) {
        /* The command reads to the end. */
        qio_channel_shutdown(way->to, QIO_CHANNEL_SHUTDOWN_WRITE, NULL);
    }
    if (is_out && !layers_half_close(relay->far) && relay->linger < 0) {
        relay->linger = 0;
    }
    if (relay->in.is_over && (relay->out.is_over || !relay->waits_for_near)) {
        relay_end_soon(relay);
    } else if (is_out && relay->linger >= 0) {
        relay_end_within(relay, relay->linger);
    } else if (is_out && relay->in.discards) {
        relay_end_within(relay, PATIENCE);
    }
}

static void way_failed(Way *way, QIOChannel *where, bool writes, Error *err)
{
    Relay *relay = way->relay;

    if (is_good_end(where)) {
        error_free(err);
        way_over(way);
        if (way == &relay->in) {
            relay_end_soon(relay);
        }
        return;
    }
    if (relay->waits_for_near && where != relay->far) {
        /*
         * The command wants no more, which is its right. What it says is still the client's, who would lose it by a
         * reset: that is what a socket sends that is closed with bytes to read.
         */
        error_free(err);
        if (!writes) {
            /* It has gone with bytes to read, and so reset its own. */
            way_over(way);
            return;
        }
        way->discards = true;
        way->done = way->length;
        way_watch(way);
        if (relay->out.is_over) {
            relay_end_within(relay, PATIENCE);
        }
        return;
    }
    relay->relayed.err = relay->relayed.err ? (error_free(err), relay->relayed.err) : err;
    way->is_over = true;
    if (writes && way == &relay->out && !relay->in.is_over) {
        /* The far end wants no more. What it has said may be why. */
        if (relay->waits_for_near) {
            qio_channel_shutdown(way->from, QIO_CHANNEL_SHUTDOWN_READ, NULL);
        }
        if (relay->linger >= 0) {
            relay_end_within(relay, relay->linger);
        }
        return;
    }
    relay_end_soon(relay);
}

/* Reads, or writes what was read. */
static gboolean way_ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Way *way = opaque;
    bool writes = way->done < way->length;
    Error *err = NULL;
    ssize_t n;

    n = writes ? qio_channel_write(way->to, way->bytes + way->done, way->length - way->done, &err)
               : qio_channel_read(way->from, way->bytes, CHUNK, &err);
    if (n == QIO_CHANNEL_ERR_BLOCK) {
        return G_SOURCE_CONTINUE;
    }
    way->tag = 0;
    if (n < 0) {
        way_failed(way, ioc, writes, err);
    } else if (n == 0 && !writes) {
        way_over(way);
    } else {
        if (writes) {
            way->done += n;
            *way->count += n;
        } else {
            way->length = n;
            way->done = way->discards ? n : 0;
        }
        way_watch(way);
    }
    return G_SOURCE_REMOVE;
}

Relay *relay_start(QIOChannel *near_in, QIOChannel *near_out, QIOChannel *far, bool waits_for_near, int linger,
                   RelayOver *over, gpointer opaque)
{
    Relay *relay = g_new0(Relay, 1);

    relay->out = (Way) { .relay = relay, .from = near_in, .to = far, .count = &relay->relayed.sent };
    relay->in = (Way) { .relay = relay, .from = far, .to = near_out, .count = &relay->relayed.received };
    relay->far = far;
    relay->waits_for_near = waits_for_near;
    relay->linger = linger;
    relay->over = over;
    relay->opaque = opaque;
    object_ref(OBJECT(near_in));
    object_ref(OBJECT(near_out));
    object_ref(OBJECT(far));
    way_watch(&relay->out);
    way_watch(&relay->in);
    return relay;
}

const Relayed *relay_progress(const Relay *relay)
{
    return &relay->relayed;
}
