/*
 * A key-value store for lines of text, served to one client. The same code runs in a worker thread
 * (kv-task.c) and in a coroutine (kv-coroutine.c).
 *
 *     set KEY VALUE   ->  ok
 *     get KEY         ->  the value, or "none"
 *     anything else   ->  "error: ..."
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef KV_H
#define KV_H

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "io/channel-socket.h"
#include "io/net-listener.h"

typedef struct KvStore {
    GHashTable *values;
    GMutex *lock; /* NULL if only one thread looks */
} KvStore;

typedef struct KvServer KvServer;

/* How a client is served: takes a reference on @sioc if it wants to keep it. */
typedef void KvServe(KvServer *server, QIOChannelSocket *sioc);

struct KvServer {
    KvStore store;
    KvServe *serve;
    const char *served_by;
    GMainLoop *loop;
    int clients_left; /* until the program ends; < 0: it doesn't */
};

/* Answers the lines of a client until it leaves. false + @errp if the connection failed. */
bool kv_serve_client(KvStore *store, QIOChannel *ioc, Error **errp);

/* A client has left, with @err (transfer full) or NULL. Main loop only. */
void kv_client_left(KvServer *server, Error *err);

/* Listens at --address and runs the main loop. */
int kv_main(int argc, char **argv, KvServer *server);

#endif
