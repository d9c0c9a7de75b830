/*
 * Row C8 of docs/spec/properties.md: what opens descriptors fails at the limit with an error of its
 * caller's, in this thread or another one, keeps none, and works once there is room. The rest of io/
 * that is no operation of one channel, listeners, the resolver and tasks, goes on.
 *
 * c-tests/symbols/limit.py sees to it that no public function of io/ is missing from these programs.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "descriptor-limit.h"
#include "open-files.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/dns-resolver.h"
#include "io/net-listener.h"

/* A call that stores to &err fails. */
#define FAILS(call) do { \
    Error *err = NULL; \
    g_assert_true(call); \
    g_assert_nonnull(err); \
    g_assert_cmpuint(strlen(error_get_pretty(err)), >, 0); \
    error_free(err); \
} while (0)

/* A process at the limit that accepts a client before it finds that its number is too high. */
static bool has_another_limit(void)
{
    if (g_getenv("QIO_TEST_SLOW")) {
        g_test_skip("valgrind has a descriptor limit of its own");
        return true;
    }
    return false;
}

/* How an operation of a task ended. */
typedef struct Ending {
    int called;
    int destroyed;
    char *error;
    GThread *thread;
} Ending;

static void note_ending(QIOTask *task, gpointer opaque)
{
    Ending *ending = opaque;
    Error *err = NULL;

    ending->called++;
    ending->thread = g_thread_self();
    if (qio_task_propagate_error(task, &err)) {
        ending->error = g_strdup(error_get_pretty(err));
        error_free(err);
    }
}

static void note_destroy(gpointer opaque)
{
    ((Ending *)opaque)->destroyed++;
}

/* It has ended, once, here; @fails tells how. */
static void await_ending(Ending *ending, GMainContext *context, bool fails)
{
    while (!ending->destroyed) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmpint(ending->called, ==, 1);
    g_assert_cmpint(ending->destroyed, ==, 1);
    g_assert_true(ending->thread == g_thread_self());
    if (fails) {
        g_assert_nonnull(ending->error);
    } else {
        g_assert_cmpstr(ending->error, ==, NULL);
    }
    g_free(ending->error);
    *ending = (Ending) { 0 };
}

static void test_sockets(void)
{
    g_autofree char *name = g_strdup_printf("qio-limit-%d", getpid());
    g_autofree char *other = g_strdup_printf("qio-limit-other-%d", getpid());
    SocketAddress addr = abstract_address(name, true), free_addr = abstract_address(other, true);
    SocketAddress tcp = inet_address("127.0.0.1", "0"), udp = inet_address("127.0.0.1", "9");
    auto_socket ioc = qio_channel_socket_new();
    auto_socket server = NULL;
    auto_socket accepted = NULL;
    auto_socket client = qio_channel_socket_new();
    Limit limit;

    if (has_another_limit()) {
        return;
    }
    server = listen_on(&addr);
    g_assert_cmpint(qio_channel_socket_connect_sync(client, &addr, &error_abort), ==, 0);
    limit_begin(&limit);
    for (int i = 0; i < 3; i++) {
        FAILS(!qio_channel_socket_accept(server, &err));
        FAILS(qio_channel_socket_connect_sync(ioc, &addr, &err) == -1);
        FAILS(qio_channel_socket_connect_sync(ioc, &udp, &err) == -1);
        FAILS(qio_channel_socket_listen_sync(ioc, &free_addr, 1, &err) == -1);
        FAILS(qio_channel_socket_listen_sync(ioc, &tcp, 1, &err) == -1);
        FAILS(qio_channel_socket_dgram_sync(ioc, NULL, &udp, &err) == -1);
        FAILS(qio_channel_socket_dgram_sync(ioc, &tcp, &udp, &err) == -1);
        g_assert_cmpint(ioc->fd, ==, -1);
    }
    limit_free(&limit, 1);
    /* The client has waited, and there is room for it. */
    accepted = qio_channel_socket_accept(server, &error_abort);
    g_assert_cmpint(qio_channel_write_all(QIO_CHANNEL(client), "hello", 5, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(accepted), (char[5]) { 0 }, 5, &error_abort), ==, 0);
    limit_end(&limit);
    g_assert_cmpint(qio_channel_socket_connect_sync(ioc, &addr, &error_abort), ==, 0);
}

/* The same in another thread: it tells, in the context that was asked for. */
static void test_sockets_async(void)
{
    g_autofree char *name = g_strdup_printf("qio-limit-async-%d", getpid());
    g_autofree char *other = g_strdup_printf("qio-limit-free-%d", getpid());
    SocketAddress addr = abstract_address(name, true), free_addr = abstract_address(other, true);
    SocketAddress udp = inet_address("127.0.0.1", "9");
    g_autoptr(GMainContext) own = g_main_context_new();
    auto_socket server = NULL;

    if (has_another_limit()) {
        return;
    }
    server = listen_on(&addr);
    for (int i = 0; i < 2; i++) {
        GMainContext *context = i ? own : NULL;
        auto_socket ioc = qio_channel_socket_new();
        Ending ending = { 0 };
        Limit limit;

        limit_begin(&limit);
        for (int round = 0; round < 3; round++) {
            qio_channel_socket_connect_async(ioc, &addr, note_ending, &ending, note_destroy, context);
            await_ending(&ending, context, true);
            qio_channel_socket_listen_async(ioc, &free_addr, 1, note_ending, &ending, note_destroy,
                                            context);
            await_ending(&ending, context, true);
            qio_channel_socket_dgram_async(ioc, NULL, &udp, note_ending, &ending, note_destroy, context);
            await_ending(&ending, context, true);
            g_assert_cmpint(ioc->fd, ==, -1);
        }
        limit_free(&limit, 1);
        qio_channel_socket_connect_async(ioc, &addr, note_ending, &ending, note_destroy, context);
        await_ending(&ending, context, false);
        g_assert_cmpint(OBJECT(ioc)->ref, ==, 1);
        limit_end(&limit);
    }
}

static void test_datagrams(void)
{
    SocketAddress local = inet_address("127.0.0.1", "0"), first = inet_address("127.0.0.1", "9");
    auto_socket one = qio_channel_socket_new();
    auto_socket other = qio_channel_socket_new();
    SocketAddress *addr, *back;
    char bytes[8];
    Limit limit;

    g_assert_cmpint(qio_channel_socket_dgram_sync(one, &local, &first, &error_abort), ==, 0);
    addr = qio_channel_socket_get_local_address(one, &error_abort);
    g_assert_cmpint(qio_channel_socket_dgram_sync(other, &local, addr, &error_abort), ==, 0);
    back = qio_channel_socket_get_local_address(other, &error_abort);
    {
        /* Each sends to the other. */
        struct sockaddr_storage to;
        socklen_t size = sizeof(to);

        g_assert_cmpint(getsockname(other->fd, (struct sockaddr *)&to, &size), ==, 0);
        g_assert_cmpint(connect(one->fd, (struct sockaddr *)&to, size), ==, 0);
    }
    limit_begin(&limit);
    set_blocking(one, false);
    set_blocking(other, false);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(one), bytes, 8, &error_abort), ==,
                    QIO_CHANNEL_ERR_BLOCK);
    qio_channel_wait(QIO_CHANNEL(other), G_IO_OUT);
    g_assert_cmpint(qio_channel_write_all(QIO_CHANNEL(other), "hello", 5, &error_abort), ==, 0);
    qio_channel_wait(QIO_CHANNEL(one), G_IO_IN);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(one), bytes, 8, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(one), "back", 4, &error_abort), ==, 4);
    g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(other), bytes, 4, &error_abort), ==, 0);
    qapi_free_SocketAddress(addr);
    addr = qio_channel_socket_get_remote_address(other, &error_abort);
    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_INET);
#ifdef QIO_HAS_SEND_BUFFER
    g_assert_cmpint(qio_channel_socket_set_send_buffer(other, 65536, &error_abort), ==, 0);
#endif
    limit_end(&limit);
    qapi_free_SocketAddress(addr);
    qapi_free_SocketAddress(back);
}

/* Descriptors that a message brings, and for which there is no room, are lost; its bytes are not. */
static void test_passed_descriptors(void)
{
    Pair pair = unix_pair();
    char bytes[5];
    struct iovec out = { (char *)"hello", 5 }, in = { bytes, 5 };
    int *fds = NULL;
    size_t nfds = 7;
    Limit limit;

    if (has_another_limit()) {
        pair_end(&pair);
        return;
    }
    limit_begin(&limit);
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(pair.client), &out, 1, (int[]) { 0, 1 }, 2, 0,
                                            &error_abort), ==, 5);
    g_assert_cmpint(readv_full(pair.server, &in, 1, &fds, &nfds, &error_abort), ==, 5);
    g_assert_cmpmem(bytes, 5, "hello", 5);
    g_assert_cmpuint(nfds, ==, 0);
    g_assert_null(fds);
    g_assert_cmpint(qio_channel_writev_full_all(QIO_CHANNEL(pair.client), &out, 1, (int[]) { 0 }, 1, 0,
                                                &error_abort), ==, 0);
    limit_free(&limit, 1);
    g_assert_cmpint(qio_channel_readv_full_all(QIO_CHANNEL(pair.server), &in, 1, &fds, &nfds,
                                               &error_abort), ==, 0);
    g_assert_cmpuint(nfds, ==, 1);
    close(fds[0]);
    g_free(fds);
    limit_restore(&limit);
    pair_end(&pair);
}

static void test_files(void)
{
    g_autofree char *path = g_strdup_printf("%s/qio-limit-%d", g_get_tmp_dir(), getpid());
    Limit limit;

    limit_begin(&limit);
    for (int i = 0; i < 3; i++) {
        FAILS(!qio_channel_file_new_path("/dev/null", O_RDONLY, 0, &err));
        FAILS(!qio_channel_file_new_path(path, O_CREAT | O_WRONLY, 0600, &err));
#ifdef QIO_HAS_FILE_NEW_DUPFD
        FAILS(!qio_channel_file_new_dupfd(0, &err));
#endif
    }
    limit_end(&limit);
    unlink(path);
}

static void test_commands(void)
{
    const char *const argv[] = { "/bin/cat", NULL };
    QIOChannelCommand *ioc;
    Limit limit;

    /* At its limit valgrind takes back pipes whose numbers GLib has got, and GLib 2.84 closes them once more. */
    if (!glib_check_version(2, 76, 0) && has_another_limit()) {
        return;
    }
    limit_begin(&limit);
    /* With room for none of the pipes' ends, or for some. */
    for (int room = 0; room < 4; room++) {
        FAILS(!qio_channel_command_new_spawn(argv, O_RDWR, &err));
        limit_free(&limit, 1);
    }
    limit_restore(&limit);
    ioc = qio_channel_command_new_spawn(argv, O_RDWR, &error_abort);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(ioc), &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
}

/* Numbers need no descriptor; names may, and then it is an error and no crash. */
static void test_resolver(void)
{
    QIODNSResolver *resolver = qio_dns_resolver_get_instance();
    SocketAddress number = inet_address("127.0.0.1", "80"), word = inet_address("libqio.invalid", "80");
    SocketAddress path = abstract_address("x", true), **addrs;
    Ending ending = { 0 };
    size_t naddrs;
    Limit limit;

    number.u.inet.has_numeric = number.u.inet.numeric = true;
    limit_begin(&limit);
    g_assert_cmpint(qio_dns_resolver_lookup_sync(resolver, &path, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpuint(naddrs, ==, 1);
    qapi_free_SocketAddress(addrs[0]);
    g_free(addrs);
    g_assert_cmpint(qio_dns_resolver_lookup_sync(resolver, &number, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpuint(naddrs, ==, 1);
    qapi_free_SocketAddress(addrs[0]);
    g_free(addrs);
    FAILS(qio_dns_resolver_lookup_sync(resolver, &word, &naddrs, &addrs, &err) == -1);
    qio_dns_resolver_lookup_async(resolver, &word, note_ending, &ending, note_destroy);
    await_ending(&ending, NULL, true);
    limit_end(&limit);
}

static void takes_result(QIOTask *task, gpointer opaque)
{
    SocketAddress **addrs;
    size_t naddrs;

    note_ending(task, opaque);
    qio_dns_resolver_lookup_result(qio_dns_resolver_get_instance(), task, &naddrs, &addrs);
    g_assert_cmpuint(naddrs, ==, 1);
    qapi_free_SocketAddress(addrs[0]);
    g_free(addrs);
}

static void test_resolver_async(void)
{
    SocketAddress number = inet_address("127.0.0.1", "80");
    Ending ending = { 0 };
    Limit limit;

    number.u.inet.has_numeric = number.u.inet.numeric = true;
    limit_begin(&limit);
    qio_dns_resolver_lookup_async(qio_dns_resolver_get_instance(), &number, takes_result, &ending,
                                  note_destroy);
    await_ending(&ending, NULL, false);
    limit_end(&limit);
}

/* Who was served. */
typedef struct Service {
    int clients;
    int destroyed;
} Service;

static void serves(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    ((Service *)opaque)->clients++;
}

static void ends_service(gpointer opaque)
{
    ((Service *)opaque)->destroyed++;
}

static gboolean ticks(gpointer opaque)
{
    ++*(int *)opaque;
    return G_SOURCE_CONTINUE;
}

/* Clients that come at the limit stay in the backlog while the loop goes on, and are served once there
 * is room, without anybody's saying so (L1). */
static void test_listener(void)
{
    g_autofree char *name = g_strdup_printf("qio-limit-listener-%d", getpid());
    SocketAddress addr = abstract_address(name, true);
    g_autoptr(GMainContext) own = g_main_context_new();

    if (has_another_limit()) {
        return;
    }
    /* In the default context, in one of the program's, in an event loop's. */
    for (int way = 0; way < 3; way++) {
        QIONetListener *listener = qio_net_listener_new();
        auto_socket client = qio_channel_socket_new();
        auto_socket later = qio_channel_socket_new();
        GMainContext *context = way == 1 ? own : NULL;
        Service service = { 0 };
        int turns = 0;
        guint timer = g_timeout_add(1, ticks, &turns);
        Limit limit;

        qio_net_listener_set_name(listener, "limit");
        limit_begin(&limit);
        FAILS(qio_net_listener_open_sync(listener, &addr, 5, &err) == -1);
        g_assert_false(qio_net_listener_is_connected(listener));
        limit_restore(&limit);
        g_assert_cmpint(qio_net_listener_open_sync(listener, &addr, 5, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_socket_connect_sync(client, &addr, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_socket_connect_sync(later, &addr, &error_abort), ==, 0);
        limit_begin(&limit);
        g_assert_true(qio_net_listener_is_connected(listener));
#ifdef QIO_HAS_LISTENER_SOURCE
        g_assert_cmpuint(qio_net_listener_nsioc(listener), ==, 1);
        g_assert_nonnull(qio_net_listener_sioc(listener, 0));
        qapi_free_SocketAddress(qio_net_listener_get_local_address(listener, 0, &error_abort));
#endif
        if (way == 0) {
            qio_net_listener_set_client_func(listener, serves, &service, ends_service);
        } else if (way == 1) {
            qio_net_listener_set_client_func_full(listener, serves, &service, ends_service, own);
        } else {
#ifdef QIO_HAS_LISTENER_SOURCE
            qio_net_listener_set_client_aio_func(listener, serves, &service, NULL);
#else
            qio_net_listener_set_client_func_full(listener, serves, &service, NULL, NULL);
#endif
        }
        while (turns < 30) {
            g_main_context_iteration(NULL, true);
            g_main_context_iteration(own, false);
        }
        g_assert_cmpint(service.clients, ==, 0);
        limit_free(&limit, 1);
        while (service.clients < 2) {
            g_main_context_iteration(context, way != 1);
        }
        if (way < 2) {
            qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
            g_assert_cmpint(service.destroyed, ==, 1);
        }
        qio_net_listener_disconnect(listener);
        limit_restore(&limit);
        object_unref(OBJECT(listener));
        g_source_remove(timer);
    }
}

static void works(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    qio_task_set_result_pointer(task, opaque, NULL);
    error_setg(&err, "%s", "no luck");
    qio_task_set_error(task, err);
}

/* Tasks, which wake a context by a descriptor that it has: all that can be done with one. */
static void test_tasks(void)
{
    g_autoptr(GMainContext) own = g_main_context_new();
    QIOChannelSocket *source = qio_channel_socket_new();
    Ending ending = { 0 };
    QIOTask *task;
    Limit limit;

    limit_begin(&limit);
    for (int i = 0; i < 3; i++) {
        task = qio_task_new(OBJECT(source), note_ending, &ending, note_destroy);
        g_assert_true(qio_task_get_source(task) == OBJECT(source));
        qio_task_run_in_thread(task, works, &ending, NULL, i ? own : NULL);
        if (i == 2) {
            qio_task_wait_thread(task);
        }
        await_ending(&ending, i ? own : NULL, true);
    }
    task = qio_task_new(OBJECT(source), note_ending, &ending, note_destroy);
    qio_task_set_result_pointer(task, &ending, NULL);
    g_assert_true(qio_task_get_result_pointer(task) == &ending);
    qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
    g_assert_cmpint(ending.destroyed, ==, 0);
    qio_task_free(task);
#endif
    await_ending(&ending, NULL, false);
    limit_end(&limit);
    object_unref(OBJECT(source));
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    TEST("/qio/properties/C8/opening/sockets", test_sockets);
    TEST("/qio/properties/C8/opening/sockets-async", test_sockets_async);
    TEST("/qio/properties/C8/opening/datagrams", test_datagrams);
    TEST("/qio/properties/C8/opening/passed-descriptors", test_passed_descriptors);
    TEST("/qio/properties/C8/opening/files", test_files);
    g_test_add_func("/qio/properties/C8/opening/commands", test_commands);
    TEST("/qio/properties/C8/opening/resolver", test_resolver);
    TEST("/qio/properties/C8/opening/resolver-async", test_resolver_async);
    TEST("/qio/properties/C8/opening/listener", test_listener);
    TEST("/qio/properties/C8/opening/tasks", test_tasks);
    return g_test_run();
}
