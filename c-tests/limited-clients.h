/*
 * What the tests of limits have in common: clients that are kept, and statistics.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIMITED_CLIENTS_H
#define LIMITED_CLIENTS_H

#include "qemu/osdep.h"
#include "qio/limits.h"
#include "qio/stats.h"
#include "listener-clients.h"

static inline QIOStats stats_now(void)
{
    QIOStats stats = { .size = sizeof(stats) };

    qio_stats(&stats);
    return stats;
}

/* Clients that are kept, the first one first. */
typedef struct Kept {
    int calls;
    QIOChannelSocket *clients[8];
} Kept;

static inline void client_kept(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Kept *kept = opaque;

    kept->clients[kept->calls++] = sioc;
    object_ref(OBJECT(sioc));
}

static inline void drop(Kept *kept, int n)
{
    unref_last(g_steal_pointer(&kept->clients[n]));
}

static inline void drop_all(Kept *kept)
{
    int n;

    for (n = 0; n < kept->calls; n++) {
        if (kept->clients[n]) {
            drop(kept, n);
        }
    }
}

static inline void run_until_kept(Kept *kept, int goal)
{
    while (kept->calls < goal) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* Sets limits, and has clients kept. */
static inline void limit_clients(QIONetListener *listener, const QIOLimits *limits, Kept *kept)
{
    qio_net_listener_set_limits(listener, limits);
    qio_net_listener_set_client_func(listener, client_kept, kept, NULL);
}

/* Clients of the listener's first sockets, in turn. */
static inline void connect_all(QIONetListener *listener, int sockets, int *fds, int count)
{
    int n;

    for (n = 0; n < count; n++) {
        fds[n] = connect_to(listener, n % sockets);
    }
}

static inline void close_all(const int *fds, int count)
{
    int n;

    for (n = 0; n < count; n++) {
        close(fds[n]);
    }
}

static inline void end(QIONetListener *listener)
{
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    unref_last(listener);
}

/* Clients go, at both ends, and then the listener. */
static inline void end_all(QIONetListener *listener, Kept *kept, const int *fds, int count)
{
    drop_all(kept);
    close_all(fds, count);
    end(listener);
}

#endif
