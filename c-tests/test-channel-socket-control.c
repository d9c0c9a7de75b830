/*
 * io/channel-socket.h: modes, options, shutting down and closing.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>

#include "socket-channels.h"

/* How often options were set, and how the next close fails. */
static int setsockopt_calls;
static int close_errno;

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    static int (*real)(int, int, int, const void *, socklen_t);

    if (!real) {
        real = (int (*)(int, int, int, const void *, socklen_t))dlsym(RTLD_NEXT, "setsockopt");
    }
    setsockopt_calls++;
    return real(fd, level, name, value, size);
}

int close(int fd)
{
    static int (*real)(int);
    int result;

    if (!real) {
        real = (int (*)(int))dlsym(RTLD_NEXT, "close");
    }
    result = real(fd);
    if (result == 0 && close_errno) {
        errno = close_errno;
        close_errno = 0;
        return -1;
    }
    return result;
}

/* Modes and options ----------------------------------------------------------- */

static void test_blocking(void)
{
    g_auto(Pair) pair = unix_pair();
    int fd = pair.client->fd;

    set_blocking(pair.client, false);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    set_blocking(pair.client, false);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    set_blocking(pair.client, true);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, 0);
#ifdef QIO_HAS_BOOL_SET_BLOCKING
    g_assert_true(pair.client->blocking);
    g_assert_false(pair.server->blocking);
#endif
}

static void test_delay_and_cork(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    int fd = pair.client->fd;

    qio_channel_set_delay(ioc, false);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_NODELAY), ==, 1);
    qio_channel_set_delay(ioc, true);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_NODELAY), ==, 0);
    qio_channel_set_cork(ioc, true);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_CORK), ==, 1);
    qio_channel_set_cork(ioc, false);
    g_assert_cmpint(int_option(fd, IPPROTO_TCP, TCP_CORK), ==, 0);
    assert_connected(&pair);
}

/* Where there is no TCP there is no system call either: W-21. */
static void test_delay_and_cork_unix(void)
{
    g_auto(Pair) pair = unix_pair();
    auto_socket closed = qio_channel_socket_new();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);

    setsockopt_calls = 0;
    qio_channel_set_delay(ioc, false);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_cork(ioc, false);
    g_assert_cmpint(setsockopt_calls, ==, 0);
    /* Failures are nobody's business. */
    qio_channel_set_delay(QIO_CHANNEL(closed), false);
    qio_channel_set_cork(QIO_CHANNEL(closed), true);
    assert_connected(&pair);
}

#ifdef QIO_HAS_SEND_BUFFER
/* R-101-2 */
static void test_send_buffer(void)
{
    g_auto(Pair) pair = unix_pair();
    auto_socket closed = qio_channel_socket_new();
    Error *err = NULL;
    int small;

    g_assert_cmpint(qio_channel_socket_set_send_buffer(pair.client, 65536, &error_abort), ==, 0);
    small = int_option(pair.client->fd, SOL_SOCKET, SO_SNDBUF);
    g_assert_cmpint(small, >=, 65536);
    g_assert_cmpint(qio_channel_socket_set_send_buffer(pair.client, SIZE_MAX, &error_abort),
                    ==, 0);
    g_assert_cmpint(int_option(pair.client->fd, SOL_SOCKET, SO_SNDBUF), >, small);
    g_assert_cmpint(qio_channel_socket_set_send_buffer(closed, 65536, &err), ==, -1);
    assert_error_has(&err, "send buffer", strerror(EBADF));
}
#endif

#ifdef QIO_HAS_PEERPID
static void test_peerpid(void)
{
    g_auto(Pair) pair = unix_pair();
    unsigned int pid = 0;

    g_assert_cmpint(qio_channel_get_peerpid(QIO_CHANNEL(pair.client), &pid, &error_abort), ==, 0);
    g_assert_cmpuint(pid, ==, getpid());
}
#endif

/* Watches --------------------------------------------------------------------- */

typedef struct Fired {
    QIOChannel *ioc;
    GIOCondition condition;
    int calls;
} Fired;

static gboolean fires(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Fired *fired = opaque;

    fired->ioc = ioc;
    fired->condition = condition;
    fired->calls++;
    return G_SOURCE_REMOVE;
}

static void test_watch(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Fired fired = { NULL };
    GMainContext *context = g_main_context_new();
    GSource *source;

    qio_channel_set_name(ioc, "label");
    source = qio_channel_create_watch(ioc, G_IO_IN);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 2);
    g_assert_cmpstr(g_source_get_name(source), ==, "label");
    g_source_set_callback(source, G_SOURCE_FUNC(fires), &fired, NULL);
    g_source_attach(source, context);

    g_main_context_iteration(context, FALSE);
    g_assert_cmpint(fired.calls, ==, 0);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair.server), "x", 1, &error_abort), ==, 1);
    g_main_context_iteration(context, TRUE);
    g_assert_cmpint(fired.calls, ==, 1);
    g_assert_true(fired.ioc == ioc);
    g_assert_cmpint(fired.condition, ==, G_IO_IN);
    g_source_unref(source);
    g_main_context_unref(context);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
}

/* Shutting down --------------------------------------------------------------- */

static void assert_reads_end(QIOChannelSocket *ioc)
{
    assert_at_end(ioc);
}

static void assert_writes_fail(QIOChannelSocket *ioc)
{
    Error *err = NULL;

    errno = 0;
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(ioc), "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    assert_error_has(&err, "write", strerror(EPIPE));
}

static void test_shutdown(void)
{
    /* Numbers that mean nothing mean both. */
    static const int hows[] = {
        QIO_CHANNEL_SHUTDOWN_READ, QIO_CHANNEL_SHUTDOWN_WRITE, QIO_CHANNEL_SHUTDOWN_BOTH, 0, 77,
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(hows); i++) {
        g_auto(Pair) pair = tcp_pair("127.0.0.1");
        QIOChannel *ioc = QIO_CHANNEL(pair.client);
        int fd = pair.client->fd;

        g_assert_cmpint(qio_channel_shutdown(ioc, (QIOChannelShutdown)hows[i], &error_abort),
                        ==, 0);
        g_assert_cmpint(pair.client->fd, ==, fd);
        if (hows[i] == QIO_CHANNEL_SHUTDOWN_WRITE) {
            char byte;

            g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair.server), "x", 1, &error_abort),
                            ==, 1);
            g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &error_abort), ==, 1);
        } else {
            assert_reads_end(pair.client);
        }
        if (hows[i] == QIO_CHANNEL_SHUTDOWN_READ) {
            g_assert_cmpint(qio_channel_write(ioc, "x", 1, &error_abort), ==, 1);
        } else {
            assert_writes_fail(pair.client);
            assert_reads_end(pair.server);
        }
    }
}

static void test_shutdown_fails(void)
{
    auto_socket closed = qio_channel_socket_new();
    auto_socket alone =
        qio_channel_socket_new_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), &error_abort);
    Error *err = NULL;

    errno = 0;
    g_assert_cmpint(qio_channel_shutdown(QIO_CHANNEL(closed), QIO_CHANNEL_SHUTDOWN_BOTH, &err),
                    ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    assert_error_has(&err, "shut", strerror(EBADF));
    g_assert_cmpint(qio_channel_shutdown(QIO_CHANNEL(alone), QIO_CHANNEL_SHUTDOWN_BOTH, &err),
                    ==, -1);
    g_assert_cmpint(errno, ==, ENOTCONN);
    assert_error_has(&err, "shut", strerror(ENOTCONN));
}

/* Closing --------------------------------------------------------------------- */

static void test_close_twice(void)
{
    g_auto(Pair) pair = unix_pair();
    int i;

    for (i = 0; i < 3; i++) {
        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
        g_assert_cmpint(pair.client->fd, ==, -1);
        assert_at_end(pair.server);
    }
    /* What a channel can do stays. */
    g_assert_true(qio_channel_has_feature(QIO_CHANNEL(pair.client), QIO_CHANNEL_FEATURE_FD_PASS));
}

static void test_close_never_opened(void)
{
    auto_socket ioc = qio_channel_socket_new();

    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(ioc), &error_abort), ==, 0);
}

/* The channel is closed even if the system has something to complain about. */
static void test_close_fails(void)
{
    g_auto(Pair) pair = unix_pair();
    Error *err = NULL;

    close_errno = EIO;
    errno = 0;
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &err), ==, -1);
    g_assert_cmpint(errno, ==, EIO);
    assert_error_has(&err, "close", strerror(EIO));
    g_assert_cmpint(pair.client->fd, ==, -1);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
    assert_at_end(pair.server);

    /* Not repeated, although it may look so. */
    close_errno = EINTR;
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.server), NULL), ==, -1);
    g_assert_cmpint(errno, ==, EINTR);
    g_assert_cmpint(pair.server->fd, ==, -1);
}

static void test_finalize_closes(void)
{
    Pair pair = unix_pair();

    errno = ENOSPC;
    object_unref(OBJECT(pair.client));
    g_assert_cmpint(errno, ==, ENOSPC);
    assert_at_end(pair.server);
    object_unref(OBJECT(pair.server));
}

static void test_path_until_close(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    auto_socket server = listen_on(&addr);

    g_assert_true(path_exists(path));
    {
        /* A connection doesn't own the path. */
        g_auto(Pair) pair = connect_to(server);

        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.server), &error_abort), ==, 0);
    }
    g_assert_true(path_exists(path));
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    g_assert_false(path_exists(path));
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    remove_socket_path(path);
}

static void test_path_until_finalize(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    QIOChannelSocket *server = listen_on(&addr);

    g_assert_true(path_exists(path));
    object_unref(OBJECT(server));
    g_assert_false(path_exists(path));
    remove_socket_path(path);
}

/* A path that is gone already is no failure. */
static void test_path_gone(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    auto_socket server = listen_on(&addr);

    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    remove_socket_path(path);
}

/* N4: what took over the path is left alone: somebody's directory, somebody's socket. */
static void test_path_taken_over(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    QIOChannelSocket *server = listen_on(&addr), *successor;

    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(mkdir(path, 0700), ==, 0);
    object_unref(OBJECT(server));
    g_assert_cmpint(rmdir(path), ==, 0);

    server = listen_on(&addr);
    successor = listen_on(&addr);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    object_unref(OBJECT(server));
    g_assert_true(path_exists(path));
    {
        g_auto(Pair) pair = { .server = NULL };

        pair.client = qio_channel_socket_new();
        g_assert_cmpint(qio_channel_socket_connect_sync(pair.client, &addr, &error_abort), ==, 0);
        pair.server = qio_channel_socket_accept(successor, &error_abort);
        assert_connected(&pair);
    }
    object_unref(OBJECT(successor));
    g_assert_false(path_exists(path));
    remove_socket_path(path);
}

/* N4: a listening descriptor that the library was given has a path that isn't its. */
static void test_path_inherited(void)
{
    char *path = make_socket_path();
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), bound;
    g_autofree char *number = NULL;
    SocketAddress addr;
    QIOChannelSocket *server;

    g_strlcpy(name.sun_path, path, sizeof(name.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    bound = dup(fd);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    server = qio_channel_socket_new_fd(fd, &error_abort);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    object_unref(OBJECT(server));
    g_assert_true(path_exists(path));

    /* The same, on a descriptor on which the library calls listen(). */
    number = g_strdup_printf("%d", bound);
    addr = fd_address(number);
    server = listen_on(&addr);
    object_unref(OBJECT(server));
    g_assert_true(path_exists(path));
    remove_socket_path(path);
}

/* N4: a forked child's copy is not the listener that made the path. */
static void test_path_forked(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    QIOChannelSocket *server = listen_on(&addr);
    int status;
    pid_t child = fork();

    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        int closed = qio_channel_close(QIO_CHANNEL(server), NULL);

        _exit(closed == 0 && path_exists(path) ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    g_assert_true(path_exists(path));
    object_unref(OBJECT(server));
    g_assert_false(path_exists(path));
    remove_socket_path(path);
}

/* How unlink() fails, if it does. */
static int unlink_failure;

int unlink(const char *path)
{
    if (unlink_failure != 0) {
        errno = unlink_failure;
        return -1;
    }
    return unlinkat(AT_FDCWD, path, 0);
}

/* A path that can't be removed is reported, but the channel is closed: W-17. */
static void test_path_stays(void)
{
    if (g_test_subprocess()) {
        char *path = make_socket_path();
        SocketAddress addr = unix_address(path);
        QIOChannelSocket *server = listen_on(&addr);

        unlink_failure = EROFS;
        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
        unlink_failure = 0;
        g_assert_cmpint(server->fd, ==, -1);
        object_unref(OBJECT(server));
        g_assert_true(path_exists(path));
        remove_socket_path(path);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*nlink*");
}

/* An abstract name has no file, even if one is called the same. */
static void test_abstract_file(void)
{
    char *path = make_socket_path();
    g_autofree char *dir = g_path_get_dirname(path), *back = g_get_current_dir();
    SocketAddress addr = abstract_address("socket", true);
    QIOChannelSocket *server;

    g_assert_cmpint(chdir(dir), ==, 0);
    g_assert_true(g_file_set_contents("socket", "mine", -1, NULL));
    server = listen_on(&addr);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    g_assert_true(path_exists("socket"));
    object_unref(OBJECT(server));
    g_assert_cmpint(chdir(back), ==, 0);
    remove_socket_path(path);
}

/* A relative path means what it meant when the socket listened, R-SOCK-19: a program that goes to the
 * background is elsewhere by then, where another's file may have the same name. */
static void test_relative_path(void)
{
    static const char *const names[] = { "socket", "./socket", "../other/../socket" };
    char *path = make_socket_path(), *elsewhere = make_socket_path();
    g_autofree char *dir = g_path_get_dirname(path), *far = g_path_get_dirname(elsewhere);
    g_autofree char *inner = g_build_filename(dir, "other", NULL), *back = g_get_current_dir();
    g_autofree char *there = g_build_filename(dir, "socket", NULL);

    g_assert_cmpint(mkdir(inner, 0700), ==, 0);
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(names); i++) {
        const char *name = names[i / 2];
        SocketAddress addr = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix.path = (char *)name };
        SocketAddress absolute = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix.path = there };
        QIOChannelSocket *server, *client = qio_channel_socket_new();
        SocketAddress *told;

        g_assert_cmpint(chdir(g_str_has_prefix(name, "..") ? inner : dir), ==, 0);
        server = listen_on(&addr);
        g_assert_true(path_exists(there));
        g_assert_cmpint(chdir(far), ==, 0);
        g_assert_true(g_file_set_contents("socket", "another's", -1, NULL));
        told = qio_channel_socket_get_local_address(server, &error_abort);
        g_assert_cmpstr(told->u.q_unix.path, ==, name);
        qapi_free_SocketAddress(told);
        g_assert_cmpint(qio_channel_socket_connect_sync(client, &absolute, &error_abort), ==, 0);
        object_unref(OBJECT(client));
        /* By a close, or without one. */
        if (i % 2) {
            g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
        }
        object_unref(OBJECT(server));
        g_assert_false(path_exists(there));
        g_assert_true(path_exists("socket"));
        g_assert_cmpint(unlink("socket"), ==, 0);
    }
    g_assert_cmpint(chdir(back), ==, 0);
    g_assert_cmpint(rmdir(inner), ==, 0);
    remove_socket_path(path);
    remove_socket_path(elsewhere);
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    TEST("/qio/channel-socket/blocking", test_blocking);
    TEST("/qio/channel-socket/delay-and-cork", test_delay_and_cork);
    TEST("/qio/channel-socket/delay-and-cork/unix", test_delay_and_cork_unix);
#ifdef QIO_HAS_SEND_BUFFER
    TEST("/qio/channel-socket/send-buffer", test_send_buffer);
#endif
#ifdef QIO_HAS_PEERPID
    TEST("/qio/channel-socket/peerpid", test_peerpid);
#endif
    TEST("/qio/channel-socket/watch", test_watch);
    TEST("/qio/channel-socket/shutdown", test_shutdown);
    TEST("/qio/channel-socket/shutdown/fails", test_shutdown_fails);
    TEST("/qio/channel-socket/close/twice", test_close_twice);
    TEST("/qio/channel-socket/close/never-opened", test_close_never_opened);
    TEST("/qio/channel-socket/close/fails", test_close_fails);
    TEST("/qio/channel-socket/close/finalize", test_finalize_closes);
    TEST("/qio/channel-socket/path/until-close", test_path_until_close);
    TEST("/qio/channel-socket/path/until-finalize", test_path_until_finalize);
    TEST("/qio/channel-socket/path/gone", test_path_gone);
    TEST("/qio/channel-socket/path/taken-over", test_path_taken_over);
    TEST("/qio/channel-socket/path/inherited", test_path_inherited);
    TEST("/qio/channel-socket/path/forked", test_path_forked);
    /* Not counted: what watches the child is opened and closed elsewhere. */
    g_test_add_func("/qio/channel-socket/path/stays", test_path_stays);
    TEST("/qio/channel-socket/path/abstract", test_abstract_file);
    TEST("/qio/channel-socket/path/relative", test_relative_path);
    return g_test_run();
}
