/*
 * What grows with the number of things: taking children from their parent, stopping a loop with channels
 * that are watched, memory of an idle one. Medians.
 *
 * usage: bench-growth [WHAT NUMBER]
 *
 * One line: WHAT NUMBER VALUE, in microseconds of CPU time for all, or in bytes for each.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-buffer.h"
#include "io/channel-socket.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "pairs.h"
#include <malloc.h>
#include <sys/socket.h>

enum { PAIRS = 5 };

static double unparent(int count)
{
    Object *parent = OBJECT(qio_channel_buffer_new(0));
    g_autofree Object **children = g_new(Object *, count);
    Cost cost;
    int i;

    for (i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("child%d", i);

        children[i] = OBJECT(qio_channel_buffer_new(0));
        object_property_add_child(parent, name, children[i]);
        object_unref(children[i]);
    }
    cost = cost_begin();
    for (i = 0; i < count; i++) {
        object_unparent(children[i]);
    }
    cost = cost_end(cost);
    object_unref(parent);
    return cost.cpu * 1e6;
}

static gboolean never(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    return G_SOURCE_CONTINUE;
}

typedef struct Watched {
    QIOChannel *ioc;
    GSource *source;
    int peer;
} Watched;

static Watched *watch_all(GMainContext *context, int count)
{
    Watched *watched = g_new(Watched, count);
    int i, fds[2];

    for (i = 0; i < count; i++) {
        g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
        watched[i].peer = fds[1];
        watched[i].ioc = QIO_CHANNEL(qio_channel_socket_new_fd(fds[0], &error_abort));
        watched[i].source = qio_channel_add_watch_source(watched[i].ioc, G_IO_IN, never, NULL, NULL,
                                                         context);
    }
    while (g_main_context_iteration(context, FALSE)) {
    }
    return watched;
}

static void stop_all(Watched *watched, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        g_source_destroy(watched[i].source);
        g_source_unref(watched[i].source);
        object_unref(OBJECT(watched[i].ioc));
    }
}

static void close_peers(Watched *watched, int count)
{
    while (count-- > 0) {
        close(watched[count].peer);
    }
    g_free(watched);
}

static double stop(int count)
{
    GMainContext *context = g_main_context_new();
    Watched *watched = watch_all(context, count);
    Cost cost = cost_begin();

    stop_all(watched, count);
    g_main_context_unref(context);
    cost = cost_end(cost);
    close_peers(watched, count);
    return cost.cpu * 1e6;
}

/* Of each, with what the allocator adds, but without the array above. */
static double memory(int count)
{
    GMainContext *context = g_main_context_new();
    size_t before = mallinfo2().uordblks, after;
    Watched *watched = watch_all(context, count);

    after = mallinfo2().uordblks - count * sizeof(Watched);
    stop_all(watched, count);
    close_peers(watched, count);
    g_main_context_unref(context);
    return (double)(after - before) / count;
}

static void report(const char *what, double (*measure)(int), int number)
{
    int pairs = pair_count(PAIRS), i;
    g_autofree double *values = g_new(double, pairs);

    for (i = 0; i < pairs; i++) {
        values[i] = measure(number);
    }
    printf("%s %d %.1f\n", what, number, median(values, pairs));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 50000) {
        /* If that is allowed; else the last number is smaller. */
        setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 50000, 50000 });
    } else {
        limit.rlim_cur = 50000;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    module_call_init(MODULE_INIT_QOM);
    report("unparent", unparent, 1000);
    report("unparent", unparent, 10000);
    report("stop", stop, 2000);
    report("stop", stop, limit.rlim_cur >= 50000 ? 20000 : 8000);
    report("memory", memory, 5000);
    printf("structs 1 %zu\n", sizeof(QIOChannelSocket) + sizeof(GSource));
    return 0;
}
