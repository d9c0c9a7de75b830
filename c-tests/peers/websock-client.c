/*
 * A WebSocket client for servers of other implementations.
 *
 * usage: websock-client PORT PATH [SEED [DIRECTORY]]
 *
 * Connects to a port of 127.0.0.1, through TLS with a directory of certificates, and asks for the path. Sends messages of
 * random sizes, takes as many bytes that have to be the same, and closes. Prints "echoed", or the error
 * that came first.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../socket-channels.h"
#include "qapi/error.h"
#include "qio/websock-client.h"
#ifdef PEERS_HAVE_TLS
#include "credentials.h"
#endif

enum { MESSAGES = 12, SMALL = 300, LARGEST = 200000 };

/* The outcome of a handshake. */
typedef struct Outcome {
    bool is_over;
    Error *err;
} Outcome;

static void handshake_over(QIOTask *task, gpointer opaque)
{
    Outcome *outcome = opaque;

    qio_task_propagate_error(task, &outcome->err);
    outcome->is_over = true;
}

/* Waits; NULL or why it failed. */
static Error *outcome_of(Outcome *outcome)
{
    while (!outcome->is_over) {
        g_main_context_iteration(NULL, TRUE);
    }
    return outcome->err;
}

/* The transport, ready for frames. */
static QIOChannel *transport_to(const char *port, const char *dir)
{
    SocketAddress addr = inet_address("127.0.0.1", port);
    QIOChannelSocket *socket = qio_channel_socket_new();

    qio_channel_socket_connect_sync(socket, &addr, &error_fatal);
    set_blocking(socket, false);
#ifdef PEERS_HAVE_TLS
    if (dir) {
        QCryptoTLSCreds *creds = credentials_new("x509", dir, false, false);
        QIOChannelTLS *tls = qio_channel_tls_new_client(QIO_CHANNEL(socket), creds, "127.0.0.1", &error_fatal);
        Outcome outcome = { 0 };

        qio_channel_tls_handshake(tls, handshake_over, &outcome, NULL, NULL);
        error_propagate(&error_fatal, outcome_of(&outcome));
        object_unref(OBJECT(socket));
        credentials_end(creds);
        return QIO_CHANNEL(tls);
    }
#endif
    return QIO_CHANNEL(socket);
}

static gboolean ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_REMOVE;
}

static void wait_for(QIOChannel *ioc, GIOCondition condition)
{
    bool is_ready = false;

    qio_channel_add_watch(ioc, condition, ready, &is_ready, NULL);
    while (!is_ready) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* Sends a message and takes its echo, in any order; false with @errp set. */
static bool echo(QIOChannel *ioc, const char *bytes, char *back, size_t size, Error **errp)
{
    size_t sent = 0, taken = 0;

    while (taken < size) {
        ssize_t moved = 0;

        if (sent < size) {
            moved = qio_channel_write(ioc, bytes + sent, size - sent, errp);
            if (moved == -1) {
                return false;
            }
            sent += MAX(moved, 0);
        }
        moved = qio_channel_read(ioc, back, size - taken, errp);
        if (moved == -1) {
            return false;
        }
        if (moved == 0) {
            error_setg(errp, "The server has ended the connection");
            return false;
        }
        if (moved > 0) {
            g_assert_cmpmem(back, moved, bytes + taken, moved);
            taken += moved;
        } else {
            wait_for(ioc, sent < size ? G_IO_IN | G_IO_OUT : G_IO_IN);
        }
    }
    return true;
}

static bool talk(QIOChannel *ioc, GRand *rng, int largest, Error **errp)
{
    g_autofree char *bytes = g_malloc(largest), *back = g_malloc(largest);

    for (int message = 0; message < MESSAGES; message++) {
        size_t size = g_rand_int_range(rng, 1, g_rand_boolean(rng) ? SMALL : largest);

        for (size_t i = 0; i < size; i++) {
            bytes[i] = g_rand_int(rng);
        }
        if (!echo(ioc, bytes, back, size, errp)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    const char *const protocols[] = { "chat", "binary", NULL };
    const char *const headers[] = { "X-Test: value", NULL };
    QIOWebsockRequest request = {
        .size = sizeof(request), .host = "127.0.0.1", .path = argv[2], .protocols = protocols, .headers = headers,
    };
    g_autoptr(GRand) rng = g_rand_new_with_seed(argc > 3 ? strtoul(argv[3], NULL, 0) : 0);
    QIOChannel *transport;
    QIOChannelWebsock *ioc;
    Outcome outcome = { 0 };
    Error *err;

    module_call_init(MODULE_INIT_QOM);
    transport = transport_to(argv[1], argc > 4 ? argv[4] : NULL);
    ioc = qio_channel_websock_new_client(transport, &request, &error_fatal);
    object_unref(OBJECT(transport));
    qio_channel_websock_handshake(ioc, handshake_over, &outcome, NULL);
    err = outcome_of(&outcome);
    if (!err) {
        g_assert_cmpstr(qio_channel_websock_get_protocol(ioc), ==, "binary");
        /* Where the server ends it the answer goes out only if nothing of a message is in the way: the channel doesn't wait. */
        talk(QIO_CHANNEL(ioc), rng, g_str_equal(argv[2], "/echo") ? LARGEST : SMALL, &err);
    }
    puts(err ? error_get_pretty(err) : "echoed");
    error_free(err);
    qio_channel_close(QIO_CHANNEL(ioc), &error_abort);
    object_unref(OBJECT(ioc));
    return 0;
}
