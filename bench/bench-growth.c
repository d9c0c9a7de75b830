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

/* A channel needs one descriptor: all are ends of one connection, whose other end stays here. */
typedef struct Watched {
    QIOChannel *ioc;
    GSource *source;
} Watched;

static int connection[2];

static Watched *watch_all(GMainContext *context, int count)
{
    Watched *watched = g_new(Watched, count);
    int i;

    for (i = 0; i < count; i++) {
        int fd = fcntl(connection[0], F_DUPFD_CLOEXEC, 0);

        g_assert(fd >= 0);
        watched[i].ioc = QIO_CHANNEL(qio_channel_socket_new_fd(fd, &error_abort));
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

static double stop(int count)
{
    GMainContext *context = g_main_context_new();
    Watched *watched = watch_all(context, count);
    Cost cost = cost_begin();

    stop_all(watched, count);
    g_main_context_unref(context);
    cost = cost_end(cost);
    g_free(watched);
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
    g_free(watched);
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
    int many;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    /* All the same, where the limit allows no more. */
    many = MIN(limit.rlim_cur - 100, 20000) / 10 * 10;
    module_call_init(MODULE_INIT_QOM);
    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, connection) == 0);
    report("unparent", unparent, 1000);
    report("unparent", unparent, 10000);
    report("stop", stop, many / 10);
    report("stop", stop, many);
    report("memory", memory, 5000);
    printf("structs 1 %zu\n", sizeof(QIOChannelSocket) + sizeof(GSource));
    return 0;
}
