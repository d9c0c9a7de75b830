/*
 * Internet sockets (R-SOCK-5, R-SOCK-6, R-SOCK-8 to R-SOCK-11, R-SOCK-14, R-SOCK-15, R-SOCK-17).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "sockets.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define IS_ON(addr, flag) ((addr)->has_##flag && (addr)->flag)
#define IS_OFF(addr, flag) ((addr)->has_##flag && !(addr)->flag)

static bool is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

int inet_ai_family_from_address(InetSocketAddress *addr, Error **errp)
{
    if (IS_OFF(addr, ipv4) && IS_OFF(addr, ipv6)) {
        error_setg(errp, "Cannot disable IPv4 and IPv6 at same time");
        return PF_UNSPEC;
    }
    if (IS_ON(addr, ipv4) && IS_ON(addr, ipv6)) {
        /* One socket for both if any address will do, else whatever the name has. */
        return is_empty(addr->host) ? PF_INET6 : PF_UNSPEC;
    }
    if (IS_ON(addr, ipv4) || IS_OFF(addr, ipv6)) {
        return PF_INET;
    }
    return IS_ON(addr, ipv6) || IS_OFF(addr, ipv4) ? PF_INET6 : PF_UNSPEC;
}

/* What the resolver has for the name; the caller's. NULL after a failure. */
static struct addrinfo *lookup(const char *host, const char *port, struct addrinfo *hints,
                               Error **errp)
{
    struct addrinfo *results = NULL;
    int error = getaddrinfo(is_empty(host) ? NULL : host, is_empty(port) ? "0" : port,
                            hints, &results);

    if (error == EAI_BADFLAGS && (hints->ai_flags & AI_V4MAPPED)) {
        hints->ai_flags &= ~AI_V4MAPPED;
        return lookup(host, port, hints, errp);
    }
    if (error != 0) {
        error_setg(errp, "address resolution failed for %s:%s: %s", host != NULL ? host : "",
                   port != NULL ? port : "", gai_strerror(error));
        return NULL;
    }
    return results;
}

static int protocol_of(const InetSocketAddress *addr, const struct addrinfo *result)
{
    return IS_ON(addr, mptcp) ? IPPROTO_MPTCP : result->ai_protocol;
}

/* Keeping alive */

static bool keep_alive_option(int fd, int level, int option, const char *name, int value,
                              Error **errp)
{
    if (setsockopt(fd, level, option, &value, sizeof(value)) < 0) {
        error_setg_errno(errp, errno, "Unable to set %s", name);
        return false;
    }
    return true;
}

static bool keep_alive_set(int fd, const InetSocketAddress *addr, Error **errp)
{
    if (!addr->keep_alive) {
        return true;
    }
    if (!keep_alive_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1, errp)) {
        return false;
    }
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
    if (addr->has_keep_alive_count && addr->keep_alive_count != 0 &&
        !keep_alive_option(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT",
                           addr->keep_alive_count, errp)) {
        return false;
    }
    if (addr->has_keep_alive_idle && addr->keep_alive_idle != 0 &&
        !keep_alive_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                           addr->keep_alive_idle, errp)) {
        return false;
    }
    if (addr->has_keep_alive_interval && addr->keep_alive_interval != 0 &&
        !keep_alive_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
                           addr->keep_alive_interval, errp)) {
        return false;
    }
#endif
    return true;
}

/* Listening */

static int bind_once(int fd, const struct addrinfo *result, int v6only)
{
    if (result->ai_family == PF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
    }
    return bind(fd, result->ai_addr, result->ai_addrlen);
}

static int bind_for_families(int fd, const struct addrinfo *result, const InetSocketAddress *addr)
{
    bool for_both = (!addr->has_ipv4 && !addr->has_ipv6) ||
                    (IS_ON(addr, ipv4) && IS_ON(addr, ipv6));
    int bound = bind_once(fd, result, !for_both);

    if (bound < 0 && errno == EADDRINUSE && for_both && result->ai_family == PF_INET6) {
        bound = bind_once(fd, result, 1);
    }
    return bound;
}

static in_port_t *port_of(const struct addrinfo *result)
{
    return result->ai_family == PF_INET6
               ? &((struct sockaddr_in6 *)(void *)result->ai_addr)->sin6_port
               : &((struct sockaddr_in *)(void *)result->ai_addr)->sin_port;
}

typedef enum Attempt {
    LISTENS,
    SOCKET_MISSING,
    PORT_TAKEN,
    FAILED, /* for good, the error is set */
} Attempt;

static Attempt listen_attempt(const InetSocketAddress *addr, const struct addrinfo *result,
                              int num, int *fd, Error **errp)
{
    const char *problem = NULL;

    *fd = qemu_socket(result->ai_family, result->ai_socktype, protocol_of(addr, result));
    if (*fd < 0) {
        return SOCKET_MISSING;
    }
    socket_set_fast_reuse(*fd);
    if (bind_for_families(*fd, result, addr) < 0) {
        problem = "Failed to bind socket to";
    } else if (listen(*fd, num) < 0) {
        problem = "Failed to listen on socket";
    }
    if (problem == NULL) {
        return LISTENS;
    }
    socket_drop(*fd);
    if (errno == EADDRINUSE) {
        return PORT_TAKEN;
    }
    error_setg_errno(errp, errno, "%s %s:%u", problem, addr->host, ntohs(*port_of(result)));
    return FAILED;
}

/* Tries the results and, for each, the ports. */
static int listen_somewhere(const InetSocketAddress *addr, const struct addrinfo *results,
                            int num, Error **errp)
{
    bool had_socket = false;

    for (const struct addrinfo *result = results; result != NULL; result = result->ai_next) {
        unsigned int first = ntohs(*port_of(result));
        unsigned int last = addr->has_to ? addr->to : first;

        for (unsigned int port = first; port <= last; port++) {
            int fd;

            *port_of(result) = htons(port);
            switch (listen_attempt(addr, result, num, &fd, errp)) {
            case LISTENS:
                return fd;
            case FAILED:
                return -1;
            case SOCKET_MISSING:
                if (port != first) {
                    error_setg_errno(errp, errno, "Failed to recreate failed listening socket");
                    return -1;
                }
                break;
            case PORT_TAKEN:
                had_socket = true;
                break;
            }
        }
    }
    if (had_socket) {
        error_setg_errno(errp, errno, "Failed to find an available port at %s:%s", addr->host,
                         addr->port);
    } else {
        error_setg_errno(errp, errno, "Failed to create a socket");
    }
    return -1;
}

int inet_listen(InetSocketAddress *addr, int num, Error **errp)
{
    ERRP_GUARD();
    struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };
    struct addrinfo *results;
    int fd;

#ifndef QIO_HAS_LISTENING_KEEP_ALIVE
    if (addr->keep_alive) {
        error_setg(errp, "keep-alive option is not supported for passive sockets");
        return -1;
    }
#endif
    if (addr->host == NULL) {
        error_setg(errp, "host not specified");
        return -1;
    }
    hints.ai_family = inet_ai_family_from_address(addr, errp);
    if (*errp != NULL) {
        return -1;
    }
    if (IS_ON(addr, numeric)) {
        hints.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
    }
    results = lookup(addr->host, addr->port, &hints, errp);
    if (results == NULL) {
        return -1;
    }
    fd = listen_somewhere(addr, results, num, errp);
    freeaddrinfo(results);
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
    if (fd >= 0 && !keep_alive_set(fd, addr, errp)) {
        socket_drop(fd);
        return -1;
    }
#endif
    return fd;
}

/* Connecting */

static int connect_attempt(const InetSocketAddress *addr, const struct addrinfo *result)
{
    int fd = qemu_socket(result->ai_family, result->ai_socktype, protocol_of(addr, result));

    if (fd < 0) {
        return -1;
    }
#ifdef QIO_HAS_CONNECT_REUSES_ADDRESS
    socket_set_fast_reuse(fd);
#endif
    if (connect_fully(fd, result->ai_addr, result->ai_addrlen) < 0) {
        socket_drop(fd);
        return -1;
    }
    return fd;
}

int inet_connect_saddr(InetSocketAddress *saddr, Error **errp)
{
    ERRP_GUARD();
    struct addrinfo hints = {
        .ai_flags = AI_CANONNAME | AI_ADDRCONFIG | AI_V4MAPPED,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *results;
    int fd = -1;

    if (is_empty(saddr->host) || is_empty(saddr->port)) {
        error_setg(errp, "host and/or port not specified");
        return -1;
    }
    hints.ai_family = inet_ai_family_from_address(saddr, errp);
    if (*errp != NULL) {
        return -1;
    }
    results = lookup(saddr->host, saddr->port, &hints, errp);
    if (results == NULL) {
        return -1;
    }
    for (struct addrinfo *result = results; result != NULL && fd < 0; result = result->ai_next) {
        fd = connect_attempt(saddr, result);
    }
    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to connect to '%s:%s'", saddr->host, saddr->port);
    } else if (!keep_alive_set(fd, saddr, errp)) {
        socket_drop(fd);
        fd = -1;
    }
    freeaddrinfo(results);
    return fd;
}

#ifdef QIO_HAS_INET_CONNECT
int inet_connect(const char *str, Error **errp)
{
    InetSocketAddress addr;
    int fd = -1;

    if (inet_parse(&addr, str, errp) == 0) {
        fd = inet_connect_saddr(&addr, errp);
    }
    g_free(addr.host);
    g_free(addr.port);
    return fd;
}
#endif

/* Datagrams */

static int dgram_between(const struct addrinfo *here, const struct addrinfo *there, Error **errp)
{
    int fd = qemu_socket(there->ai_family, there->ai_socktype, there->ai_protocol);

    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to create a socket");
        return -1;
    }
    socket_set_fast_reuse(fd);
    if (bind(fd, here->ai_addr, here->ai_addrlen) < 0) {
        error_setg_errno(errp, errno, "Failed to bind socket");
    } else if (connect_fully(fd, there->ai_addr, there->ai_addrlen) < 0) {
        error_setg_errno(errp, errno, "Failed to connect socket");
    } else {
        return fd;
    }
    socket_drop(fd);
    return -1;
}

int inet_dgram(InetSocketAddress *remote, InetSocketAddress *local, Error **errp)
{
    ERRP_GUARD();
    struct addrinfo hints = {
        .ai_flags = AI_CANONNAME | AI_V4MAPPED | AI_ADDRCONFIG,
        .ai_socktype = SOCK_DGRAM,
    };
    struct addrinfo *there, *here;
    int fd = -1;

    if (is_empty(remote->port)) {
        error_setg(errp, "remote port not specified");
        return -1;
    }
    hints.ai_family = inet_ai_family_from_address(remote, errp);
    if (*errp != NULL) {
        return -1;
    }
    there = lookup(is_empty(remote->host) ? "localhost" : remote->host, remote->port,
                   &hints, errp);
    if (there == NULL) {
        return -1;
    }
    hints.ai_flags = AI_PASSIVE;
    hints.ai_family = there->ai_family;
    here = lookup(local != NULL ? local->host : NULL, local != NULL ? local->port : NULL,
                  &hints, errp);
    if (here != NULL) {
        fd = dgram_between(here, there, errp);
        freeaddrinfo(here);
    }
    freeaddrinfo(there);
    return fd;
}
