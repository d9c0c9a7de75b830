/*
 * What both servers share: the store, the protocol, the listener; and a small client.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kv.h"

#include "qemu/coroutine.h"
#include "qemu/sockets.h"

enum { LINE_MAX_BYTES = 4096 };

/* The store */

static void store_lock(KvStore *store)
{
    if (store->lock) {
        g_mutex_lock(store->lock);
    }
}

static void store_unlock(KvStore *store)
{
    if (store->lock) {
        g_mutex_unlock(store->lock);
    }
}

static char *answer(KvStore *store, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    guint n = g_strv_length(words);
    const char *value;
    char *text;

    if (n == 2 && g_str_equal(words[0], "get")) {
        store_lock(store);
        value = g_hash_table_lookup(store->values, words[1]);
        text = g_strconcat(value ? value : "none", "\n", NULL);
        store_unlock(store);
        return text;
    }
    if (n == 3 && g_str_equal(words[0], "set")) {
        store_lock(store);
        g_hash_table_insert(store->values, g_strdup(words[1]), g_strdup(words[2]));
        store_unlock(store);
        return g_strdup("ok\n");
    }
    return g_strdup("error: get KEY, or set KEY VALUE\n");
}

/* The protocol */

/*
 * Some bytes, 0 at the end, -1 + @errp. In a coroutine others run meanwhile; a thread sleeps.
 * @drained: the read before came short, so one right now would most likely find nothing.
 */
static ssize_t read_some(QIOChannel *ioc, char *buf, size_t size, bool drained, Error **errp)
{
    ssize_t n;

    if (drained && qemu_in_coroutine()) {
        qio_channel_yield(ioc, G_IO_IN);
    }
    while ((n = qio_channel_read(ioc, buf, size, errp)) == QIO_CHANNEL_ERR_BLOCK) {
        if (qemu_in_coroutine()) {
            qio_channel_yield(ioc, G_IO_IN);
        } else {
            qio_channel_wait(ioc, G_IO_IN);
        }
    }
    return n;
}

bool kv_serve_client(KvStore *store, QIOChannel *ioc, Error **errp)
{
    g_autofree char *buf = g_malloc(LINE_MAX_BYTES);
    size_t used = 0;
    bool drained = false;

    for (;;) {
        size_t room = LINE_MAX_BYTES - used;
        ssize_t n = read_some(ioc, buf + used, room, drained, errp);
        char *line = buf, *end;

        if (n <= 0) {
            return n == 0;
        }
        drained = (size_t)n < room;
        used += n;
        while ((end = memchr(line, '\n', buf + used - line))) {
            g_autofree char *text = NULL;

            *end = 0;
            text = answer(store, line);
            if (qio_channel_write_all(ioc, text, strlen(text), errp) < 0) {
                return false;
            }
            line = end + 1;
        }
        used -= line - buf;
        memmove(buf, line, used);
        if (used == LINE_MAX_BYTES) {
            error_setg(errp, "A line of more than %d bytes", LINE_MAX_BYTES);
            return false;
        }
    }
}

/* The server */

void kv_client_left(KvServer *server, Error *err)
{
    if (err) {
        error_reportf_err(err, "kv: ");
    }
    if (server->clients_left > 0 && --server->clients_left == 0) {
        g_main_loop_quit(server->loop);
    }
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    KvServer *server = opaque;

    (void)listener;
    server->serve(server, sioc);
}

/* Where it listens, which the system may have chosen, and how to use it. */
static bool print_greeting(KvServer *server, QIONetListener *listener, const char *program, Error **errp)
{
    g_autoptr(SocketAddress) bound = NULL;
    g_autofree char *where = NULL, *command = g_shell_quote(program), *argument = NULL;

#ifdef QIO_HAS_LISTENER_SOURCE
    bound = qio_net_listener_get_local_address(listener, 0, errp);
#else
    bound = qio_channel_socket_get_local_address(listener->sioc[0], errp);
#endif
    if (!bound) {
        return false;
    }
    where = socket_uri(bound);
    argument = g_shell_quote(where);
    printf("listening at %s\n"
           "A key-value store; each client is served by %s. It answers lines: set KEY VALUE, get KEY.\n"
           "Ask it from another terminal:\n"
           "    %s --ask %s 'set colour green' 'get colour'\n", where, server->served_by, command, argument);
    fflush(stdout);
    return true;
}

/* The client */

/* Sends the lines and prints an answer to each. Blocks. */
static bool ask(const char *where, char **lines, Error **errp)
{
    g_autoptr(SocketAddress) address = socket_parse(where, errp);
    QIOChannelSocket *sioc;
    bool ok = true;

    if (!address) {
        return false;
    }
    sioc = qio_channel_socket_new();
    if (qio_channel_socket_connect_sync(sioc, address, errp) < 0) {
        object_unref(OBJECT(sioc));
        return false;
    }
    for (; ok && *lines; lines++) {
        g_autofree char *line = g_strconcat(*lines, "\n", NULL);
        char c = 0;

        ok = qio_channel_write_all(QIO_CHANNEL(sioc), line, strlen(line), errp) == 0;
        /* Byte by byte, which is enough for a person. */
        while (ok && c != '\n') {
            ok = qio_channel_read_all(QIO_CHANNEL(sioc), &c, 1, errp) == 0;
            if (ok) {
                putchar(c);
            }
        }
    }
    object_unref(OBJECT(sioc));
    return ok;
}

int kv_main(int argc, char **argv, KvServer *server)
{
    g_autofree char *where = NULL, *asked = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(SocketAddress) address = NULL;
    g_autoptr(GError) gerr = NULL;
    GOptionEntry entries[] = {
        { "address", 0, 0, G_OPTION_ARG_STRING, &where,
          "Where to listen: tcp:HOST:PORT or unix:PATH (default tcp:127.0.0.1:0)", "ADDRESS" },
        { "clients", 0, 0, G_OPTION_ARG_INT, &server->clients_left,
          "End when so many clients have left", "N" },
        { "ask", 0, 0, G_OPTION_ARG_STRING, &asked,
          "Be a client of the store at ADDRESS: send each LINE and print the answer", "ADDRESS" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &lines, NULL, "[LINE...]" },
        G_OPTION_ENTRY_NULL
    };
    g_autoptr(GOptionContext) options = g_option_context_new("- serve a key-value store");
    QIONetListener *listener;
    Error *err = NULL;

    server->clients_left = -1;
    g_option_context_add_main_entries(options, entries, NULL);
    if (!g_option_context_parse(options, &argc, &argv, &gerr)) {
        error_setg(&err, "%s", gerr->message);
    } else if (asked && !lines) {
        error_setg(&err, "--ask %s wants lines to send: 'get colour', say", asked);
    } else if (!asked && lines) {
        error_setg(&err, "Unexpected argument '%s': --address says where to listen; lines to send want "
                   "--ask", lines[0]);
    }
    if (err) {
        error_report_err(err);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    module_call_init(MODULE_INIT_QOM);
    if (asked) {
        if (!ask(asked, lines, &err)) {
            error_report_err(err);
            return 1;
        }
        return 0;
    }

    server->loop = g_main_loop_new(NULL, FALSE);
    server->store.values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    listener = qio_net_listener_new();
    address = socket_parse(where ? where : "tcp:127.0.0.1:0", &err);
    if (address && qio_net_listener_open_sync(listener, address, 128, &err) == 0
        && print_greeting(server, listener, argv[0], &err)) {
        qio_net_listener_set_client_func(listener, client_arrived, server, NULL);
        g_main_loop_run(server->loop);
    }

    qio_net_listener_disconnect(listener);
    object_unref(OBJECT(listener));
    g_hash_table_destroy(server->store.values);
    g_main_loop_unref(server->loop);
    if (err) {
        error_report_err(err);
        return 1;
    }
    return 0;
}
