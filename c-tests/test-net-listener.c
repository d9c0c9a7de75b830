/*
 * io/net-listener.h: listeners and their sockets. The callbacks are in test-net-listener-callback.c
 * and test-net-listener-callback-failures.c, waiting in test-net-listener-wait.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include "listener-clients.h"

/*
 * The program's own getaddrinfo stands before the C library's: "two.test" has two addresses of
 * this machine, "dual.test" has one of either family, "odd.test" has one that is nobody's and one of this machine.
 */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    struct addrinfo *second;
    int code;

    if (!real) {
        real = dlsym(RTLD_NEXT, "getaddrinfo");
    }
    if (g_strcmp0(node, "two.test") == 0) {
        code = real("127.0.0.1", service, hints, result);
    } else if (g_strcmp0(node, "dual.test") == 0) {
        code = real("::1", service, hints, result);
    } else if (g_strcmp0(node, "odd.test") == 0) {
        code = real("192.0.2.1", service, hints, result);
    } else {
        return real(node, service, hints, result);
    }
    g_assert_cmpint(code, ==, 0);
    code = real(g_str_equal(node, "dual.test") ? "127.0.0.1" : "127.0.0.2", service, hints, &second);
    g_assert_cmpint(code, ==, 0);
    (*result)->ai_next = second;
    return 0;
}

/* A TCP socket that occupies a port of 127.0.0.@host; @port 0 takes any. */
static int occupy(int host, int *port)
{
    struct sockaddr_in name = {
        .sin_family = AF_INET,
        .sin_port = htons(*port),
        .sin_addr.s_addr = htonl(0x7f000000 + host),
    };
    socklen_t len = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, len), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&name, &len), ==, 0);
    *port = ntohs(name.sin_port);
    return fd;
}

static void test_new(void)
{
    QIONetListener *listener = qio_net_listener_new();

    g_assert_true(object_dynamic_cast(OBJECT(listener), TYPE_QIO_NET_LISTENER) ==
                  OBJECT(listener));
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
    g_assert_cmpuint(socket_count(listener), ==, 0);
    g_assert_false(qio_net_listener_is_connected(listener));
    g_assert_null(listener->name);
    g_assert_true(listener->io_func == NULL);
    qio_net_listener_disconnect(listener);
    g_assert_false(qio_net_listener_is_connected(listener));
    unref_last(listener);
}

/* R-TYPE-1 */
static void test_autoptr(void)
{
    QIONetListener *listener = qio_net_listener_new();

    {
        g_autoptr(QIONetListener) same = QIO_NET_LISTENER(object_ref(OBJECT(listener)));

        g_assert_true(same == listener);
        g_assert_cmpuint(OBJECT(listener)->ref, ==, 2);
    }
    unref_last(listener);
}

/* R-82-8: which name its sockets have. */
static void test_name(void)
{
#ifdef QIO_HAS_LISTENER_NAME_SUFFIX
    const char *expected = "migration-listen";
#else
    const char *expected = "migration";
#endif
    QIONetListener *listener = qio_net_listener_new();
    char *name = g_strdup("migration");

    open_unix(listener);
    qio_net_listener_set_name(listener, name);
    memset(name, 'x', strlen(name));
    g_free(name);
    g_assert_cmpstr(listener->name, ==, "migration");
    open_unix(listener);
    qio_net_listener_set_name(listener, NULL);
    g_assert_null(listener->name);
    open_unix(listener);

    g_assert_null(QIO_CHANNEL(socket_of(listener, 0))->name);
    g_assert_cmpstr(QIO_CHANNEL(socket_of(listener, 1))->name, ==, expected);
    g_assert_null(QIO_CHANNEL(socket_of(listener, 2))->name);
    unref_last(listener);
}

/* Without a name the channel's own is left alone. */
static void test_name_of_channel(void)
{
    QIONetListener *listener = qio_net_listener_new();
    QIOChannelSocket *sioc = qio_channel_socket_new();

    qio_channel_set_name(QIO_CHANNEL(sioc), "own");
    qio_net_listener_add(listener, sioc);
    g_assert_cmpstr(QIO_CHANNEL(sioc)->name, ==, "own");
    unref_last(listener);
    unref_last(sioc);
}

static void test_open(void)
{
    QIONetListener *listener = qio_net_listener_new();
    QIOChannelSocket *sioc;
    int client;

    open_inet(listener);
    g_assert_cmpuint(socket_count(listener), ==, 1);
    g_assert_true(qio_net_listener_is_connected(listener));
    sioc = socket_of(listener, 0);
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 1);
    g_assert_true(qio_channel_has_feature(QIO_CHANNEL(sioc), QIO_CHANNEL_FEATURE_LISTEN));
    g_assert_cmpint(fcntl(sioc->fd, F_GETFD) & FD_CLOEXEC, !=, 0);
    /* Several accumulate, in order. */
    open_unix(listener);
    g_assert_cmpuint(socket_count(listener), ==, 2);
    g_assert_true(socket_of(listener, 0) == sioc);
    client = connect_to(listener, 0);
    close(client);
    unref_last(listener);
}

/* The address is neither changed nor kept. */
static void test_open_leaves_address(void)
{
    QIONetListener *listener = qio_net_listener_new();
    SocketAddress *addr = inet_address("127.0.0.1", "0");

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_cmpstr(addr->u.inet.host, ==, "127.0.0.1");
    g_assert_cmpstr(addr->u.inet.port, ==, "0");
    g_assert_false(addr->u.inet.has_numeric);
    qapi_free_SocketAddress(addr);
    unref_last(listener);
}

/* A descriptor of the program keeps its flags (W-LSN-3). */
static void test_open_fd(void)
{
    QIONetListener *listener = qio_net_listener_new();
    char *path;
    int fd = raw_unix_listener(&path);
    int flags = fcntl(fd, F_GETFL);
    SocketAddress *addr = fd_address(fd);

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    g_assert_cmpint(socket_of(listener, 0)->fd, ==, fd);
    g_assert_cmpint(fcntl(fd, F_GETFL), ==, flags);
    qapi_free_SocketAddress(addr);
    unref_last(listener);
    /* It is the listener's, which has closed it. */
    g_assert_cmpint(fcntl(fd, F_GETFL), ==, -1);
    unlink(path);
    g_free(path);
}

/* One of two addresses is occupied: the other one is used, and nothing is said of the failure. */
static void test_open_partly(void)
{
    QIONetListener *listener = qio_net_listener_new();
    int port = 0;
    int occupied = occupy(1, &port);
    g_autofree char *text = g_strdup_printf("%d", port);
    SocketAddress *addr = inet_address("two.test", text);
    struct sockaddr_in name;
    socklen_t len = sizeof(name);

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    g_assert_cmpuint(socket_count(listener), ==, 1);
    getsockname(socket_of(listener, 0)->fd, (struct sockaddr *)&name, &len);
    g_assert_cmphex(ntohl(name.sin_addr.s_addr), ==, 0x7f000002);
    close(occupied);
    qapi_free_SocketAddress(addr);
    unref_last(listener);
}

/* All addresses are used, in the resolver's order. */
static void test_open_all(void)
{
    QIONetListener *listener = qio_net_listener_new();
    SocketAddress *addr = inet_address("two.test", "0");
    struct sockaddr_in name;
    socklen_t len;
    unsigned n;

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    g_assert_cmpuint(socket_count(listener), ==, 2);
    for (n = 0; n < 2; n++) {
        len = sizeof(name);
        getsockname(socket_of(listener, n)->fd, (struct sockaddr *)&name, &len);
        g_assert_cmphex(ntohl(name.sin_addr.s_addr), ==, 0x7f000001 + n);
        g_assert_cmpint(ntohs(name.sin_port), !=, 0);
    }
    qapi_free_SocketAddress(addr);
    unref_last(listener);
}

static int port_of(QIONetListener *listener, size_t n)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);

    g_assert_cmpint(getsockname(socket_of(listener, n)->fd, (struct sockaddr *)&name, &len), ==, 0);
    return ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                            : ((struct sockaddr_in *)&name)->sin_port);
}

/* N6, R-LSN-7: with port 0 all addresses get the same port. */
static void test_open_one_port(void)
{
    static const char *const names[] = { "two.test", "dual.test" };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        QIONetListener *listener = qio_net_listener_new();
        SocketAddress *addr = inet_address(names[i], "0");

        g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
        g_assert_cmpuint(socket_count(listener), ==, 2);
        g_assert_cmpint(port_of(listener, 0), !=, 0);
        g_assert_cmpint(port_of(listener, 0), ==, port_of(listener, 1));
        qapi_free_SocketAddress(addr);
        unref_last(listener);
    }
}

/* N6, R-LSN-7: of a range all get the first that is free for all. */
static void test_open_range(void)
{
    QIONetListener *listener = qio_net_listener_new();
    int port = 0;
    int occupied = occupy(2, &port);
    g_autofree char *text = g_strdup_printf("%d", port);
    SocketAddress *addr = inet_address("two.test", text);

    addr->u.inet.has_to = true;
    addr->u.inet.to = MIN(port + 200, 65535);
    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    g_assert_cmpuint(socket_count(listener), ==, 2);
    g_assert_cmpint(port_of(listener, 0), >, port);
    g_assert_cmpint(port_of(listener, 0), ==, port_of(listener, 1));
    close(occupied);
    qapi_free_SocketAddress(addr);
    unref_last(listener);
}

/* N3: none can be used: the error that can be acted on, and all addresses are named. */
static void test_open_fails(void)
{
    QIONetListener *listener = listener_with(1);
    int port = 0;
    int occupied = occupy(2, &port);
    g_autofree char *text = g_strdup_printf("%d", port);
    SocketAddress *addr = inet_address("odd.test", text);
    g_autofree char *refused = NULL;
    g_autofree char *told = NULL;
    Error *err = NULL;
    int client;

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &err), ==, -1);
    refused = g_strdup_printf("(tried 192.0.2.1:%d: %s; 127.0.0.2:%d: %s)", port,
                              g_strerror(EADDRNOTAVAIL), port, g_strerror(EADDRINUSE));
    g_assert_nonnull(strstr(error_get_pretty(err), refused));
    *strstr(told = g_strdup(error_get_pretty(err)), " (tried ") = '\0';
    g_assert_true(g_str_has_suffix(told, g_strerror(EADDRINUSE)));
    error_free(err);
    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, NULL), ==, -1);
    /* What was open before stays. */
    g_assert_cmpuint(socket_count(listener), ==, 1);
    g_assert_true(qio_net_listener_is_connected(listener));
    client = connect_to(listener, 0);
    close(client);
    close(occupied);
    qapi_free_SocketAddress(addr);
    unref_last(listener);
}

/* The resolver's own error. */
static void test_open_unresolved(void)
{
    QIONetListener *listener = qio_net_listener_new();
    SocketAddress *addr = inet_address("", "");
    Error *err = NULL;

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &err), ==, -1);
    g_assert_nonnull(strstr(error_get_pretty(err), "address resolution failed for :: "));
    error_free(err);
    g_assert_cmpuint(socket_count(listener), ==, 0);
    g_assert_false(qio_net_listener_is_connected(listener));
    qapi_free_SocketAddress(addr);
    unref_last(listener);
}

static void test_open_fatal(void)
{
    if (g_test_subprocess()) {
        QIONetListener *listener = qio_net_listener_new();
        SocketAddress *addr = inet_address("", "");

        qio_net_listener_open_sync(listener, addr, 1, &error_fatal);
        exit(0);
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*address resolution failed*");
}

static void test_add(void)
{
    QIONetListener *listener = qio_net_listener_new();
    QIOChannelSocket *sioc = qio_channel_socket_new();
    SocketAddress *addr = inet_address("127.0.0.1", "0");
    int flags, n;

    g_assert_cmpint(qio_channel_socket_listen_sync(sioc, addr, 1, &error_abort), ==, 0);
    flags = fcntl(sioc->fd, F_GETFL);
    qio_net_listener_add(listener, sioc);
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 2);
    g_assert_true(socket_of(listener, 0) == sioc);
    g_assert_true(qio_net_listener_is_connected(listener));
    g_assert_cmpint(fcntl(sioc->fd, F_GETFL), ==, flags);
    /* Neither open nor new need the channel be, and many fit. */
    for (n = 1; n < 40; n++) {
        qio_net_listener_add(listener, sioc);
    }
    g_assert_cmpuint(socket_count(listener), ==, 40);
    for (n = 0; n < 40; n++) {
        g_assert_true(socket_of(listener, n) == sioc);
    }
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 41);
    unref_last(listener);
    /* Closed, although somebody else has it too. */
    g_assert_cmpint(sioc->fd, ==, -1);
    unref_last(sioc);
    qapi_free_SocketAddress(addr);
}

static void test_disconnect(void)
{
    QIONetListener *listener = qio_net_listener_new();
    char *path = fresh_path();
    SocketAddress *addr = unix_address(path);
    QIOChannelSocket *sioc;

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    sioc = socket_of(listener, 0);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    qio_net_listener_disconnect(listener);
    g_assert_false(qio_net_listener_is_connected(listener));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_cmpint(sioc->fd, ==, -1);
    /* The channel is still there. */
    g_assert_cmpuint(socket_count(listener), ==, 1);
    g_assert_true(socket_of(listener, 0) == sioc);
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 1);
    qio_net_listener_disconnect(listener);
    /* And again. */
    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 1, &error_abort), ==, 0);
    g_assert_true(qio_net_listener_is_connected(listener));
    g_assert_cmpuint(socket_count(listener), ==, 2);
    g_assert_cmpint(socket_of(listener, 0)->fd, ==, -1);
    g_assert_cmpint(socket_of(listener, 1)->fd, >=, 0);
    qapi_free_SocketAddress(addr);
    unref_last(listener);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_free(path);
}

#ifdef QIO_HAS_LISTENER_SOURCE
static void test_accessors(void)
{
    QIONetListener *listener = qio_net_listener_new();
    SocketAddress *addr;
    Error *err = NULL;

    g_assert_cmpuint(qio_net_listener_nsioc(listener), ==, 0);
    g_assert_null(qio_net_listener_sioc(listener, 0));
    g_assert_null(qio_net_listener_get_local_address(listener, 0, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Listener index out of range");
    error_free(err);
    open_inet(listener);
    open_unix(listener);
    qio_net_listener_disconnect(listener);
    g_assert_cmpuint(qio_net_listener_nsioc(listener), ==, 2);
    g_assert_nonnull(qio_net_listener_sioc(listener, 1));
    g_assert_null(qio_net_listener_sioc(listener, 2));
    addr = qio_net_listener_get_local_address(listener, 0, &error_abort);
    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_cmpstr(addr->u.inet.host, ==, "127.0.0.1");
    qapi_free_SocketAddress(addr);
    g_assert_null(qio_net_listener_get_local_address(listener, 2, NULL));
    unref_last(listener);
}
#endif

/* A wrong pointer ends the process and says where. */
static void misuse(gconstpointer which)
{
    if (g_test_subprocess()) {
        QIONetListener *listener = qio_net_listener_new();

        switch (GPOINTER_TO_INT(which)) {
        case 0:
            qio_net_listener_set_name(NULL, "name");
            break;
        case 1:
            qio_net_listener_open_sync(NULL, NULL, 1, NULL);
            break;
        case 2:
            qio_net_listener_open_sync(listener, NULL, 1, NULL);
            break;
        case 3:
            qio_net_listener_add(NULL, NULL);
            break;
        case 4:
            qio_net_listener_add(listener, NULL);
            break;
        case 5:
            qio_net_listener_set_client_func_full(NULL, NULL, NULL, NULL, NULL);
            break;
        case 6:
            qio_net_listener_set_client_func(NULL, NULL, NULL, NULL);
            break;
        case 7:
            qio_net_listener_wait_client(NULL);
            break;
        case 8:
            qio_net_listener_disconnect(NULL);
            break;
        case 9:
            qio_net_listener_is_connected(NULL);
            break;
        }
        exit(0);
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_net_listener_*NULL*");
}

int main(int argc, char **argv)
{
    int n;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/net-listener/new", test_new);
    g_test_add_func("/qio/net-listener/autoptr", test_autoptr);
    g_test_add_func("/qio/net-listener/name", test_name);
    g_test_add_func("/qio/net-listener/name-of-channel", test_name_of_channel);
    g_test_add_func("/qio/net-listener/open", test_open);
    g_test_add_func("/qio/net-listener/open/leaves-address", test_open_leaves_address);
    g_test_add_func("/qio/net-listener/open/fd", test_open_fd);
    g_test_add_func("/qio/net-listener/open/all", test_open_all);
    g_test_add_func("/qio/net-listener/open/one-port", test_open_one_port);
    g_test_add_func("/qio/net-listener/open/range", test_open_range);
    g_test_add_func("/qio/net-listener/open/partly", test_open_partly);
    g_test_add_func("/qio/net-listener/open/fails", test_open_fails);
    g_test_add_func("/qio/net-listener/open/unresolved", test_open_unresolved);
    g_test_add_func("/qio/net-listener/open/fatal", test_open_fatal);
    g_test_add_func("/qio/net-listener/add", test_add);
    g_test_add_func("/qio/net-listener/disconnect", test_disconnect);
#ifdef QIO_HAS_LISTENER_SOURCE
    g_test_add_func("/qio/net-listener/accessors", test_accessors);
#endif
    for (n = 0; n < 10; n++) {
        g_autofree char *path = g_strdup_printf("/qio/net-listener/misuse/%d", n);

        g_test_add_data_func(path, GINT_TO_POINTER(n), misuse);
    }
    return g_test_run();
}
