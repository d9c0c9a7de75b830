/*
 * qio/limits.h: the deadlines of a WebSocket's handshake and of idle connections (R-LIMIT of docs/spec/limits.md). That
 * of TLS is in test-limits-tls.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <pthread.h>
#include "io/channel-buffer.h"
#include "io/channel-websock.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "limited-clients.h"

#define HOUR_MS 3600000

/* The program's own stands before GLib's. While the clock stands still no deadline comes. */
static gint64 clock_stands_at;

gint64 g_get_monotonic_time(void)
{
    static gint64 (*real)(void);
    gint64 stands_at = __atomic_load_n(&clock_stands_at, __ATOMIC_RELAXED);

    if (!real) {
        real = (gint64 (*)(void))dlsym(RTLD_NEXT, "g_get_monotonic_time");
    }
    return stands_at ? stands_at : real();
}

static void clock_stands(bool still)
{
    gint64 at = still ? g_get_monotonic_time() : 0;

    __atomic_store_n(&clock_stands_at, at, __ATOMIC_RELAXED);
}

/* What became of a handshake. */
typedef struct Shake {
    int called;
    int destroyed;
    char *error;
} Shake;

/* The program's own stands before the C library's: what a thread of this one makes may be told before it goes on. */
static __thread Shake *waits_for;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int result;

    if (!real) {
        real = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create");
    }
    result = real(thread, attributes, run, argument);
    while (waits_for && !g_atomic_int_get(&waits_for->called)) {
        g_usleep(1000);
    }
    return result;
}

/* A socket channel and the descriptor of its peer. */
static QIOChannelSocket *connected(int *peer)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    *peer = fds[1];
    return qio_channel_socket_new_fd(fds[0], &error_abort);
}

static void shake_called(QIOTask *task, gpointer opaque)
{
    Shake *shake = opaque;
    Error *err = NULL;

    shake->called++;
    if (qio_task_propagate_error(task, &err)) {
        shake->error = g_strdup(error_get_pretty(err));
        error_free(err);
    }
}

static void shake_destroyed(gpointer opaque)
{
    ((Shake *)opaque)->destroyed++;
}

static void run_until_destroyed(Shake *shake)
{
    while (!shake->destroyed) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(shake->called, ==, 1);
}

#define REQUEST "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"

/* R-LIMIT-13, R-LIMIT-16, R-STATS-9: a client that begins its request and stalls. */
static void test_websock_late(void)
{
    QIOStats before = stats_now();
    Shake shake = { 0 };
    int peer;
    QIOChannelSocket *sioc = connected(&peer);
    QIOChannelWebsock *websock = qio_channel_websock_new_server(QIO_CHANNEL(sioc));

    g_assert_cmpint(send(peer, REQUEST, 10, 0), ==, 10);
    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(websock), 30, &error_abort), ==, 0);
    qio_channel_websock_handshake(websock, shake_called, &shake, shake_destroyed);
    run_until_destroyed(&shake);
    g_assert_cmpstr(shake.error, ==, "The WebSocket opening handshake timed out");
    g_assert_cmpuint(stats_now().handshakes_timed_out - before.handshakes_timed_out, ==, 1);
    g_assert_true(peer_closes(peer));
    run_all(NULL);
    g_assert_cmpint(shake.called, ==, 1);
    unref_last(websock);
    unref_last(sioc);
    close(peer);
    g_free(shake.error);
}

/* A handshake that a thread has just begun, and whose deadline the default context meets. */
typedef struct Begun {
    QIOChannelWebsock *websock;
    Shake shake;
} Begun;

static gpointer begin_handshake(gpointer opaque)
{
    Begun *begun = opaque;

    /* The thread that keeps deadlines is made for this one. */
    waits_for = &begun->shake;
    qio_channel_websock_handshake(begun->websock, shake_called, &begun->shake, shake_destroyed);
    waits_for = NULL;
    return NULL;
}

/* However soon it comes: what was not made isn't told as made. */
static void test_websock_begun_elsewhere(void)
{
    int peer;
    QIOChannelSocket *sioc = connected(&peer);
    Begun begun = { .websock = qio_channel_websock_new_server(QIO_CHANNEL(sioc)) };
    GThread *thread;

    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(begun.websock), 1, &error_abort), ==, 0);
    thread = g_thread_new("begins", begin_handshake, &begun);
    run_until_destroyed(&begun.shake);
    g_thread_join(thread);
    g_assert_cmpstr(begun.shake.error, ==, "The WebSocket opening handshake timed out");
    unref_last(begun.websock);
    unref_last(sioc);
    close(peer);
    g_free(begun.shake.error);
}

/* One that is over in time. */
static void test_websock_in_time(void)
{
    Shake shake = { 0 };
    int peer;
    QIOChannelSocket *sioc = connected(&peer);
    QIOChannelWebsock *websock = qio_channel_websock_new_server(QIO_CHANNEL(sioc));

    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(websock), HOUR_MS, &error_abort), ==, 0);
    qio_channel_websock_handshake(websock, shake_called, &shake, shake_destroyed);
    g_assert_cmpint(send(peer, REQUEST, strlen(REQUEST), 0), ==, strlen(REQUEST));
    run_until_destroyed(&shake);
    g_assert_null(shake.error);
    unref_last(websock);
    unref_last(sioc);
    close(peer);
}

/* The listener's limits hold for what its clients begin, unless the program says otherwise. */
static void test_of_listener(void)
{
    QIOLimits limits = { .size = sizeof(limits), .handshake_timeout_ms = 30 };
    QIONetListener *listener = listener_with(1);
    Kept kept = { 0 };
    int fds[2], n;

    limit_clients(listener, &limits, &kept);
    connect_all(listener, 1, fds, 2);
    run_until_kept(&kept, 2);
    for (n = 0; n < 2; n++) {
        Shake shake = { 0 };
        QIOChannelWebsock *websock = qio_channel_websock_new_server(QIO_CHANNEL(kept.clients[n]));

        if (n == 1) {
            g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(websock), 0, &error_abort), ==, 0);
            g_assert_cmpint(send(fds[n], REQUEST, strlen(REQUEST), 0), ==, strlen(REQUEST));
        }
        qio_channel_websock_handshake(websock, shake_called, &shake, shake_destroyed);
        run_until_destroyed(&shake);
        g_assert_cmpstr(shake.error, ==, n == 0 ? "The WebSocket opening handshake timed out" : NULL);
        g_free(shake.error);
        unref_last(websock);
    }
    end_all(listener, &kept, fds, 2);
}

/* R-LIMIT-14, R-LIMIT-15, R-LIMIT-16, R-STATS-9: a thread that waits in a read is told, and told that it isn't the
 * end. */
static void test_idle_read(void)
{
    QIOStats before = stats_now();
    int peer, n;
    QIOChannelSocket *sioc = connected(&peer);
    char byte;

    g_assert_cmpint(send(peer, "x", 1, 0), ==, 1);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(sioc), &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(sioc), 40, &error_abort), ==, 0);
    for (n = 0; n < 2; n++) {
        Error *err = NULL;

        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(sioc), &byte, 1, &err), ==, -1);
        g_assert_nonnull(strstr(error_get_pretty(err), "The connection was idle for too long"));
        error_free(err);
    }
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(sioc), "x", 1, NULL), ==, -1);
    g_assert_cmpuint(stats_now().idle_timed_out - before.idle_timed_out, ==, 1);
    g_assert_true(peer_closes(peer));
    unref_last(sioc);
    close(peer);
}

static gboolean watch_fires(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    *(bool *)opaque = true;
    return FALSE;
}

/* A watch, and a coroutine, are woken. */
static void test_idle_watch(void)
{
    int peer;
    QIOChannelSocket *sioc = connected(&peer);
    bool fired = false;

    qio_channel_add_watch(QIO_CHANNEL(sioc), G_IO_IN, watch_fires, &fired, NULL);
    g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(sioc), 40, &error_abort), ==, 0);
    while (!fired) {
        g_main_context_iteration(NULL, TRUE);
    }
    unref_last(sioc);
    close(peer);
}

typedef struct Yield {
    QIOChannel *ioc;
    GIOCondition condition;
    bool ended;
} Yield;

static void coroutine_fn yields(void *opaque)
{
    Yield *yield = opaque;

    qio_channel_yield(yield->ioc, yield->condition);
    yield->ended = true;
}

static void test_idle_coroutine(void)
{
    static const GIOCondition conditions[] = { G_IO_IN, G_IO_OUT };
    size_t n;

    for (n = 0; n < G_N_ELEMENTS(conditions); n++) {
        int peer;
        QIOChannelSocket *sioc = connected(&peer);
        Yield yield = { .ioc = QIO_CHANNEL(sioc), .condition = conditions[n] };

        qio_channel_set_blocking(QIO_CHANNEL(sioc), false, NULL);
        while (send(sioc->fd, "", 1, 0) > 0) {
            /* nothing */
        }
        clock_stands(true);
        g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(sioc), 40, &error_abort), ==, 0);
        qemu_coroutine_enter(qemu_coroutine_create(yields, &yield));
        clock_stands(false);
        while (!yield.ended) {
            main_loop_wait(false);
        }
        unref_last(sioc);
        close(peer);
    }
}

/* A connection on which something moves isn't idle; nor is one after it was closed, or without a limit. */
static void test_not_idle(void)
{
    QIOStats before = stats_now();
    int peers[3], n;
    QIOChannelSocket *siocs[3];
    char byte;

    for (n = 0; n < 3; n++) {
        siocs[n] = connected(&peers[n]);
    }
    clock_stands(true);
    g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(siocs[0]), HOUR_MS, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(siocs[1]), 40, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(siocs[1]), 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_set_idle_timeout(QIO_CHANNEL(siocs[2]), 40, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(siocs[2]), &error_abort), ==, 0);
    clock_stands(false);
    for (n = 0; n < 2; n++) {
        g_assert_cmpint(qio_channel_write(QIO_CHANNEL(siocs[n]), "x", 1, &error_abort), ==, 1);
        g_assert_cmpint(recv(peers[n], &byte, 1, 0), ==, 1);
        close(peers[n]);
        /* Its end is its end. */
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(siocs[n]), &byte, 1, &error_abort), ==, 0);
    }
    g_assert_cmpuint(stats_now().idle_timed_out, ==, before.idle_timed_out);
    for (n = 0; n < 3; n++) {
        unref_last(siocs[n]);
    }
    close(peers[2]);
}

/* A listener's idle clients go, and make place. */
static void test_idle_clients(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 1, .idle_timeout_ms = 40 };
    QIONetListener *listener = listener_with(1);
    Kept kept = { 0 };
    int fds[2], n;

    limit_clients(listener, &limits, &kept);
    connect_all(listener, 1, fds, 2);
    for (n = 0; n < 2; n++) {
        bool fired = false;

        run_until_kept(&kept, n + 1);
        qio_channel_add_watch(QIO_CHANNEL(kept.clients[n]), G_IO_IN, watch_fires, &fired, NULL);
        while (!fired) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_assert_true(peer_closes(fds[n]));
        drop(&kept, n);
        close(fds[n]);
    }
    end(listener);
}

/* What has no connection can't be idle. */
static void test_no_connection(void)
{
    QIONetListener *listener = listener_with(1);
    int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), listening = dup(socket_of(listener, 0)->fd);
    QIOChannel *channels[] = { QIO_CHANNEL(socket_of(listener, 0)), QIO_CHANNEL(qio_channel_socket_new()),
        QIO_CHANNEL(qio_channel_socket_new_fd(unconnected, &error_abort)),
        QIO_CHANNEL(qio_channel_socket_new_fd(listening, &error_abort)), QIO_CHANNEL(qio_channel_buffer_new(1)) };
    static const char *const said[] = { "no connection", "no connection", "no connection", "no connection", "no socket" };
    size_t n;

    for (n = 0; n < G_N_ELEMENTS(channels); n++) {
        Error *err = NULL;

        g_assert_cmpint(qio_channel_set_idle_timeout(channels[n], 1, &err), ==, -1);
        g_assert_nonnull(strstr(error_get_pretty(err), said[n]));
        error_free(err);
    }
    for (n = 1; n < G_N_ELEMENTS(channels); n++) {
        unref_last(channels[n]);
    }
    unref_last(listener);
}

int main(int argc, char **argv)
{
    module_call_init(MODULE_INIT_QOM);
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    /* First, as long as no thread keeps deadlines. */
    g_test_add_func("/qio/limits/websock/begun-elsewhere", test_websock_begun_elsewhere);
    g_test_add_func("/qio/limits/websock/late", test_websock_late);
    g_test_add_func("/qio/limits/websock/in-time", test_websock_in_time);
    g_test_add_func("/qio/limits/websock/of-listener", test_of_listener);
    g_test_add_func("/qio/limits/idle/read", test_idle_read);
    g_test_add_func("/qio/limits/idle/watch", test_idle_watch);
    g_test_add_func("/qio/limits/idle/coroutine", test_idle_coroutine);
    g_test_add_func("/qio/limits/idle/moves", test_not_idle);
    g_test_add_func("/qio/limits/idle/clients", test_idle_clients);
    g_test_add_func("/qio/limits/idle/no-connection", test_no_connection);
    return g_test_run();
}
