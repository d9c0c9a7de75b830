/*
 * Sends back what it gets, over TLS, to any number of clients on one thread, a coroutine for each. docs/tls.md
 * explains it.
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
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/sockets.h"

enum { HANDSHAKE_SECONDS = 2 };

typedef struct Server {
    QCryptoTLSCreds *creds;
    const char *authz; /* the id of the list of clients, or NULL */
} Server;

typedef struct Client {
    QIOChannelTLS *tls;
    guint deadline; /* of the handshake */
} Client;

static void client_free(gpointer opaque) /* the handshake's destroy notify: once, however it ends */
{
    Client *client = opaque;

    g_clear_handle_id(&client->deadline, g_source_remove);
    object_unref(OBJECT(client->tls));
    g_free(client);
}

/* Where it has to wait the others go on. */
static void coroutine_fn client_served(void *opaque)
{
    g_autoptr(QIOChannel) ioc = opaque;
    Error *err = NULL;
    char buf[4096];
    ssize_t n;

    while ((n = qio_channel_read(ioc, buf, sizeof(buf), &err))) {
        if (n == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_yield(ioc, G_IO_IN);
        } else if (n < 0 || qio_channel_write_all(ioc, buf, n, &err)) {
            error_reportf_err(err, "client: ");
            break;
        }
    }
    qio_channel_close(ioc, NULL);
}

static void handshake_done(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        error_reportf_err(err, "handshake: ");
        return;
    }
    qemu_coroutine_enter(qemu_coroutine_create(client_served, object_ref(OBJECT(client->tls))));
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
    client = g_new0(Client, 1);
    client->tls = tls;
    /* With libqio alone qio_channel_set_handshake_timeout() does that: docs/limits.md. */
    client->deadline = g_timeout_add_seconds(HANDSHAKE_SECONDS, handshake_late, client);
    qio_channel_tls_handshake(tls, handshake_done, client, client_free, NULL);
}

int main(int argc, char **argv)
{
    Server server = { .authz = argc > 3 ? "clients" : NULL };
    g_autoptr(SocketAddress) address = NULL;
    QIONetListener *listener;
    QAuthZList *clients;

    if (argc < 3) {
        fprintf(stderr, "usage: %s DIR ADDRESS [PATTERN]\n", argv[0]);
        return 2;
    }
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_fatal);
    if (server.authz) {
        clients = qauthz_list_new(server.authz, QAUTHZ_LIST_POLICY_DENY, &error_fatal);
        qauthz_list_append_rule(clients, argv[3], QAUTHZ_LIST_POLICY_ALLOW, QAUTHZ_LIST_FORMAT_GLOB,
                                &error_fatal);
    }
    server.creds = QCRYPTO_TLS_CREDS(object_new_with_props(
        TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), "tls0", &error_fatal, "dir", argv[1],
        "endpoint", "server", "verify-peer", server.authz ? "yes" : "no", NULL));
    address = socket_parse(argv[2], &error_fatal);
    listener = qio_net_listener_new();
    qio_net_listener_open_sync(listener, address, 64, &error_fatal);
    qio_net_listener_set_client_func(listener, client_arrived, &server, NULL);
    puts("listening");
    fflush(stdout);
    for (;;) {
        main_loop_wait(false);
    }
}
