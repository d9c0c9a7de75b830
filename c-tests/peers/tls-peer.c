/*
 * One end of a TLS connection for peers of other implementations: passes its standard input to the
 * peer and what the peer sends to its standard output, or back to the peer.
 *
 * usage: tls-peer [OPTION...] server|client x509|psk DIRECTORY
 *
 * What happens is told on standard error, in lines: "port N" of a server that is ready for its one
 * client, "handshake" or "refused TEXT", "end N" or "failed N TEXT" after so many bytes.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../socket-channels.h"
#include "credentials.h"
#include "relay.h"

#ifndef HOST_IMPORTED
#include "authz/list.h"
#endif

static gboolean echoes, in_main_loop, trusts_all, cuts;
static char *host, *authorization;
static int port;

static const GOptionEntry options[] = {
    { "echo", 0, 0, G_OPTION_ARG_NONE, &echoes, "Send back what comes", NULL },
    { "main-loop", 0, 0, G_OPTION_ARG_NONE, &in_main_loop, "Never block but in the main loop", NULL },
    { "trust-all", 0, 0, G_OPTION_ARG_NONE, &trusts_all, "Don't check the peer", NULL },
    { "cut", 0, 0, G_OPTION_ARG_NONE, &cuts, "End the connection without a word", NULL },
    { "host", 0, 0, G_OPTION_ARG_STRING, &host, "Whose certificate it has to be", "NAME" },
    { "authz", 0, 0, G_OPTION_ARG_STRING, &authorization, "Who may connect", "peers|nobody" },
    { "port", 0, 0, G_OPTION_ARG_INT, &port, "Where to connect to", "NUMBER" },
    G_OPTION_ENTRY_NULL
};

/* The C host knows without this what "nobody" means. */
static void make_authorizations(void)
{
#ifndef HOST_IMPORTED
    QAuthZList *list = qauthz_list_new("peers", QAUTHZ_LIST_POLICY_DENY, &error_abort);

    qauthz_list_append_rule(list, "O=peers,CN=*", QAUTHZ_LIST_POLICY_ALLOW, QAUTHZ_LIST_FORMAT_GLOB,
                            &error_abort);
    qauthz_list_new("nobody", QAUTHZ_LIST_POLICY_DENY, &error_abort);
#endif
}

static QIOChannel *transport(bool is_server)
{
    g_autofree char *number = g_strdup_printf("%d", port);
    SocketAddress addr = inet_address("127.0.0.1", is_server ? "0" : number);
    g_autoptr(SocketAddress) bound = NULL;
    QIOChannelSocket *ioc = qio_channel_socket_new();
    auto_socket listener = NULL;

    if (!is_server) {
        g_assert_cmpint(qio_channel_socket_connect_sync(ioc, &addr, &error_abort), ==, 0);
        return QIO_CHANNEL(ioc);
    }
    object_unref(OBJECT(ioc));
    listener = listen_on(&addr);
    bound = qio_channel_socket_get_local_address(listener, &error_abort);
    fprintf(stderr, "port %s\n", bound->u.inet.port);
    ioc = qio_channel_socket_accept(listener, &error_abort);
    g_assert_nonnull(ioc);
    return QIO_CHANNEL(ioc);
}

typedef struct Greeting {
    bool ended;
    Error *err;
} Greeting;

static void greeted(QIOTask *task, gpointer opaque)
{
    Greeting *greeting = opaque;

    qio_task_propagate_error(task, &greeting->err);
}

static void greeting_ended(gpointer opaque)
{
    Greeting *greeting = opaque;

    greeting->ended = true;
}

/* False if the peer or its certificate are not as they should be. */
static bool greet(QIOChannelTLS *ioc)
{
    Greeting greeting = { false, NULL };

    qio_channel_tls_handshake(ioc, greeted, &greeting, greeting_ended, NULL);
    /* R-TLS-13 */
    g_assert_true(in_main_loop || greeting.ended);
    while (!greeting.ended) {
        g_main_context_iteration(NULL, true);
    }
    if (greeting.err) {
        fprintf(stderr, "refused %s\n", error_get_pretty(greeting.err));
        error_free(greeting.err);
        return false;
    }
    fprintf(stderr, "handshake\n");
    return true;
}

/* Nothing more will be written. */
static void done(QIOChannel *ioc)
{
    if (cuts) {
        g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
        return;
    }
#ifdef QIO_HAS_TLS_BYE
    qio_channel_tls_bye(QIO_CHANNEL_TLS(ioc), &error_abort);
#endif
}

int main(int argc, char **argv)
{
    GOptionContext *context = g_option_context_new("server|client x509|psk DIRECTORY");
    QIOChannel *below;
    QCryptoTLSCreds *creds;
    QIOChannelTLS *ioc;
    bool is_server;

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || argc != 4) {
        return 2;
    }
    g_option_context_free(context);
    signal(SIGPIPE, SIG_IGN);
    module_call_init(MODULE_INIT_QOM);
    make_authorizations();
    is_server = !strcmp(argv[1], "server");
    creds = credentials_new(argv[2], argv[3], is_server, trusts_all);
    below = transport(is_server);
    set_blocking(QIO_CHANNEL_SOCKET(below), !in_main_loop);
    ioc = is_server ? qio_channel_tls_new_server(below, creds, authorization, &error_abort)
                    : qio_channel_tls_new_client(below, creds, host, &error_abort);
    if (greet(ioc)) {
        relay(QIO_CHANNEL(ioc), echoes, in_main_loop, done);
    }
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(ioc), &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(below));
    credentials_end(creds);
    return 0;
}
