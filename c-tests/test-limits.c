/*
 * qio/limits.h: how many clients a listener has (R-LIMIT of docs/spec/limits.md). Those of one peer are in test-limits-peers.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "forked-child.h"
#include "limited-clients.h"
#include "polls.h"
#include "rounds.h"

/* A thread does something as soon as a wait for this socket blocks. */
static int acts_when_blocked = -1;
static int blocked;

static void before_poll(const struct pollfd *fds, nfds_t count, PollWait wait)
{
    (void)fds;
    (void)count;
    if (wait == POLL_FOR_EVER && acts_when_blocked >= 0) {
        g_atomic_int_set(&blocked, 1);
    }
}

static void wait_until_blocked(void)
{
    while (!g_atomic_int_get(&blocked)) {
        g_usleep(1000);
    }
}

/* R-LIMIT-7, R-LIMIT-10, R-STATS-9: further clients stay in the backlog, and the loop sleeps, until one goes. */
static void test_max_clients(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 2 };
    QIONetListener *listener = listener_with(2);
    QIOStats before = stats_now();
    Kept kept = { 0 };
    int fds[4];

    limit_clients(listener, &limits, &kept);
    connect_all(listener, 2, fds, 4);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 2);
    g_assert_true(is_readable(socket_of(listener, 0)->fd) || is_readable(socket_of(listener, 1)->fd));
    g_assert_false(g_main_context_iteration(NULL, FALSE));
    g_assert_cmpuint(stats_now().accepts_limited - before.accepts_limited, ==, 2);

    drop(&kept, 0);
    run_until_kept(&kept, 3);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 3);
    /* A channel that is closed is no client any more, whoever has references on it. */
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(kept.clients[1]), NULL), ==, 0);
    run_until_kept(&kept, 4);
    /* And it goes once. */
    drop(&kept, 1);
    close(connect_to(listener, 0));
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 4);
    g_assert_cmpuint(stats_now().clients_refused, ==, before.clients_refused);

    end_all(listener, &kept, fds, 4);
}

/* A client that the callback doesn't keep is gone when it returns. */
static void test_short_clients(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1, .max_clients_per_peer = 1 };
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int fds[20];

    qio_net_listener_set_limits(listener, &limits);
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    connect_all(listener, 1, fds, 20);
    run_until_calls(&clients, 20, NULL);
    close_all(fds, 20);
    end(listener);
}

static gpointer thread_drops(gpointer opaque)
{
    wait_until_blocked();
    object_unref(OBJECT(opaque));
    return NULL;
}

/* A loop that sleeps is woken by a client that goes in another thread. */
static void test_other_thread(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1 };
    QIONetListener *listener = listener_with(1);
    Kept kept = { 0 };
    GThread *thread;
    int fds[2];

    limit_clients(listener, &limits, &kept);
    connect_all(listener, 1, fds, 2);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 1);
    acts_when_blocked = 0;
    thread = g_thread_new("drops", thread_drops, g_steal_pointer(&kept.clients[0]));
    run_until_kept(&kept, 2);
    g_thread_join(thread);
    acts_when_blocked = -1;
    blocked = 0;
    end_all(listener, &kept, fds, 2);
}

/* A thread that waits for one client waits for a place, too. */
static void test_wait_client(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1 };
    QIONetListener *listener = listener_with(2);
    QIOChannelSocket *first, *second;
    GThread *thread;
    int fds[2] = { connect_to(listener, 0), connect_to(listener, 0) };

    qio_net_listener_set_limits(listener, &limits);
    first = qio_net_listener_wait_client(listener);
    acts_when_blocked = 0;
    thread = g_thread_new("drops", thread_drops, first);
    second = qio_net_listener_wait_client(listener);
    g_assert_nonnull(second);
    g_thread_join(thread);
    acts_when_blocked = -1;
    blocked = 0;
    unref_last(second);
    close_all(fds, 2);
    unref_last(listener);
}

static gpointer thread_disconnects(gpointer opaque)
{
    wait_until_blocked();
    qio_net_listener_disconnect(opaque);
    return NULL;
}

/* A thread that waits for a place doesn't wait for a listener that was disconnected. */
static void test_wait_disconnect(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1 };
    QIONetListener *listener = listener_with(1);
    QIOChannelSocket *first;
    GThread *thread;
    int fds[2] = { connect_to(listener, 0), connect_to(listener, 0) };

    qio_net_listener_set_limits(listener, &limits);
    first = qio_net_listener_wait_client(listener);
    acts_when_blocked = 0;
    thread = g_thread_new("disconnects", thread_disconnects, listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    g_thread_join(thread);
    acts_when_blocked = -1;
    blocked = 0;
    close_all(fds, 2);
    unref_last(listener);
    /* It outlives its listener. */
    unref_last(first);
}

/* New limits are in force at once. */
static void test_change(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1 };
    QIONetListener *listener = listener_with(1);
    Kept kept = { 0 };
    int fds[5];

    limit_clients(listener, &limits, &kept);
    connect_all(listener, 1, fds, 5);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 1);
    limits.max_clients = 3;
    qio_net_listener_set_limits(listener, &limits);
    run_until_kept(&kept, 3);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 3);
    limits.max_clients = 1;
    qio_net_listener_set_limits(listener, &limits);
    drop(&kept, 0);
    drop(&kept, 1);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 3);
    qio_net_listener_set_limits(listener, NULL);
    run_until_kept(&kept, 5);
    end_all(listener, &kept, fds, 5);
}

#ifdef QIO_HAS_LISTENER_SOURCE
/* The same with handlers of an AioContext. */
static void test_aio(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 2, .accept_rate = 1000 };
    QIONetListener *listener = listener_with(1);
    AioContext *ctx = qemu_get_aio_context();
    Kept kept = { 0 };
    int fds[5], n;

    qio_net_listener_set_limits(listener, &limits);
    qio_net_listener_set_client_aio_func(listener, client_kept, &kept, NULL);
    connect_all(listener, 1, fds, 5);
    while (aio_poll(ctx, false)) {
        /* nothing */
    }
    g_assert_cmpint(kept.calls, ==, 2);
    g_assert_false(aio_poll(ctx, false));
    for (n = 0; n < 3; n++) {
        drop(&kept, n);
        while (kept.calls < n + 3) {
            aio_poll(ctx, true);
        }
    }
    limits.max_clients = 0;
    limits.accept_burst = 1;
    qio_net_listener_set_limits(listener, &limits);
    drop_all(&kept);
    kept.calls = 0;
    for (n = 0; n < 5; n++) {
        close(fds[n]);
        fds[n] = connect_to(listener, 0);
    }
    while (kept.calls < 5) {
        aio_poll(ctx, true);
    }
    drop_all(&kept);
    close_all(fds, 5);
    qio_net_listener_set_client_aio_func(listener, NULL, NULL, NULL);
    unref_last(listener);
}
#endif

/* A listener that waits for a place goes like any other. */
static void test_ends_while_full(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1 };
    QIONetListener *listener = listener_with(1);
    Kept kept = { 0 };
    int fds[2] = { connect_to(listener, 0), connect_to(listener, 0) };

    limit_clients(listener, &limits, &kept);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 1);
    end(listener);
    drop_all(&kept);
    close_all(fds, 2);
}

static int changes_no_more;

static gpointer thread_changes(gpointer listener)
{
    for (uint32_t i = 1; !g_atomic_int_get(&changes_no_more); i++) {
        QIOLimits limits = { .size = sizeof(limits), .max_clients = i, .idle_timeout_ms = i };

        qio_net_listener_set_limits(listener, &limits);
    }
    return NULL;
}

/* R-LIMIT-9: the fork comes while another thread, which the child hasn't got, is in the middle of changing limits. */
static void test_forked(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1, .idle_timeout_ms = 1 };
    QIONetListener *listener = listener_with(1);
    GThread *thread;

    qio_net_listener_set_limits(listener, &limits);
    thread = g_thread_new("changes", thread_changes, listener);
    for (int i = 0; i < (is_slow() ? 10 : 40); i++) {
        pid_t child = fork();

        if (child == 0) {
            alarm(20);
            qio_net_listener_get_limits(listener, &limits);
            if (limits.max_clients == 0 || limits.max_clients != limits.idle_timeout_ms) {
                child_end(false);
            }
            limits.max_clients = limits.idle_timeout_ms + 1;
            qio_net_listener_set_limits(listener, &limits);
            qio_net_listener_get_limits(listener, &limits);
            child_end(limits.max_clients == limits.idle_timeout_ms + 1);
        }
        child_await(child);
    }
    g_atomic_int_set(&changes_no_more, 1);
    g_thread_join(thread);
    end(listener);
}

int main(int argc, char **argv)
{
    module_call_init(MODULE_INIT_QOM);
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/qio/limits/max-clients", test_max_clients);
    g_test_add_func("/qio/limits/short-clients", test_short_clients);
    g_test_add_func("/qio/limits/other-thread", test_other_thread);
    g_test_add_func("/qio/limits/wait-client", test_wait_client);
    g_test_add_func("/qio/limits/wait-disconnect", test_wait_disconnect);
    g_test_add_func("/qio/limits/change", test_change);
    g_test_add_func("/qio/limits/ends-while-full", test_ends_while_full);
    g_test_add_func("/qio/limits/forked", test_forked);
#ifdef QIO_HAS_LISTENER_SOURCE
    g_test_add_func("/qio/limits/aio", test_aio);
#endif
    return g_test_run();
}
