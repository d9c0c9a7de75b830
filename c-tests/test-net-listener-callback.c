/*
 * io/net-listener.h: callbacks for clients, from registration to the end of their data.
 * Failures to accept are in test-net-listener-callback-failures.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <fcntl.h>
#include "listener-clients.h"

#ifndef QIO_HAS_LISTENER_LOCK
#define HAS_CONTEXT_FIELD 0
#else
#define HAS_CONTEXT_FIELD 1
#endif

/* A client as the callback gets it. */
static void client_inspected(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 1);
    g_assert_null(QIO_CHANNEL(sioc)->name);
    g_assert_cmpint(fcntl(sioc->fd, F_GETFL) & O_NONBLOCK, ==, 0);
    g_assert_cmpint(fcntl(sioc->fd, F_GETFD) & FD_CLOEXEC, !=, 0);
    g_assert_true(qio_channel_has_feature(QIO_CHANNEL(sioc), QIO_CHANNEL_FEATURE_SHUTDOWN));
    g_assert_false(qio_channel_has_feature(QIO_CHANNEL(sioc), QIO_CHANNEL_FEATURE_LISTEN));
    client_noted(listener, sioc, opaque);
}

/* Unless the callback takes a reference, the client is closed when it returns (R-LSN-31, R-LSN-32, R-ABI-3). */
static void test_client(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int first, second;

    qio_net_listener_set_client_func(listener, client_inspected, &clients, notify_noted);
    g_assert_true(listener->io_func == client_inspected);
    g_assert_true(listener->io_data == &clients);
    g_assert_true(listener->io_notify == notify_noted);
    first = connect_to(listener, 0);
    run_until_calls(&clients, 1, NULL);
    g_assert_true(clients.listener == listener);
    g_assert_true(peer_closes(first));
    close(first);

    clients.keep = true;
    second = connect_to(listener, 0);
    run_until_calls(&clients, 2, NULL);
    g_assert_cmpuint(OBJECT(clients.last)->ref, ==, 1);
    g_assert_cmpint(send(clients.last->fd, "x", 1, 0), ==, 1);
    g_assert_false(peer_closes(second));
    object_unref(OBJECT(clients.last));
    g_assert_true(peer_closes(second));
    close(second);

    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    g_assert_cmpint(clients.notified, ==, 1);
    g_assert_true(listener->io_func == NULL);
    unref_last(listener);
}

/* The addresses of a TCP client are those that the system tells. */
static void test_addresses(void)
{
    QIONetListener *listener = qio_net_listener_new();
    Clients clients = { .keep = true };
    struct sockaddr_in here, there;
    socklen_t len = sizeof(here);
    int client;

    open_inet(listener);
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    client = connect_to(listener, 0);
    run_until_calls(&clients, 1, NULL);
    getsockname(client, (struct sockaddr *)&here, &len);
    getpeername(client, (struct sockaddr *)&there, &len);
    g_assert_cmpuint(clients.last->remoteAddrLen, ==, len);
    g_assert_cmpuint(clients.last->localAddrLen, ==, len);
    g_assert_cmpmem(&clients.last->remoteAddr, len, &here, len);
    g_assert_cmpmem(&clients.last->localAddr, len, &there, len);
    close(client);
    unref_last(clients.last);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    unref_last(listener);
}

/* While watched, each socket holds one reference on the listener; so does each source on its socket. */
static void test_references(void)
{
    QIONetListener *listener = listener_with(2);
    Clients clients = { .keep = false };

    qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 3);
    g_assert_cmpuint(OBJECT(socket_of(listener, 1))->ref, ==, 2);
    open_unix(listener);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 4);
    qio_net_listener_disconnect(listener);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    g_assert_cmpuint(OBJECT(socket_of(listener, 1))->ref, ==, 1);
    g_assert_cmpint(clients.notified, ==, 0);
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
}

/* The sources are named after their channels, and polled at default priority. */
static void test_sources(void)
{
#ifndef QIO_HAS_LISTENER_SOURCE
    QIONetListener *listener = qio_net_listener_new();
    Clients clients = { .keep = false };

    qio_net_listener_set_name(listener, "vnc");
    open_unix(listener);
    qio_net_listener_set_name(listener, NULL);
    open_unix(listener);
    g_assert_null(listener->io_source[0]);
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    g_assert_cmpstr(g_source_get_name(listener->io_source[0]), ==,
                    QIO_CHANNEL(listener->sioc[0])->name);
    g_assert_null(g_source_get_name(listener->io_source[1]));
    g_assert_cmpint(g_source_get_priority(listener->io_source[0]), ==, G_PRIORITY_DEFAULT);
    g_assert_true(g_source_get_context(listener->io_source[0]) == g_main_context_default());
    qio_net_listener_disconnect(listener);
    g_assert_null(listener->io_source[0]);
    unref_last(listener);
#endif
}

/* A nested loop in the callback takes no further client of the socket, nor spins (R-LSN-14). */
static void client_nests(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Clients *clients = opaque;
    int calls = ++clients->calls, i;

    for (i = 0; i < 20; i++) {
        g_assert_false(g_main_context_pending(NULL));
        g_assert_false(g_main_context_iteration(NULL, FALSE));
    }
    g_assert_cmpint(clients->calls, ==, calls);
}

static void test_not_recursive(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int fds[] = { connect_to(listener, 0), connect_to(listener, 0), connect_to(listener, 0) };
    size_t i;

    qio_net_listener_set_client_func(listener, client_nests, &clients, NULL);
    run_until_calls(&clients, G_N_ELEMENTS(fds), NULL);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    for (i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
}

/* NULL is the default context, not the thread's own (R-LSN-10). */
static void test_default_context(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *own = g_main_context_new();
    Clients clients = { .keep = false };
    int client;

    g_main_context_push_thread_default(own);
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    client = connect_to(listener, 0);
    run_all(own);
    g_assert_cmpint(clients.calls, ==, 0);
    run_until_calls(&clients, 1, NULL);
    g_assert_true(clients.context == g_main_context_default());
    g_main_context_pop_thread_default(own);
    close(client);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    unref_last(listener);
    g_main_context_unref(own);
}

/* Registered first, added later (R-LSN-4). */
static void test_register_first(void)
{
    QIONetListener *listener = qio_net_listener_new();
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    int client;

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
#if HAS_CONTEXT_FIELD
    g_assert_true(listener->context == context);
#endif
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    open_unix(listener);
    client = connect_to(listener, 0);
    run_until_calls(&clients, 1, context);
    g_assert_true(clients.context == context);
    close(client);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_main_context_unref(context);
}

/* The callback survives a disconnect. */
static void test_reopen(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    int client;

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted, context);
    /* Only the listener knows the context while nothing is watched. */
    qio_net_listener_disconnect(listener);
    open_unix(listener);
    client = connect_to(listener, 1);
    run_until_calls(&clients, 1, context);
    g_assert_true(clients.context == context);
    close(client);
    /* A registration while all is closed is allowed. */
    qio_net_listener_disconnect(listener);
    qio_net_listener_set_client_func_full(listener, other_client_noted, &clients, NULL, context);
    g_assert_cmpint(clients.notified, ==, 1);
    run_all(context);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    unref_last(listener);
    g_main_context_unref(context);
}

/* Each registration's data ends once, at its replacement or at the end, also without a func (R-LSN-10). */
static void test_notify(void)
{
    QIONetListener *listener = listener_with(1);
    Clients first = { .keep = false }, second = { .keep = false };

    qio_net_listener_set_client_func(listener, client_noted, &first, notify_noted);
    g_assert_cmpint(first.notified, ==, 0);
    qio_net_listener_set_client_func(listener, client_noted, &first, notify_noted);
#ifdef QIO_HAS_LISTENER_SOURCE
    g_assert_cmpint(first.notified, ==, 0);
#else
    g_assert_cmpint(first.notified, ==, 1);
#endif
    qio_net_listener_set_client_func(listener, NULL, &second, notify_noted);
#ifdef QIO_HAS_LISTENER_SOURCE
    g_assert_cmpint(first.notified, ==, 1);
#else
    g_assert_cmpint(first.notified, ==, 2);
#endif
    g_assert_cmpint(second.notified, ==, 0);
    unref_last(listener);
    g_assert_cmpint(second.notified, ==, 1);
}

/* What the same registration does to the sources. */
static void test_same_registration(void)
{
#ifndef QIO_HAS_LISTENER_SOURCE
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    GSource *before;

    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    before = g_source_ref(listener->io_source[0]);
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    g_assert_true(g_source_is_destroyed(before));
    g_assert_false(listener->io_source[0] == before);
    g_source_unref(before);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
#endif
}

/* A callback that changes the registration when it is called. */
typedef struct Change {
    Clients clients; /* first */
    Clients *next;
    bool disconnects;
    bool unrefs;
} Change;

static void client_changes(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Change *change = opaque;

    change->clients.calls++;
    if (change->disconnects) {
        qio_net_listener_disconnect(listener);
        g_assert_cmpint(socket_of(listener, 0)->fd, ==, -1);
    } else if (change->next) {
        qio_net_listener_set_client_func(listener, client_noted, change->next, notify_noted);
    } else {
        qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    }
    if (change->unrefs) {
        object_unref(OBJECT(listener));
    }
    /* The listener and the client outlive the callback. */
    g_assert_cmpuint(OBJECT(listener)->ref, >=, 1);
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 1);
    g_assert_cmpint(sioc->fd, >=, 0);
}

/* A second socket was ready too: its client stays in the backlog. */
static void test_unregister_inside(void)
{
    QIONetListener *listener = listener_with(2);
    Change change = { .next = NULL };
    int a = connect_to(listener, 0), b = connect_to(listener, 1);

    qio_net_listener_set_client_func(listener, client_changes, &change, notify_noted);
    run_until_calls(&change.clients, 1, NULL);
    run_all(NULL);
    g_assert_cmpint(change.clients.calls, ==, 1);
    g_assert_cmpint(change.clients.notified, ==, 1);
    g_assert_cmpint(drain_backlog(socket_of(listener, 0)->fd) +
                    drain_backlog(socket_of(listener, 1)->fd), ==, 1);
    close(a);
    close(b);
    unref_last(listener);
}

/* The same func with other data is for the next client. */
static void test_replace_inside(void)
{
    QIONetListener *listener = listener_with(1);
    Clients next = { .keep = false };
    Change change = { .next = &next };
    int a = connect_to(listener, 0), b = connect_to(listener, 0);

    qio_net_listener_set_client_func(listener, client_changes, &change, notify_noted);
    run_until_calls(&next, 1, NULL);
    g_assert_cmpint(change.clients.calls, ==, 1);
    g_assert_cmpint(change.clients.notified, ==, 1);
    close(a);
    close(b);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(next.notified, ==, 1);
}

static void test_disconnect_inside(void)
{
    QIONetListener *listener = listener_with(2);
    Change change = { .disconnects = true };
    int a = connect_to(listener, 0), b = connect_to(listener, 1);

    qio_net_listener_set_client_func(listener, client_changes, &change, notify_noted);
    run_until_calls(&change.clients, 1, NULL);
    run_all(NULL);
    g_assert_cmpint(change.clients.calls, ==, 1);
    g_assert_cmpint(change.clients.notified, ==, 0);
    /* Both are closed: one after its callback, one with the backlog. */
    g_assert_true(peer_closes(a));
    g_assert_true(peer_closes(b));
    close(a);
    close(b);
    unref_last(listener);
    g_assert_cmpint(change.clients.notified, ==, 1);
}

/* The last own reference goes too: the listener ends after the callback. */
static void test_unref_inside(void)
{
    QIONetListener *listener = listener_with(2);
    Change change = { .disconnects = true, .unrefs = true };
    int a = connect_to(listener, 0), b = connect_to(listener, 1);

    qio_net_listener_set_client_func(listener, client_changes, &change, notify_noted);
    while (change.clients.notified == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    run_all(NULL);
    g_assert_cmpint(change.clients.calls, ==, 1);
    close(a);
    close(b);
}

/* Without unregistering, dropping the own reference changes nothing. */
static void test_immortal(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int fd = socket_of(listener, 0)->fd;
    int client;

    qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
    object_unref(OBJECT(listener));
    client = connect_to_fd(fd);
    run_until_calls(&clients, 1, NULL);
    close(client);
    /* The callback's listener is still the way to end it. */
    qio_net_listener_set_client_func(clients.listener, NULL, NULL, NULL);
    g_assert_cmpint(clients.notified, ==, 1);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
}

/* A context that the program drops takes the watches and their references along. */
static void test_context_dies(void)
{
    QIONetListener *listener = listener_with(2);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted, context);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 3);
    g_main_context_unref(context);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    g_assert_cmpuint(OBJECT(socket_of(listener, 0))->ref, ==, 1);
    /* It is forgotten: none of these looks for it. */
    open_unix(listener);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    qio_net_listener_disconnect(listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
}

/* With the program's own reference gone, the context takes the listener along. */
static void test_context_dies_last(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted, context);
    object_unref(OBJECT(listener));
    g_assert_cmpint(clients.notified, ==, 0);
    g_main_context_unref(context);
    g_assert_cmpint(clients.notified, ==, 1);
}

/* After its context, a listener can be registered in another one. */
static void test_context_after_context(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    int client;

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
    g_main_context_unref(context);
    context = g_main_context_new();
    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
    client = connect_to(listener, 0);
    run_until_calls(&clients, 1, context);
    close(client);
    g_main_context_unref(context);
    unref_last(listener);
}

/* Finalising closes the sockets before the data ends. */
static void notify_looks(gpointer opaque)
{
    int *fd = opaque;

    g_assert_cmpint(fcntl(*fd, F_GETFD), ==, -1);
    *fd = -1;
}

static void test_finalize_order(void)
{
    QIONetListener *listener = listener_with(1);
    int fd = socket_of(listener, 0)->fd;

    qio_net_listener_set_client_func(listener, NULL, &fd, notify_looks);
    unref_last(listener);
    g_assert_cmpint(fd, ==, -1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/net-listener/callback/client", test_client);
    g_test_add_func("/qio/net-listener/callback/addresses", test_addresses);
    g_test_add_func("/qio/net-listener/callback/references", test_references);
    g_test_add_func("/qio/net-listener/callback/sources", test_sources);
    g_test_add_func("/qio/net-listener/callback/not-recursive", test_not_recursive);
    g_test_add_func("/qio/net-listener/callback/default-context", test_default_context);
    g_test_add_func("/qio/net-listener/callback/register-first", test_register_first);
    g_test_add_func("/qio/net-listener/callback/reopen", test_reopen);
    g_test_add_func("/qio/net-listener/callback/notify", test_notify);
    g_test_add_func("/qio/net-listener/callback/same", test_same_registration);
    g_test_add_func("/qio/net-listener/callback/unregister-inside", test_unregister_inside);
    g_test_add_func("/qio/net-listener/callback/replace-inside", test_replace_inside);
    g_test_add_func("/qio/net-listener/callback/disconnect-inside", test_disconnect_inside);
    g_test_add_func("/qio/net-listener/callback/unref-inside", test_unref_inside);
    g_test_add_func("/qio/net-listener/callback/immortal", test_immortal);
    g_test_add_func("/qio/net-listener/callback/context-dies", test_context_dies);
    g_test_add_func("/qio/net-listener/callback/context-dies-last", test_context_dies_last);
    g_test_add_func("/qio/net-listener/callback/context-after-context",
                    test_context_after_context);
    g_test_add_func("/qio/net-listener/callback/finalize-order", test_finalize_order);
    return g_test_run();
}
