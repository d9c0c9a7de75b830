/*
 * Tests of qemu/sockets.h: plain functions, and sockets by internet address
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "socket-checks.h"

/* Plain functions ---------------------------------------------------------- */

static void test_init(void)
{
    g_assert_cmpint(socket_init(), ==, 0);
    g_assert_cmpint(socket_init(), ==, 0);
}

/* R-SOCK-1 */
static void test_socket(void)
{
    int fd = qemu_socket(AF_INET, SOCK_STREAM, 0);

    assert_plain_descriptor(fd);
    g_assert_true(fd_is_socket(fd));
    close(fd);
    errno = 0;
    g_assert_cmpint(qemu_socket(-1, SOCK_STREAM, 0), ==, -1);
    g_assert_cmpint(errno, ==, EAFNOSUPPORT);
}

/* R-SOCK-1 */
static void test_socketpair(void)
{
    int sv[2] = { -1, -1 };
    char text[6];

    g_assert_cmpint(qemu_socketpair(AF_UNIX, SOCK_STREAM, 0, sv), ==, 0);
    assert_plain_descriptor(sv[0]);
    assert_plain_descriptor(sv[1]);
    g_assert_cmpint(qemu_send_full(sv[0], "hello", 6), ==, 6);
    g_assert_cmpint(recv(sv[1], text, sizeof(text), 0), ==, 6);
    g_assert_cmpstr(text, ==, "hello");
    close(sv[0]);
    close(sv[1]);
    errno = 0;
    g_assert_cmpint(qemu_socketpair(AF_INET, SOCK_STREAM, 0, sv), ==, -1);
    g_assert_cmpint(errno, ==, EOPNOTSUPP);
}

/* R-SOCK-1 */
static void test_accept(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    g_autofree char *port = NULL;
    int server = socket_listen(&addr, 1, &error_abort);
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);
    g_autofree char *client_port = NULL;
    g_autoptr(SocketAddress) peer_address = NULL;
    int client, peer;

    addr.u.inet.port = port = port_of(server);
    client = socket_connect(&addr, &error_abort);
    /* The client's socket doesn't take this over. */
    g_assert_cmpint(fcntl(server, F_SETFL, O_NONBLOCK), ==, 0);
    peer = qemu_accept(server, (struct sockaddr *)&name, &length);
    assert_plain_descriptor(peer);
    peer_address = socket_sockaddr_to_address(&name, length, &error_abort);
    client_port = port_of(client);
    g_assert_cmpstr(peer_address->u.inet.port, ==, client_port);

    errno = 0;
    g_assert_cmpint(qemu_accept(server, NULL, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    close(client);
    close(peer);
    close(server);
}

static void test_send_full(void)
{
    g_autofree char *data = g_malloc0(4 << 20);
    int sv[2];
    ssize_t sent;

    g_assert_cmpint(qemu_socketpair(AF_UNIX, SOCK_STREAM, 0, sv), ==, 0);
    g_assert_cmpint(qemu_send_full(sv[0], NULL, 0), ==, 0);
    g_assert_cmpint(fcntl(sv[0], F_SETFL, O_NONBLOCK), ==, 0);
    errno = 0;
    sent = qemu_send_full(sv[0], data, 4 << 20);
    g_assert_cmpint(sent, >, 0);
    g_assert_cmpint(sent, <, 4 << 20);
    g_assert_cmpint(errno, ==, EAGAIN);
    close(sv[0]);
    close(sv[1]);
    g_assert_cmpint(qemu_send_full(-1, "x", 1), ==, 0);
    g_assert_cmpint(errno, ==, EBADF);
}

static void test_tcp_options(void)
{
    int fd = qemu_socket(AF_INET, SOCK_STREAM, 0);

    g_assert_cmpint(socket_set_cork(fd, 1), ==, 0);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_CORK), ==, 1);
    g_assert_cmpint(socket_set_cork(fd, 0), ==, 0);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_CORK), ==, 0);
    g_assert_cmpint(socket_set_nodelay(fd), ==, 0);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_NODELAY), ==, 1);
    g_assert_cmpint(socket_set_fast_reuse(fd), ==, 0);
    g_assert_cmpint(int_option(fd, SOL_SOCKET, SO_REUSEADDR), ==, 1);
    close(fd);
    errno = 0;
    g_assert_cmpint(socket_set_cork(-1, 1), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_cmpint(socket_set_nodelay(-1), ==, -1);
}

static void test_fast_reuse_of_nothing(void)
{
    if (g_test_subprocess()) {
        socket_set_fast_reuse(-1);
    } else {
        assert_aborts("*socket_set_fast_reuse*");
    }
}

static void test_is_socket(void)
{
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    errno = ENOEXEC;
    g_assert_false(fd_is_socket(ends[0]));
    g_assert_false(fd_is_socket(-1));
    g_assert_cmpint(errno, ==, ENOEXEC);
    close(ends[0]);
    close(ends[1]);
}

#ifdef QIO_HAS_BOOL_SET_BLOCKING
static void test_blocking(void)
{
    int fd = qemu_socket(AF_INET, SOCK_STREAM, 0);
    Error *err = NULL;

    g_assert_true(qemu_set_blocking(fd, false, &error_abort));
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    g_assert_true(qemu_set_blocking(fd, true, &error_abort));
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, 0);
    close(fd);
    g_assert_false(qemu_set_blocking(-1, true, &err));
    assert_system_error(&err, "Can't set file descriptor -1 blocking", EBADF);
    g_assert_false(qemu_set_blocking(-1, false, &err));
    assert_system_error(&err, "Can't set file descriptor -1 non-blocking", EBADF);
    g_assert_false(qemu_set_blocking(-1, false, NULL));
}
#else
static void test_blocking(void)
{
    int fd = qemu_socket(AF_INET, SOCK_STREAM, 0);

    qemu_socket_set_nonblock(fd);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    qemu_socket_set_block(fd);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, 0);
    g_assert_cmpint(qemu_socket_try_set_nonblock(fd), ==, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    close(fd);
    g_assert_cmpint(qemu_socket_try_set_nonblock(-1), ==, -EBADF);
    /* Failure is ignored. */
    qemu_socket_set_block(-1);
}

static void test_nonblock_of_nothing(void)
{
    if (g_test_subprocess()) {
        qemu_socket_set_nonblock(-1);
    } else {
        assert_aborts("*qemu_socket_set_nonblock*");
    }
}
#endif

/* Families ----------------------------------------------------------------- */

static void test_family(void)
{
    /* -1: not given. */
    static const struct {
        int ipv4, ipv6;
        int with_host, without_host;
    } rows[] = {
        { -1, -1, PF_UNSPEC, PF_UNSPEC },
        { -1, 0, PF_INET, PF_INET },
        { -1, 1, PF_INET6, PF_INET6 },
        { 0, -1, PF_INET6, PF_INET6 },
        { 0, 1, PF_INET6, PF_INET6 },
        { 1, -1, PF_INET, PF_INET },
        { 1, 0, PF_INET, PF_INET },
        { 1, 1, PF_UNSPEC, PF_INET6 },
    };
    InetSocketAddress addr = { 0 };
    Error *err = NULL;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(rows); i++) {
        addr = (InetSocketAddress) {
            .has_ipv4 = rows[i].ipv4 >= 0, .ipv4 = rows[i].ipv4 == 1,
            .has_ipv6 = rows[i].ipv6 >= 0, .ipv6 = rows[i].ipv6 == 1,
        };
        addr.host = (char *)"h";
        g_assert_cmpint(inet_ai_family_from_address(&addr, &error_abort), ==, rows[i].with_host);
        addr.host = (char *)"";
        g_assert_cmpint(inet_ai_family_from_address(&addr, &error_abort), ==,
                        rows[i].without_host);
        addr.host = NULL;
        g_assert_cmpint(inet_ai_family_from_address(&addr, &error_abort), ==,
                        rows[i].without_host);
    }
    addr = (InetSocketAddress) { .ipv4 = true, .ipv6 = true };
    g_assert_cmpint(inet_ai_family_from_address(&addr, &error_abort), ==, PF_UNSPEC);
    addr = (InetSocketAddress) { .has_ipv4 = true, .has_ipv6 = true };
    g_assert_cmpint(inet_ai_family_from_address(&addr, &err), ==, PF_UNSPEC);
    assert_error(&err, "Cannot disable IPv4 and IPv6 at same time");
}

static void test_netfamily(void)
{
    g_assert_cmpint(inet_netfamily(PF_INET), ==, NETWORK_ADDRESS_FAMILY_IPV4);
    g_assert_cmpint(inet_netfamily(PF_INET6), ==, NETWORK_ADDRESS_FAMILY_IPV6);
    g_assert_cmpint(inet_netfamily(PF_UNIX), ==, NETWORK_ADDRESS_FAMILY_UNIX);
    g_assert_cmpint(inet_netfamily(PF_VSOCK), ==, NETWORK_ADDRESS_FAMILY_VSOCK);
    g_assert_cmpint(inet_netfamily(PF_UNSPEC), ==, NETWORK_ADDRESS_FAMILY_UNKNOWN);
    g_assert_cmpint(inet_netfamily(-1), ==, NETWORK_ADDRESS_FAMILY_UNKNOWN);
}

/* Internet addresses ------------------------------------------------------- */

static void test_inet(void)
{
    static const char *const hosts[] = { "127.0.0.1", "::1" };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(hosts); i++) {
        SocketAddress addr = inet_address(hosts[i], "0");
        g_autofree char *port = NULL;
        int server = socket_listen(&addr, 1, &error_abort);
        int client;

        assert_plain_descriptor(server);
        g_assert_cmpint(int_option(server, SOL_SOCKET, SO_REUSEADDR), ==, 1);
        addr.u.inet.port = port = port_of(server);
        assert_reachable(server, &addr);
        client = inet_connect_saddr(&addr.u.inet, &error_abort);
        assert_plain_descriptor(client);
        close(client);
        close(server);
    }
}

static void test_inet_any_host(void)
{
    SocketAddress addr = inet_address("", "");
    SocketAddress reach = inet_address("127.0.0.1", NULL);
    g_autofree char *port = NULL;
    int server;

    addr.u.inet.has_ipv4 = addr.u.inet.ipv4 = true;
    server = socket_listen(&addr, 1, &error_abort);
    reach.u.inet.port = port = port_of(server);
    assert_reachable(server, &reach);
    close(server);

    /* Both families: one socket. */
    addr.u.inet.has_ipv6 = addr.u.inet.ipv6 = true;
    server = socket_listen(&addr, 1, &error_abort);
    g_assert_cmpint(int_option(server, IPPROTO_IPV6, IPV6_V6ONLY), ==, 0);
    g_free(port);
    reach.u.inet.port = port = port_of(server);
    assert_reachable(server, &reach);
    reach.u.inet.host = (char *)"::1";
    assert_reachable(server, &reach);
    close(server);

    addr.u.inet.ipv4 = false;
    server = socket_listen(&addr, 1, &error_abort);
    g_assert_cmpint(int_option(server, IPPROTO_IPV6, IPV6_V6ONLY), ==, 1);
    close(server);
}

static void test_inet_ports(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    g_autofree char *first_port = NULL;
    g_autofree char *second_port = NULL;
    g_autofree char *text = NULL;
    int first = socket_listen(&addr, 1, &error_abort);
    int second;
    Error *err = NULL;

    addr.u.inet.port = first_port = port_of(first);
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    text = g_strdup_printf("Failed to find an available port at 127.0.0.1:%s", first_port);
    assert_system_error(&err, text, EADDRINUSE);

    addr.u.inet.has_to = true;
    addr.u.inet.to = 65535;
    second = socket_listen(&addr, 1, &error_abort);
    second_port = port_of(second);
    g_assert_cmpint(atoi(second_port), >, atoi(first_port));
    close(first);
    close(second);
}

static void test_inet_listen_errors(void)
{
    SocketAddress addr = inet_address(NULL, "0");
    Error *err = NULL;

    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_error(&err, "host not specified");
    g_assert_cmpint(socket_listen(&addr, 1, NULL), ==, -1);

    addr = inet_address("192.0.2.1", "0");
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_system_error(&err, "Failed to bind socket to 192.0.2.1:0", EADDRNOTAVAIL);

    addr = inet_address("localhost", "1");
    addr.u.inet.has_numeric = addr.u.inet.numeric = true;
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_error(&err, "address resolution failed for localhost:1: Name or service not known");

    addr.u.inet.has_ipv4 = addr.u.inet.has_ipv6 = true;
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_error(&err, "Cannot disable IPv4 and IPv6 at same time");
}

static void test_inet_listen_keep_alive(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    Error *err = NULL;
    int server;

    addr.u.inet.keep_alive = true;
    server = socket_listen(&addr, 1, &err);
#ifdef QIO_HAS_LISTENING_KEEP_ALIVE
    g_assert_null(err);
    g_assert_cmpint(int_option(server, SOL_SOCKET, SO_KEEPALIVE), ==, 1);
    close(server);
#else
    g_assert_cmpint(server, ==, -1);
    assert_error(&err, "keep-alive option is not supported for passive sockets");
#endif
}

static void test_inet_options(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    g_autofree char *port = NULL;
    int server, client;

    addr.u.inet.has_mptcp = addr.u.inet.mptcp = true;
    server = socket_listen(&addr, 1, &error_abort);
    g_assert_cmpint(int_option(server, SOL_SOCKET, SO_PROTOCOL), ==, IPPROTO_MPTCP);
    addr.u.inet.port = port = port_of(server);
    addr.u.inet.keep_alive = true;
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
    addr.u.inet.has_mptcp = false;
    addr.u.inet.has_keep_alive_count = true;
    addr.u.inet.keep_alive_count = 3;
    addr.u.inet.has_keep_alive_idle = true;
    addr.u.inet.keep_alive_idle = 5;
    addr.u.inet.has_keep_alive_interval = true;
    addr.u.inet.keep_alive_interval = 7;
#endif
    client = socket_connect(&addr, &error_abort);
    g_assert_cmpint(int_option(client, SOL_SOCKET, SO_KEEPALIVE), ==, 1);
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
    g_assert_cmpint(int_option(client, IPPROTO_TCP, TCP_KEEPCNT), ==, 3);
    g_assert_cmpint(int_option(client, IPPROTO_TCP, TCP_KEEPIDLE), ==, 5);
    g_assert_cmpint(int_option(client, IPPROTO_TCP, TCP_KEEPINTVL), ==, 7);
#else
    g_assert_cmpint(int_option(client, SOL_SOCKET, SO_PROTOCOL), ==, IPPROTO_MPTCP);
#endif
    close(client);
    close(server);
}

static void test_inet_connect_errors(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    int nobody = qemu_socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    g_autofree char *port = NULL;
    g_autofree char *text = NULL;
    Error *err = NULL;

    /* A port that is taken, with nobody listening. */
    g_assert_cmpint(bind(nobody, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    addr.u.inet.port = port = port_of(nobody);
    text = g_strdup_printf("Failed to connect to '127.0.0.1:%s'", port);
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_system_error(&err, text, ECONNREFUSED);
    g_assert_cmpint(inet_connect_saddr(&addr.u.inet, &err), ==, -1);
    assert_system_error(&err, text, ECONNREFUSED);
    g_assert_cmpint(socket_connect(&addr, NULL), ==, -1);
    close(nobody);

    addr.u.inet.port = NULL;
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, "host and/or port not specified");
    addr = inet_address(NULL, "1");
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, "host and/or port not specified");
    addr = inet_address("127.0.0.1", "no-such-service");
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    g_assert_true(g_str_has_prefix(error_get_pretty(err),
                                   "address resolution failed for 127.0.0.1:no-such-service: "));
    error_free_or_abort(&err);
}

#ifdef QIO_HAS_INET_CONNECT
static void test_inet_connect_text(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    int server = socket_listen(&addr, 1, &error_abort);
    g_autofree char *port = port_of(server);
    g_autofree char *text = g_strdup_printf("127.0.0.1:%s,ipv4", port);
    g_autoptr(SocketAddress) remote = NULL;
    Error *err = NULL;
    int client = inet_connect(text, &error_abort);

    assert_plain_descriptor(client);
    remote = socket_remote_address(client, &error_abort);
    g_assert_cmpstr(remote->u.inet.port, ==, port);
    close(client);
    g_assert_null(socket_remote_address(server, &err));
    g_assert_cmpint(errno, ==, ENOTCONN);
    error_free_or_abort(&err);
    close(server);
    g_assert_cmpint(inet_connect("nonsense", &err), ==, -1);
    error_free_or_abort(&err);
}
#endif

static void test_dgram(void)
{
    SocketAddress remote = inet_address("127.0.0.1", NULL);
    SocketAddress local = inet_address("127.0.0.1", "");
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int peer = qemu_socket(AF_INET, SOCK_DGRAM, 0);
    g_autofree char *port = NULL;
    Error *err = NULL;
    char text[8];
    int fd;

    g_assert_cmpint(socket_dgram(&remote, &local, &err), ==, -1);
    assert_error(&err, "remote port not specified");
    g_assert_cmpint(bind(peer, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    remote.u.inet.port = port = port_of(peer);

    fd = socket_dgram(&remote, &local, &error_abort);
    assert_plain_descriptor(fd);
    g_assert_cmpint(int_option(fd, SOL_SOCKET, SO_REUSEADDR), ==, 1);
    g_assert_cmpint(qemu_send_full(fd, "hello", 6), ==, 6);
    g_assert_cmpint(recv(peer, text, sizeof(text), 0), ==, 6);
    close(fd);

    remote.u.inet.host = NULL;
    remote.u.inet.has_ipv4 = remote.u.inet.ipv4 = true;
    fd = socket_dgram(&remote, NULL, &error_abort);
    g_assert_cmpint(qemu_send_full(fd, "hello", 6), ==, 6);
    g_assert_cmpint(recv(peer, text, sizeof(text), 0), ==, 6);
    close(fd);
    close(peer);

    local.u.inet.host = (char *)"::1";
    g_assert_cmpint(socket_dgram(&remote, &local, &err), ==, -1);
    error_free_or_abort(&err);
    local = (SocketAddress) { .type = SOCKET_ADDRESS_TYPE_UNIX };
    g_assert_cmpint(socket_dgram(&local, NULL, &err), ==, -1);
    assert_error(&err, "socket type unsupported for datagram");
}

static void test_unknown_type(void)
{
    if (g_test_subprocess()) {
        SocketAddress addr = { .type = SOCKET_ADDRESS_TYPE__MAX };

        socket_listen(&addr, 1, NULL);
    } else {
        assert_aborts("*type*4*");
    }
}

static void test_no_address(void)
{
    if (g_test_subprocess()) {
        socket_connect(NULL, NULL);
    } else {
        assert_aborts("*socket_connect*NULL*");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/qio/sockets/plain/init", test_init);
    TEST("/qio/sockets/plain/socket", test_socket);
    TEST("/qio/sockets/plain/socketpair", test_socketpair);
    TEST("/qio/sockets/plain/accept", test_accept);
    TEST("/qio/sockets/plain/send-full", test_send_full);
    TEST("/qio/sockets/plain/tcp-options", test_tcp_options);
    g_test_add_func("/qio/sockets/plain/fast-reuse-of-nothing", test_fast_reuse_of_nothing);
    TEST("/qio/sockets/plain/is-socket", test_is_socket);
    TEST("/qio/sockets/plain/blocking", test_blocking);
#ifndef QIO_HAS_BOOL_SET_BLOCKING
    g_test_add_func("/qio/sockets/plain/nonblock-of-nothing", test_nonblock_of_nothing);
#endif
    TEST("/qio/sockets/family/of-address", test_family);
    TEST("/qio/sockets/family/of-network", test_netfamily);
    TEST("/qio/sockets/inet/reach", test_inet);
    TEST("/qio/sockets/inet/any-host", test_inet_any_host);
    TEST("/qio/sockets/inet/ports", test_inet_ports);
    TEST("/qio/sockets/inet/listen-errors", test_inet_listen_errors);
    TEST("/qio/sockets/inet/listen-keep-alive", test_inet_listen_keep_alive);
    TEST("/qio/sockets/inet/options", test_inet_options);
    TEST("/qio/sockets/inet/connect-errors", test_inet_connect_errors);
#ifdef QIO_HAS_INET_CONNECT
    TEST("/qio/sockets/inet/connect-text", test_inet_connect_text);
#endif
    TEST("/qio/sockets/inet/dgram", test_dgram);
    g_test_add_func("/qio/sockets/address/unknown-type", test_unknown_type);
    g_test_add_func("/qio/sockets/address/none", test_no_address);
    return g_test_run();
}
