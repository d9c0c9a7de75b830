/*
 * qio serve: a command for each client, with the connection as its standard input and output.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "io/net-listener.h"
#include <glib-unix.h>
#include <sys/wait.h>

typedef struct Serve {
    Layers layers;
    GMainLoop *loop;
    QIONetListener *listener;
    char **command;
    gboolean once, json, quiet;
    int max_clients; /* 0: any number */
    int clients;
    uint64_t number; /* of the last one */
    bool is_ending;
    GList *running;
    int status;
} Serve;

typedef struct Client {
    Serve *serve;
    uint64_t number;
    char *peer;
    QIOChannelSocket *near; /* to the command */
    Relay *relay;
    int64_t begin;
    Relayed relayed;
    bool is_relayed, is_reaped;
    int child_status;
} Client;

static void G_GNUC_PRINTF(2, 3) say(const Serve *serve, const char *format, ...)
{
    g_autofree char *text = NULL, *safe = NULL;
    va_list args;

    if (serve->quiet || serve->json) {
        return;
    }
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    safe = printable(text);
    fprintf(stderr, "%s\n", safe);
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque);

/* Takes clients as long as there may be more of them; the others wait in the backlog. */
static void watch_listener(Serve *serve)
{
    bool has_room = !serve->max_clients || serve->clients < serve->max_clients;

    if (!serve->is_ending) {
        qio_net_listener_set_client_func(serve->listener, has_room ? client_arrived : NULL, serve, NULL);
    }
}

static void report(const Client *client)
{
    g_autofree char *peer = json_string(client->peer);
    int code = WIFEXITED(client->child_status) ? WEXITSTATUS(client->child_status)
                                               : 128 + WTERMSIG(client->child_status);

    if (client->serve->json) {
        printf("{\"client\": %" PRIu64 ", \"peer\": %s, \"received\": %" PRIu64 ", \"sent\": %" PRIu64
               ", \"seconds\": %.3f, \"status\": %d}\n",
               client->number, peer, client->relayed.received, client->relayed.sent,
               (g_get_monotonic_time() - client->begin) / 1e6, code);
        fflush(stdout);
    }
    say(client->serve, "client %" PRIu64 ": %" PRIu64 " bytes received, %" PRIu64 " sent, status %d", client->number,
        client->relayed.received, client->relayed.sent, code);
}

static void client_free(Client *client)
{
    Serve *serve = client->serve;

    serve->clients--;
    serve->running = g_list_remove(serve->running, client);
    if (client->near) {
        object_unref(OBJECT(client->near));
    }
    g_free(client->peer);
    g_free(client);
    if (serve->once || (serve->is_ending && !serve->running)) {
        g_main_loop_quit(serve->loop);
        return;
    }
    watch_listener(serve);
}

/* What the command sends is what the client receives. */
static void relay_over(Relayed *relayed, gpointer opaque)
{
    Client *client = opaque;

    client->relay = NULL;
    client->relayed = (Relayed) { .sent = relayed->sent, .received = relayed->received };
    if (relayed->err) {
        say(client->serve, "client %" PRIu64 ": %s", client->number, error_get_pretty(relayed->err));
        client->serve->status = client->serve->once ? 1 : client->serve->status;
    }
    /* The command sees the end of its input, and has nobody to write to. */
    qio_channel_close(QIO_CHANNEL(client->near), NULL);
    client->is_relayed = true;
    if (client->is_reaped) {
        report(client);
        client_free(client);
    }
}

static void command_over(GPid pid, gint status, gpointer opaque)
{
    Client *client = opaque;

    g_spawn_close_pid(pid);
    client->child_status = status;
    client->is_reaped = true;
    if (client->is_relayed) {
        report(client);
        client_free(client);
    }
}

static bool start_command(Client *client, Error **errp)
{
    g_autoptr(GError) err = NULL;
    int sv[2];
    GPid pid;
    bool is_started;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0) {
        error_setg_errno(errp, errno, "Cannot make a connection to the command");
        return false;
    }
    client->near = qio_channel_socket_new_fd(sv[0], errp);
    if (!client->near) {
        close(sv[0]);
        close(sv[1]);
        return false;
    }
    is_started = g_spawn_async_with_fds(NULL, client->serve->command, NULL,
                                        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, sv[1], sv[1],
                                        -1, &err);
    close(sv[1]);
    if (!is_started) {
        error_setg(errp, "%s", err->message);
        return false;
    }
    g_child_watch_add(pid, command_over, client);
    qio_channel_set_blocking(QIO_CHANNEL(client->near), false, NULL);
    return true;
}

static void client_ready(QIOChannel *ioc, Error *err, gpointer opaque)
{
    Client *client = opaque;

    if (ioc && start_command(client, &err)) {
        client->relay = relay_start(QIO_CHANNEL(client->near), QIO_CHANNEL(client->near), ioc, true, -1, relay_over,
                                    client);
        object_unref(OBJECT(ioc));
        return;
    }
    if (client->serve->json) {
        g_autofree char *peer = json_string(client->peer), *error = json_string(error_get_pretty(err));

        printf("{\"client\": %" PRIu64 ", \"peer\": %s, \"error\": %s}\n", client->number, peer, error);
        fflush(stdout);
    }
    say(client->serve, "client %" PRIu64 ": %s", client->number, error_get_pretty(err));
    error_free(err);
    client->serve->status = client->serve->once ? 1 : client->serve->status;
    if (ioc) {
        qio_channel_close(ioc, NULL);
        object_unref(OBJECT(ioc));
    }
    client_free(client);
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Serve *serve = opaque;
    Client *client = g_new0(Client, 1);
    SocketAddress *peer = qio_channel_socket_get_remote_address(sioc, NULL);

    client->serve = serve;
    client->number = ++serve->number;
    client->begin = g_get_monotonic_time();
    client->peer = peer ? address_text(peer) : g_strdup("unknown");
    qapi_free_SocketAddress(peer);
    serve->running = g_list_prepend(serve->running, client);
    serve->clients++;
    if (serve->once) {
        serve->is_ending = true;
        qio_net_listener_disconnect(listener);
    } else {
        watch_listener(serve);
    }
    say(serve, "client %" PRIu64 ": %s", client->number, client->peer);
    layers_accept(&serve->layers, sioc, client_ready, client);
}

/* The first time lets clients end, the second doesn't. */
static gboolean stopped(gpointer opaque)
{
    Serve *serve = opaque;

    if (serve->is_ending || !serve->running) {
        g_main_loop_quit(serve->loop);
        return G_SOURCE_CONTINUE;
    }
    serve->is_ending = true;
    qio_net_listener_disconnect(serve->listener);
    say(serve, "no new clients; %d go on", serve->clients);
    return G_SOURCE_CONTINUE;
}

static void announce(Serve *serve)
{
#ifdef QIO_HAS_LISTENER_SOURCE
    QIOChannelSocket *first = qio_net_listener_sioc(serve->listener, 0);
#else
    QIOChannelSocket *first = serve->listener->sioc[0];
#endif
    SocketAddress *bound = qio_channel_socket_get_local_address(first, &error_fatal);
    g_autofree char *text = address_text(bound), *json = json_string(text);

    if (serve->json) {
        printf("{\"listening\": %s}\n", json);
        fflush(stdout);
    }
    say(serve, "listening on %s", text);
    qapi_free_SocketAddress(bound);
}

int command_serve(int argc, char **argv)
{
    Serve serve = { 0 };
    const GOptionEntry entries[] = {
        { "once", '1', 0, G_OPTION_ARG_NONE, &serve.once, "One client only, then end", NULL },
        { "max-clients", 0, 0, G_OPTION_ARG_INT, &serve.max_clients, "So many at once; others wait", "N" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &serve.json, "A line on standard output for each client", NULL },
        { "quiet", 0, 0, G_OPTION_ARG_NONE, &serve.quiet, "Say nothing", NULL },
        { NULL },
    };
    GOptionContext *context = g_option_context_new("ADDRESS -- COMMAND [ARGUMENT...]");
    SocketAddress *address;
    Error *err = NULL;

    g_option_context_set_summary(context, "Listens, and runs a command for each client, whose standard input and output "
                                          "are the connection.");
    layers_add_options(&serve.layers, context, false);
    g_option_context_add_main_entries(context, entries, NULL);
    parse_options(context, &argc, &argv);
    if (argc < 2) {
        usage_error("serve wants an address and a command");
    }
    serve.command = argv + 2;
    if (*serve.command && g_str_equal(*serve.command, "--")) {
        serve.command++;
    }
    if (!*serve.command) {
        usage_error("serve wants a command for %s", argv[1]);
    }
    layers_check(&serve.layers, false);
    if (serve.max_clients < 0) {
        usage_error("--max-clients %d is negative", serve.max_clients);
    }
    address = address_or_exit(argv[1]);
    serve.loop = g_main_loop_new(NULL, FALSE);
    serve.listener = qio_net_listener_new();
    if (qio_net_listener_open_sync(serve.listener, address, 64, &err) < 0) {
        complain(error_get_pretty(err));
        return 1;
    }
    g_unix_signal_add(SIGINT, stopped, &serve);
    g_unix_signal_add(SIGTERM, stopped, &serve);
    watch_listener(&serve);
    announce(&serve);
    g_main_loop_run(serve.loop);
    qio_net_listener_disconnect(serve.listener);
    object_unref(OBJECT(serve.listener));
    qapi_free_SocketAddress(address);
    return serve.status;
}
