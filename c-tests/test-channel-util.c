/*
 * io/channel-util.h
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-file.h"
#include "io/channel-socket.h"
#include "io/channel-util.h"

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/un.h>

/* R-UTIL-1, R-UTIL-3 */
static void test_socket(void)
{
    int fds[2], flags;
    QIOChannel *ioc;
    char byte;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), ==, 0);
    flags = fcntl(fds[0], F_GETFD);
    ioc = qio_channel_new_fd(fds[0], &error_abort);
    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_SOCKET);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    g_assert_cmpint(QIO_CHANNEL_SOCKET(ioc)->fd, ==, fds[0]);
    g_assert_true(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_SHUTDOWN));
    g_assert_true(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS));
    g_assert_false(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_LISTEN));

    /* Neither mode nor close-on-exec change. */
    g_assert_cmpint(fcntl(fds[0], F_GETFD), ==, flags);
    g_assert_cmpint(fcntl(fds[0], F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &error_abort), ==, 1);
    g_assert_cmpint(read(fds[1], &byte, 1), ==, 1);

    /* The channel owns it. */
    object_unref(OBJECT(ioc));
    g_assert_false(fd_is_open(fds[0]));
    close(fds[1]);
}

static void test_pipe(void)
{
    int fds[2];
    QIOChannel *ioc;
    char byte;

    g_assert_cmpint(pipe(fds), ==, 0);
    ioc = qio_channel_new_fd(fds[1], NULL);
    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_FILE);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    g_assert_cmpint(QIO_CHANNEL_FILE(ioc)->fd, ==, fds[1]);
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &error_abort), ==, 1);
    g_assert_cmpint(read(fds[0], &byte, 1), ==, 1);
    object_unref(OBJECT(ioc));
    g_assert_false(fd_is_open(fds[1]));
    close(fds[0]);
}

/* It isn't looked at until it is used, R-UTIL-2. */
static void test_not_open(void)
{
    QIOChannel *ioc = qio_channel_new_fd(1000000, &error_abort);
    Error *err = NULL;
    char byte;

    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_FILE);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    assert_errno_error(err, EBADF);
    object_unref(OBJECT(ioc));

    ioc = qio_channel_new_fd(-1, &error_abort);
    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_FILE);
    object_unref(OBJECT(ioc));
}

/* A listening socket that was passed in keeps its path, R-UTIL-3. */
static void test_listening(void)
{
    g_autofree char *dir = g_dir_make_tmp("qio-XXXXXX", NULL);
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    QIOChannel *ioc;

    g_snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", dir);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    ioc = qio_channel_new_fd(fd, &error_abort);
    g_assert_false(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_LISTEN));
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    g_assert_cmpint(unlink(name.sun_path), ==, 0);
    g_assert_cmpint(rmdir(dir), ==, 0);
}

static bool getsockname_fails;

/* Stands before the C library's. */
int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    static int (*next)(int, struct sockaddr *, socklen_t *);

    if (getsockname_fails) {
        errno = ENOBUFS;
        return -1;
    }
    if (!next) {
        next = dlsym(RTLD_NEXT, "getsockname");
    }
    return next(fd, addr, len);
}

/* On failure the descriptor stays the caller's, R-UTIL-2. */
static void test_failure(void)
{
    int fds[2];
    Error *err = NULL;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    getsockname_fails = true;
    g_assert_null(qio_channel_new_fd(fds[0], &err));
    assert_errno_error(err, ENOBUFS);
    g_assert_null(qio_channel_new_fd(fds[0], NULL));
    getsockname_fails = false;
    g_assert_true(fd_is_open(fds[0]));
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);

    g_test_add_func("/qio/channel-util/socket", test_socket);
    g_test_add_func("/qio/channel-util/pipe", test_pipe);
    g_test_add_func("/qio/channel-util/not-open", test_not_open);
    g_test_add_func("/qio/channel-util/listening", test_listening);
    g_test_add_func("/qio/channel-util/failure", test_failure);
    return g_test_run();
}
