/*
 * What live migration does, in miniature: a file goes from a source to a destination over several
 * streams at once.
 *
 * The destination listens with a QIONetListener. The source opens the streams with asynchronous
 * connects; each connect, and later each transfer, is a QIOTask: its blocking part runs on a worker
 * thread, its callback on the thread that runs the main loop. With --coroutines the destination receives
 * on the main loop, too. The program prints, as it happens, what runs where and when, and how long the
 * main loop stood still; --in-main-loop shows what it would be like without tasks.
 *
 *     cc *.c -o migrate $(pkg-config --cflags --libs qio gnutls)
 *     ./migrate --streams 4 --size 1G --tls --websocket
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include "crypto/tlscredsx509.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qom/object_interfaces.h"

static void stop_listening(Migration *m)
{
    qio_net_listener_disconnect(m->listener);
    if (m->websock_listener) {
        qio_net_listener_disconnect(m->websock_listener);
    }
}

static void quit_if_idle(Migration *m)
{
    if (m->running == 0) {
        g_main_loop_quit(m->loop);
    }
}

void fail(Migration *m, Error *err)
{
    guint i;

    if (m->err) {
        error_free(err);
        quit_if_idle(m);
        return;
    }
    m->err = err;
    stop_listening(m);
    for (i = 0; i < m->streams->len; i++) {
        Stream *stream = g_ptr_array_index(m->streams, i);

        qio_channel_shutdown(QIO_CHANNEL(stream->sioc), QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
    }
    quit_if_idle(m);
}

bool succeeded(Migration *m, Error *err)
{
    m->running--;
    if (err) {
        fail(m, err);
    } else if (m->err) {
        quit_if_idle(m);
    }
    return m->err == NULL;
}

bool task_succeeded(Migration *m, QIOTask *task)
{
    Error *err = NULL;

    qio_task_propagate_error(task, &err);
    return succeeded(m, err);
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Migration *m = opaque;
    Stream *stream;

    if (m->accepted == m->streams_wanted) {
        return; /* without a reference of ours the connection is closed */
    }
    object_ref(OBJECT(sioc));
    m->accepted++;
    stream = stream_add(m, sioc, listener == m->websock_listener, -1);
    say(m, DESTINATION_END, "accepted %s of %d", stream->name, m->streams_wanted);
    stream_accept(stream);
}

/* Set-up */

/* Both ends' credentials: objects below /objects, which hold the only references. */
static bool make_credentials(Migration *m, const char *keep, Error **errp)
{
    g_autofree char *dir = certificates_make(keep, errp);
    Object *creds;

    if (!dir) {
        return false;
    }
    creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), "tls-source",
                                  errp, "endpoint", "client", "dir", dir, NULL);
    m->source_creds = (QCryptoTLSCreds *)creds;
    if (creds) {
        creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(),
                                      "tls-destination", errp, "endpoint", "server", "dir", dir, NULL);
        m->destination_creds = (QCryptoTLSCreds *)creds;
    }
    if (keep && creds) {
        printf("certificates kept in %s\n", dir);
    } else {
        certificates_remove(dir); /* they are loaded */
    }
    if (!creds) {
        return false;
    }
    m->allowed = qauthz_list_new("tls-allowed", QAUTHZ_LIST_POLICY_DENY, errp);
    return m->allowed && qauthz_list_append_rule(m->allowed, "CN=" SOURCE_NAME,
                                                 QAUTHZ_LIST_POLICY_ALLOW,
                                                 QAUTHZ_LIST_FORMAT_EXACT, errp) >= 0;
}

/* Takes @obj out of /objects, which ends it. */
static void drop(void *obj)
{
    if (obj) {
        object_unparent(obj);
    }
}

/* (transfer full): a listener at @where, and in @bound the address that it got; NULL + @errp. */
static QIONetListener *listen_at(Migration *m, const char *name, const char *where,
                                 SocketAddress **bound, Error **errp)
{
    g_autoptr(SocketAddress) address = socket_parse(where, errp);
    QIONetListener *listener;

    if (!address) {
        return NULL;
    }
    listener = qio_net_listener_new();
    qio_net_listener_set_name(listener, name);
    if (qio_net_listener_open_sync(listener, address, m->streams_wanted, errp) == 0) {
        /* The port may have been chosen by the system. */
#ifdef QIO_HAS_LISTENER_SOURCE
        *bound = qio_net_listener_get_local_address(listener, 0, errp);
#else
        *bound = qio_channel_socket_get_local_address(listener->sioc[0], errp);
#endif
    }
    if (!*bound) {
        object_unref(OBJECT(listener));
        return NULL;
    }
    qio_net_listener_set_client_func(listener, client_arrived, m, NULL);
    return listener;
}

static bool listen_at_all(Migration *m, const char *where, bool websocket, Error **errp)
{
    m->listener = listen_at(m, "migrate-destination", where, &m->address, errp);
    if (m->listener && websocket) {
        m->websock_listener = listen_at(m, "migrate-websocket", "tcp:127.0.0.1:0", &m->websock_address,
                                        errp);
    }
    return m->listener && (!websocket || m->websock_listener);
}

static void start(Migration *m)
{
    int i;

    show_start(m);
    for (i = 0; i < m->streams_wanted; i++) {
        bool over_websock = m->websock_listener && i == 0;
        Stream *stream = stream_add(m, qio_channel_socket_new(), over_websock, i);

        stream_connect(stream, over_websock ? m->websock_address : m->address);
    }
}

int main(int argc, char **argv)
{
    Migration m = { .source_fd = -1, .destination_fd = -1, .streams_wanted = 4 };
    g_autofree char *address = NULL, *size = NULL, *file = NULL, *output = NULL, *keep = NULL;
    gboolean tls = FALSE, websocket = FALSE;
    g_autoptr(GError) gerr = NULL;
    GOptionEntry entries[] = {
        { "streams", 0, 0, G_OPTION_ARG_INT, &m.streams_wanted, "How many (default 4)", "N" },
        { "size", 0, 0, G_OPTION_ARG_STRING, &size, "Send a made-up file of so many bytes (default 1G)",
          "N[K|M|G]" },
        { "file", 0, 0, G_OPTION_ARG_FILENAME, &file, "Send this file", "PATH" },
        { "output", 0, 0, G_OPTION_ARG_FILENAME, &output, "Keep what arrives in this new file", "PATH" },
        { "address", 0, 0, G_OPTION_ARG_STRING, &address,
          "Where the destination listens: tcp:HOST:PORT or unix:PATH (default tcp:127.0.0.1:0)",
          "ADDRESS" },
        { "tls", 0, 0, G_OPTION_ARG_NONE, &tls,
          "Encrypt all streams, with certificates made on the spot", NULL },
        { "keep-certificates", 0, 0, G_OPTION_ARG_FILENAME, &keep,
          "Keep the certificates and keys in this new directory", "DIR" },
        { "websocket", 0, 0, G_OPTION_ARG_NONE, &websocket,
          "Send stream 0 over a WebSocket (to tcp:127.0.0.1)", NULL },
        { "coroutines", 0, 0, G_OPTION_ARG_NONE, &m.in_coroutines,
          "Receive in coroutines on the main loop, not on worker threads", NULL },
        { "in-main-loop", 0, 0, G_OPTION_ARG_NONE, &m.in_main_loop,
          "Connect, send and sum in the main loop, which then stands still", NULL },
        G_OPTION_ENTRY_NULL
    };
    g_autoptr(GOptionContext) options = g_option_context_new("- send a file over several streams");
    bool ok = false;

    g_option_context_add_main_entries(options, entries, NULL);
    if (!g_option_context_parse(options, &argc, &argv, &gerr)) {
        error_setg(&m.err, "%s", gerr->message);
    } else if (argc > 1) {
        error_setg(&m.err, "Unexpected argument '%s'", argv[1]);
    } else if (m.streams_wanted < 1 || m.streams_wanted > MAX_STREAMS) {
        error_setg(&m.err, "--streams expects a number from 1 to %d, not %d", MAX_STREAMS,
                   m.streams_wanted);
    } else if (file && size) {
        error_setg(&m.err, "--file and --size exclude each other");
    } else if (keep && !tls) {
        error_setg(&m.err, "--keep-certificates needs --tls: without it there are none");
    } else if (m.in_main_loop && m.in_coroutines) {
        error_setg(&m.err, "--in-main-loop and --coroutines exclude each other: while sending blocks the "
                   "main loop no coroutine receives");
    } else if (!file) {
        files_parse_size(size ? size : "1G", &m.size, &m.err);
    }
    if (m.err) {
        error_report_err(m.err);
        return 1;
    }

    signal(SIGPIPE, SIG_IGN);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_fatal); /* coroutines are woken from it */
    m.loop = g_main_loop_new(NULL, FALSE);
    m.streams = g_ptr_array_new_with_free_func(stream_free);
    m.coroutines = g_hash_table_new(NULL, NULL);

    /* What takes no time comes first. Nothing is accepted before the loop runs. */
    if (listen_at_all(&m, address ? address : "tcp:127.0.0.1:0", websocket, &m.err)
        && files_open(&m, file, output, &m.err) && (!tls || make_credentials(&m, keep, &m.err))) {
        start(&m);
        g_main_loop_run(m.loop);
        ok = !m.err && show_result(&m);
    }

    if (m.listener) {
        stop_listening(&m);
        object_unref(OBJECT(m.listener));
    }
    if (m.websock_listener) {
        object_unref(OBJECT(m.websock_listener));
    }
    g_ptr_array_free(m.streams, TRUE);
    g_hash_table_destroy(m.coroutines);
    qapi_free_SocketAddress(m.address);
    qapi_free_SocketAddress(m.websock_address);
    drop(m.source_creds);
    drop(m.destination_creds);
    drop(m.allowed);
    g_main_loop_unref(m.loop);
    if (m.source_fd >= 0) {
        close(m.source_fd);
    }
    if (m.destination_fd >= 0) {
        close(m.destination_fd);
        if (output && !ok) {
            unlink(output);
        }
    }
    g_free(m.checksums[0]);
    g_free(m.checksums[1]);
    if (m.err) {
        show_failure(m.err);
    }
    return ok ? 0 : 1;
}
