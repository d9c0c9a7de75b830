/*
 * Sockets by address: what the library calls (R-SOCK-7, R-SOCK-14, R-SOCK-17, R-SOCK-19 to R-SOCK-21).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "sockets.h"

int socket_listen(SocketAddress *addr, int num, Error **errp)
{
    int fd;

    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        return inet_listen(&addr->u.inet, num, errp);
    case SOCKET_ADDRESS_TYPE_UNIX:
        return unix_listen_address(&addr->u.q_unix, num, errp);
    case SOCKET_ADDRESS_TYPE_VSOCK:
        return vsock_listen(&addr->u.vsock, num, errp);
    case SOCKET_ADDRESS_TYPE_FD:
        fd = fd_address_resolve(&addr->u.fd, errp);
        if (fd >= 0 && listen(fd, num) < 0) {
            error_setg_errno(errp, errno, "Failed to listen on fd socket '%s'", addr->u.fd.str);
            socket_drop(fd);
            return -1;
        }
        return fd;
    default:
        abort();
    }
}

int socket_connect(SocketAddress *addr, Error **errp)
{
    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        return inet_connect_saddr(&addr->u.inet, errp);
    case SOCKET_ADDRESS_TYPE_UNIX:
        return unix_connect_address(&addr->u.q_unix, errp);
    case SOCKET_ADDRESS_TYPE_VSOCK:
        return vsock_connect(&addr->u.vsock, errp);
    case SOCKET_ADDRESS_TYPE_FD:
        return fd_address_resolve(&addr->u.fd, errp);
    default:
        abort();
    }
}

int socket_dgram(SocketAddress *remote, SocketAddress *local, Error **errp)
{
    if (remote->type != SOCKET_ADDRESS_TYPE_INET ||
        (local != NULL && local->type != SOCKET_ADDRESS_TYPE_INET)) {
        error_setg(errp, "socket type unsupported for datagram");
        return -1;
    }
    return inet_dgram(&remote->u.inet, local != NULL ? &local->u.inet : NULL, errp);
}

void socket_listen_cleanup(int fd, Error **errp)
{
    SocketAddress *addr = socket_local_address(fd, errp);

    if (addr == NULL) {
        return;
    }
    if (addr->type == SOCKET_ADDRESS_TYPE_UNIX && !addr->u.q_unix.abstract &&
        *addr->u.q_unix.path != '\0' && unlink(addr->u.q_unix.path) < 0 && errno != ENOENT) {
        error_setg_errno(errp, errno, "Failed to unlink socket %s", addr->u.q_unix.path);
    }
    qapi_free_SocketAddress(addr);
}

/* errno is 0 if it is no number at all. */
static bool descriptor_parse(const char *text, int *fd)
{
    errno = 0;
    return text != NULL && !g_ascii_isspace(*text) && qemu_strtoi(text, NULL, 10, fd) == 0;
}

int fd_address_resolve(const DescriptorName *addr, Error **errp)
{
    Monitor *monitor = monitor_cur();
    int fd;

    if (monitor != NULL) {
        /* A name, even if it looks like a number. */
        fd = monitor_get_fd(monitor, addr->str, errp);
        if (fd < 0) {
            return -1;
        }
    } else if (!descriptor_parse(addr->str, &fd)) {
        error_setg_errno(errp, errno, "Unable to parse FD number %s",
                         addr->str != NULL ? addr->str : "");
        return -1;
    }
    if (!fd_is_socket(fd)) {
        error_setg(errp, "File descriptor '%s' is not a socket", addr->str);
        close(fd);
        return -1;
    }
    return fd;
}

int socket_address_parse_named_fd(SocketAddress *addr, Error **errp)
{
    int fd;

    if (addr->type == SOCKET_ADDRESS_TYPE_FD) {
        fd = fd_address_resolve(&addr->u.fd, errp);
        if (fd < 0) {
            return fd;
        }
        g_free(addr->u.fd.str);
        addr->u.fd.str = g_strdup_printf("%d", fd);
    }
    return 0;
}
