/*
 * The store with libevent's bufferevents.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

typedef struct Client {
    size_t used;
    char *buf;
    struct bufferevent *bev;
} Client;

static void client_ends(Client *client)
{
    struct event_base *base = bufferevent_get_base(client->bev);

    bufferevent_free(client->bev);
    g_free(client->buf);
    g_free(client);
    if (store_client_left()) {
        event_base_loopbreak(base);
    }
}

static bool send_answer(void *client, const char *text, size_t length)
{
    return bufferevent_write(((Client *)client)->bev, text, length) == 0;
}

static void bytes_arrived(struct bufferevent *bev, void *opaque)
{
    Client *client = opaque;
    size_t n;

    while ((n = bufferevent_read(bev, client->buf + client->used, LINE_MAX_BYTES - client->used)) > 0) {
        ssize_t used = store_serve(client->buf, client->used + n, send_answer, client);

        if (used < 0) {
            client_ends(client);
            return;
        }
        client->used = used;
    }
}

static void something_happened(struct bufferevent *bev, short events, void *opaque)
{
    if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        client_ends(opaque);
    }
}

static void client_arrived(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *name,
                           int length, void *opaque)
{
    Client *client = g_new0(Client, 1);

    client->buf = g_malloc(LINE_MAX_BYTES);
    client->bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(client->bev, bytes_arrived, NULL, something_happened, client);
    bufferevent_enable(client->bev, EV_READ | EV_WRITE);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);
    struct evconnlistener *listener;

    store_begin(argc, argv);
    listener = evconnlistener_new_bind(base, client_arrived, NULL, LEV_OPT_CLOSE_ON_FREE, BACKLOG,
                                       (struct sockaddr *)&name, sizeof(name));
    if (!listener
        || getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&name, &length) != 0) {
        fprintf(stderr, "kv-event: can't listen\n");
        return 1;
    }
    store_greet(ntohs(name.sin_port));
    event_base_dispatch(base);
    evconnlistener_free(listener);
    event_base_free(base);
    return 0;
}
