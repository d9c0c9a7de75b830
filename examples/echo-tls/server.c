/*
 * Sends back what it gets, over TLS, to any number of clients on one thread. docs/tls.md explains it.
 *
 *     cc server.c -o server $(pkg-config --cflags --libs qio)
 *     ./server DIR-OF-CERTIFICATES tcp:localhost:7777 ['CN=alice*']
 *
 * With a pattern, clients need a certificate whose distinguished name it matches.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "authz/list.h"
#include "crypto/tlscredsx509.h"
#include "io/channel-tls.h"
#include "io/net-listener.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/sockets.h"

enum { HANDSHAKE_SECONDS = 2 };

typedef struct Server {
    QCryptoTLSCreds *creds;
    const char *authz; /* the id of the list of clients, or NULL */
} Server;

/* First the handshake holds a reference on it, then a watch. */
typedef struct Client {
    QIOChannelTLS *tls;
    guint deadline;
    size_t length, sent; /* of what goes back */
    char buf[4096];
} Client;

static void client_clear(gpointer opaque)
{
    Client *client = opaque;

    g_clear_handle_id(&client->deadline, g_source_remove);
    qio_channel_close(QIO_CHANNEL(client->tls), NULL);
    object_unref(OBJECT(client->tls));
}

static void client_release(gpointer client)
{
    g_rc_box_release_full(client, client_clear);
}

/* Reads, or writes what was read; never waits, or one client could stop all others. */
static gboolean client_ready(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Client *client = opaque;
    bool writes = client->sent < client->length;
    Error *err = NULL;
    ssize_t n;

    n = writes ? qio_channel_write(ioc, client->buf + client->sent, client->length - client->sent, &err)
               : qio_channel_read(ioc, client->buf, sizeof(client->buf), &err);
    if (n == QIO_CHANNEL_ERR_BLOCK) {
        return G_SOURCE_CONTINUE;
    }
    if (n <= 0) {
        if (err) {
            error_reportf_err(err, "client: ");
        }
        return G_SOURCE_REMOVE; /* the watch's reference was the last one */
    }
    client->sent = writes ? client->sent + n : 0;
    client->length = writes ? client->length : (size_t)n;
    condition = client->sent < client->length ? G_IO_OUT : G_IO_IN;
    qio_channel_add_watch(ioc, condition, client_ready, g_rc_box_acquire(client), client_release);
    return G_SOURCE_REMOVE;
}

static void handshake_done(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;
    Error *err = NULL;

    g_clear_handle_id(&client->deadline, g_source_remove);
    if (qio_task_propagate_error(task, &err)) {
        error_reportf_err(err, "handshake: ");
        return;
    }
    qio_channel_add_watch(QIO_CHANNEL(client->tls), G_IO_IN, client_ready, g_rc_box_acquire(client),
                          client_release);
}

static gboolean handshake_late(gpointer opaque)
{
    Client *client = opaque;

    fprintf(stderr, "handshake: no end in %d seconds\n", HANDSHAKE_SECONDS);
    client->deadline = 0;
    qio_channel_close(QIO_CHANNEL(client->tls), NULL); /* cancels it, which frees the client */
    return G_SOURCE_REMOVE;
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Server *server = opaque;
    QIOChannelTLS *tls = NULL;
    Client *client;
    Error *err = NULL;

    (void)listener;
    qio_channel_set_blocking(QIO_CHANNEL(sioc), false, &err);
    if (!err) {
        tls = qio_channel_tls_new_server(QIO_CHANNEL(sioc), server->creds, server->authz, &err);
    }
    if (!tls) {
        error_reportf_err(err, "client: ");
        return;
    }
    client = g_rc_box_new0(Client);
    client->tls = tls;
    client->deadline = g_timeout_add_seconds(HANDSHAKE_SECONDS, handshake_late, client);
    qio_channel_tls_handshake(tls, handshake_done, client, client_release, NULL);
}

int main(int argc, char **argv)
{
    Server server = { .authz = argc > 3 ? "clients" : NULL };
    g_autoptr(SocketAddress) address = NULL;
    QIONetListener *listener;
    QAuthZList *clients;
    Object *creds;

    if (argc < 3) {
        fprintf(stderr, "usage: %s DIR ADDRESS [PATTERN]\n", argv[0]);
        return 2;
    }
    module_call_init(MODULE_INIT_QOM);
    if (server.authz) {
        clients = qauthz_list_new(server.authz, QAUTHZ_LIST_POLICY_DENY, &error_fatal);
        qauthz_list_append_rule(clients, argv[3], QAUTHZ_LIST_POLICY_ALLOW, QAUTHZ_LIST_FORMAT_GLOB,
                                &error_fatal);
    }
    creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), "tls0",
                                  &error_fatal, "dir", argv[1], "endpoint", "server",
                                  "verify-peer", server.authz ? "yes" : "no", NULL);
    server.creds = QCRYPTO_TLS_CREDS(creds);
    address = socket_parse(argv[2], &error_fatal);
    listener = qio_net_listener_new();
    qio_net_listener_open_sync(listener, address, 64, &error_fatal);
    qio_net_listener_set_client_func(listener, client_arrived, &server, NULL);
    puts("listening");
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
