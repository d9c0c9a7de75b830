/*
 * io/channel-socket.h: what can go wrong when a channel is opened. Errors tell where and why, and
 * nothing stays open.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>

#include "socket-channels.h"

/* How the next calls fail: with this errno, so many times. */
typedef struct Failure {
    int number;
    int times;
    int calls;
} Failure;

static Failure accepting, naming_here, naming_peer;

static bool fails(Failure *failure)
{
    failure->calls++;
    if (failure->times == 0) {
        return false;
    }
    failure->times--;
    errno = failure->number;
    return true;
}

int accept4(int fd, struct sockaddr *name, socklen_t *length, int flags)
{
    static int (*real)(int, struct sockaddr *, socklen_t *, int);

    if (!real) {
        real = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");
    }
    return fails(&accepting) ? -1 : real(fd, name, length, flags);
}

int getsockname(int fd, struct sockaddr *name, socklen_t *length)
{
    static int (*real)(int, struct sockaddr *, socklen_t *);

    if (!real) {
        real = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "getsockname");
    }
    return fails(&naming_here) ? -1 : real(fd, name, length);
}

int getpeername(int fd, struct sockaddr *name, socklen_t *length)
{
    static int (*real)(int, struct sockaddr *, socklen_t *);

    if (!real) {
        real = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "getpeername");
    }
    return fails(&naming_peer) ? -1 : real(fd, name, length);
}

static void assert_connect_fails(SocketAddress *addr, const char *place, const char *reason)
{
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;

    g_assert_cmpint(qio_channel_socket_connect_sync(ioc, addr, &err), ==, -1);
    assert_error_has(&err, place, reason);
    g_assert_cmpint(ioc->fd, ==, -1);
    g_assert_cmpuint(ioc->parent.features, ==, FEATURE(SHUTDOWN));
}

static void assert_listen_fails(SocketAddress *addr, const char *place, const char *reason)
{
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;

    g_assert_cmpint(qio_channel_socket_listen_sync(ioc, addr, 1, &err), ==, -1);
    assert_error_has(&err, place, reason);
    g_assert_cmpint(ioc->fd, ==, -1);
    g_assert_cmpuint(ioc->parent.features, ==, FEATURE(SHUTDOWN));
}

/* Addresses that don't work ---------------------------------------------------- */

/* R-CHAN-105 */
static void test_refused(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIOChannelSocket *server = listen_on(&any);
    g_autofree char *port = port_of(server->fd);
    SocketAddress addr = inet_address("127.0.0.1", port);
    g_autofree char *place = g_strdup_printf("Failed to connect to '127.0.0.1:%s'", port);
    auto_socket ioc = qio_channel_socket_new();

    object_unref(OBJECT(server));
    assert_connect_fails(&addr, place, strerror(ECONNREFUSED));
    g_assert_cmpint(qio_channel_socket_connect_sync(ioc, &addr, NULL), ==, -1);
}

/* R-CHAN-105 */
static void test_unresolved(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "no-such-service");

    assert_connect_fails(&addr, "address resolution failed for 127.0.0.1:no-such-service", NULL);
    assert_listen_fails(&addr, "address resolution failed for 127.0.0.1:no-such-service", NULL);
    addr = inet_address("no.such.host", "1");
    addr.u.inet.has_numeric = addr.u.inet.numeric = true;
    assert_listen_fails(&addr, "address resolution failed for no.such.host:1", NULL);
}

/* N1: what looks like a number is a port of 16 bits, or an error that names it. */
static void test_port_numbers(void)
{
    static const char *const ports[] = { "65536", "65616", "4294967376", "-1", "+80", " 80", "80 ", "0x50" };
    SocketAddress remote = inet_address("127.0.0.1", "9");
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(ports); i++) {
        SocketAddress addr = inet_address("127.0.0.1", ports[i]);
        g_autofree char *text = g_strdup_printf("127.0.0.1:%s: a port is a number from 0 to 65535", ports[i]);
        auto_socket ioc = qio_channel_socket_new();
        Error *err = NULL;

        assert_connect_fails(&addr, text, NULL);
        assert_listen_fails(&addr, text, NULL);
        g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, NULL, &addr, &err), ==, -1);
        assert_error_has(&err, text, NULL);
        g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, &addr, &remote, &err), ==, -1);
        assert_error_has(&err, text, NULL);
        g_assert_cmpint(ioc->fd, ==, -1);
    }
}

/* A host that is copied with its brackets out of a text like [::1]:80. */
static void test_brackets(void)
{
    static const char text[] = "address resolution failed for [::1]:80: the host stands in brackets,"
                               " which only a text of host and port has";
    SocketAddress addr = inet_address("[::1]", "80"), remote = inet_address("127.0.0.1", "9");
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;

    assert_connect_fails(&addr, text, NULL);
    assert_listen_fails(&addr, text, NULL);
    g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, NULL, &addr, &err), ==, -1);
    assert_error_has(&err, text, NULL);
    g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, &addr, &remote, &err), ==, -1);
    assert_error_has(&err, text, NULL);
}

static void test_port_in_use(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&any);
    g_autofree char *port = port_of(server->fd);
    SocketAddress addr = inet_address("127.0.0.1", port);

    assert_listen_fails(&addr, "", strerror(EADDRINUSE));
}

static void test_path_too_long(void)
{
    g_autofree char *path = g_strnfill(sizeof(((struct sockaddr_un *)0)->sun_path) + 1, 'x');
    SocketAddress addr = unix_address(path);

    assert_connect_fails(&addr, path, "too long");
    assert_listen_fails(&addr, path, "too long");
}

static void test_no_such_path(void)
{
    char *path = make_socket_path();
    g_autofree char *inside = g_build_filename(path, "socket", NULL);
    SocketAddress addr = unix_address(path), no_dir = unix_address(inside);

    assert_connect_fails(&addr, path, strerror(ENOENT));
    assert_listen_fails(&no_dir, path, strerror(ENOENT));
    remove_socket_path(path);
}

/* N5: a file that isn't a socket is none to replace. */
static void test_other_file(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    g_autofree char *content = NULL;

    g_assert_true(g_file_set_contents(path, "mine", -1, NULL));
    assert_listen_fails(&addr, path, strerror(EEXIST));
    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "mine");
    g_assert_cmpint(unlink(path), ==, 0);

    g_assert_cmpint(symlink("elsewhere", path), ==, 0);
    assert_listen_fails(&addr, path, strerror(EEXIST));
    g_assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
    g_assert_cmpint(unlink(path), ==, 0);

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    assert_listen_fails(&addr, path, strerror(EEXIST));
    g_assert_true(path_exists(path));
    remove_socket_path(path);
}

static void test_fd_no_socket(void)
{
    int fds[2], i;

    g_assert_cmpint(pipe(fds), ==, 0);
    for (i = 0; i < 2; i++) {
        g_autofree char *number = g_strdup_printf("%d", fds[i]);
        SocketAddress addr = fd_address(number);

        /* The descriptor goes with the attempt. */
        if (i == 0) {
            assert_connect_fails(&addr, number, "is not a socket");
        } else {
            assert_listen_fails(&addr, number, "is not a socket");
        }
        g_assert_cmpint(fcntl(fds[i], F_GETFD), ==, -1);
    }
}

static void test_fd_no_number(void)
{
    SocketAddress addr = fd_address("number");

    assert_connect_fails(&addr, "number", NULL);
    assert_listen_fails(&addr, "number", NULL);
}

/* A socket that can't listen is closed. */
static void test_fd_cannot_listen(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_autofree char *number = g_strdup_printf("%d", fd);
    SocketAddress addr = fd_address(number);

    assert_listen_fails(&addr, "listen", strerror(EOPNOTSUPP));
}

static void test_vsock(void)
{
    SocketAddress addr = { .type = SOCKET_ADDRESS_TYPE_VSOCK };

    addr.u.vsock.cid = (char *)"somebody";
    addr.u.vsock.port = (char *)"1";
    assert_connect_fails(&addr, "cid", "somebody");
    assert_listen_fails(&addr, "cid", "somebody");
    addr.u.vsock.cid = (char *)"2";
    addr.u.vsock.port = (char *)"somewhere";
    assert_connect_fails(&addr, "port", "somewhere");
    assert_listen_fails(&addr, "port", "somewhere");
}

static void test_datagram(void)
{
    SocketAddress unix_addr = unix_address("/nowhere"), inet = inet_address("127.0.0.1", NULL);
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;

    g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, NULL, &unix_addr, &err), ==, -1);
    assert_error_has(&err, "datagram", NULL);
    g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, NULL, &inet, &err), ==, -1);
    assert_error_has(&err, "port", NULL);
    g_assert_cmpint(ioc->fd, ==, -1);
}

/* Systems that don't play along ------------------------------------------------ */

static void test_accept_fails(void)
{
    static const int numbers[] = { ECONNABORTED, EMFILE, EPERM };
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&addr);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(numbers); i++) {
        Error *err = NULL;
        Pair pair;

        accepting = (Failure) { .number = numbers[i], .times = 1 };
        errno = 0;
        g_assert_null(qio_channel_socket_accept(server, &err));
        g_assert_cmpint(errno, ==, numbers[i]);
        assert_error_has(&err, "accept", strerror(numbers[i]));
        g_assert_cmpint(accepting.calls, ==, 1);
        pair = connect_to(server);
        assert_connected(&pair);
        pair_end(&pair);
    }
}

static void test_accept_interrupted(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&addr);
    Pair pair;

    accepting = (Failure) { .number = EINTR, .times = 3 };
    pair = connect_to(server);
    g_assert_cmpint(accepting.calls, ==, 4);
    assert_connected(&pair);
    pair_end(&pair);
}

/* A client that has no name is closed. */
static void test_accept_unnamed(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&addr);
    g_autoptr(SocketAddress) at = qio_channel_socket_get_local_address(server, &error_abort);
    auto_socket client = qio_channel_socket_new();
    Error *err = NULL;

    g_assert_cmpint(qio_channel_socket_connect_sync(client, at, &error_abort), ==, 0);
    naming_here = (Failure) { .number = ENOBUFS, .times = 1 };
    errno = 0;
    g_assert_null(qio_channel_socket_accept(server, &err));
    g_assert_cmpint(errno, ==, ENOBUFS);
    assert_error_has(&err, "local address", strerror(ENOBUFS));
    assert_at_end(client);
}

/* What was opened for the channel is closed again, R-CHAN-64. */
static void test_adopting_fails(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    auto_socket server = listen_on(&any);
    g_autoptr(SocketAddress) at = qio_channel_socket_get_local_address(server, &error_abort);
    char *path = make_socket_path();
    SocketAddress unix_addr = unix_address(path);
    auto_socket ioc = qio_channel_socket_new();
    Error *err = NULL;
    int fd;

    naming_peer = (Failure) { .number = ENOBUFS, .times = 1 };
    assert_connect_fails(at, "remote address", strerror(ENOBUFS));
    naming_here = (Failure) { .number = ENOBUFS, .times = 1 };
    assert_connect_fails(at, "local address", strerror(ENOBUFS));

    naming_peer = (Failure) { .number = ENOBUFS, .times = 1 };
    assert_listen_fails(&unix_addr, "remote address", strerror(ENOBUFS));
    g_assert_false(path_exists(path));

    naming_peer = (Failure) { .number = ENOBUFS, .times = 1 };
    g_assert_cmpint(qio_channel_socket_dgram_sync(ioc, NULL, at, &err), ==, -1);
    assert_error_has(&err, "remote address", strerror(ENOBUFS));

    /* A given descriptor stays the caller's. */
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    naming_peer = (Failure) { .number = ENOBUFS, .times = 1 };
    g_assert_null(qio_channel_socket_new_fd(fd, &err));
    assert_error_has(&err, "remote address", strerror(ENOBUFS));
    naming_here = (Failure) { .number = ENOBUFS, .times = 1 };
    g_assert_null(qio_channel_socket_new_fd(fd, &err));
    assert_error_has(&err, "local address", strerror(ENOBUFS));
    g_assert_cmpint(close(fd), ==, 0);

    /* The channel can still be opened. */
    g_assert_cmpint(qio_channel_socket_connect_sync(ioc, at, &error_abort), ==, 0);
    remove_socket_path(path);
}

/* Programming errors ----------------------------------------------------------- */

static void null_channel(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");

    qio_channel_socket_connect_sync(NULL, &addr, NULL);
}

static void null_address(void)
{
    auto_socket ioc = qio_channel_socket_new();

    qio_channel_socket_listen_sync(ioc, NULL, 1, NULL);
}

static void null_remote(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    auto_socket ioc = qio_channel_socket_new();

    qio_channel_socket_dgram_sync(ioc, &addr, NULL, NULL);
}

static const Mistake mistakes[] = {
    { "channel", null_channel, "*qio_channel_socket_connect_sync*ioc*" },
    { "address", null_address, "*qio_channel_socket_listen_sync*address*" },
    { "remote", null_remote, "*qio_channel_socket_dgram_sync*address*" },
};

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    TEST("/qio/channel-socket/failure/refused", test_refused);
    TEST("/qio/channel-socket/failure/unresolved", test_unresolved);
    TEST("/qio/channel-socket/failure/port-numbers", test_port_numbers);
    TEST("/qio/channel-socket/failure/brackets", test_brackets);
    TEST("/qio/channel-socket/failure/port-in-use", test_port_in_use);
    TEST("/qio/channel-socket/failure/path-too-long", test_path_too_long);
    TEST("/qio/channel-socket/failure/no-such-path", test_no_such_path);
    TEST("/qio/channel-socket/failure/other-file", test_other_file);
    TEST("/qio/channel-socket/failure/fd-no-socket", test_fd_no_socket);
    TEST("/qio/channel-socket/failure/fd-no-number", test_fd_no_number);
    TEST("/qio/channel-socket/failure/fd-cannot-listen", test_fd_cannot_listen);
    TEST("/qio/channel-socket/failure/vsock", test_vsock);
    TEST("/qio/channel-socket/failure/datagram", test_datagram);
    TEST("/qio/channel-socket/failure/accept", test_accept_fails);
    TEST("/qio/channel-socket/failure/accept-interrupted", test_accept_interrupted);
    TEST("/qio/channel-socket/failure/accept-unnamed", test_accept_unnamed);
    TEST("/qio/channel-socket/failure/adopting", test_adopting_fails);
    ADD_MISTAKES("/qio/channel-socket/mistake", mistakes);
    return g_test_run();
}
