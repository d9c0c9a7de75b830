/*
 * CPU time of a server per accepted connection: QIONetListener against GLib's GSocketListener and
 * against a bare poll() and accept4() loop. The clients are another process.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <gio/gio.h>
#include <poll.h>
#include <sys/prctl.h>
#include "io/net-listener.h"
#include "qapi/error.h"
#include "pairs.h"

enum { PAIRS = 15, CONNECTIONS = 6000 };

/* A client process: connects to `port`, waits for the server to close, again and again. */
static pid_t start_clients(int port, int connections, int in_flight)
{
    pid_t pid = fork();
    int *fds, i;

    if (pid != 0) {
        g_assert(pid > 0);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fds = g_new(int, in_flight);
    for (i = 0; i < in_flight; i++) {
        fds[i] = -1;
    }
    for (i = 0; i < connections + in_flight; i++) {
        int *fd = &fds[i % in_flight];

        if (*fd >= 0) {
            struct linger linger = { 1, 0 };
            char c;

            if (read(*fd, &c, 1) < 0 && errno != ECONNRESET) {
                _exit(1);
            }
            /* A reset, so that no port stays in TIME_WAIT. */
            setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
            close(*fd);
            *fd = -1;
        }
        if (i < connections) {
            struct sockaddr_in to = {
                .sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            };

            *fd = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(*fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
                _exit(1);
            }
        }
    }
    _exit(0);
}

static void clients_must_succeed(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "bench-accept: the clients failed\n");
        exit(1);
    }
}

static int listening_socket(int *port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 128) < 0
        || getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
        perror("bench-accept: listen");
        exit(1);
    }
    *port = ntohs(addr.sin_port);
    return fd;
}

static Cost bare(int in_flight)
{
    int port, listener = listening_socket(&port), done = 0;
    pid_t clients = start_clients(port, CONNECTIONS, in_flight);
    Cost begin = cost_begin(), cost;

    while (done < CONNECTIONS) {
        struct pollfd pollfd = { listener, POLLIN, 0 };
        struct sockaddr_storage peer;
        socklen_t len = sizeof(peer);
        int fd;

        poll(&pollfd, 1, -1);
        fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
        if (fd >= 0) {
            close(fd);
            done++;
        }
    }
    cost = cost_end(begin);
    clients_must_succeed(clients);
    close(listener);
    return cost;
}

static void count_client(QIONetListener *listener, QIOChannelSocket *sioc, gpointer data)
{
    (*(int *)data)++;
}

static Cost qio(int in_flight)
{
    QIONetListener *listener = qio_net_listener_new();
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_INET,
        .u.inet = { .host = (char *)"127.0.0.1", .port = (char *)"0" },
    };
    struct sockaddr_in bound;
    socklen_t len = sizeof(bound);
    int done = 0;
    pid_t clients;
    Cost begin, cost;

    qio_net_listener_open_sync(listener, &addr, 128, &error_abort);
#ifdef QIO_HAS_LISTENER_SOURCE
    getsockname(qio_net_listener_sioc(listener, 0)->fd, (struct sockaddr *)&bound, &len);
#else
    getsockname(listener->sioc[0]->fd, (struct sockaddr *)&bound, &len);
#endif
    qio_net_listener_set_client_func(listener, count_client, &done, NULL);
    clients = start_clients(ntohs(bound.sin_port), CONNECTIONS, in_flight);
    begin = cost_begin();
    while (done < CONNECTIONS) {
        g_main_context_iteration(NULL, TRUE);
    }
    cost = cost_end(begin);
    clients_must_succeed(clients);
    qio_net_listener_disconnect(listener);
    object_unref(OBJECT(listener));
    return cost;
}

static void glib_accepted(GObject *source, GAsyncResult *result, gpointer data)
{
    GSocketListener *listener = G_SOCKET_LISTENER(source);
    GSocketConnection *client = g_socket_listener_accept_finish(listener, result, NULL, NULL);
    int *done = data;

    if (client) {
        g_object_unref(client);
        (*done)++;
    }
    if (*done < CONNECTIONS) {
        g_socket_listener_accept_async(listener, NULL, glib_accepted, data);
    }
}

static Cost glib(int in_flight)
{
    GSocketListener *listener = g_socket_listener_new();
    int port, done = 0;
    pid_t clients;
    Cost begin, cost;

    /* As the others have; with its own 10 clients are sent away and come back a second later. */
    g_socket_listener_set_backlog(listener, 128);
    port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);
    clients = start_clients(port, CONNECTIONS, in_flight);
    begin = cost_begin();
    g_socket_listener_accept_async(listener, NULL, glib_accepted, &done);
    while (done < CONNECTIONS) {
        g_main_context_iteration(NULL, TRUE);
    }
    cost = cost_end(begin);
    clients_must_succeed(clients);
    g_socket_listener_close(listener);
    g_object_unref(listener);
    return cost;
}

static void compare(const char *name, Cost (*peer)(int), int in_flight)
{
    int pairs = pair_count(PAIRS), i;
    g_autofree double *ours = g_new(double, pairs), *theirs = g_new(double, pairs);
    g_autofree double *ratio = g_new(double, pairs);

    for (i = 0; i < pairs; i++) {
        Cost a = qio(in_flight), b = peer(in_flight);

        ours[i] = a.cpu * 1e6 / CONNECTIONS;
        theirs[i] = b.cpu * 1e6 / CONNECTIONS;
        ratio[i] = a.cpu / b.cpu;
    }
    printf("%9d  %-16s  %12.2f  %10.2f  %9.2f\n", in_flight, name, median(ours, pairs),
           median(theirs, pairs), median(ratio, pairs));
    fflush(stdout);
}

int main(void)
{
    module_call_init(MODULE_INIT_QOM);
    printf("Accepting: server CPU per connection, medians of %d pairs of %d connections.\n\n",
           pair_count(PAIRS), CONNECTIONS);
    printf("%9s  %-16s  %12s  %10s  %9s\n", "in flight", "peer", "listener us", "peer us",
           "CPU ratio");
    compare("poll + accept4", bare, 1);
    compare("poll + accept4", bare, 32);
    compare("GSocketListener", glib, 1);
    compare("GSocketListener", glib, 32);
    return 0;
}
