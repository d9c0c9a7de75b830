/*
 * Sends a text, as it is, to the server beside it, and prints as many bytes as come back. docs/tls.md explains it.
 *
 *     cc client.c -o client $(pkg-config --cflags --libs qio)
 *     ./client DIR-OF-CERTIFICATES tcp:localhost:7777 localhost 'some text'
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "crypto/tlscredsx509.h"
#include "io/channel-socket.h"
#include "io/channel-tls.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qio/limits.h"

typedef struct Client {
    GMainLoop *loop;
    QCryptoTLSCreds *creds;
    const char *server_name, *text;
    QIOChannelSocket *sioc;
    QIOChannelTLS *tls;
} Client;

/* On a thread of its own, which may wait. */
static void talk(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;
    QIOChannel *ioc = QIO_CHANNEL(client->tls);
    size_t length = strlen(client->text);
    g_autofree char *buf = g_malloc0(length + 1);
    Error *err = NULL;

    qio_channel_set_blocking(ioc, true, &err);
    if (!err && qio_channel_write_all(ioc, client->text, length, &err) == 0
        && qio_channel_read_all(ioc, buf, length, &err) == 0) {
        puts(buf);
#ifdef QIO_HAS_TLS_BYE
        qio_channel_tls_bye(client->tls, &err);
#endif
    }
    qio_task_set_error(task, err);
}

/* The main loop again. An error given to &error_fatal is reported and ends the program. */
static void talked(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;

    qio_task_propagate_error(task, &error_fatal);
    g_main_loop_quit(client->loop);
}

static void handshake_done(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;

    qio_task_propagate_error(task, &error_fatal);
    task = qio_task_new(OBJECT(client->tls), talked, client, NULL);
    qio_task_run_in_thread(task, talk, client, NULL, NULL);
}

static void connected(QIOTask *task, gpointer opaque)
{
    Client *client = opaque;
    QIOChannel *ioc = QIO_CHANNEL(client->sioc);

    qio_task_propagate_error(task, &error_fatal);
    qio_channel_set_blocking(ioc, false, &error_fatal);
    client->tls = qio_channel_tls_new_client(ioc, client->creds, client->server_name, &error_fatal);
    qio_channel_set_handshake_timeout(QIO_CHANNEL(client->tls), 2000, &error_fatal); /* for a silent server */
    qio_channel_tls_handshake(client->tls, handshake_done, client, NULL, NULL);
}

int main(int argc, char **argv)
{
    Client client = { .loop = g_main_loop_new(NULL, FALSE) };
    g_autoptr(SocketAddress) address = NULL;

    if (argc != 5) {
        fprintf(stderr, "usage: %s DIR ADDRESS SERVER-NAME TEXT-TO-ECHO\n", argv[0]);
        return 2;
    }
    client.server_name = argv[3];
    client.text = argv[4];
    module_call_init(MODULE_INIT_QOM);
    client.creds = QCRYPTO_TLS_CREDS(object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(),
        "tls0", &error_fatal, "dir", argv[1], "endpoint", "client", NULL));
    address = socket_parse(argv[2], &error_fatal);
    client.sioc = qio_channel_socket_new();
    qio_channel_socket_connect_async(client.sioc, address, connected, &client, NULL, NULL);
    g_main_loop_run(client.loop);

    object_unref(OBJECT(client.tls));
    object_unref(OBJECT(client.sioc));
    object_unparent(OBJECT(client.creds));
    g_main_loop_unref(client.loop);
    return 0;
}
