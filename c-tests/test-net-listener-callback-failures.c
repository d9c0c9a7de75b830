/*
 * io/net-listener.h: what callbacks for clients are spared when accepting fails.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "accept-failures.h"
#include "listener-clients.h"

/* Failures that pass leave the watch alone. */
static void test_accept_fails(gconstpointer code)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int client = connect_to(listener, 0);

    accept_errno = GPOINTER_TO_INT(code);
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    run_until_calls(&clients, 1, NULL);
    g_assert_cmpint(accept_errno, ==, 0);
    close(client);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    unref_last(listener);
}

/*
 * A socket that can't be accepted from is no longer watched after it was tried, instead of waking
 * the loop for ever.
 */
static void useless_socket(gconstpointer kind)
{
    QIONetListener *listener = qio_net_listener_new();
    Clients clients = { .keep = false };
    QIOChannelSocket *sioc;
    int fds[2] = { -1, -1 };

    switch (GPOINTER_TO_INT(kind)) {
    case 0: /* a datagram socket */
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(send(fds[1], "x", 1, 0), ==, 1);
        break;
    case 1: /* a connection with something to read */
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(send(fds[1], "x", 1, 0), ==, 1);
        break;
    case 2: /* closed behind the library's back, which polls the number */
        open_unix(listener);
        break;
    case 3: /* the same, properly */
        open_unix(listener);
        break;
    }
    if (fds[0] >= 0) {
        sioc = qio_channel_socket_new_fd(fds[0], &error_abort);
        qio_net_listener_add(listener, sioc);
        object_unref(OBJECT(sioc));
    }
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 2);
    if (GPOINTER_TO_INT(kind) == 2) {
        close(socket_of(listener, 0)->fd);
    } else if (GPOINTER_TO_INT(kind) == 3) {
        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(socket_of(listener, 0)), &error_abort),
                        ==, 0);
    }
    /* Ends only if nothing is ready any more. */
    run_all(NULL);
    g_assert_cmpint(clients.calls, ==, 0);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    unref_last(listener);
    if (fds[1] >= 0) {
        close(fds[1]);
    }
}

/* Another socket of the listener goes on. */
static void test_useless_beside_useful(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    QIOChannelSocket *sioc;
    int fds[2], client;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_cmpint(send(fds[1], "x", 1, 0), ==, 1);
    sioc = qio_channel_socket_new_fd(fds[0], &error_abort);
    qio_net_listener_add(listener, sioc);
    object_unref(OBJECT(sioc));
    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
    run_all(context);
    client = connect_to(listener, 0);
    run_until_calls(&clients, 1, context);
    close(client);
    /* The context is still known when all is watched anew. */
    qio_net_listener_disconnect(listener);
    open_unix(listener);
    client = connect_to(listener, 2);
    run_until_calls(&clients, 2, context);
    close(client);
    close(fds[1]);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_main_context_unref(context);
}

int main(int argc, char **argv)
{
    static const int passing[] = { EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN };
    unsigned n;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/net-listener/callback/useless-beside-useful",
                    test_useless_beside_useful);
    for (n = 0; n < G_N_ELEMENTS(passing); n++) {
        g_autofree char *path = g_strdup_printf("/qio/net-listener/callback/accept-fails/%d",
                                                passing[n]);

        g_test_add_data_func(path, GINT_TO_POINTER(passing[n]), test_accept_fails);
    }
    for (n = 0; n < 4; n++) {
        g_autofree char *path = g_strdup_printf("/qio/net-listener/callback/useless/%u", n);

        g_test_add_data_func(path, GINT_TO_POINTER(n), useless_socket);
    }
    return g_test_run();
}
