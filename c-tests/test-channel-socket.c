/*
 * io/channel-socket.h: how channels are opened, what they can do then, and how they end.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "socket-channels.h"

/* Channels that are made ------------------------------------------------------ */

/* R-CHAN-8 */
static void test_new(void)
{
    static const struct sockaddr_storage zeros;
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;

    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_SOCKET);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    g_assert_cmpint(ioc->fd, ==, -1);
    g_assert_cmpuint(ioc->parent.features, ==, FEATURE(SHUTDOWN));
    g_assert_cmpmem(&ioc->localAddr, sizeof(zeros), &zeros, sizeof(zeros));
    g_assert_cmpmem(&ioc->remoteAddr, sizeof(zeros), &zeros, sizeof(zeros));
    g_assert_cmpint(ioc->zero_copy_queued, ==, 0);
    g_assert_cmpint(ioc->zero_copy_sent, ==, 0);

    g_assert_null(qio_channel_socket_get_local_address(ioc, &err));
    error_free_or_abort(&err);
    g_assert_null(qio_channel_socket_get_remote_address(ioc, &err));
    error_free_or_abort(&err);
    g_assert_null(qio_channel_socket_get_local_address(ioc, NULL));
}

/* One that the object model makes can do nothing until it is opened, and then the same. */
static void test_object_new(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = QIO_CHANNEL_SOCKET(object_new(TYPE_QIO_CHANNEL_SOCKET));

    g_assert_cmpint(server->fd, ==, -1);
    g_assert_cmpuint(server->parent.features, ==, 0);
    g_assert_cmpint(qio_channel_socket_listen_sync(server, &addr, 1, &error_abort), ==, 0);
    g_assert_cmpuint(server->parent.features, ==, FEATURE(SHUTDOWN) | FEATURE(LISTEN));
}

static void test_new_fd(void)
{
    int sv[2], mode;

    for (mode = 0; mode < 2; mode++) {
        int type = SOCK_STREAM | (mode ? SOCK_NONBLOCK : 0);
        QIOChannelSocket *ioc;
        char byte;

        g_assert_cmpint(socketpair(AF_UNIX, type, 0, sv), ==, 0);
        ioc = qio_channel_socket_new_fd(sv[0], &error_abort);
        g_assert_cmpint(ioc->fd, ==, sv[0]);
        g_assert_cmpuint(ioc->parent.features, ==, FEATURE(SHUTDOWN) | FEATURE(FD_PASS));
        g_assert_cmpint(ioc->localAddr.ss_family, ==, AF_UNIX);
        g_assert_cmpint(ioc->remoteAddr.ss_family, ==, AF_UNIX);
        g_assert_cmpint(!!(fcntl(sv[0], F_GETFL) & O_NONBLOCK), ==, mode);
        object_unref(OBJECT(ioc));
        g_assert_cmpint(read(sv[1], &byte, 1), ==, 0);
        close(sv[1]);
    }
}

static void test_new_fd_tcp(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    auto_socket copy = qio_channel_socket_new_fd(dup(pair.client->fd), &error_abort);

    g_assert_cmpuint(copy->parent.features, ==, FEATURE(SHUTDOWN));
    g_assert_cmpmem(&copy->localAddr, copy->localAddrLen,
                    &pair.client->localAddr, pair.client->localAddrLen);
    g_assert_cmpmem(&copy->remoteAddr, copy->remoteAddrLen,
                    &pair.client->remoteAddr, pair.client->remoteAddrLen);
}

/* A listening socket that was given leaves its path alone. */
static void test_new_fd_listening(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    int fd = socket_listen(&addr, 1, &error_abort);
    QIOChannelSocket *ioc = qio_channel_socket_new_fd(fd, &error_abort);
    Error *err = NULL;

    g_assert_cmpuint(ioc->parent.features, ==, FEATURE(SHUTDOWN) | FEATURE(FD_PASS));
    g_assert_cmpint(ioc->remoteAddr.ss_family, ==, AF_UNSPEC);
    g_assert_cmpint(ioc->remoteAddrLen, ==, sizeof(ioc->remoteAddr));
    g_assert_null(qio_channel_socket_get_remote_address(ioc, &err));
    error_free_or_abort(&err);
    object_unref(OBJECT(ioc));
    g_assert_true(path_exists(path));
    remove_socket_path(path);
}

static void test_new_fd_no_socket(void)
{
    int fds[2], i;

    g_assert_cmpint(pipe(fds), ==, 0);
    for (i = 0; i < 2; i++) {
        Error *err = NULL;

        errno = 0;
        g_assert_null(qio_channel_socket_new_fd(fds[i], &err));
        g_assert_cmpint(errno, ==, ENOTSOCK);
        assert_error_has(&err, "address", strerror(ENOTSOCK));
        g_assert_null(qio_channel_socket_new_fd(fds[i], NULL));
        /* Still the caller's. */
        g_assert_cmpint(fcntl(fds[i], F_GETFD), !=, -1);
        close(fds[i]);
    }
    g_assert_null(qio_channel_socket_new_fd(-1, NULL));
    g_assert_cmpint(errno, ==, EBADF);
}

/* Connections ----------------------------------------------------------------- */

static void assert_plain_channel(QIOChannelSocket *ioc)
{
    assert_plain_descriptor(ioc->fd);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
}

/* The ends of a connection name each other. */
static void assert_names_match(Pair *pair)
{
    g_assert_cmpmem(&pair->client->remoteAddr, pair->client->remoteAddrLen,
                    &pair->server->localAddr, pair->server->localAddrLen);
    g_assert_cmpmem(&pair->client->localAddr, pair->client->localAddrLen,
                    &pair->server->remoteAddr, pair->server->remoteAddrLen);
}

static void connect_and_check(SocketAddress *addr, unsigned family_features)
{
    auto_socket server = listen_on(addr);
    g_auto(Pair) pair = connect_to(server);
    g_autoptr(SocketAddress) remote =
        qio_channel_socket_get_remote_address(pair.client, &error_abort);
    unsigned zero_copy = family_features ? 0 : FEATURE(WRITE_ZERO_COPY);
    Error *err = NULL;

    assert_plain_channel(server);
    assert_plain_channel(pair.client);
    assert_plain_channel(pair.server);
    g_assert_cmpuint(server->parent.features, ==,
                     FEATURE(SHUTDOWN) | FEATURE(LISTEN) | family_features);
    g_assert_cmpuint(pair.client->parent.features, ==,
                     FEATURE(SHUTDOWN) | PEEK_FEATURE | family_features | zero_copy);
    g_assert_cmpuint(pair.server->parent.features, ==,
                     FEATURE(SHUTDOWN) | PEEK_FEATURE | family_features);
    assert_names_match(&pair);
    assert_connected(&pair);
    g_assert_null(qio_channel_socket_get_remote_address(server, &err));
    error_free_or_abort(&err);

    g_assert_cmpint(remote->type, ==, addr->type);
    if (addr->type == SOCKET_ADDRESS_TYPE_INET) {
        g_autofree char *port = port_of(server->fd);

        g_assert_cmpstr(remote->u.inet.host, ==, addr->u.inet.host);
        g_assert_cmpstr(remote->u.inet.port, ==, port);
        g_assert_cmpint(remote->u.inet.ipv4, !=, remote->u.inet.ipv6);
    } else {
        g_assert_cmpstr(remote->u.q_unix.path, ==, addr->u.q_unix.path);
        g_assert_cmpint(remote->u.q_unix.abstract, ==, addr->u.q_unix.abstract);
        g_assert_cmpint(remote->u.q_unix.tight, ==, addr->u.q_unix.tight);
    }
    /* The addresses outlive the connection. */
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
    qapi_free_SocketAddress(remote);
    remote = qio_channel_socket_get_remote_address(pair.client, &error_abort);
    g_assert_cmpint(remote->type, ==, addr->type);
}

static void test_connect_ipv4(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");

    connect_and_check(&addr, 0);
}

static void test_connect_ipv6(void)
{
    SocketAddress addr = inet_address("::1", "0");

    connect_and_check(&addr, 0);
}

static void test_connect_unix(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);

    connect_and_check(&addr, FEATURE(FD_PASS));
    g_assert_false(path_exists(path));
    remove_socket_path(path);
}

static void test_connect_abstract(gconstpointer tight)
{
    g_autofree char *name = g_strdup_printf("qio-test-%d", (int)getpid());
    SocketAddress addr = abstract_address(name, tight != NULL);
    SocketAddress other = abstract_address(name, tight == NULL);
    int before = open_files();

    connect_and_check(&addr, FEATURE(FD_PASS));
    {
        auto_socket server = listen_on(&addr);
        auto_socket client = qio_channel_socket_new();
        Error *err = NULL;

        /* Not the same name. */
        g_assert_cmpint(qio_channel_socket_connect_sync(client, &other, &err), ==, -1);
        assert_error_has(&err, name, strerror(ECONNREFUSED));
        g_assert_cmpint(client->fd, ==, -1);
    }
    g_assert_cmpint(open_files(), ==, before);
}

/* The very descriptor becomes the channel's. */
static void test_connect_fd(void)
{
    g_autofree char *number = NULL;
    g_auto(Pair) pair = { NULL };
    SocketAddress addr;
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    number = g_strdup_printf("%d", sv[0]);
    addr = fd_address(number);
    pair.server = qio_channel_socket_new_fd(sv[1], &error_abort);
    pair.client = qio_channel_socket_new();
    g_assert_cmpint(qio_channel_socket_connect_sync(pair.client, &addr, &error_abort), ==, 0);
    g_assert_cmpint(pair.client->fd, ==, sv[0]);
    g_assert_cmpuint(pair.client->parent.features, ==,
                     FEATURE(SHUTDOWN) | PEEK_FEATURE | FEATURE(FD_PASS));
    assert_connected(&pair);
}

static void test_listen_fd(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    int fd = socket_listen(&addr, 1, &error_abort);
    g_autofree char *number = g_strdup_printf("%d", fd);
    SocketAddress by_fd = fd_address(number);
    auto_socket server = listen_on(&by_fd);
    g_auto(Pair) pair = connect_to(server);

    g_assert_cmpint(server->fd, ==, fd);
    g_assert_cmpuint(server->parent.features, ==, FEATURE(SHUTDOWN) | FEATURE(LISTEN));
    assert_connected(&pair);
}

static void test_listen_no_backlog(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = qio_channel_socket_new();
    Pair pair;

    g_assert_cmpint(qio_channel_socket_listen_sync(server, &addr, 0, &error_abort), ==, 0);
    pair = connect_to(server);
    assert_connected(&pair);
    pair_end(&pair);
}

/* An open channel is left alone, and nothing is made for it: W-23. */
static void test_already_open(void)
{
    char *path = make_socket_path();
    SocketAddress unix_addr = unix_address(path), inet = inet_address("127.0.0.1", "1");
    g_autofree char *number = NULL;
    g_auto(Pair) pair = unix_pair();
    SocketAddress by_fd;
    Error *err = NULL;
    int fd = pair.client->fd, given;

    given = dup(fd);
    number = g_strdup_printf("%d", given);
    by_fd = fd_address(number);
    g_assert_cmpint(qio_channel_socket_listen_sync(pair.client, &unix_addr, 1, &err), ==, -1);
    assert_error_has(&err, "already open", NULL);
    g_assert_false(path_exists(path));
    g_assert_cmpint(qio_channel_socket_connect_sync(pair.client, &by_fd, &err), ==, -1);
    assert_error_has(&err, "already open", NULL);
    g_assert_cmpint(fcntl(given, F_GETFD), !=, -1);
    g_assert_cmpint(qio_channel_socket_dgram_sync(pair.client, NULL, &inet, &err), ==, -1);
    assert_error_has(&err, "already open", NULL);
    g_assert_cmpint(qio_channel_socket_listen_sync(pair.client, &unix_addr, 1, NULL), ==, -1);
    g_assert_cmpint(pair.client->fd, ==, fd);
    g_assert_cmpuint(pair.client->parent.features, ==, FEATURE(SHUTDOWN) | FEATURE(FD_PASS));
    assert_connected(&pair);
    close(given);
    remove_socket_path(path);
}

/* A channel can be opened again, and counts its zero-copy writes anew. */
static void test_reopen(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&addr);
    g_autoptr(SocketAddress) at = qio_channel_socket_get_local_address(server, &error_abort);
    auto_socket client = qio_channel_socket_new();
    int i;

    for (i = 0; i < 2; i++) {
        auto_socket peer = NULL;
        struct iovec iov = { .iov_base = (char *)"x", .iov_len = 1 };

        g_assert_cmpint(qio_channel_socket_connect_sync(client, at, &error_abort), ==, 0);
        peer = qio_channel_socket_accept(server, &error_abort);
        g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(client), &iov, 1, NULL, 0,
                                                QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &error_abort),
                        ==, 1);
        g_assert_cmpint(client->zero_copy_queued, ==, 1);
        /* Not flushed: the notice is lost with the socket. */
        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(client), &error_abort), ==, 0);
    }
}

/* Accepting ------------------------------------------------------------------- */

static void test_accept_nobody(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&addr);
    Error *err = NULL;
    Pair pair;

    set_blocking(server, false);
    errno = 0;
    g_assert_null(qio_channel_socket_accept(server, &err));
    g_assert_cmpint(errno, ==, EAGAIN);
    assert_error_has(&err, "accept", strerror(EAGAIN));
    g_assert_null(qio_channel_socket_accept(server, NULL));
    g_assert_cmpint(errno, ==, EAGAIN);

    /* Goes on listening, and what it accepts is blocking all the same. */
    pair = connect_to(server);
    assert_plain_channel(pair.server);
    assert_connected(&pair);
    pair_end(&pair);
}

static void test_accept_closed(void)
{
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;

    errno = 0;
    g_assert_null(qio_channel_socket_accept(ioc, &err));
    g_assert_cmpint(errno, ==, EBADF);
    assert_error_has(&err, "accept", strerror(EBADF));
}

/* Datagrams ------------------------------------------------------------------- */

static void datagrams(const char *host, bool bound)
{
    SocketAddress local = inet_address(host, "0"), remote = inet_address(host, NULL);
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);
    auto_socket ioc = qio_channel_socket_new();
    auto_socket peer = NULL;
    char text[8] = "";
    int fd = socket(strchr(host, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_autofree char *port = NULL;

    g_assert_cmpint(fd, >=, 0);
    if (strchr(host, ':')) {
        struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };

        g_assert_cmpint(bind(fd, (struct sockaddr *)&any, sizeof(any)), ==, 0);
    } else {
        struct sockaddr_in any = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

        g_assert_cmpint(bind(fd, (struct sockaddr *)&any, sizeof(any)), ==, 0);
    }
    remote.u.inet.port = port = port_of(fd);

    g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, bound ? &local : NULL, &remote,
                                                  &error_abort), ==, 0);
    assert_plain_channel(ioc);
    g_assert_cmpuint(ioc->parent.features, ==, FEATURE(SHUTDOWN));

    /* One write is one datagram, an empty one too. */
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(ioc), "one", 3, &error_abort), ==, 3);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(ioc), "", 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(ioc), "three", 5, &error_abort), ==, 5);
    g_assert_cmpint(recv(fd, text, sizeof(text), 0), ==, 3);
    g_assert_cmpint(recv(fd, text, sizeof(text), 0), ==, 0);
    g_assert_cmpint(recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&name, &length), ==, 5);
    g_assert_cmpmem(&name, length, &ioc->localAddr, ioc->localAddrLen);

    g_assert_cmpint(connect(fd, (struct sockaddr *)&name, length), ==, 0);
    peer = qio_channel_socket_new_fd(fd, &error_abort);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(peer), "answer", 7, &error_abort), ==, 7);
    /* What doesn't fit is lost. */
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), text, 3, &error_abort), ==, 3);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(peer), "answer", 7, &error_abort), ==, 7);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), text, 8, &error_abort), ==, 7);
    g_assert_cmpstr(text, ==, "answer");
}

static void test_datagram_ipv4(void)
{
    datagrams("127.0.0.1", false);
    datagrams("127.0.0.1", true);
}

static void test_datagram_ipv6(void)
{
    datagrams("::1", false);
    datagrams("::1", true);
}

/* Programs that touch the fields ---------------------------------------------- */

/* Each call looks at fd anew: R-CHAN-10. */
static void test_stolen_fd(void)
{
    g_auto(Pair) pair = unix_pair();
    int fd = pair.client->fd;
    char byte;

    pair.client->fd = -1;
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair.client), &byte, 1, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
    pair.client->fd = fd;
    assert_connected(&pair);
}

/* Addresses are converted from the bytes as they stand. */
static void test_stored_address(void)
{
    auto_socket ioc = qio_channel_socket_new();
    g_autoptr(SocketAddress) addr = NULL;
    struct sockaddr_in *in = (struct sockaddr_in *)&ioc->localAddr;

    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(0x0a010203);
    in->sin_port = htons(99);
    ioc->localAddrLen = sizeof(*in);
    addr = qio_channel_socket_get_local_address(ioc, &error_abort);
    g_assert_cmpstr(addr->u.inet.host, ==, "10.1.2.3");
    g_assert_cmpstr(addr->u.inet.port, ==, "99");
}

static void add_abstract(const char *path, gconstpointer tight)
{
    g_test_add_data_func(path, tight, test_connect_abstract);
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    TEST("/qio/channel-socket/new", test_new);
    TEST("/qio/channel-socket/object-new", test_object_new);
    TEST("/qio/channel-socket/new-fd", test_new_fd);
    TEST("/qio/channel-socket/new-fd/tcp", test_new_fd_tcp);
    TEST("/qio/channel-socket/new-fd/listening", test_new_fd_listening);
    TEST("/qio/channel-socket/new-fd/no-socket", test_new_fd_no_socket);
    TEST("/qio/channel-socket/connect/ipv4", test_connect_ipv4);
    TEST("/qio/channel-socket/connect/ipv6", test_connect_ipv6);
    TEST("/qio/channel-socket/connect/unix", test_connect_unix);
    add_abstract("/qio/channel-socket/connect/abstract-padded", NULL);
    add_abstract("/qio/channel-socket/connect/abstract-tight", "tight");
    TEST("/qio/channel-socket/connect/fd", test_connect_fd);
    TEST("/qio/channel-socket/listen/fd", test_listen_fd);
    TEST("/qio/channel-socket/listen/no-backlog", test_listen_no_backlog);
    TEST("/qio/channel-socket/already-open", test_already_open);
    TEST("/qio/channel-socket/reopen", test_reopen);
    TEST("/qio/channel-socket/accept/nobody", test_accept_nobody);
    TEST("/qio/channel-socket/accept/closed", test_accept_closed);
    TEST("/qio/channel-socket/datagram/ipv4", test_datagram_ipv4);
    TEST("/qio/channel-socket/datagram/ipv6", test_datagram_ipv6);
    TEST("/qio/channel-socket/stolen-fd", test_stolen_fd);
    TEST("/qio/channel-socket/stored-address", test_stored_address);
    return g_test_run();
}
