/*
 * Rows L3, L6, L7, L9, L10, L11 and T1 of docs/spec/properties.md, at least one test each. What is
 * accepted is in test-properties-listener-accept.c; what needs several threads is in
 * test-properties-listener-threads.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/dns-resolver.h"
#include "listener-clients.h"

/* L3 ------------------------------------------------------------------------- */

/* A destroy notify that calls everything. */
typedef struct Caller {
    QIONetListener *listener;
    Clients *later;
    int notified;
} Caller;

static void notify_calls(gpointer opaque)
{
    Caller *caller = opaque;
    QIONetListener *listener = caller->listener;
    QIOChannelSocket *sioc = qio_channel_socket_new();

    caller->notified++;
    qio_net_listener_is_connected(listener);
    qio_net_listener_set_name(listener, "name");
    qio_net_listener_add(listener, sioc);
    object_unref(OBJECT(sioc));
    qio_net_listener_set_client_func(listener, client_noted, caller->later, notify_noted);
    qio_net_listener_disconnect(listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    open_unix(listener);
    qio_net_listener_disconnect(listener);
}

/* R-LSN-17: no lock is held while it runs. */
static void test_l3(void)
{
    QIONetListener *listener = listener_with(1);
    Clients later = { .keep = false }, last = { .keep = false };
    Caller caller = { .listener = listener, .later = &later };
    int client;

    qio_net_listener_set_client_func(listener, client_noted, &caller, notify_calls);
    qio_net_listener_set_client_func(listener, client_noted, &last, notify_noted);
    g_assert_cmpint(caller.notified, ==, 1);
    /* What the notify registered was replaced too. */
    g_assert_cmpint(later.notified, ==, 1);
    g_assert_cmpint(last.notified, ==, 0);
    open_unix(listener);
    client = connect_to(listener, socket_count(listener) - 1);
    run_until_calls(&last, 1, NULL);
    g_assert_cmpint(later.calls, ==, 0);
    close(client);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* The end of the listener is no exception. */
static void test_l3_end(void)
{
    QIONetListener *listener = listener_with(1);
    Clients later = { .keep = false };
    Caller caller = { .listener = listener, .later = &later };

    qio_net_listener_set_client_func(listener, NULL, &caller, notify_calls);
    unref_last(listener);
    g_assert_cmpint(caller.notified, ==, 1);
    g_assert_cmpint(later.notified, ==, 1);
}

/* Nor is dropping the last own reference. */
static void notify_unrefs(gpointer opaque)
{
    object_unref(OBJECT(opaque));
}

static void test_l3_unref(void)
{
    QIONetListener *listener = listener_with(1);
    Clients last = { .keep = false };

    object_ref(OBJECT(listener));
    qio_net_listener_set_client_func(listener, client_noted, listener, notify_unrefs);
    qio_net_listener_set_client_func(listener, NULL, &last, notify_noted);
    unref_last(listener);
    g_assert_cmpint(last.notified, ==, 1);
}

/* L6 ------------------------------------------------------------------------- */

/* R-LSN-4: also the socket that was added after the registration is watched there. */
static void test_l6(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    QIOChannelSocket *waited;
    int fds[3];

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
    open_unix(listener);
    fds[0] = connect_to(listener, 0);
    waited = qio_net_listener_wait_client(listener);
    unref_last(waited);
    fds[1] = connect_to(listener, 0);
    fds[2] = connect_to(listener, 1);
    run_all(NULL);
    g_assert_cmpint(clients.calls, ==, 0);
    run_until_calls(&clients, 1, context);
    g_assert_true(clients.context == context);
    run_until_calls(&clients, 2, context);
    g_assert_true(clients.context == context);
    close(fds[0]);
    close(fds[1]);
    close(fds[2]);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_main_context_unref(context);
}

/* L7 ------------------------------------------------------------------------- */

/* Other sockets are ready when the callback replaces itself, or ends its own data. */
static void client_replaces(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Clients *clients = opaque;

    client_noted(listener, sioc, clients);
    qio_net_listener_set_client_func(listener, other_client_noted, clients + 1, notify_noted);
    g_assert_cmpint(clients->notified, ==, 1);
}

static void test_l7(void)
{
    QIONetListener *listener = listener_with(3);
    Clients clients[2] = { { .keep = false }, { .keep = false } };
    int fds[6], n;

    for (n = 0; n < 6; n++) {
        fds[n] = connect_to(listener, n % 3);
    }
    qio_net_listener_set_client_func(listener, client_replaces, &clients[0], notify_noted);
    run_until_calls(&clients[1], 5, NULL);
    g_assert_cmpint(clients[0].calls, ==, 1);
    g_assert_cmpint(clients[0].notified, ==, 1);
    g_assert_cmpint(clients[1].notified, ==, 0);
    for (n = 0; n < 6; n++) {
        close(fds[n]);
    }
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(clients[1].notified, ==, 1);
}

/* L9 with nothing open; the rest is in test-properties-listener-threads.c. */
static void test_l9(void)
{
    QIONetListener *listener = qio_net_listener_new();

    g_assert_null(qio_net_listener_wait_client(listener));
    open_unix(listener);
    qio_net_listener_disconnect(listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    unref_last(listener);
}

/* L10 ------------------------------------------------------------------------ */

/* R-111-15 */
static void test_l10(void)
{
    QIONetListener *listener = QIO_NET_LISTENER(object_new(TYPE_QIO_NET_LISTENER));
    Clients clients = { .keep = false };
    QIOChannelSocket *client;
    int fd;

    g_assert_null(qio_net_listener_wait_client(listener));
    qio_net_listener_set_name(listener, "name");
    open_unix(listener);
    qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
    fd = connect_to(listener, 0);
    client = qio_net_listener_wait_client(listener);
    unref_last(client);
    close(fd);
    fd = connect_to(listener, 0);
    run_until_calls(&clients, 1, NULL);
    close(fd);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
    /* One that nothing happens to. */
    unref_last(object_new(TYPE_QIO_NET_LISTENER));
}

/* L11 ------------------------------------------------------------------------ */

/* Every order of these, with clients pending and a reference held to the end. */
static void tear_down(QIONetListener *listener, Clients *clients, GMainContext **context, char step)
{
    switch (step) {
    case 'u':
        qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
        break;
    case 'd':
        qio_net_listener_disconnect(listener);
        break;
    case 'c':
        g_main_context_unref(*context);
        *context = NULL;
        break;
    case 'r':
        object_unref(OBJECT(listener));
        break;
    }
    if (*context) {
        run_all(*context);
    }
}

static void permute(char *steps, unsigned from)
{
    unsigned n;

    if (from == strlen(steps)) {
        QIONetListener *listener = listener_with(2);
        GMainContext *context = g_main_context_new();
        Clients clients = { .keep = false };
        int a = connect_to(listener, 0), b = connect_to(listener, 1);

        object_ref(OBJECT(listener));
        qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted,
                                              context);
        for (n = 0; n < from; n++) {
            tear_down(listener, &clients, &context, steps[n]);
        }
        unref_last(listener);
        g_assert_cmpint(clients.notified, ==, 1);
        close(a);
        close(b);
        return;
    }
    for (n = from; n < strlen(steps); n++) {
        char step = steps[from];

        steps[from] = steps[n];
        steps[n] = step;
        permute(steps, from + 1);
        steps[n] = steps[from];
        steps[from] = step;
    }
}

static void test_l11(void)
{
    char steps[] = "udcr", again[] = "ddcr";

    permute(steps, 0);
    permute(again, 0);
}
/* T1 ------------------------------------------------------------------------- */

static void func_counts_lookup(QIOTask *task, gpointer opaque)
{
    SocketAddress **addrs;
    size_t naddrs, n;

    qio_dns_resolver_lookup_result(qio_dns_resolver_get_instance(), task, &naddrs, &addrs);
    g_assert_cmpuint(naddrs, ==, 1);
    for (n = 0; n < naddrs; n++) {
        qapi_free_SocketAddress(addrs[n]);
    }
    g_free(addrs);
    (*(int *)opaque)++;
}

static void test_t1(void)
{
    QIODNSResolver *resolver = qio_dns_resolver_get_instance();
    unsigned refs = OBJECT(resolver)->ref;
    SocketAddress *addr = inet_address("127.0.0.1", "1");
    int calls = 0, n;

    for (n = 0; n < 50; n++) {
        qio_dns_resolver_lookup_async(resolver, addr, func_counts_lookup, &calls, NULL);
        if (n % 2) {
            /* Two in flight. */
            qio_dns_resolver_lookup_async(resolver, addr, func_counts_lookup, &calls, NULL);
        }
        while (calls < n + 1 + (n + 1) / 2) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_assert_cmpuint(OBJECT(resolver)->ref, ==, refs);
    }
    qapi_free_SocketAddress(addr);
    g_assert_true(qio_dns_resolver_get_instance() == resolver);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/properties/L3", test_l3);
    g_test_add_func("/qio/properties/L3/end", test_l3_end);
    g_test_add_func("/qio/properties/L3/unref", test_l3_unref);
    g_test_add_func("/qio/properties/L6", test_l6);
    g_test_add_func("/qio/properties/L7", test_l7);
    g_test_add_func("/qio/properties/L9", test_l9);
    g_test_add_func("/qio/properties/L10", test_l10);
    g_test_add_func("/qio/properties/L11", test_l11);
    g_test_add_func("/qio/properties/T1", test_t1);
    return g_test_run();
}
