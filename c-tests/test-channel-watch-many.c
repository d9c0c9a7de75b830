/*
 * Watches that share a descriptor or a context, and what may become of their descriptors. Built twice:
 * where watches are few, and where they are many.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-socket.h"
#include "io/channel-watch.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

typedef struct Ends {
    QIOChannel *ioc;
    int peer;
} Ends;

typedef struct Seen {
    int calls, freed;
    GIOCondition condition;
    bool takes, stays;
    GMainContext *nested;
} Seen;

static Ends ends_open(void)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    return (Ends) { QIO_CHANNEL(qio_channel_socket_new_fd(fds[0], &error_abort)), fds[1] };
}

static void ends_close(Ends *ends)
{
    object_unref(OBJECT(ends->ioc));
    close(ends->peer);
}

static void peer_sends(Ends *ends)
{
    g_assert_cmpint(send(ends->peer, "x", 1, 0), ==, 1);
}

static gboolean sees(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Seen *seen = opaque;
    char byte;

    seen->calls++;
    seen->condition = condition;
    if (seen->nested) {
        /* Its own descriptor is still ready, and it is not called from in here. */
        for (int i = 0; i < 5; i++) {
            g_assert_false(g_main_context_iteration(seen->nested, FALSE));
        }
        g_assert_cmpint(seen->calls, ==, 1);
    }
    if (seen->takes) {
        g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &error_abort), ==, 1);
    }
    return seen->stays;
}

static void frees(gpointer opaque)
{
    Seen *seen = opaque;

    seen->freed++;
}

static GSource *watch(GMainContext *context, Ends *ends, GIOCondition condition, Seen *seen)
{
    return qio_channel_add_watch_source(ends->ioc, condition, sees, seen, frees, context);
}

/* What there is is done, and the loop doesn't go on turning. */
static void settle(GMainContext *context)
{
    int turns = 0;

    while (g_main_context_iteration(context, FALSE)) {
        g_assert_cmpint(turns++, <, 20);
    }
}

static void source_end(GSource *source)
{
    g_source_destroy(source);
    g_source_unref(source);
}

static void test_event(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open(), idle = ends_open();
    Seen seen = { .takes = true, .stays = true }, none = { 0 };
    GSource *source = watch(context, &ends, G_IO_IN, &seen), *other = watch(context, &idle, G_IO_IN, &none);
    int i;

    settle(context);
    for (i = 1; i <= 5; i++) {
        peer_sends(&ends);
        g_assert_true(g_main_context_pending(context));
        g_assert_true(g_main_context_iteration(context, TRUE));
        settle(context);
        g_assert_cmpint(seen.calls, ==, i);
        g_assert_cmpint(seen.condition, ==, G_IO_IN);
    }
    /* Ready before it is first asked. */
    peer_sends(&idle);
    none.takes = true;
    settle(context);
    g_assert_cmpint(none.calls, ==, 1);
    g_assert_cmpint(none.freed, ==, 1);
    /* By its id. */
    g_assert_true(g_main_context_find_source_by_id(context, g_source_get_id(source)) == source);
    source_end(source);
    g_assert_cmpint(seen.freed, ==, 1);
    peer_sends(&ends);
    settle(context);
    g_assert_cmpint(seen.calls, ==, 5);
    g_source_unref(other);
    ends_close(&ends);
    ends_close(&idle);
    g_main_context_unref(context);
}

/* R-WATCH-13 */
static void test_several(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open();
    Seen in = { .stays = true }, out = { .stays = true }, end = { .stays = true }, both = { .stays = true };
    int fd = QIO_CHANNEL_SOCKET(ends.ioc)->fd;
    GSource *sources[] = {
        watch(context, &ends, G_IO_IN, &in),
        qio_channel_create_fd_watch(ends.ioc, fd, G_IO_OUT),
        watch(context, &ends, G_IO_HUP, &end),
        qio_channel_create_fd_watch(ends.ioc, fd, G_IO_IN | G_IO_OUT),
    };

    g_source_set_callback(sources[1], G_SOURCE_FUNC((void (*)(void))sees), &out, frees);
    g_source_set_callback(sources[3], G_SOURCE_FUNC((void (*)(void))sees), &both, frees);
    g_source_attach(sources[1], context);
    g_source_attach(sources[3], context);
    while (out.calls < 3) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_cmpint(in.calls + end.calls, ==, 0);
    g_assert_cmpint(both.calls, >, 0);
    g_assert_cmpint(both.condition, ==, G_IO_OUT);
    peer_sends(&ends);
    while (in.calls < 2) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_cmpint(both.condition, ==, G_IO_IN | G_IO_OUT);
    g_assert_cmpint(out.condition, ==, G_IO_OUT);
    g_assert_cmpint(end.calls, ==, 0);
    source_end(sources[1]);
    source_end(sources[3]);
    close(ends.peer);
    while (end.calls < 2) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_cmpint(end.condition, ==, G_IO_HUP);
    source_end(sources[0]);
    source_end(sources[2]);
    object_unref(OBJECT(ends.ioc));
    g_main_context_unref(context);
    g_assert_cmpint(in.freed + out.freed + end.freed + both.freed, ==, 4);
}

/* R-WATCH-13 */
static void test_nested(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open();
    Seen seen = { .stays = true, .takes = true };
    GSource *source = watch(context, &ends, G_IO_IN, &seen);

    settle(context);
    seen.nested = context;
    peer_sends(&ends);
    g_assert_true(g_main_context_iteration(context, TRUE));
    seen.nested = NULL;
    g_assert_cmpint(seen.calls, ==, 1);
    peer_sends(&ends);
    g_assert_true(g_main_context_iteration(context, TRUE));
    settle(context);
    g_assert_cmpint(seen.calls, ==, 2);
    source_end(source);
    ends_close(&ends);
    g_main_context_unref(context);
}

/* A source that was ended and is still referenced has the loop turn for nothing. */
static void test_ended_and_kept(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open();
    Seen seen = { .stays = true };
    GSource *source = watch(context, &ends, G_IO_IN, &seen);
    struct pollfd fds[32];
    int timeout, priority, n;

    settle(context);
    g_source_destroy(source);
    peer_sends(&ends);
    settle(context);
    settle(context);
    g_assert_true(g_main_context_acquire(context));
    g_main_context_prepare(context, &priority);
    n = g_main_context_query(context, priority, &timeout, (GPollFD *)fds, G_N_ELEMENTS(fds));
    g_assert_cmpint(n, <=, (int)G_N_ELEMENTS(fds));
    g_assert_cmpint(poll(fds, n, 0), ==, 0);
    g_main_context_check(context, priority, (GPollFD *)fds, n);
    g_main_context_release(context);
    g_assert_cmpint(seen.calls, ==, 0);
    g_source_unref(source);
    ends_close(&ends);
    g_main_context_unref(context);
}

/* R-WATCH-13: closing the channel makes its watches ready: what they try then fails. */
static void test_closed(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open();
    Seen seen = { .stays = true };
    GSource *source = watch(context, &ends, G_IO_IN, &seen);
    int duplicate = dup(QIO_CHANNEL_SOCKET(ends.ioc)->fd);

    settle(context);
    g_assert_cmpint(qio_channel_close(ends.ioc, &error_abort), ==, 0);
    while (seen.calls < 3) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_cmpint(seen.condition, ==, G_IO_IN);
    source_end(source);
    peer_sends(&ends);
    settle(context);
    close(duplicate);
    ends_close(&ends);
    g_main_context_unref(context);
}

/* The number goes to the next channel, whose watch is another. */
static void test_number_used_again(void)
{
    GMainContext *context = g_main_context_new();
    int i, keeps = -1, last = -1;

    for (i = 0; i < 10; i++) {
        Ends ends = ends_open();
        Seen seen = { .stays = true, .takes = true };
        GSource *source = watch(context, &ends, G_IO_IN, &seen);
        int fd = QIO_CHANNEL_SOCKET(ends.ioc)->fd;

        g_assert_true(last == -1 || i % 3 == 0 || fd == last);
        settle(context);
        peer_sends(&ends);
        g_assert_true(g_main_context_iteration(context, TRUE));
        settle(context);
        g_assert_cmpint(seen.calls, ==, 1);
        if (i % 3 == 1) {
            /* The file lives on. */
            keeps = dup(fd);
        }
        source_end(source);
        object_unref(OBJECT(ends.ioc));
        send(ends.peer, "x", 1, MSG_NOSIGNAL);
        settle(context);
        close(ends.peer);
        last = fd;
        if (i % 3 == 2) {
            close(keeps);
            last = -1;
        }
    }
    close(keeps);
    g_main_context_unref(context);
}

typedef struct Order {
    char text[16];
    GMainContext *context;
} Order;

static Order order;

static gboolean notes(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    size_t length = strlen(order.text);

    g_assert_cmpint(length, <, sizeof(order.text) - 1);
    order.text[length] = *(const char *)opaque;
    g_assert_cmpint(g_source_get_priority(g_main_current_source()), ==, (*(const char *)opaque - 'b') * 10);
    return G_SOURCE_REMOVE;
}

static void test_priorities(void)
{
    static char names[] = "cab";
    GMainContext *context = g_main_context_new();
    Ends ends[3];
    GSource *sources[3];
    int i;

    for (i = 0; i < 3; i++) {
        ends[i] = ends_open();
        sources[i] = qio_channel_create_watch(ends[i].ioc, G_IO_IN);
        g_source_set_priority(sources[i], (names[i] - 'b') * 10);
        g_source_set_callback(sources[i], G_SOURCE_FUNC((void (*)(void))notes), &names[i], NULL);
        g_source_attach(sources[i], context);
    }
    settle(context);
    for (i = 0; i < 3; i++) {
        peer_sends(&ends[i]);
    }
    settle(context);
    g_assert_cmpstr(order.text, ==, "abc");
    for (i = 0; i < 3; i++) {
        g_source_unref(sources[i]);
        ends_close(&ends[i]);
    }
    g_main_context_unref(context);
}

/* R-WATCH-13 */
static void test_fork(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open(), own;
    Seen seen = { .stays = true, .takes = true }, mine = { .stays = true, .takes = true };
    GSource *source = watch(context, &ends, G_IO_IN, &seen), *other;
    int status;
    pid_t child;

    settle(context);
    child = fork();
    if (child == 0) {
        own = ends_open();
        other = watch(context, &own, G_IO_IN, &mine);
        settle(context);
        peer_sends(&own);
        peer_sends(&ends);
        while (mine.calls < 1 || seen.calls < 1) {
            g_main_context_iteration(context, TRUE);
        }
        settle(context);
        source_end(source);
        source_end(other);
        ends_close(&own);
        ends_close(&ends);
        g_main_context_unref(context);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    settle(context);
    g_assert_cmpint(seen.calls, ==, 0);
    peer_sends(&ends);
    g_assert_true(g_main_context_iteration(context, TRUE));
    settle(context);
    g_assert_cmpint(seen.calls, ==, 1);
    source_end(source);
    ends_close(&ends);
    g_main_context_unref(context);
}

static gpointer runs(gpointer data)
{
    Order *shared = data;

    while (strlen(shared->text) == 0) {
        g_main_context_iteration(shared->context, TRUE);
    }
    return NULL;
}

static gboolean ends_thread(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Order *shared = opaque;

    shared->text[0] = 'x';
    return G_SOURCE_REMOVE;
}

/* R-WATCH-13: would hang if a context that another thread iterates were told too late. */
static void test_other_thread(void)
{
    int i;

    for (i = 0; i < 50; i++) {
        Order shared = { .context = g_main_context_new() };
        Ends idle = ends_open(), ends = ends_open();
        Seen none = { .stays = true };
        GSource *source = watch(shared.context, &idle, G_IO_IN, &none), *other;
        GThread *thread = g_thread_new("runs", runs, &shared);

        other = qio_channel_add_watch_source(ends.ioc, G_IO_IN, ends_thread, &shared, NULL, shared.context);
        if (i % 2) {
            g_usleep(500);
        }
        peer_sends(&ends);
        g_thread_join(thread);
        source_end(source);
        g_source_unref(other);
        ends_close(&idle);
        ends_close(&ends);
        g_main_context_unref(shared.context);
    }
}

/* R-WATCH-13: a loop of the program's own. */
static void test_foreign_loop(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open();
    Seen seen = { .stays = true, .takes = true };
    GSource *source = watch(context, &ends, G_IO_IN, &seen);
    int i;

    g_assert_true(g_main_context_acquire(context));
    for (i = 0; i < 10; i++) {
        GPollFD fds[32];
        int timeout, priority, n;

        if (i >= 4) {
            peer_sends(&ends);
        }
        g_main_context_prepare(context, &priority);
        n = g_main_context_query(context, priority, &timeout, fds, G_N_ELEMENTS(fds));
        g_assert_cmpint(n, <=, (int)G_N_ELEMENTS(fds));
        g_poll(fds, n, i < 4 ? 0 : -1);
        if (g_main_context_check(context, priority, fds, n)) {
            g_main_context_dispatch(context);
        }
    }
    g_main_context_release(context);
    g_assert_cmpint(seen.calls, >=, 5);
    source_end(source);
    ends_close(&ends);
    g_main_context_unref(context);
}

/* The context goes first. */
static void test_context_ends(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends = ends_open();
    Seen seen = { .stays = true };
    GSource *source = watch(context, &ends, G_IO_IN, &seen);

    settle(context);
    g_main_context_unref(context);
    g_assert_true(g_source_is_destroyed(source));
    g_assert_cmpint(seen.freed, ==, 1);
    /* Perhaps at the same address. */
    context = g_main_context_new();
    test_event();
    g_main_context_unref(context);
    g_source_unref(source);
    ends_close(&ends);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/channel-watch/many/event", test_event);
    g_test_add_func("/qio/channel-watch/many/several", test_several);
    g_test_add_func("/qio/channel-watch/many/nested", test_nested);
    g_test_add_func("/qio/channel-watch/many/ended-and-kept", test_ended_and_kept);
    g_test_add_func("/qio/channel-watch/many/closed", test_closed);
    g_test_add_func("/qio/channel-watch/many/number-used-again", test_number_used_again);
    g_test_add_func("/qio/channel-watch/many/priorities", test_priorities);
    g_test_add_func("/qio/channel-watch/many/fork", test_fork);
    g_test_add_func("/qio/channel-watch/many/other-thread", test_other_thread);
    g_test_add_func("/qio/channel-watch/many/foreign-loop", test_foreign_loop);
    g_test_add_func("/qio/channel-watch/many/context-ends", test_context_ends);
    return g_test_run();
}
