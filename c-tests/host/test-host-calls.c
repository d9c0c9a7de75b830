/*
 * What the library must leave to its host, who keeps books (A.4): opening and closing files,
 * connecting and listening, and errors. The linker sends these calls here first (--wrap).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-file.h"
#include "io/channel-socket.h"
#include "io/net-listener.h"
#include "qapi/error.h"

/* The calls so far, in order. */
static GString *calls;

static void assert_calls(const char *expected)
{
    g_assert_cmpstr(calls->str, ==, expected);
    g_string_truncate(calls, 0);
}

/* __real_NAME is the host's own, __wrap_NAME what everybody calls. */
#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters \
    { \
        g_string_append(calls, #name " "); \
        return __real_##name arguments; \
    }

WRAP(int, qemu_close, (int fd), (fd))
WRAP(int, socket_connect, (SocketAddress *addr, Error **errp), (addr, errp))
WRAP(int, socket_listen, (SocketAddress *addr, int num, Error **errp), (addr, num, errp))
WRAP(int, socket_dgram, (SocketAddress *remote, SocketAddress *local, Error **errp),
     (remote, local, errp))

void __real_socket_listen_cleanup(int fd, Error **errp);
void __wrap_socket_listen_cleanup(int fd, Error **errp);
void __wrap_socket_listen_cleanup(int fd, Error **errp)
{
    g_string_append(calls, "socket_listen_cleanup ");
    __real_socket_listen_cleanup(fd, errp);
}

#ifndef QIO_HAS_OPEN_ERRP
#define OPEN "qemu_open_old "
#define CREATE "qemu_open_old "

int __real_qemu_open_old(const char *name, int flags, ...);
int __wrap_qemu_open_old(const char *name, int flags, ...);
int __wrap_qemu_open_old(const char *name, int flags, ...)
{
    va_list ap;
    int mode;

    va_start(ap, flags);
    mode = va_arg(ap, int);
    va_end(ap);
    g_string_append(calls, "qemu_open_old ");
    return __real_qemu_open_old(name, flags, mode);
}
#else
#define OPEN "qemu_open "
#define CREATE "qemu_create "

WRAP(int, qemu_open, (const char *name, int flags, Error **errp), (name, flags, errp))
WRAP(int, qemu_create, (const char *name, int flags, mode_t mode, Error **errp),
     (name, flags, mode, errp))
#endif

/* R-82-7, R-90-4: opened by the host, as the release does it. */
static void test_files(void)
{
    g_autofree char *dir = g_dir_make_tmp("qio-host-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    QIOChannelFile *file;
    Error *err = NULL;
    struct stat info;

    file = qio_channel_file_new_path(path, O_RDWR | O_CREAT, 0600, &error_abort);
    assert_calls(CREATE);
    g_assert_cmpint(fstat(file->fd, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(file), &error_abort), ==, 0);
    assert_calls("qemu_close ");
    object_unref(file);
    assert_calls("");

    file = qio_channel_file_new_path(path, O_RDONLY, 0, &error_abort);
    assert_calls(OPEN);
    object_unref(file);
    assert_calls("qemu_close ");

    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_null(qio_channel_file_new_path(path, O_RDONLY, 0, &err));
    assert_calls(OPEN);
    g_assert_nonnull(strstr(error_get_pretty(err), path));
    error_free(err);
    g_assert_cmpint(rmdir(dir), ==, 0);
}

static void test_sockets(void)
{
    g_autofree char *dir = g_dir_make_tmp("qio-host-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    SocketAddress addr = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix.path = path };
    QIOChannelSocket *server = qio_channel_socket_new();
    QIOChannelSocket *client = qio_channel_socket_new();

    g_assert_cmpint(qio_channel_socket_listen_sync(server, &addr, 1, &error_abort), ==, 0);
    assert_calls("socket_listen ");
    g_assert_cmpint(qio_channel_socket_connect_sync(client, &addr, &error_abort), ==, 0);
    assert_calls("socket_connect ");
    object_unref(client);
    assert_calls("");
    object_unref(server);
    assert_calls("socket_listen_cleanup ");
    g_assert_cmpint(access(path, F_OK), ==, -1);
    g_assert_cmpint(rmdir(dir), ==, 0);
}

static void test_datagrams(void)
{
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_INET,
        .u.inet = { .host = (char *)"127.0.0.1", .port = (char *)"9" },
    };
    QIOChannelSocket *channel = qio_channel_socket_new();

    g_assert_cmpint(qio_channel_socket_dgram_sync(channel, NULL, &addr, &error_abort), ==, 0);
    assert_calls("socket_dgram ");
    object_unref(channel);
    assert_calls("");
}

/* R-QOM-9: of a program that makes an object before it has registered the types, docs/qemu.md says what it reads. */
static void test_without_types(void)
{
    if (g_test_subprocess()) {
        qio_net_listener_new();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
#ifdef QIO_HAS_UNKNOWN_TYPE_EXIT
    g_test_trap_assert_stderr("*test-host-calls: unknown type 'qio-net-listener'\n");
#endif
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    calls = g_string_new(NULL);
    if (!g_test_subprocess()) {
        module_call_init(MODULE_INIT_QOM);
    }
    g_test_add_func("/qio/host/without-types", test_without_types);
    g_test_add_func("/qio/host/calls/files", test_files);
    g_test_add_func("/qio/host/calls/sockets", test_sockets);
    g_test_add_func("/qio/host/calls/datagrams", test_datagrams);
    return g_test_run();
}
