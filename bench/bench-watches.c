/*
 * One event beside N idle watches of one GMainContext: watches of libqio's channels against plain GLib
 * sources (g_source_add_unix_fd) of the same descriptors, in turn; medians. And beside bare sources, which poll
 * nothing and are asked nothing: what GLib takes for a source that is there.
 *
 * usage: bench-watches [IDLE...]
 *
 * The context comes first, so that GLib's own descriptor has the lowest number: what suits plain sources
 * better. One line for each number: IDLE PLAIN-US-PER-EVENT LIBQIO-US-PER-EVENT RATIO BARE-RATIO.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-file.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "pairs.h"
#include <glib-unix.h>
#include <sys/eventfd.h>

enum { PAIRS = 9 };

typedef enum Kind { PLAIN, QIO, BARE } Kind;

typedef struct Set {
    GMainContext *context;
    GSource **sources;
    QIOChannel **channels;
    int *fds;
    int count;
} Set;

static gboolean plain_ready(gint fd, GIOCondition condition, gpointer opaque)
{
    eventfd_t count;

    eventfd_read(fd, &count);
    return G_SOURCE_CONTINUE;
}

static gboolean channel_ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    eventfd_t count;

    eventfd_read(*(int *)opaque, &count);
    return G_SOURCE_CONTINUE;
}

static gboolean bare_dispatch(GSource *source, GSourceFunc callback, gpointer opaque)
{
    return G_SOURCE_CONTINUE;
}

static void set_begin(Set *set, int count, Kind kind)
{
    static GSourceFuncs bare = { .dispatch = bare_dispatch };
    int i;

    set->context = g_main_context_new();
    set->count = count;
    set->sources = g_new(GSource *, count);
    set->channels = g_new0(QIOChannel *, count);
    set->fds = g_new(int, count);
    for (i = 0; i < count; i++) {
        int fd = set->fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

        g_assert(fd >= 0);
        if (kind == BARE && i < count - 1) {
            set->sources[i] = g_source_new(&bare, sizeof(GSource));
        } else if (kind != QIO) {
            set->sources[i] = g_unix_fd_source_new(fd, G_IO_IN);
            g_source_set_callback(set->sources[i], G_SOURCE_FUNC(plain_ready), NULL, NULL);
        } else {
            set->channels[i] = QIO_CHANNEL(qio_channel_file_new_fd(fd));
            set->sources[i] = qio_channel_create_watch(set->channels[i], G_IO_IN);
            g_source_set_callback(set->sources[i], G_SOURCE_FUNC(channel_ready), &set->fds[i], NULL);
        }
        g_source_attach(set->sources[i], set->context);
    }
}

static void set_end(Set *set)
{
    int i;

    for (i = 0; i < set->count; i++) {
        g_source_destroy(set->sources[i]);
        g_source_unref(set->sources[i]);
        if (set->channels[i]) {
            object_unref(OBJECT(set->channels[i]));
        } else {
            close(set->fds[i]);
        }
    }
    g_free(set->sources);
    g_free(set->channels);
    g_free(set->fds);
    g_main_context_unref(set->context);
}

/* Microseconds for one event of the last. */
static double measure(Set *set, int events)
{
    Cost cost;
    int i;

    for (i = 0; i < 20; i++) {
        eventfd_write(set->fds[set->count - 1], 1);
        g_main_context_iteration(set->context, TRUE);
    }
    cost = cost_begin();
    for (i = 0; i < events; i++) {
        eventfd_write(set->fds[set->count - 1], 1);
        g_main_context_iteration(set->context, TRUE);
    }
    return cost_end(cost).cpu * 1e6 / events;
}

static void compare_among(int idle)
{
    int pairs = pair_count(PAIRS), events = MAX(2000000 / (idle + 100), 200), i;
    double cpu[BARE + 1][pairs], ratio[BARE + 1][pairs];
    Kind kind;

    for (i = 0; i < pairs; i++) {
        for (kind = PLAIN; kind <= BARE; kind++) {
            Set set;

            set_begin(&set, idle + 1, kind);
            cpu[kind][i] = measure(&set, events);
            set_end(&set);
            ratio[kind][i] = cpu[kind][i] / cpu[PLAIN][i];
        }
    }
    printf("%d %.3f %.3f %.3f %.3f\n", idle, median(cpu[PLAIN], pairs), median(cpu[QIO], pairs), median(ratio[QIO], pairs),
           median(ratio[BARE], pairs));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int i;

    module_call_init(MODULE_INIT_QOM);
    for (i = 1; i < argc; i++) {
        compare_among(atoi(argv[i]));
    }
    if (argc == 1) {
        compare_among(0);
        compare_among(16);
        compare_among(1000);
        compare_among(9000);
    }
    return 0;
}
