/*
 * The store with a coroutine per client: all run on the main loop's thread, each until it would
 * block, and the store needs no lock.
 *
 *     cc kv-coroutine.c kv.c -o kv-coroutine $(pkg-config --cflags --libs qio)
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kv.h"

#include "qemu/coroutine.h"
#include "qemu/main-loop.h"

typedef struct Client {
    KvServer *server;
    QIOChannelSocket *sioc;
} Client;

static void coroutine_fn serve_client(void *opaque)
{
    Client *client = opaque;
    Error *err = NULL;

    kv_serve_client(&client->server->store, QIO_CHANNEL(client->sioc), &err);
    kv_client_left(client->server, err);
    object_unref(OBJECT(client->sioc));
    g_free(client);
}

static void serve(KvServer *server, QIOChannelSocket *sioc)
{
    Client *client;
    Error *err = NULL;

    /* What would block must say so, for the coroutine to yield. */
    qio_channel_set_blocking(QIO_CHANNEL(sioc), false, &err);
    if (err) {
        kv_client_left(server, err);
        return;
    }
    client = g_new(Client, 1);
    *client = (Client) { server, sioc };
    object_ref(OBJECT(sioc));
    qemu_coroutine_enter(qemu_coroutine_create(serve_client, client));
}

int main(int argc, char **argv)
{
    KvServer server = { .serve = serve, .served_by = "a coroutine, on the main loop's thread" };

    /* Coroutines that wait are woken from the main loop. */
    qemu_init_main_loop(&error_fatal);
    return kv_main(argc, argv, &server);
}
