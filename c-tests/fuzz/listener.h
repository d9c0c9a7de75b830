/*
 * The model of the target for listeners: backlogs, registrations, and who keeps a listener alive.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_LISTENER_H
#define FUZZ_LISTENER_H

#include "sequence.h"
#include "../listener-clients.h"
#include "qemu/main-loop.h"

enum { LISTENERS = 6, SLOTS = 2, SOCKETS = 5, CLIENTS = 60, MOST_CLIENTS = CLIENTS - LISTENERS, REGISTRATIONS = 60, CONTEXTS = 16,
    DEEPEST = 3, OPERATIONS = 96, MOST_REFERENCES = 3, FUNCTIONS = 3 };

/* Where client functions may be called: main contexts, the default one first, and perhaps the main AioContext. */
#ifdef QIO_HAS_LISTENER_SOURCE
enum { MAIN_CONTEXTS = 3, PLACES };
#else
enum { MAIN_CONTEXTS = 3, PLACES = MAIN_CONTEXTS };
#endif

typedef struct Place {
    GMainContext *context;   /* NULL: the AioContext */
    int held;                /* the program's references */
} Place;

typedef struct Client {
    int fd;                  /* -1: it has gone */
    bool arrived;            /* somebody has accepted it */
    QIOChannelSocket *kept;  /* the server's end */
} Client;

typedef struct Socket {
    char *path;
    bool open;
    bool unlinks;
    int queue[CLIENTS];
    int length;
} Socket;

struct Watched;

typedef struct Registration {
    struct Watched *owner;
    int function;            /* FUNCTIONS: none */
    bool has_notify;
    uint8_t options;         /* by which function it was registered */
    bool again;              /* is registered once more at this moment */
    bool ended;
    bool in_notify;
    int expected;
    int notified;
    int in_func;
    Place *place;
} Registration;

typedef struct Watched {
    QIONetListener *listener;
    int references;          /* the program's */
    int in_func;
    int in_call;             /* whose caller's reference has to stay */
    bool gone;
    bool connected;
    int released;
    Socket sockets[SOCKETS];
    int count;
    Registration *registration;
} Watched;

static Input *input;
static int depth, operations;
static Watched listeners[LISTENERS];
static int listener_count;
static Watched *slots[SLOTS];
static Client clients[CLIENTS];
static int client_count;
static Registration registrations[REGISTRATIONS];
static int registration_count;
static Place all_places[CONTEXTS];
static int place_count;
static Place *places[PLACES]; /* the first is the default context */
static bool ending;

static void act(void);

/* The model -------------------------------------------------------------------- */

static bool is_usable(Watched *w)
{
    return w && !w->gone && (w->references > 0 || w->in_func > 0);
}

static bool is_registered(Watched *w)
{
    return w->registration && w->registration->function < FUNCTIONS && w->registration->place->held > 0;
}

static bool is_watched(Watched *w)
{
    for (int i = 0; i < w->count; i++) {
        if (w->sockets[i].open && is_registered(w)) {
            return true;
        }
    }
    return false;
}

static int open_sockets(Watched *w)
{
    int count = 0;

    for (int i = 0; i < w->count; i++) {
        count += w->sockets[i].open;
    }
    return count;
}

static int waiting_clients(Watched *w)
{
    int count = 0;

    for (int i = 0; i < w->count; i++) {
        count += w->sockets[i].length;
    }
    return count;
}

/* The client has come by the socket whose backlog it headed. */
static void arrives(Watched *w, QIOChannelSocket *sioc)
{
    uint8_t number;

    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 1);
    g_assert_null(QIO_CHANNEL(sioc)->name);
    g_assert_cmpint(recv(sioc->fd, &number, 1, MSG_DONTWAIT), ==, 1);
    g_assert_cmpint(number, <, client_count);
    g_assert_false(clients[number].arrived);
    clients[number].arrived = true;
    for (int i = 0; i < w->count; i++) {
        Socket *socket = &w->sockets[i];

        if (socket->length && socket->queue[0] == number) {
            g_assert_true(socket->open);
            socket->length--;
            memmove(socket->queue, socket->queue + 1, socket->length * sizeof(socket->queue[0]));
            return;
        }
    }
    g_assert_not_reached();
}

static void is_closed(Socket *socket)
{
    for (int i = 0; i < socket->length; i++) {
        Client *client = &clients[socket->queue[i]];
        char byte;

        if (client->fd >= 0) {
            ssize_t got = recv(client->fd, &byte, 1, MSG_DONTWAIT);

            g_assert_true(got == 0 || (got < 0 && errno != EAGAIN));
        }
    }
    socket->length = 0;
    socket->open = false;
    if (socket->path) {
        g_assert_true(g_file_test(socket->path, G_FILE_TEST_EXISTS) == !socket->unlinks);
        unlink(socket->path);
        g_free(socket->path);
        socket->path = NULL;
    }
}

static void all_closed(Watched *w)
{
    for (int i = 0; i < w->count; i++) {
        is_closed(&w->sockets[i]);
    }
    w->connected = false;
}

#endif
