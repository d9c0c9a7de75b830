/*
 * Plain sockets and their options (R-SOCK-1 to R-SOCK-3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "sockets.h"

void socket_drop(int fd)
{
    int saved_errno = errno;

    close(fd);
    errno = saved_errno;
}

int connect_fully(int fd, const struct sockaddr *name, socklen_t len)
{
    int result;

    do {
        result = connect(fd, name, len);
    } while (result < 0 && errno == EINTR);
    return result;
}

int socket_init(void)
{
    return 0;
}

int qemu_socket(int domain, int type, int protocol)
{
    return socket(domain, type | SOCK_CLOEXEC, protocol);
}

int qemu_socketpair(int domain, int type, int protocol, int sv[2])
{
    return socketpair(domain, type | SOCK_CLOEXEC, protocol, sv);
}

int qemu_accept(int s, struct sockaddr *addr, socklen_t *addrlen)
{
    return accept4(s, addr, addrlen, SOCK_CLOEXEC);
}

ssize_t qemu_send_full(int s, const void *buf, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t n = send(s, (const char *)buf + done, count - done, 0);

        if (n < 0 && errno != EINTR) {
            break;
        }
        done += n > 0 ? n : 0;
    }
    return done;
}

static int option_set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

int socket_set_cork(int fd, int v)
{
    return option_set(fd, IPPROTO_TCP, TCP_CORK, v);
}

int socket_set_nodelay(int fd)
{
    return option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int socket_set_fast_reuse(int fd)
{
    int result = option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);

    assert(result == 0);
    return result;
}

bool fd_is_socket(int fd)
{
    int saved_errno = errno;
    int type;
    socklen_t len = sizeof(type);
    bool is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;

    errno = saved_errno;
    return is_socket;
}

#ifndef QIO_HAS_BOOL_SET_BLOCKING
int qemu_socket_try_set_nonblock(int fd)
{
    return g_unix_set_fd_nonblocking(fd, TRUE, NULL) ? 0 : -errno;
}

void qemu_socket_set_nonblock(int fd)
{
    int result = qemu_socket_try_set_nonblock(fd);

    assert(result == 0);
}

void qemu_socket_set_block(int fd)
{
    g_unix_set_fd_nonblocking(fd, FALSE, NULL);
}
#endif

NetworkAddressFamily inet_netfamily(int family)
{
    switch (family) {
    case PF_INET:
        return NETWORK_ADDRESS_FAMILY_IPV4;
    case PF_INET6:
        return NETWORK_ADDRESS_FAMILY_IPV6;
    case PF_UNIX:
        return NETWORK_ADDRESS_FAMILY_UNIX;
    case PF_VSOCK:
        return NETWORK_ADDRESS_FAMILY_VSOCK;
    default:
        return NETWORK_ADDRESS_FAMILY_UNKNOWN;
    }
}
