/*
 * A WebSocket server that sends back what it gets, for clients of other implementations.
 *
 * usage: websock-echo [SEED [DIRECTORY]]
 *
 * With a directory of certificates, it speaks through TLS. Listens on a port of 127.0.0.1, which it
 * prints, until its standard input ends. A client that sends "CLOSE" first is closed; one that sends
 * "STAY!" first is left alone when reading from it fails. Reads are of random sizes.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../socket-channels.h"
#include "io/channel-websock.h"
#ifdef PEERS_HAVE_TLS
#include "credentials.h"
#endif

/* Bytes that are read ahead of what was sent back. */
enum { AHEAD = 1 << 18 };

typedef struct Client {
    QIOChannel *ioc;
    GByteArray *pending;
    guint tag;
    GIOCondition condition;
    bool has_begun, stays;
} Client;

static GRand *rng;

/* Clients that are left alone until the end. */
static GList *staying;

static void client_free(Client *client)
{
    qio_channel_close(client->ioc, NULL);
    object_unref(OBJECT(client->ioc));
    g_byte_array_unref(client->pending);
    g_free(client);
}

static gboolean client_ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque);

/* Watches for what the client needs now; whether the present watch stays. */
static gboolean client_watch(Client *client)
{
    GIOCondition condition = 0;

    if (client->pending->len < AHEAD) {
        condition |= G_IO_IN;
    }
    if (client->pending->len > 0) {
        condition |= G_IO_OUT;
    }
    if (condition == client->condition) {
        return G_SOURCE_CONTINUE;
    }
    client->condition = condition;
    client->tag = qio_channel_add_watch(client->ioc, condition, client_ready, client, NULL);
    return G_SOURCE_REMOVE;
}

/* False at the end. */
static bool client_reads(Client *client)
{
    static uint8_t bytes[100000];
    size_t size = g_rand_int_range(rng, 1, g_rand_boolean(rng) ? 300 : sizeof(bytes));
    ssize_t got;

    if (!client->has_begun) {
        size = sizeof(bytes);
    }
    got = qio_channel_read(client->ioc, (char *)bytes, size, NULL);
    if (got == 0 || got == -1) {
        return false;
    }
    if (got > 0) {
        if (!client->has_begun && got >= 5 && !memcmp(bytes, "CLOSE", 5)) {
            return false;
        }
        client->stays |= !client->has_begun && got >= 5 && !memcmp(bytes, "STAY!", 5);
        client->has_begun = true;
        g_byte_array_append(client->pending, bytes, got);
    }
    return true;
}

static bool client_writes(Client *client)
{
    while (client->pending->len) {
        size_t size = g_rand_int_range(rng, 1, client->pending->len + 1);
        ssize_t put = qio_channel_write(client->ioc, (char *)client->pending->data, size, NULL);

        if (put == -1) {
            return false;
        }
        if (put <= 0) {
            break;
        }
        g_byte_array_remove_range(client->pending, 0, put);
    }
    return true;
}

static gboolean client_ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Client *client = opaque;

    if (((condition & G_IO_IN) && !client_reads(client)) || !client_writes(client)) {
        if (client->stays) {
            staying = g_list_prepend(staying, client);
        } else {
            client_free(client);
        }
        return G_SOURCE_REMOVE;
    }
    return client_watch(client);
}

static void opened(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        error_report_err(err);
        client_free(client);
        return;
    }
    client_watch(client);
}

/* A transport that is ready for frames. */
static void serve(QIOChannel *transport)
{
    Client *client = g_new0(Client, 1);

    client->ioc = QIO_CHANNEL(qio_channel_websock_new_server(transport));
    client->pending = g_byte_array_new();
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(client->ioc), opened, client, NULL);
}

#ifdef PEERS_HAVE_TLS
static QCryptoTLSCreds *creds;

static void encrypted(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        error_report_err(err);
    } else {
        serve(QIO_CHANNEL(qio_task_get_source(task)));
    }
}

/* TLS first; what goes on holds its own references. */
static void encrypt(QIOChannel *socket)
{
    QIOChannelTLS *ioc = qio_channel_tls_new_server(socket, creds, NULL, &error_abort);

    qio_channel_tls_handshake(ioc, encrypted, NULL, NULL, NULL);
    object_unref(OBJECT(ioc));
}
#endif

static gboolean arrived(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    auto_socket socket = qio_channel_socket_accept(QIO_CHANNEL_SOCKET(ioc), &error_abort);

    set_blocking(socket, false);
#ifdef PEERS_HAVE_TLS
    if (creds) {
        encrypt(QIO_CHANNEL(socket));
        return G_SOURCE_CONTINUE;
    }
#endif
    serve(QIO_CHANNEL(socket));
    return G_SOURCE_CONTINUE;
}

static gboolean input_ended(GIOChannel *source, GIOCondition condition, gpointer opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    g_autoptr(SocketAddress) bound = NULL;
    GIOChannel *input = g_io_channel_unix_new(STDIN_FILENO);
    auto_socket listener = NULL;
    bool done = false;

    module_call_init(MODULE_INIT_QOM);
    rng = g_rand_new_with_seed(argc > 1 ? strtoul(argv[1], NULL, 0) : 0);
#ifdef PEERS_HAVE_TLS
    if (argc > 2) {
        creds = credentials_new("x509", argv[2], true, true);
    }
#endif
    listener = listen_on(&addr);
    bound = qio_channel_socket_get_local_address(listener, &error_abort);
    qio_channel_add_watch(QIO_CHANNEL(listener), G_IO_IN, arrived, NULL, NULL);
    g_io_add_watch(input, G_IO_HUP, input_ended, &done);
    printf("%s\n", bound->u.inet.port);
    fflush(stdout);
    while (!done) {
        g_main_context_iteration(NULL, true);
    }
    g_io_channel_unref(input);
    for (GList *each = staying; each; each = each->next) {
        client_free(each->data);
    }
    g_list_free(staying);
    g_rand_free(rng);
#ifdef PEERS_HAVE_TLS
    if (creds) {
        credentials_end(creds);
    }
#endif
    return 0;
}
