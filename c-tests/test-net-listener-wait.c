/*
 * io/net-listener.h: waiting for one client.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "accept-failures.h"
#include "listener-clients.h"
#include "polls.h"

/* No client is there yet: a thread connects once the wait has begun to block. */
static int connects_when_blocked = -1;
static int client_of_thread;
static GMutex poll_lock;
static GCond poll_has_changed;
static bool poll_blocks;

static gpointer thread_connects(gpointer opaque)
{
    g_mutex_lock(&poll_lock);
    while (!poll_blocks) {
        g_cond_wait(&poll_has_changed, &poll_lock);
    }
    g_mutex_unlock(&poll_lock);
    client_of_thread = connect_to_fd(connects_when_blocked);
    return NULL;
}

static void before_poll(const struct pollfd *fds, nfds_t count, PollWait wait)
{
    for (nfds_t n = 0; n < count; n++) {
        if (wait != POLL_AT_ONCE && fds[n].fd == connects_when_blocked) {
            g_mutex_lock(&poll_lock);
            poll_blocks = true;
            g_cond_signal(&poll_has_changed);
            g_mutex_unlock(&poll_lock);
        }
    }
}

static gboolean timer_fires(gpointer opaque)
{
    (*(int *)opaque)++;
    return G_SOURCE_CONTINUE;
}

/* R-LSN-41 */
static void test_blocks(void)
{
    QIONetListener *listener = listener_with(2);
    QIOChannelSocket *client;
    GThread *thread;
    int fired = 0;
    GSource *always = g_idle_source_new();

    /* What is ready in the default context stands still meanwhile. */
    g_source_set_callback(always, timer_fires, &fired, NULL);
    g_source_attach(always, NULL);
    connects_when_blocked = socket_of(listener, 1)->fd;
    thread = g_thread_new("client", thread_connects, NULL);
    client = qio_net_listener_wait_client(listener);
    connects_when_blocked = -1;
    g_thread_join(thread);
    g_assert_nonnull(client);
    g_assert_cmpuint(OBJECT(client)->ref, ==, 1);
    g_assert_cmpint(send(client->fd, "x", 1, 0), ==, 1);
    g_assert_false(peer_closes(client_of_thread));
    g_assert_cmpint(fired, ==, 0);
    unref_last(client);
    close(client_of_thread);
    g_source_destroy(always);
    g_source_unref(always);
    unref_last(listener);
}

/* Clients come in the order of the backlog, one a call. */
static void test_one_after_the_other(void)
{
    QIONetListener *listener = listener_with(1);
    int fds[3], n;

    for (n = 0; n < 3; n++) {
        fds[n] = connect_to(listener, 0);
        g_assert_cmpint(send(fds[n], "123" + n, 1, 0), ==, 1);
    }
    for (n = 0; n < 3; n++) {
        QIOChannelSocket *client = qio_net_listener_wait_client(listener);
        char byte = 0;

        g_assert_cmpint(recv(client->fd, &byte, 1, 0), ==, 1);
        g_assert_cmpint(byte, ==, '1' + n);
        unref_last(client);
        close(fds[n]);
    }
    unref_last(listener);
}

/* The callback isn't called for the client, is in force again, and its data doesn't end. */
static void test_with_callback(void)
{
    QIONetListener *listener = listener_with(2);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    QIOChannelSocket *client;
    int a = connect_to(listener, 0), b = connect_to(listener, 1);
    unsigned refs, socket_refs;

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted, context);
    refs = OBJECT(listener)->ref;
    socket_refs = OBJECT(socket_of(listener, 0))->ref;
    client = qio_net_listener_wait_client(listener);
    g_assert_nonnull(client);
    g_assert_cmpint(clients.calls, ==, 0);
    g_assert_cmpint(clients.notified, ==, 0);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, refs);
    g_assert_cmpuint(OBJECT(socket_of(listener, 0))->ref, ==, socket_refs);
    run_until_calls(&clients, 1, context);
    run_all(context);
    g_assert_cmpint(clients.calls, ==, 1);
    g_assert_true(clients.context == context);
    unref_last(client);
    close(a);
    close(b);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
    g_main_context_unref(context);
}

/* Without a callback nothing is watched afterwards; with one, but without func, neither. */
static void test_without_callback(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    QIOChannelSocket *client;
    int a = connect_to(listener, 0), b = connect_to(listener, 0);

    client = qio_net_listener_wait_client(listener);
    unref_last(client);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    qio_net_listener_set_client_func(listener, NULL, &clients, notify_noted);
    client = qio_net_listener_wait_client(listener);
    unref_last(client);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    close(a);
    close(b);
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
}

/* From inside the callback: this client is another's. */
static void client_waits(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Clients *clients = opaque;
    QIOChannelSocket *other;

    clients->calls++;
    other = qio_net_listener_wait_client(listener);
    g_assert_nonnull(other);
    g_assert_true(other != sioc);
    unref_last(other);
}

static void test_inside_callback(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int fds[4], n;

    for (n = 0; n < 4; n++) {
        fds[n] = connect_to(listener, 0);
    }
    qio_net_listener_set_client_func(listener, client_waits, &clients, NULL);
    run_until_calls(&clients, 2, NULL);
    run_all(NULL);
    g_assert_cmpint(clients.calls, ==, 2);
    g_assert_false(is_readable(socket_of(listener, 0)->fd));
    for (n = 0; n < 4; n++) {
        close(fds[n]);
    }
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* Nothing to wait for. */
static void test_nothing_open(void)
{
    QIONetListener *listener = qio_net_listener_new();
    QIOChannelSocket *closed = qio_channel_socket_new();
    Clients clients = { .keep = false };

    g_assert_null(qio_net_listener_wait_client(listener));
    qio_net_listener_add(listener, closed);
    g_assert_null(qio_net_listener_wait_client(listener));
    open_unix(listener);
    qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
    qio_net_listener_disconnect(listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    g_assert_cmpint(clients.notified, ==, 0);
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
    unref_last(closed);
}

/* Whatever accept says, a client is what comes in the end. */
static void test_accept_fails(gconstpointer code)
{
    QIONetListener *listener = listener_with(1);
    int client = connect_to(listener, 0);
    QIOChannelSocket *sioc;

    accept_errno = GPOINTER_TO_INT(code);
    accepts = 0;
    sioc = qio_net_listener_wait_client(listener);
    g_assert_nonnull(sioc);
    g_assert_cmpint(accepts, ==, 2);
    unref_last(sioc);
    close(client);
    unref_last(listener);
}

/* A useless socket doesn't keep the others from serving. */
static void test_useless_socket(void)
{
    QIONetListener *listener = listener_with(1);
    QIOChannelSocket *useless, *client;
    int fds[2], fd;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_cmpint(send(fds[1], "x", 1, 0), ==, 1);
    useless = qio_channel_socket_new_fd(fds[0], &error_abort);
    qio_net_listener_add(listener, useless);
    object_unref(OBJECT(useless));
    fd = connect_to(listener, 0);
    client = qio_net_listener_wait_client(listener);
    g_assert_nonnull(client);
    unref_last(client);
    close(fd);
    close(fds[1]);
    unref_last(listener);
}

int main(int argc, char **argv)
{
    static const int codes[] = { EAGAIN, EINTR, ECONNABORTED, EPROTO, EMFILE, ENOMEM, EINVAL };
    unsigned n;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/net-listener/wait/blocks", test_blocks);
    g_test_add_func("/qio/net-listener/wait/one-after-the-other", test_one_after_the_other);
    g_test_add_func("/qio/net-listener/wait/with-callback", test_with_callback);
    g_test_add_func("/qio/net-listener/wait/without-callback", test_without_callback);
    g_test_add_func("/qio/net-listener/wait/inside-callback", test_inside_callback);
    g_test_add_func("/qio/net-listener/wait/nothing-open", test_nothing_open);
    g_test_add_func("/qio/net-listener/wait/useless-socket", test_useless_socket);
    for (n = 0; n < G_N_ELEMENTS(codes); n++) {
        g_autofree char *path = g_strdup_printf("/qio/net-listener/wait/accept-fails/%d", codes[n]);

        g_test_add_data_func(path, GINT_TO_POINTER(codes[n]), test_accept_fails);
    }
    return g_test_run();
}
