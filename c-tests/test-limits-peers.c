/*
 * qio/limits.h: how many clients of one peer, how fast they are accepted, and how limits are set (R-LIMIT of
 * docs/spec/limits.md).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <stddef.h>
#include "qemu/module.h"
#include "limited-clients.h"
#include "mistakes.h"

/* The program's own stand before the libraries'. While the clock stands still no time passes for io/. */
static gint64 clock_stands_at;

gint64 g_get_monotonic_time(void)
{
    static gint64 (*real)(void);

    if (!real) {
        real = (gint64 (*)(void))dlsym(RTLD_NEXT, "g_get_monotonic_time");
    }
    return clock_stands_at ? clock_stands_at : real();
}

/* A TCP client of this loopback address. */
static int connect_from(const char *from, int listening)
{
    struct sockaddr_in name = { .sin_family = AF_INET }, to;
    socklen_t len = sizeof(to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(inet_pton(AF_INET, from, &name.sin_addr), ==, 1);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    g_assert_cmpint(getsockname(listening, (struct sockaddr *)&to, &len), ==, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, len), ==, 0);
    return fd;
}

/* R-LIMIT-6, R-LIMIT-10, R-STATS-9: a client too much of one peer is closed, without the callback; others come. */
static void test_per_peer(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients_per_peer = 1 };
    QIONetListener *listener = qio_net_listener_new();
    QIOStats before = stats_now();
    Kept kept = { 0 };
    int fds[4], listening;

    open_inet(listener);
    listening = socket_of(listener, 0)->fd;
    limit_clients(listener, &limits, &kept);
    fds[0] = connect_from("127.0.0.1", listening);
    run_until_kept(&kept, 1);
    fds[1] = connect_from("127.0.0.1", listening);
    fds[2] = connect_from("127.0.0.2", listening);
    run_until_kept(&kept, 2);
    g_assert_true(peer_closes(fds[1]));
    g_assert_cmpint(send(kept.clients[1]->fd, "x", 1, 0), ==, 1);
    g_assert_false(peer_closes(fds[2]));
    g_assert_cmpuint(stats_now().clients_refused - before.clients_refused, ==, 1);
    g_assert_cmpuint(stats_now().accepts - before.accepts, ==, 2);

    drop(&kept, 0);
    fds[3] = connect_from("127.0.0.1", listening);
    run_until_kept(&kept, 3);

    /* A network may be one peer. */
    drop_all(&kept);
    limits.peer_ipv4_prefix = 8;
    qio_net_listener_set_limits(listener, &limits);
    close_all(fds, 2);
    fds[0] = connect_from("127.0.0.1", listening);
    run_until_kept(&kept, 4);
    fds[1] = connect_from("127.0.0.2", listening);
    while (stats_now().clients_refused - before.clients_refused < 2) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_true(peer_closes(fds[1]));
    g_assert_cmpint(kept.calls, ==, 4);

    end_all(listener, &kept, fds, 4);
}

/* The user is the peer of a UNIX socket; a refused client takes no place. */
static void test_per_user(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 3, .max_clients_per_peer = 2 };
    QIONetListener *listener = listener_with(2);
    Kept kept = { 0 };
    int fds[5], n;

    limit_clients(listener, &limits, &kept);
    for (n = 0; n < 5; n++) {
        fds[n] = connect_to(listener, n % 2);
        run_all(NULL);
    }
    g_assert_cmpint(kept.calls, ==, 2);
    for (n = 2; n < 5; n++) {
        g_assert_true(peer_closes(fds[n]));
    }
    end_all(listener, &kept, fds, 5);
}

/* A socket that listens to IPv6, and to IPv4 as that; -1 if there is no IPv6. */
static int dual_listener(void)
{
    struct sockaddr_in6 name = { .sin6_family = AF_INET6 };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), off = 0;

    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
        close(fd);
        return -1;
    }
    g_assert_cmpint(listen(fd, 100), ==, 0);
    return fd;
}

/* An IPv4 address is the same peer, however the listening socket shows it. */
static void test_mapped_address(void)
{
    QIOLimits limits = { .size = sizeof(limits), .max_clients_per_peer = 1 };
    struct sockaddr_in6 dual;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(dual);
    QIONetListener *listener;
    QIOChannelSocket *sioc;
    Kept kept = { 0 };
    int fds[2], fd = dual_listener();

    if (fd < 0) {
        g_test_skip("no IPv6");
        return;
    }
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&dual, &len), ==, 0);
    to.sin_port = dual.sin6_port;
    listener = qio_net_listener_new();
    sioc = qio_channel_socket_new_fd(fd, &error_abort);
    qio_net_listener_add(listener, sioc);
    object_unref(OBJECT(sioc));
    open_inet(listener);
    limit_clients(listener, &limits, &kept);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fds[0], (struct sockaddr *)&to, sizeof(to)), ==, 0);
    run_until_kept(&kept, 1);
    g_assert_cmpint(kept.clients[0]->remoteAddr.ss_family, ==, AF_INET6);
    fds[1] = connect_from("127.0.0.1", socket_of(listener, 1)->fd);
    do {
        g_main_context_iteration(NULL, TRUE);
    } while (is_readable(socket_of(listener, 1)->fd));
    g_assert_true(peer_closes(fds[1]));
    g_assert_cmpint(kept.calls, ==, 1);
    end_all(listener, &kept, fds, 2);
}

/* R-LIMIT-8, R-LIMIT-10, R-STATS-9: as many as the burst come at once, the others by and by. */
static void test_rate(void)
{
    QIOLimits limits = { .size = sizeof(limits), .accept_rate = 1, .accept_burst = 2 };
    QIONetListener *listener = listener_with(1);
    QIOStats before;
    Kept kept = { 0 };
    int fds[3];

    /* GLib's own clock goes on: what follows takes less than the second until the next may come. */
    clock_stands_at = g_get_monotonic_time();
    limit_clients(listener, &limits, &kept);
    before = stats_now();
    connect_all(listener, 1, fds, 3);
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 2);
    g_assert_false(g_main_context_iteration(NULL, FALSE));
    g_assert_cmpuint(stats_now().accepts_limited - before.accepts_limited, ==, 1);
    clock_stands_at += 999999;
    run_all(NULL);
    g_assert_cmpint(kept.calls, ==, 2);
    clock_stands_at = 0;
    run_until_kept(&kept, 3);
    end_all(listener, &kept, fds, 3);
}

/* R-LIMIT-2: structs of other versions of the header. */
static void test_sizes(void)
{
    struct {
        QIOLimits known;
        uint64_t later;
    } larger = { .known = { .size = sizeof(larger), .max_clients = 7, .peer_ipv6_prefix = 64, .accept_burst = 9 }, .later = 5 };
    QIOLimits limits = { .size = sizeof(limits) };
    QIONetListener *listener = qio_net_listener_new();

    qio_net_listener_set_limits(listener, &larger.known);
    qio_net_listener_get_limits(listener, &limits);
    g_assert_cmpuint(limits.size, ==, sizeof(limits));
    g_assert_cmpuint(limits.max_clients, ==, 7);
    g_assert_cmpuint(limits.max_clients_per_peer, ==, 0);
    g_assert_cmpuint(limits.peer_ipv6_prefix, ==, 64);
    g_assert_cmpuint(limits.accept_burst, ==, 9);
    qio_net_listener_get_limits(listener, &larger.known);
    g_assert_cmpuint(larger.known.size, ==, sizeof(limits));
    g_assert_cmpuint(larger.later, ==, 0);

    limits.size = offsetof(QIOLimits, max_clients_per_peer);
    limits.max_clients = 8;
    qio_net_listener_set_limits(listener, &limits);
    limits.max_clients = 0;
    limits.max_clients_per_peer = 6;
    qio_net_listener_get_limits(listener, &limits);
    g_assert_cmpuint(limits.size, ==, offsetof(QIOLimits, max_clients_per_peer));
    g_assert_cmpuint(limits.max_clients, ==, 8);
    g_assert_cmpuint(limits.max_clients_per_peer, ==, 6);
    limits.size = sizeof(limits);
    qio_net_listener_get_limits(listener, &limits);
    g_assert_cmpuint(limits.accept_burst, ==, 0);
    unref_last(listener);
}

static void mistake_listener(void)
{
    qio_net_listener_set_limits(NULL, NULL);
}

static void mistake_get(void)
{
    qio_net_listener_get_limits(qio_net_listener_new(), NULL);
}

/* R-LIMIT-2 */
static void mistake_size(void)
{
    QIOLimits limits = { .size = 7 };

    qio_net_listener_set_limits(qio_net_listener_new(), &limits);
}

/* R-LIMIT-2 */
static void mistake_ipv4(void)
{
    QIOLimits limits = { .size = sizeof(limits), .peer_ipv4_prefix = 33 };

    qio_net_listener_set_limits(qio_net_listener_new(), &limits);
}

/* R-LIMIT-2 */
static void mistake_ipv6(void)
{
    QIOLimits limits = { .size = sizeof(limits), .peer_ipv6_prefix = 129 };

    qio_net_listener_set_limits(qio_net_listener_new(), &limits);
}

static const Mistake mistakes[] = {
    { "listener", mistake_listener, "*qio_net_listener_set_limits: listener is NULL*" },
    { "get", mistake_get, "*qio_net_listener_get_limits: limits is NULL*" },
    { "size", mistake_size, "*qio_net_listener_set_limits: limits->size is 7*" },
    { "ipv4", mistake_ipv4, "*qio_net_listener_set_limits: limits->peer_ipv4_prefix is 33*" },
    { "ipv6", mistake_ipv6, "*qio_net_listener_set_limits: limits->peer_ipv6_prefix is 129*" },
};

/* R-LIMIT-3: the limits of a program that was started with some. */
static void print_limits(void)
{
    QIOLimits limits = { .size = sizeof(limits) };
    QIONetListener *listener = qio_net_listener_new();

    qio_net_listener_get_limits(listener, &limits);
    g_print("limits %u %u %u %u %u %u %u %u\n", limits.max_clients, limits.max_clients_per_peer, limits.peer_ipv4_prefix,
            limits.peer_ipv6_prefix, limits.accept_rate, limits.accept_burst, limits.handshake_timeout_ms, limits.idle_timeout_ms);
    qio_net_listener_set_limits(listener, NULL);
    qio_net_listener_get_limits(listener, &limits);
    g_print("own %u\n", limits.max_clients);
    object_unref(OBJECT(listener));
}

static void test_environment(void)
{
    static const char *const names[] = { "QIO_LIMITS", NULL };

    g_setenv(names[0], "max-clients=1,max-clients-per-peer=2,peer-ipv4-prefix=3,peer-ipv6-prefix=4,accept-rate=5,accept-burst=6,handshake-timeout=7,idle-timeout=8", true);
    g_test_trap_subprocess("/qio/limits/environment/subprocess/print", 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout("*limits 1 2 3 4 5 6 7000 8000\n*own 0\n*");
    g_test_trap_assert_stderr_unmatched("*libqio*");

    g_setenv(names[0], "max-clients=some,accept-rate=7", true);
    g_test_trap_subprocess("/qio/limits/environment/subprocess/print", 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout("*limits 0 0 0 0 7 0 0 0\n*");
    g_test_trap_assert_stderr("*libqio: QIO_LIMITS: max-clients is a number up to 4294967295, not \"some\"\n*");
    g_unsetenv(names[0]);
}

int main(int argc, char **argv)
{
    module_call_init(MODULE_INIT_QOM);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/limits/per-peer", test_per_peer);
    g_test_add_func("/qio/limits/per-user", test_per_user);
    g_test_add_func("/qio/limits/mapped-address", test_mapped_address);
    g_test_add_func("/qio/limits/rate", test_rate);
    g_test_add_func("/qio/limits/sizes", test_sizes);
    ADD_MISTAKES("/qio/limits/mistake", mistakes);
    g_test_add_func("/qio/limits/environment", test_environment);
    g_test_add_func("/qio/limits/environment/subprocess/print", print_limits);
    return g_test_run();
}
