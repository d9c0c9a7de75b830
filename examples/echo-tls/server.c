/*
 * Sends back what it gets, over TLS: all clients on one thread, each in a coroutine. docs/tls.md explains it.
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
#include "qio/limits.h"

/* Where it has to wait, the others go on. Its reference is the last one: dropping that closes the connection. */
static void coroutine_fn client_served(void *opaque)
{
    g_autoptr(QIOChannel) ioc = opaque;
    Error *err = NULL;
    char buf[4096];
    ssize_t n;

    while ((n = qio_channel_read(ioc, buf, sizeof(buf), &err))) {
        if (n == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_yield(ioc, G_IO_IN);
        } else if (n < 0 || qio_channel_write_all(ioc, buf, n, &err) < 0) {
            error_reportf_err(err, "client: ");
            break;
        }
    }
}

/* An error says that the client was refused, has left, or took too long. */
static void handshake_done(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        error_reportf_err(err, "handshake: ");
        return;
    }
    qemu_coroutine_enter(qemu_coroutine_create(client_served, object_ref(opaque)));
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer creds)
{
    QIOChannelTLS *tls = NULL;
    Error *err = NULL;

    (void)listener;
    qio_channel_set_blocking(QIO_CHANNEL(sioc), false, &err); /* or all would wait here for this client */
    if (!err) {
        tls = qio_channel_tls_new_server(QIO_CHANNEL(sioc), creds, "clients", &err);
    }
    if (tls) {
        /* Our reference is dropped when the handshake is over, however it ends. */
        qio_channel_tls_handshake(tls, handshake_done, tls, object_unref, NULL);
    } else {
        error_reportf_err(err, "client: ");
    }
}

int main(int argc, char **argv)
{
    QIOLimits limits = { .size = sizeof(limits), .handshake_timeout_ms = 2000 };
    g_autoptr(SocketAddress) address = NULL;
    QIONetListener *listener;
    QAuthZList *clients;
    Object *creds;

    if (argc < 3) {
        fprintf(stderr, "usage: %s DIR ADDRESS [PATTERN]\n", argv[0]);
        return 2;
    }
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_fatal); /* coroutines are woken from it */
    creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), "tls0", &error_fatal,
        "dir", argv[1], "endpoint", "server", "verify-peer", argc > 3 ? "yes" : "no", NULL);
    /* Whom the pattern lets in. Without one, "verify-peer" is "no", and the list is asked about nobody. */
    clients = qauthz_list_new("clients", QAUTHZ_LIST_POLICY_DENY, &error_fatal);
    if (argc > 3) {
        qauthz_list_append_rule(clients, argv[3], QAUTHZ_LIST_POLICY_ALLOW, QAUTHZ_LIST_FORMAT_GLOB, &error_fatal);
    }
    address = socket_parse(argv[2], &error_fatal);
    listener = qio_net_listener_new();
    qio_net_listener_set_limits(listener, &limits); /* who says nothing is cut off: docs/limits.md has more of them */
    qio_net_listener_open_sync(listener, address, 64, &error_fatal);
    qio_net_listener_set_client_func(listener, client_arrived, QCRYPTO_TLS_CREDS(creds), NULL);
    puts("listening");
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
