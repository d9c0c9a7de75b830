/*
 * Tests of qemu/sockets.h: descriptors as addresses, with and without a monitor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "socket-checks.h"
#include "monitor/monitor.h"

/* The program's monitor. The library doesn't look into it: one byte will do (R-MON-3). */
static char monitor_byte;
static bool has_monitor;
/* What the monitor knows by the name "known", or -1. */
static int known_fd = -1;

Monitor *monitor_cur(void)
{
    return has_monitor ? (Monitor *)&monitor_byte : NULL;
}

int monitor_get_fd(Monitor *mon, const char *fdname, Error **errp)
{
    g_assert_true((char *)mon == &monitor_byte);
    if (strcmp(fdname, "silent") == 0) {
        return -1;
    }
    if (strcmp(fdname, "known") != 0 && strcmp(fdname, "7") != 0) {
        error_setg(errp, "the monitor has no '%s'", fdname);
        return -1;
    }
    return qemu_dup(known_fd);
}

static SocketAddress fd_address(const char *text)
{
    return (SocketAddress) {
        .type = SOCKET_ADDRESS_TYPE_FD,
        .u.fd.str = (char *)text,
    };
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* A socket bound to a port of its own. */
static int bound_socket(void)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = qemu_socket(AF_INET, SOCK_STREAM, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    return fd;
}

static void test_number(void)
{
    int fd = bound_socket();
    g_autofree char *text = g_strdup_printf("%d", fd);
    g_autofree char *port = port_of(fd);
    SocketAddress addr = fd_address(text);
    SocketAddress reach = inet_address("127.0.0.1", port);

    /* That very descriptor, as it is: nothing is connected. */
    g_assert_cmpint(socket_connect(&addr, &error_abort), ==, fd);
    g_assert_cmpint(int_option(fd, SOL_SOCKET, SO_ACCEPTCONN), ==, 0);
    g_assert_cmpint(socket_listen(&addr, 1, &error_abort), ==, fd);
    g_assert_cmpint(int_option(fd, SOL_SOCKET, SO_ACCEPTCONN), ==, 1);
    assert_reachable(fd, &reach);
    close(fd);
}

static void test_no_number(void)
{
    static const char *const wrong[] = { "", "name", "1x", " 1", "0x1" };
    SocketAddress addr;
    Error *err = NULL;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(wrong); i++) {
        g_autofree char *text = g_strdup_printf("Unable to parse FD number %s", wrong[i]);

        addr = fd_address(wrong[i]);
        g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
        assert_error(&err, text);
        g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
        assert_error(&err, text);
    }
    addr = fd_address("99999999999");
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_system_error(&err, "Unable to parse FD number 99999999999", ERANGE);
    addr = fd_address(NULL);
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    error_free_or_abort(&err);
}

/* What is no socket is closed. */
static void test_no_socket(void)
{
    g_autofree char *text = NULL;
    g_autofree char *message = NULL;
    SocketAddress addr;
    Error *err = NULL;
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    text = g_strdup_printf("%d", ends[0]);
    message = g_strdup_printf("File descriptor '%s' is not a socket", text);
    addr = fd_address(text);
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, message);
    g_assert_false(is_open(ends[0]));
    /* Nor what isn't open. */
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_error(&err, message);
    addr = fd_address("-1");
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, "File descriptor '-1' is not a socket");
    close(ends[1]);
}

static void test_listen_failure(void)
{
    g_autofree char *text = NULL;
    g_autofree char *expected = NULL;
    SocketAddress addr;
    Error *err = NULL;
    int sv[2];

    g_assert_cmpint(qemu_socketpair(AF_UNIX, SOCK_STREAM, 0, sv), ==, 0);
    text = g_strdup_printf("%d", sv[0]);
    addr = fd_address(text);
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    expected = g_strdup_printf("Failed to listen on fd socket '%s'", text);
    assert_system_error(&err, expected, EINVAL);
    g_assert_false(is_open(sv[0]));
    close(sv[1]);
}

static void test_monitor_name(void)
{
    SocketAddress addr = fd_address("known");
    int fd;

    has_monitor = true;
    known_fd = bound_socket();
    fd = socket_connect(&addr, &error_abort);
    g_assert_cmpint(fd, !=, known_fd);
    g_assert_true(fd_is_socket(fd));
    close(fd);
    fd = socket_listen(&addr, 1, &error_abort);
    g_assert_cmpint(int_option(known_fd, SOL_SOCKET, SO_ACCEPTCONN), ==, 1);
    close(fd);
    /* With a monitor a number is a name too. */
    addr = fd_address("7");
    fd = socket_connect(&addr, &error_abort);
    g_assert_cmpint(fd, !=, 7);
    close(fd);
    g_assert_true(is_open(known_fd));
    close(known_fd);
    has_monitor = false;
}

static void test_monitor_failure(void)
{
    SocketAddress addr = fd_address("unknown");
    Error *err = NULL;
    int ends[2];

    has_monitor = true;
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, "the monitor has no 'unknown'");
    g_assert_cmpint(socket_listen(&addr, 1, NULL), ==, -1);
    /* A monitor that doesn't say why. */
    addr = fd_address("silent");
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    error_free_or_abort(&err);

    /* The duplicate of what is no socket is closed, the original isn't. */
    g_assert_cmpint(pipe(ends), ==, 0);
    known_fd = ends[0];
    addr = fd_address("known");
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, "File descriptor 'known' is not a socket");
    g_assert_true(is_open(ends[0]));
    close(ends[0]);
    close(ends[1]);
    has_monitor = false;
}

/* R-SOCK-21 */
static void test_parse_named_fd(void)
{
    g_autoptr(SocketAddress) addr = g_new0(SocketAddress, 1);
    g_autofree char *number = NULL;
    SocketAddress inet = inet_address("h", "1");
    Error *err = NULL;
    int fd;

    has_monitor = true;
    known_fd = bound_socket();
    addr->type = SOCKET_ADDRESS_TYPE_FD;
    addr->u.fd.str = g_strdup("known");
    g_assert_cmpint(socket_address_parse_named_fd(addr, &error_abort), ==, 0);
    g_assert_cmpstr(addr->u.fd.str, !=, "known");
    has_monitor = false;

    /* Now it can do without the monitor. */
    fd = socket_connect(addr, &error_abort);
    number = g_strdup_printf("%d", fd);
    g_assert_cmpstr(addr->u.fd.str, ==, number);
    g_assert_cmpint(socket_address_parse_named_fd(addr, &error_abort), ==, 0);
    g_assert_cmpstr(addr->u.fd.str, ==, number);
    close(fd);
    close(known_fd);

    has_monitor = true;
    g_free(addr->u.fd.str);
    addr->u.fd.str = g_strdup("unknown");
    g_assert_cmpint(socket_address_parse_named_fd(addr, &err), <, 0);
    assert_error(&err, "the monitor has no 'unknown'");
    g_assert_cmpstr(addr->u.fd.str, ==, "unknown");
    has_monitor = false;

    g_assert_cmpint(socket_address_parse_named_fd(&inet, &error_abort), ==, 0);
    g_assert_cmpstr(inet.u.inet.host, ==, "h");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/qio/sockets/fd/number", test_number);
    TEST("/qio/sockets/fd/no-number", test_no_number);
    TEST("/qio/sockets/fd/no-socket", test_no_socket);
    TEST("/qio/sockets/fd/listen-failure", test_listen_failure);
    TEST("/qio/sockets/fd/monitor-name", test_monitor_name);
    TEST("/qio/sockets/fd/monitor-failure", test_monitor_failure);
    TEST("/qio/sockets/fd/parse-named", test_parse_named_fd);
    return g_test_run();
}
