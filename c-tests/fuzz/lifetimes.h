/*
 * The model of the target for channels' lifetimes: connections of all kinds, their ends, the bytes under way and the watches.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_LIFETIMES_H
#define FUZZ_LIFETIMES_H

#include "sequence.h"
#include "../tls-channels.h"
#include "../websock-client.h"
#include "io/channel-buffer.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/channel-null.h"

enum { LINKS = 4, ENDS = 4, WATCHES = 24, PLACES = 16 };

typedef enum Kind { SOCKETS, PIPE, FILES, COMMAND, BUFFER, NULLS, TLS, WEBSOCK, KINDS } Kind;

/* Bytes from one end to another, each told by its place. */
typedef struct Stream {
    uint64_t written;
    uint64_t read;
} Stream;

static inline uint8_t byte_at(uint64_t place)
{
    return place * 7 + (place >> 8);
}

struct Link;

typedef struct End {
    struct Link *link;
    QIOChannel *ioc;
    struct End *below;     /* what it travels over, and keeps */
    int references;        /* the program's */
    bool closed;
    int released;
    Stream *in, *out;
    bool shaking;          /* its handshake was begun, and its data not freed yet */
    bool shaken;           /* it has been successful */
    bool begun;
    int called;
    int destroyed;
} End;

typedef struct Link {
    Kind kind;
    End ends[ENDS];        /* TLS: the two sockets, then client and server; WebSocket: the socket, then it */
    int count;
    Stream streams[2];
    int peer;              /* of a WebSocket: the client's descriptor */
    bool disturbed;        /* something of it was closed, or shut down, or has gone */
    bool has_reply;        /* of a WebSocket: the client has seen its response */
} Link;

typedef struct Place {
    GMainContext *context;
    int held;
} Place;

typedef struct Watch {
    End *end;
    GSource *source;       /* the program's reference */
    Place *place;          /* where it is attached */
    GIOCondition condition;
    bool destroyed;
    int in_call;
    int notified;
    uint8_t script;
} Watch;

static Link links[LINKS];
static int link_count;
static Watch watches[WATCHES];
static int watch_count;
static Place places[PLACES];
static int place_count;

static void is_released(Object *obj, const char *name, void *opaque)
{
    End *end = opaque;

    g_assert_cmpint(end->released++, ==, 0);
    g_assert_cmpint(end->references, ==, 0);
    end->link->disturbed = true;
}

static End *end_new(Link *link, QIOChannel *ioc, End *below)
{
    End *end = &link->ends[link->count++];

    g_assert_nonnull(ioc);
    *end = (End) { .link = link, .ioc = ioc, .below = below, .references = 1 };
    object_property_add(OBJECT(ioc), "fuzz-life", "int", NULL, NULL, is_released, end);
    return end;
}

static void goes_to(End *from, End *to, Stream *stream)
{
    from->out = stream;
    to->in = stream;
}

static void socket_ends(Link *link)
{
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv), ==, 0);
    for (int i = 0; i < 2; i++) {
        end_new(link, QIO_CHANNEL(qio_channel_socket_new_fd(sv[i], &error_abort)), NULL);
    }
}

static void link_new(Kind kind, uint8_t options)
{
    static const char *const cat[] = { "/bin/cat", NULL };
    static const char *const requests[] = { REQUEST, REQUEST, "GET / HT", "POST / HTTP/1.1\r\n\r\n" };
    const char *request = requests[options & 3];
    Link *link = &links[link_count++];
    End *end;
    int fds[2];

    *link = (Link) { .kind = kind, .peer = -1 };
    switch (kind) {
    case SOCKETS:
        socket_ends(link);
        goes_to(&link->ends[0], &link->ends[1], &link->streams[0]);
        goes_to(&link->ends[1], &link->ends[0], &link->streams[1]);
        break;
    case PIPE:
        g_assert_cmpint(pipe2(fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
        end_new(link, QIO_CHANNEL(qio_channel_file_new_fd(fds[1])), NULL);
        end_new(link, QIO_CHANNEL(qio_channel_file_new_fd(fds[0])), NULL);
        goes_to(&link->ends[0], &link->ends[1], &link->streams[0]);
        break;
    case FILES:
        end_new(link, QIO_CHANNEL(qio_channel_file_new_fd(memfd_create("fuzz", MFD_CLOEXEC))), NULL);
        break;
    case COMMAND:
        end = end_new(link, QIO_CHANNEL(qio_channel_command_new_spawn(cat, O_RDWR, &error_abort)), NULL);
        qio_channel_set_blocking(end->ioc, false, &error_abort);
        goes_to(end, end, &link->streams[0]);
        break;
    case BUFFER:
        end_new(link, QIO_CHANNEL(qio_channel_buffer_new(options)), NULL);
        break;
    case NULLS:
        end_new(link, QIO_CHANNEL(qio_channel_null_new()), NULL);
        break;
    case TLS:
        socket_ends(link);
        for (int i = 0; i < 2; i++) {
            end_new(link, QIO_CHANNEL(tls_over(link->ends[i].ioc, i)), &link->ends[i]);
        }
        goes_to(&link->ends[2], &link->ends[3], &link->streams[0]);
        goes_to(&link->ends[3], &link->ends[2], &link->streams[1]);
        break;
    default:
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
        link->peer = fds[1];
        end = end_new(link, QIO_CHANNEL(qio_channel_socket_new_fd(fds[0], &error_abort)), NULL);
        end_new(link, QIO_CHANNEL(qio_channel_websock_new_server(end->ioc)), end)->in = &link->streams[0];
        g_assert_cmpint(send(link->peer, request, strlen(request), MSG_NOSIGNAL), ==, strlen(request));
        break;
    }
}

/* Whether something that the program has, or has asked for, needs the channel. */
static bool is_needed(End *end)
{
    if (end->references > 0 || end->shaking) {
        return true;
    }
    for (int i = 0; i < end->link->count; i++) {
        End *above = &end->link->ends[i];

        if (above->below == end && !above->released) {
            return true;
        }
    }
    return false;
}

/* A watch keeps its channel, or at least what that travels over. */
static bool is_watched(End *end)
{
    for (int i = 0; i < watch_count; i++) {
        Watch *watch = &watches[i];
        bool is_there = watch->source || !watch->destroyed;

        if (is_there && (watch->end == end || watch->end->below == end)) {
            return true;
        }
    }
    return false;
}

#endif
