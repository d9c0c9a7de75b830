/*
 * What the tests of qemu/sockets.h have in common
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SOCKET_CHECKS_H
#define SOCKET_CHECKS_H

#include "qemu/sockets.h"
#include "qapi/error.h"
#include "mistakes.h"
#include "open-files.h"

static inline SocketAddress inet_address(const char *host, const char *port)
{
    return (SocketAddress) {
        .type = SOCKET_ADDRESS_TYPE_INET,
        .u.inet = { .host = (char *)host, .port = (char *)port },
    };
}

static inline SocketAddress unix_address(const char *path)
{
    return (SocketAddress) {
        .type = SOCKET_ADDRESS_TYPE_UNIX,
        .u.q_unix = { .path = (char *)path },
    };
}

/* The error says exactly this; it is freed. */
static inline void assert_error(Error **errp, const char *text)
{
    g_assert_nonnull(*errp);
    g_assert_cmpstr(error_get_pretty(*errp), ==, text);
    error_free_or_abort(errp);
}

/* The error begins so, and goes on with what errno says; it is freed. */
static inline void assert_system_error(Error **errp, const char *text, int os_errno)
{
    g_autofree char *whole = g_strdup_printf("%s: %s", text, strerror(os_errno));

    g_assert_cmpint(errno, ==, os_errno);
    assert_error(errp, whole);
}

static inline void assert_plain_descriptor(int fd)
{
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
}

static inline int int_option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    g_assert_cmpint(getsockopt(fd, level, name, &value, &size), ==, 0);
    return value;
}

/* The port that a socket has, as text. */
static inline char *port_of(int fd)
{
    g_autoptr(SocketAddress) addr = socket_local_address(fd, &error_abort);

    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_INET);
    return g_strdup(addr->u.inet.port);
}

/* A client gets through from @addr to the listening @server. */
static inline void assert_reachable(int server, SocketAddress *addr)
{
    int client = socket_connect(addr, &error_abort);
    int peer = qemu_accept(server, NULL, NULL);
    char byte = 0;

    assert_plain_descriptor(client);
    assert_plain_descriptor(peer);
    g_assert_cmpint(qemu_send_full(client, "!", 1), ==, 1);
    g_assert_cmpint(recv(peer, &byte, 1, 0), ==, 1);
    g_assert_cmpint(byte, ==, '!');
    close(client);
    close(peer);
}

#endif
