/*
 * The store with a QIOTask per client: each is served on a worker thread that may block, and the
 * store needs a lock.
 *
 *     cc kv-task.c kv.c -o kv-task $(pkg-config --cflags --libs qio)
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kv.h"

#include "io/task.h"

/* On a thread of its own. */
static void serve_worker(QIOTask *task, gpointer opaque)
{
    KvServer *server = opaque;
    Error *err = NULL;

    kv_serve_client(&server->store, QIO_CHANNEL(qio_task_get_source(task)), &err);
    qio_task_set_error(task, err);
}

/* Back on the main loop. */
static void served(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    qio_task_propagate_error(task, &err);
    kv_client_left(opaque, err);
}

static void serve(KvServer *server, QIOChannelSocket *sioc)
{
    /* The task holds a reference on its source, and so keeps the connection. */
    QIOTask *task = qio_task_new(OBJECT(sioc), served, server, NULL);

    qio_task_run_in_thread(task, serve_worker, server, NULL, NULL);
}

int main(int argc, char **argv)
{
    GMutex lock;
    KvServer server = { .serve = serve, .served_by = "a task, on a worker thread", .store.lock = &lock };
    int status;

    g_mutex_init(&lock);
    status = kv_main(argc, argv, &server);
    g_mutex_clear(&lock);
    return status;
}
