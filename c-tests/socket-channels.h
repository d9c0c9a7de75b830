/*
 * What the tests of socket channels have in common.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SOCKET_CHANNELS_H
#define SOCKET_CHANNELS_H

#include "qemu/osdep.h"
#include "io/channel-socket.h"
#include "qemu/module.h"
#include "socket-checks.h"

#define FEATURE(name) (1u << QIO_CHANNEL_FEATURE_##name)

#ifndef QIO_HAS_READV_FLAGS
#define PEEK_FEATURE 0u
#define readv_full(ioc, iov, niov, fds, nfds, errp) \
    qio_channel_readv_full(QIO_CHANNEL(ioc), iov, niov, fds, nfds, errp)
#else
#define PEEK_FEATURE FEATURE(READ_MSG_PEEK)
#define readv_full(ioc, iov, niov, fds, nfds, errp) \
    qio_channel_readv_full(QIO_CHANNEL(ioc), iov, niov, fds, nfds, 0, errp)
#endif

/* Both ends of a connection. */
typedef struct Pair {
    QIOChannelSocket *client;
    QIOChannelSocket *server;
} Pair;

static inline void pair_end(Pair *pair)
{
    if (pair->client) {
        object_unref(OBJECT(pair->client));
    }
    if (pair->server) {
        object_unref(OBJECT(pair->server));
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_end)

static inline void socket_end(QIOChannelSocket **ioc)
{
    if (*ioc) {
        object_unref(OBJECT(*ioc));
    }
}

typedef QIOChannelSocket *SocketPointer;

/* A pointer to a socket channel, which is unreferenced at the end of the block. */
#define auto_socket __attribute__((cleanup(socket_end))) SocketPointer

static inline QIOChannelSocket *listen_on(SocketAddress *addr)
{
    QIOChannelSocket *ioc = qio_channel_socket_new();

    g_assert_cmpint(qio_channel_socket_listen_sync(ioc, addr, 5, &error_abort), ==, 0);
    return ioc;
}

/* A connection to @server, which listens. */
static inline Pair connect_to(QIOChannelSocket *server)
{
    g_autoptr(SocketAddress) addr = qio_channel_socket_get_local_address(server, &error_abort);
    Pair pair = { .client = qio_channel_socket_new() };

    g_assert_cmpint(qio_channel_socket_connect_sync(pair.client, addr, &error_abort), ==, 0);
    pair.server = qio_channel_socket_accept(server, &error_abort);
    g_assert_nonnull(pair.server);
    return pair;
}

static inline Pair tcp_pair(const char *host)
{
    SocketAddress addr = inet_address(host, "0");
    auto_socket server = listen_on(&addr);

    return connect_to(server);
}

/* Two connected UNIX sockets of @type. */
static inline Pair unix_pair_of(int type)
{
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv), ==, 0);
    return (Pair) {
        .client = qio_channel_socket_new_fd(sv[0], &error_abort),
        .server = qio_channel_socket_new_fd(sv[1], &error_abort),
    };
}

static inline Pair unix_pair(void)
{
    return unix_pair_of(SOCK_STREAM);
}

static inline SocketAddress abstract_address(const char *name, bool tight)
{
    return (SocketAddress) {
        .type = SOCKET_ADDRESS_TYPE_UNIX,
        .u.q_unix = {
            .path = (char *)name,
            .has_abstract = true, .abstract = true,
            .has_tight = true, .tight = tight,
        },
    };
}

static inline SocketAddress fd_address(const char *number)
{
    return (SocketAddress) {
        .type = SOCKET_ADDRESS_TYPE_FD,
        .u.fd = { .str = (char *)number },
    };
}

/* A name for a socket in a new directory; remove_socket_path() removes both. */
static inline char *make_socket_path(void)
{
    g_autofree char *dir = g_dir_make_tmp("qio-XXXXXX", NULL);

    g_assert_nonnull(dir);
    return g_build_filename(dir, "socket", NULL);
}

static inline void remove_socket_path(char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);

    unlink(path);
    g_assert_cmpint(rmdir(dir), ==, 0);
    g_free(path);
}

static inline bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* What is written at one end arrives at the other, both ways. */
static inline void assert_connected(Pair *pair)
{
    char text[6] = "";

    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair->client), "there", 6, &error_abort), ==, 6);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair->server), text, 6, &error_abort), ==, 6);
    g_assert_cmpstr(text, ==, "there");
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair->server), "back", 5, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair->client), text, 6, &error_abort), ==, 5);
    g_assert_cmpstr(text, ==, "back");
}

/* The peer has closed its end. */
static inline void assert_at_end(QIOChannelSocket *ioc)
{
    char byte;

    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), &byte, 1, &error_abort), ==, 0);
}

static inline void set_blocking(QIOChannelSocket *ioc, bool enabled)
{
#ifdef QIO_HAS_BOOL_SET_BLOCKING
    g_assert_true(qio_channel_set_blocking(QIO_CHANNEL(ioc), enabled, &error_abort));
#else
    g_assert_cmpint(qio_channel_set_blocking(QIO_CHANNEL(ioc), enabled, &error_abort), ==, 0);
#endif
}

/* The error says all of this, in this order; it is freed. */
static inline void assert_error_has(Error **errp, const char *first, const char *second)
{
    const char *text, *found;

    g_assert_nonnull(*errp);
    text = error_get_pretty(*errp);
    found = strstr(text, first);
    if (!found || (second && !strstr(found, second))) {
        g_test_message("the error is: %s", text);
        g_test_fail();
    }
    error_free(*errp);
    *errp = NULL;
}

/* Ready for tests: types known, and nothing opened later that stays open. */
static inline void socket_tests_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_main_context_default();
}

#endif
