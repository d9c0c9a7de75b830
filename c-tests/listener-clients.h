/*
 * What the tests of listeners have in common: addresses, clients, and a callback that notes what it
 * got.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LISTENER_CLIENTS_H
#define LISTENER_CLIENTS_H

#include "qemu/osdep.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include "listener-sockets.h"
#include "io/channel.h"
#include "qapi/error.h"

/* Addresses ---------------------------------------------------------------- */

static inline SocketAddress *inet_address(const char *host, const char *port)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    addr->type = SOCKET_ADDRESS_TYPE_INET;
    addr->u.inet.host = g_strdup(host);
    addr->u.inet.port = g_strdup(port);
    return addr;
}

static inline SocketAddress *unix_address(const char *path)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    addr->type = SOCKET_ADDRESS_TYPE_UNIX;
    addr->u.q_unix.path = g_strdup(path);
    return addr;
}

static inline SocketAddress *fd_address(int fd)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    addr->type = SOCKET_ADDRESS_TYPE_FD;
    addr->u.fd.str = g_strdup_printf("%d", fd);
    return addr;
}

/* A path that no other call returns, in a directory that goes with the process. */
static char *socket_dir;

static inline void remove_socket_dir(void)
{
    rmdir(socket_dir);
    g_free(socket_dir);
}

static inline char *fresh_path(void)
{
    static int count;

    if (!socket_dir) {
        socket_dir = g_dir_make_tmp("qio-listener-XXXXXX", NULL);
        g_assert_nonnull(socket_dir);
        atexit(remove_socket_dir);
    }
    return g_strdup_printf("%s/%d", socket_dir, count++);
}

/* Listeners ---------------------------------------------------------------- */

/*
 * Adds a UNIX socket to the listener. With UNIX sockets a client is in the backlog as soon as
 * connect() has returned.
 */
static inline void open_unix(QIONetListener *listener)
{
    g_autofree char *path = fresh_path();
    SocketAddress *addr = unix_address(path);

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 100, &error_abort), ==, 0);
    qapi_free_SocketAddress(addr);
}

/* Adds a TCP socket to the listener. */
static inline void open_inet(QIONetListener *listener)
{
    SocketAddress *addr = inet_address("127.0.0.1", "0");

    g_assert_cmpint(qio_net_listener_open_sync(listener, addr, 100, &error_abort), ==, 0);
    qapi_free_SocketAddress(addr);
}

/* A listener with so many UNIX sockets. */
static inline QIONetListener *listener_with(int sockets)
{
    QIONetListener *listener = qio_net_listener_new();

    while (sockets-- > 0) {
        open_unix(listener);
    }
    return listener;
}

/* A socket that listens on a UNIX path, as a program makes it; blocking. */
static inline int raw_unix_listener(char **path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *path = fresh_path();
    g_strlcpy(name.sun_path, *path, sizeof(name.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    g_assert_cmpint(listen(fd, 100), ==, 0);
    return fd;
}

/* Drops the last reference; the listener must be gone with it. */
static inline void unref_last(void *obj)
{
    g_assert_cmpuint(OBJECT(obj)->ref, ==, 1);
    object_unref(obj);
}

/* Clients ------------------------------------------------------------------ */

/* Connects to a listening socket. */
static inline int connect_to_fd(int listening)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    int fd;

    g_assert_cmpint(getsockname(listening, (struct sockaddr *)&name, &len), ==, 0);
    fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&name, len), ==, 0);
    return fd;
}

/* Connects to socket number @n of the listener. */
static inline int connect_to(QIONetListener *listener, size_t n)
{
    return connect_to_fd(socket_of(listener, n)->fd);
}

/* Waits for what the other end does: true if it closes, false if it sends a byte. */
static inline bool peer_closes(int fd)
{
    char byte;
    ssize_t got;

    do {
        got = recv(fd, &byte, 1, 0);
    } while (got < 0 && errno == EINTR);
    return got <= 0;
}

/* Whether a client waits in the backlog, or there is something to read. */
static inline bool is_readable(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

    return poll(&poll_fd, 1, 0) == 1;
}

/* How many clients of a listening socket wait; they are gone afterwards. */
static inline int drain_backlog(int listening)
{
    int clients = 0;

    while (is_readable(listening)) {
        int fd = accept(listening, NULL, NULL);

        g_assert_cmpint(fd, >=, 0);
        close(fd);
        clients++;
    }
    return clients;
}

/* What the callback got. */
typedef struct Clients {
    int calls;
    int notified;
    QIONetListener *listener;
    QIOChannelSocket *last; /* with a reference, if keep */
    bool keep;
    GMainContext *context; /* of the dispatch */
} Clients;

static inline void client_noted(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Clients *clients = opaque;

    g_assert_cmpint(clients->notified, ==, 0);
    clients->calls++;
    clients->listener = listener;
    clients->context = g_source_get_context(g_main_current_source());
    if (clients->keep) {
        if (clients->last) {
            object_unref(OBJECT(clients->last));
        }
        clients->last = sioc;
        object_ref(OBJECT(sioc));
    }
}

static inline void notify_noted(gpointer opaque)
{
    Clients *clients = opaque;

    clients->notified++;
}

/* Another one that is told apart by its address. */
static inline void other_client_noted(QIONetListener *listener, QIOChannelSocket *sioc,
                                      gpointer opaque)
{
    client_noted(listener, sioc, opaque);
}

static inline void run_until_calls(Clients *clients, int goal, GMainContext *context)
{
    while (clients->calls < goal) {
        g_main_context_iteration(context, TRUE);
    }
}

/* Dispatches all that is ready. */
static inline void run_all(GMainContext *context)
{
    while (g_main_context_iteration(context, FALSE)) {
        /* nothing */
    }
}

#endif
