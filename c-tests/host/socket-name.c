/*
 * Addresses of the names that sockets have (R-SOCK-18), and as text (R-SOCK-22).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "sockets.h"

#include <linux/vm_sockets.h>

/* Longest number in the text of a virtio socket. */
#define VSOCK_NUMBER_MAX 32

static SocketAddress *address_new(SocketAddressType type)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    addr->type = type;
    return addr;
}

static SocketAddress *inet_address(const struct sockaddr *name, socklen_t len, Error **errp)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    SocketAddress *addr;
    int error = getnameinfo(name, len, host, sizeof(host), port, sizeof(port),
                            NI_NUMERICHOST | NI_NUMERICSERV);

    if (error != 0) {
        error_setg(errp, "Cannot format numeric socket address: %s", gai_strerror(error));
        return NULL;
    }
    addr = address_new(SOCKET_ADDRESS_TYPE_INET);
    addr->u.inet.host = g_strdup(host);
    addr->u.inet.port = g_strdup(port);
    if (name->sa_family == AF_INET) {
        addr->u.inet.has_ipv4 = addr->u.inet.ipv4 = true;
    } else {
        addr->u.inet.has_ipv6 = addr->u.inet.ipv6 = true;
    }
    return addr;
}

static SocketAddress *unix_address(const struct sockaddr_un *name, socklen_t len)
{
    SocketAddress *addr = address_new(SOCKET_ADDRESS_TYPE_UNIX);
    UnixSocketAddress *q_unix = &addr->u.q_unix;
    size_t path_len = MIN(len, sizeof(*name)) - offsetof(struct sockaddr_un, sun_path);

    if (path_len > 0 && name->sun_path[0] == '\0') {
        q_unix->path = g_strndup(name->sun_path + 1, path_len - 1);
        q_unix->has_abstract = q_unix->abstract = true;
        q_unix->has_tight = true;
        q_unix->tight = len < sizeof(*name);
    } else {
        q_unix->path = g_strndup(name->sun_path, path_len);
    }
    return addr;
}

static SocketAddress *vsock_address(const struct sockaddr_vm *name)
{
    SocketAddress *addr = address_new(SOCKET_ADDRESS_TYPE_VSOCK);

    addr->u.vsock.cid = g_strdup_printf("%u", name->svm_cid);
    addr->u.vsock.port = g_strdup_printf("%u", name->svm_port);
    return addr;
}

SocketAddress *socket_sockaddr_to_address(struct sockaddr_storage *sa, socklen_t salen,
                                          Error **errp)
{
    switch (sa->ss_family) {
    case AF_INET:
    case AF_INET6:
        return inet_address((struct sockaddr *)sa, salen, errp);
    case AF_UNIX:
        return unix_address((struct sockaddr_un *)sa, salen);
    case AF_VSOCK:
        return vsock_address((struct sockaddr_vm *)sa);
    default:
        error_setg(errp, "socket family %d unsupported", sa->ss_family);
        return NULL;
    }
}

SocketAddress *socket_local_address(int fd, Error **errp)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);

    if (getsockname(fd, (struct sockaddr *)&name, &len) < 0) {
        error_setg_errno(errp, errno, "Unable to query local socket address");
        return NULL;
    }
    return socket_sockaddr_to_address(&name, len, errp);
}

#ifdef QIO_HAS_INET_CONNECT
SocketAddress *socket_remote_address(int fd, Error **errp)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);

    if (getpeername(fd, (struct sockaddr *)&name, &len) < 0) {
        error_setg_errno(errp, errno, "Unable to query remote socket address");
        return NULL;
    }
    return socket_sockaddr_to_address(&name, len, errp);
}
#endif

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* A host or port in a list of options. */
static char *quoted(const char *text)
{
#ifdef QIO_HAS_ADDRESS_OPTION_PAIRS
    g_auto(GStrv) parts = g_strsplit(or_empty(text), ",", -1);

    return g_strjoinv(",,", parts);
#else
    return g_strdup(or_empty(text));
#endif
}

char *socket_uri(SocketAddress *addr)
{
    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET: {
        g_autofree char *host = quoted(addr->u.inet.host), *port = quoted(addr->u.inet.port);

        return g_strdup_printf(strchr(host, ':') || *host == '[' ? "tcp:[%s]:%s" : "tcp:%s:%s", host, port);
    }
    case SOCKET_ADDRESS_TYPE_UNIX:
        return g_strdup_printf("unix:%s", or_empty(addr->u.q_unix.path));
    case SOCKET_ADDRESS_TYPE_VSOCK:
        return g_strdup_printf("vsock:%s:%s", or_empty(addr->u.vsock.cid), or_empty(addr->u.vsock.port));
    case SOCKET_ADDRESS_TYPE_FD:
        return g_strdup_printf("fd:%s", or_empty(addr->u.fd.str));
    default:
        abort();
    }
}

static bool vsock_parse(VsockSocketAddress *vsock, const char *text, Error **errp)
{
    g_auto(GStrv) numbers = g_strsplit(text, ":", -1);
    guint count = g_strv_length(numbers);

    for (guint i = 0; i < count; i++) {
        if (*numbers[i] == '\0' || strlen(numbers[i]) > VSOCK_NUMBER_MAX) {
            count = 0;
        }
    }
    if (count != 2) {
        error_setg(errp, "error parsing vsock address '%s'", text);
        return false;
    }
    vsock->cid = g_strdup(numbers[0]);
    vsock->port = g_strdup(numbers[1]);
    return true;
}

SocketAddress *socket_parse(const char *str, Error **errp)
{
    SocketAddress *addr = address_new(SOCKET_ADDRESS_TYPE_INET);
    const char *rest = str;
    bool good;

    if (strstart(str, "unix:", &rest)) {
        addr->type = SOCKET_ADDRESS_TYPE_UNIX;
        addr->u.q_unix.path = g_strdup(rest);
        good = *rest != '\0';
        if (!good) {
            error_setg(errp, "invalid Unix socket address");
        }
    } else if (strstart(str, "fd:", &rest)) {
        addr->type = SOCKET_ADDRESS_TYPE_FD;
        addr->u.fd.str = g_strdup(rest);
        good = *rest != '\0';
        if (!good) {
            error_setg(errp, "invalid file descriptor address");
        }
    } else if (strstart(str, "vsock:", &rest)) {
        addr->type = SOCKET_ADDRESS_TYPE_VSOCK;
        good = vsock_parse(&addr->u.vsock, rest, errp);
    } else {
        strstart(str, "tcp:", &rest);
        good = inet_parse(&addr->u.inet, rest, errp) == 0;
    }
    if (!good) {
        qapi_free_SocketAddress(addr);
        return NULL;
    }
    return addr;
}
