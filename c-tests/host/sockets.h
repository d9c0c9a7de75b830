/*
 * What the files that make sockets share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HOST_SOCKETS_H
#define HOST_SOCKETS_H

#include "qemu/sockets.h"

#ifndef QIO_HAS_FD_SOCKET_ADDRESS
typedef String DescriptorName;
#else
typedef FdSocketAddress DescriptorName;
#endif

/* Closes a socket that is of no use. errno stays what made it so. */
void socket_drop(int fd);

/* connect(2), again after a signal. */
int connect_fully(int fd, const struct sockaddr *name, socklen_t len);

int inet_listen(InetSocketAddress *addr, int num, Error **errp);
int inet_dgram(InetSocketAddress *remote, InetSocketAddress *local, Error **errp);

int unix_listen_address(const UnixSocketAddress *addr, int num, Error **errp);
int unix_connect_address(const UnixSocketAddress *addr, Error **errp);

int vsock_listen(const VsockSocketAddress *addr, int num, Error **errp);
int vsock_connect(const VsockSocketAddress *addr, Error **errp);

/* The socket that a descriptor address names; it is the caller's. */
int fd_address_resolve(const DescriptorName *addr, Error **errp);

#endif
