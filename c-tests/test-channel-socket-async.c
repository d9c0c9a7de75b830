/*
 * io/channel-socket.h: opening channels on a worker thread.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "socket-channels.h"

/*
 * A context that is not the default one. It lives through all tests: a worker may let go of it
 * later than the callback runs, so that its descriptor can't be counted.
 */
static GMainContext *private_context;

/* What became of an asynchronous call. */
typedef struct Call {
    QIOChannelSocket *ioc;
    GMainContext *context;
    GThread *thread;
    Error *err;
    bool returned;
    int calls;
    int destroyed;
} Call;

static void call_back(QIOTask *task, gpointer opaque)
{
    Call *call = opaque;

    g_assert_true(call->returned);
    g_assert_cmpint(call->destroyed, ==, 0);
    g_assert_true(qio_task_get_source(task) == OBJECT(call->ioc));
    g_assert_cmpuint(OBJECT(call->ioc)->ref, >=, 1);
    g_assert_null(qio_task_get_result_pointer(task));
    call->thread = g_thread_self();
    call->calls++;
    qio_task_propagate_error(task, &call->err);
}

static void call_ends(gpointer opaque)
{
    Call *call = opaque;

    g_assert_cmpint(call->calls, ==, 1);
    call->destroyed++;
}

static void call_init(Call *call, GMainContext *context)
{
    *call = (Call) { .ioc = qio_channel_socket_new(), .context = context };
}

/* Lets the worker finish, and the callback run. */
static void call_wait(Call *call)
{
    call->returned = true;
    while (call->calls == 0 || call->destroyed == 0) {
        g_main_context_iteration(call->context, TRUE);
    }
    g_assert_true(call->thread == g_thread_self());
    g_assert_cmpint(call->calls, ==, 1);
    g_assert_cmpint(call->destroyed, ==, 1);
}

static void call_clear(Call *call)
{
    g_assert_cmpuint(OBJECT(call->ioc)->ref, ==, 1);
    object_unref(OBJECT(call->ioc));
    error_free(call->err);
}

static void connect_async(Call *call, SocketAddress *addr)
{
    qio_channel_socket_connect_async(call->ioc, addr, call_back, call, call_ends, call->context);
}

static void connects(GMainContext *context)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&any);
    SocketAddress *addr = qio_channel_socket_get_local_address(server, &error_abort);
    Pair pair;
    Call call;

    call_init(&call, context);
    connect_async(&call, addr);
    /* The address was copied. */
    memset(addr->u.inet.host, 'x', strlen(addr->u.inet.host));
    qapi_free_SocketAddress(addr);
    g_assert_cmpint(call.calls, ==, 0);
    call_wait(&call);
    g_assert_null(call.err);
    g_assert_cmpuint(call.ioc->parent.features, ==,
                     FEATURE(SHUTDOWN) | PEEK_FEATURE | FEATURE(WRITE_ZERO_COPY));
    pair.client = call.ioc;
    pair.server = qio_channel_socket_accept(server, &error_abort);
    assert_connected(&pair);
    object_unref(OBJECT(pair.server));
    call_clear(&call);
}

/* R-CHAN-67 */
static void test_connect(void)
{
    connects(NULL);
}

/* R-CHAN-67 */
static void test_connect_private(void)
{
    connects(private_context);
}

/* R-CHAN-67 */
static void test_connect_fails(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    Call call;

    call_init(&call, private_context);
    connect_async(&call, &addr);
    call_wait(&call);
    assert_error_has(&call.err, path, strerror(ENOENT));
    g_assert_cmpint(call.ioc->fd, ==, -1);
    call_clear(&call);
    remove_socket_path(path);
}

/* R-CHAN-67: also what is wrong at once is told later. */
static void test_already_open(void)
{
    g_auto(Pair) pair = unix_pair();
    SocketAddress addr = inet_address("127.0.0.1", "0");
    Call call;

    call_init(&call, private_context);
    object_unref(OBJECT(call.ioc));
    call.ioc = g_steal_pointer(&pair.client);
    qio_channel_socket_listen_async(call.ioc, &addr, 1, call_back, &call, call_ends, call.context);
    g_assert_cmpint(call.calls, ==, 0);
    call_wait(&call);
    assert_error_has(&call.err, "already open", NULL);
    g_assert_cmpint(call.ioc->fd, !=, -1);
    call_clear(&call);
}

/* R-CHAN-67 */
static void test_listen(void)
{
    char *path = make_socket_path(), *copy = g_strdup(path);
    SocketAddress addr = unix_address(copy);
    Call call;
    Pair pair;

    call_init(&call, private_context);
    qio_channel_socket_listen_async(call.ioc, &addr, 1, call_back, &call, call_ends, call.context);
    memset(copy, 'x', strlen(copy));
    g_free(copy);
    call_wait(&call);
    g_assert_null(call.err);
    g_assert_cmpuint(call.ioc->parent.features, ==,
                     FEATURE(SHUTDOWN) | FEATURE(LISTEN) | FEATURE(FD_PASS));
    pair = connect_to(call.ioc);
    assert_connected(&pair);
    pair_end(&pair);
    call_clear(&call);
    g_assert_false(path_exists(path));
    remove_socket_path(path);
}

/* R-CHAN-67 */
static void test_listen_fails(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&any);
    g_autofree char *port = port_of(server->fd);
    SocketAddress addr = inet_address("127.0.0.1", port);
    Call call;

    call_init(&call, private_context);
    qio_channel_socket_listen_async(call.ioc, &addr, 1, call_back, &call, call_ends, call.context);
    call_wait(&call);
    assert_error_has(&call.err, "", strerror(EADDRINUSE));
    g_assert_cmpint(call.ioc->fd, ==, -1);
    call_clear(&call);
}

/* R-CHAN-67 */
static void test_datagram(void)
{
    SocketAddress local = inet_address("127.0.0.1", "0"), remote = inet_address("127.0.0.1", "9");
    int bound;

    for (bound = 0; bound < 2; bound++) {
        g_autoptr(SocketAddress) addr = NULL;
        Call call;

        call_init(&call, private_context);
        qio_channel_socket_dgram_async(call.ioc, bound ? &local : NULL, &remote, call_back, &call,
                                       call_ends, call.context);
        call_wait(&call);
        g_assert_null(call.err);
        addr = qio_channel_socket_get_remote_address(call.ioc, &error_abort);
        g_assert_cmpstr(addr->u.inet.port, ==, "9");
        g_assert_cmpint(int_option(call.ioc->fd, SOL_SOCKET, SO_TYPE), ==, SOCK_DGRAM);
        call_clear(&call);
    }
}

/* R-CHAN-67 */
static void test_datagram_fails(void)
{
    SocketAddress remote = unix_address("/nowhere");
    Call call;

    call_init(&call, private_context);
    qio_channel_socket_dgram_async(call.ioc, NULL, &remote, call_back, &call, call_ends,
                                   call.context);
    call_wait(&call);
    assert_error_has(&call.err, "datagram", NULL);
    g_assert_cmpint(call.ioc->fd, ==, -1);
    call_clear(&call);
}

/* R-CHAN-67, R-CHAN-8: the channel lives until the callback has run, and no longer. */
static void test_last_reference(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&any), peer = NULL;
    g_autoptr(SocketAddress) addr = qio_channel_socket_get_local_address(server, &error_abort);
    Call call;

    call_init(&call, private_context);
    connect_async(&call, addr);
    object_unref(OBJECT(call.ioc));
    call_wait(&call);
    g_assert_null(call.err);
    peer = qio_channel_socket_accept(server, &error_abort);
    assert_at_end(peer);
}

static void counts(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    g_assert_false(qio_task_propagate_error(task, &err));
    g_assert_null(err);
    ++*(int *)opaque;
}

static void ignores(QIOTask *task, gpointer opaque)
{
    g_assert_null(opaque);
    g_assert_true(qio_task_propagate_error(task, NULL));
}

/* Neither data nor a function that ends it is needed. */
static void test_no_destroy(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0"), bad = unix_address("/no/such/path");
    auto_socket server = listen_on(&any);
    auto_socket client = qio_channel_socket_new(), other = qio_channel_socket_new();
    g_autoptr(SocketAddress) addr = qio_channel_socket_get_local_address(server, &error_abort);
    int calls = 0;

    qio_channel_socket_connect_async(other, &bad, ignores, NULL, NULL, NULL);
    qio_channel_socket_connect_async(client, addr, counts, &calls, NULL, NULL);
    while (calls == 0 || OBJECT(other)->ref > 1 || OBJECT(client)->ref > 1) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void test_many(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    auto_socket server = qio_channel_socket_new();
    g_autoptr(SocketAddress) addr = NULL;
    QIOChannelSocket *clients[64];
    int calls = 0;
    size_t i;

    g_assert_cmpint(qio_channel_socket_listen_sync(server, &any, G_N_ELEMENTS(clients),
                                                   &error_abort), ==, 0);
    addr = qio_channel_socket_get_local_address(server, &error_abort);
    for (i = 0; i < G_N_ELEMENTS(clients); i++) {
        clients[i] = qio_channel_socket_new();
        qio_channel_socket_connect_async(clients[i], addr, counts, &calls, NULL, NULL);
    }
    while (calls < (int)G_N_ELEMENTS(clients)) {
        g_main_context_iteration(NULL, TRUE);
    }
    for (i = 0; i < G_N_ELEMENTS(clients); i++) {
        QIOChannelSocket *peer = qio_channel_socket_accept(server, &error_abort);

        object_unref(OBJECT(peer));
    }
    for (i = 0; i < G_N_ELEMENTS(clients); i++) {
        assert_at_end(clients[i]);
        object_unref(OBJECT(clients[i]));
    }
}

int main(int argc, char **argv)
{
    int result;

    socket_tests_init(&argc, &argv);
    private_context = g_main_context_new();
    TEST("/qio/channel-socket/async/connect", test_connect);
    TEST("/qio/channel-socket/async/connect-private", test_connect_private);
    TEST("/qio/channel-socket/async/connect-fails", test_connect_fails);
    TEST("/qio/channel-socket/async/already-open", test_already_open);
    TEST("/qio/channel-socket/async/listen", test_listen);
    TEST("/qio/channel-socket/async/listen-fails", test_listen_fails);
    TEST("/qio/channel-socket/async/datagram", test_datagram);
    TEST("/qio/channel-socket/async/datagram-fails", test_datagram_fails);
    TEST("/qio/channel-socket/async/last-reference", test_last_reference);
    TEST("/qio/channel-socket/async/no-destroy", test_no_destroy);
    TEST("/qio/channel-socket/async/many", test_many);
    result = g_test_run();
    g_main_context_unref(private_context);
    return result;
}
