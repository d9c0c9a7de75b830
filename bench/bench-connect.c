/*
 * A connection to a loopback address by number: qio_channel_socket_connect_full_async() against GLib's GSocketClient,
 * and against qio_channel_socket_connect_async(), which needs a worker thread. The listener is of the same process; each
 * connection is accepted and both ends are closed before the next.
 *
 * usage: bench-connect              rates, and ratios of CPU time
 *        bench-connect WHAT TIMES   so many, to be counted: full, gio, async
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <gio/gio.h>
#include "io/channel-socket.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qio/connect.h"
#include "pairs.h"

enum { PAIRS = 15, CONNECTIONS = 3000 };

static int listener;
static int port;
static bool done;

/* A reset, so that no port stays in TIME_WAIT. */
static void take_client(int client)
{
    struct linger linger = { 1, 0 };
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    g_assert(fd >= 0);
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

static void connected(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        error_report_err(err);
        exit(1);
    }
    done = true;
}

static void connect_qio(bool full)
{
    g_autofree char *number = g_strdup_printf("%d", port);
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_INET,
        .u.inet = { .host = (char *)"127.0.0.1", .port = number },
    };
    QIOChannelSocket *ioc = qio_channel_socket_new();

    done = false;
    if (full) {
        qio_channel_socket_connect_full_async(ioc, &addr, NULL, connected, NULL, NULL, NULL);
    } else {
        qio_channel_socket_connect_async(ioc, &addr, connected, NULL, NULL, NULL);
    }
    while (!done) {
        g_main_context_iteration(NULL, TRUE);
    }
    take_client(ioc->fd);
    object_unref(OBJECT(ioc));
}

static void connect_full(void)
{
    connect_qio(true);
}

static void connect_async(void)
{
    connect_qio(false);
}

static GSocketClient *gio_client;
static GSocketConnection *gio_connection;

static void gio_connected(GObject *source, GAsyncResult *result, gpointer opaque)
{
    GError *error = NULL;

    gio_connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, &error);
    if (!gio_connection) {
        g_error("%s", error->message);
    }
}

static void connect_gio(void)
{
    GSocketConnectable *address = G_SOCKET_CONNECTABLE(g_inet_socket_address_new_from_string("127.0.0.1", port));

    if (!gio_client) {
        gio_client = g_socket_client_new();
        g_socket_client_set_enable_proxy(gio_client, FALSE);
    }
    gio_connection = NULL;
    g_socket_client_connect_async(gio_client, address, NULL, gio_connected, NULL);
    while (!gio_connection) {
        g_main_context_iteration(NULL, TRUE);
    }
    take_client(g_socket_get_fd(g_socket_connection_get_socket(gio_connection)));
    g_object_unref(gio_connection);
    g_object_unref(address);
}

static const struct Way {
    const char *name;
    void (*connect)(void);
} ways[] = { { "full", connect_full }, { "gio", connect_gio }, { "async", connect_async } };

static Cost measure(const struct Way *way)
{
    Cost begin = cost_begin();

    for (int i = 0; i < CONNECTIONS; i++) {
        way->connect();
    }
    return cost_end(begin);
}

static void compare(const struct Way *ours, const struct Way *other)
{
    int pairs = pair_count(PAIRS);
    g_autofree double *rate = g_new(double, pairs), *other_rate = g_new(double, pairs), *ratio = g_new(double, pairs);

    for (int i = 0; i < pairs; i++) {
        Cost a = measure(ours), b = measure(other);

        rate[i] = CONNECTIONS / a.wall;
        other_rate[i] = CONNECTIONS / b.wall;
        ratio[i] = b.cpu / a.cpu;
    }
    printf("%-6s %8.0f/s   %-6s %8.0f/s   CPU time %s/%s %.2f\n", ours->name, median(rate, pairs), other->name,
           median(other_rate, pairs), other->name, ours->name, median(ratio, pairs));
}

int main(int argc, char **argv)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(name);

    module_call_init(MODULE_INIT_QOM);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&name, len) < 0 || listen(listener, 16) < 0
        || getsockname(listener, (struct sockaddr *)&name, &len) < 0) {
        perror("bench-connect");
        return 1;
    }
    port = ntohs(name.sin_port);
    if (argc == 3) {
        for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
            if (strcmp(argv[1], ways[i].name) == 0) {
                for (int times = atoi(argv[2]); times > 0; times--) {
                    ways[i].connect();
                }
                return 0;
            }
        }
        fprintf(stderr, "bench-connect: there is no %s\n", argv[1]);
        return 1;
    }
    compare(&ways[0], &ways[1]);
    compare(&ways[0], &ways[2]);
    return 0;
}
