/*
 * Virtio sockets (R-SOCK-13).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "sockets.h"

#include <linux/vm_sockets.h>

static bool number_parse(const char *text, const char *what, unsigned int *value, Error **errp)
{
    guint64 number;

    if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &number, NULL)) {
        error_setg(errp, "Failed to parse %s '%s'", what, text != NULL ? text : "");
        return false;
    }
    *value = number;
    return true;
}

/* A socket, and the name that @addr stands for. */
static int vsock_prepare(const VsockSocketAddress *addr, struct sockaddr_vm *name, Error **errp)
{
    int fd;

    *name = (struct sockaddr_vm) { .svm_family = AF_VSOCK };
    if (!number_parse(addr->cid, "cid", &name->svm_cid, errp) ||
        !number_parse(addr->port, "port", &name->svm_port, errp)) {
        return -1;
    }
    fd = qemu_socket(AF_VSOCK, SOCK_STREAM, 0);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to create socket");
    }
    return fd;
}

int vsock_listen(const VsockSocketAddress *addr, int num, Error **errp)
{
    struct sockaddr_vm name;
    int fd = vsock_prepare(addr, &name, errp);

    if (fd < 0) {
        return -1;
    }
    if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
        error_setg_errno(errp, errno, "Failed to bind socket");
    } else if (listen(fd, num) < 0) {
        error_setg_errno(errp, errno, "Failed to listen on socket");
    } else {
        return fd;
    }
    socket_drop(fd);
    return -1;
}

int vsock_connect(const VsockSocketAddress *addr, Error **errp)
{
    struct sockaddr_vm name;
    int fd = vsock_prepare(addr, &name, errp);

    if (fd >= 0 && connect_fully(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
        error_setg_errno(errp, errno, "Failed to connect to '%s:%s'", addr->cid, addr->port);
        socket_drop(fd);
        return -1;
    }
    return fd;
}
