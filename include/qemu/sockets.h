/*
 * Sockets: by address, and plain
 *
 * A function that makes a socket returns one that is blocking and
 * close-on-exec. On failure nothing that it opened stays open. Where an error
 * comes from a system call, errno is that call's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_SOCKETS_H
#define QEMU_SOCKETS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-types-sockets.h"

G_BEGIN_DECLS

/**
 * socket_init:
 *
 * Prepares the system's sockets: nothing to do on Linux.
 *
 * Threads: any; Blocks: no.
 * Returns: 0.
 */
int socket_init(void);

/**
 * qemu_socket:
 * @domain: as for socket(2)
 * @type: as for socket(2)
 * @protocol: as for socket(2)
 *
 * Makes a socket.
 *
 * Threads: any; Blocks: no.
 * Returns: a descriptor, or -1 with errno set.
 */
int qemu_socket(int domain, int type, int protocol);

/**
 * qemu_socketpair:
 * @domain: as for socketpair(2)
 * @type: as for socketpair(2)
 * @protocol: as for socketpair(2)
 * @sv: (out) (array fixed-size=2): the two descriptors
 *
 * Makes two sockets that are connected to each other.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with errno set.
 */
int qemu_socketpair(int domain, int type, int protocol, int sv[2]);

/**
 * qemu_accept:
 * @s: a listening socket
 * @addr: (out) (nullable): the client's name, as for accept(2)
 * @addrlen: (inout) (nullable): room in and bytes of @addr
 *
 * Takes a client off the queue. The socket is blocking whatever @s is. A signal
 * ends the wait: errno is then EINTR.
 *
 * Threads: any; Blocks: yes, unless @s is non-blocking.
 * Returns: a descriptor, or -1 with errno set.
 */
int qemu_accept(int s, struct sockaddr *addr, socklen_t *addrlen);

/**
 * qemu_send_full:
 * @s: a socket
 * @buf: (array length=count): what to send
 * @count: bytes to send
 *
 * Sends all of it, in as many calls as it takes.
 *
 * Threads: any; Blocks: yes, unless @s is non-blocking.
 * Returns: bytes sent; fewer than @count after a failure, with errno set.
 */
ssize_t qemu_send_full(int s, const void *buf, size_t count);

/**
 * socket_set_cork:
 * @fd: a TCP socket
 * @v: 1 to hold incomplete segments back, 0 to send them
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with errno set.
 */
int socket_set_cork(int fd, int v);

/**
 * socket_set_nodelay:
 * @fd: a TCP socket
 *
 * Has small segments sent at once.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with errno set.
 */
int socket_set_nodelay(int fd);

/**
 * socket_set_fast_reuse:
 * @fd: a socket; anything else aborts
 *
 * Lets a socket have a port whose earlier connections still linger.
 *
 * Threads: any; Blocks: no.
 * Returns: 0.
 */
int socket_set_fast_reuse(int fd);

/**
 * fd_is_socket:
 * @fd: a descriptor, open or not
 *
 * Leaves errno alone.
 *
 * Threads: any; Blocks: no.
 * Returns: whether it is a socket.
 */
bool fd_is_socket(int fd);

#ifndef QIO_HAS_BOOL_SET_BLOCKING
/**
 * qemu_socket_set_block:
 * @fd: a descriptor; one that can't be made blocking stays as it is
 *
 * Has operations on it, and on its duplicates, wait.
 *
 * Threads: any; Blocks: no.
 * Differs: absent from the qemu-10.2.0 profile on, which has qemu_set_blocking().
 */
void qemu_socket_set_block(int fd);

/**
 * qemu_socket_set_nonblock:
 * @fd: a descriptor; one that can't be made non-blocking aborts
 *
 * Has operations on it, and on its duplicates, not wait.
 *
 * Threads: any; Blocks: no.
 * Differs: absent from the qemu-10.2.0 profile on, which has qemu_set_blocking().
 */
void qemu_socket_set_nonblock(int fd);

/**
 * qemu_socket_try_set_nonblock:
 * @fd: a descriptor
 *
 * Has operations on it, and on its duplicates, not wait.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or a negative errno value.
 * Differs: absent from the qemu-10.2.0 profile on, which has qemu_set_blocking().
 */
int qemu_socket_try_set_nonblock(int fd);
#endif

/**
 * inet_ai_family_from_address:
 * @addr: (transfer none): an internet address
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells which family to look the host up in, from the flags @ipv4 and @ipv6.
 * Neither, or both with a host, is any family; both without host is IPv6, of
 * which one socket serves both; otherwise the one that is on or not off.
 *
 * Threads: any; Blocks: no.
 * Returns: PF_UNSPEC, PF_INET or PF_INET6; PF_UNSPEC with @errp set if both are
 * off.
 */
int inet_ai_family_from_address(InetSocketAddress *addr, Error **errp);

/**
 * inet_netfamily:
 * @family: PF_INET or the like
 *
 * Threads: any; Blocks: no.
 * Returns: the kind of network.
 */
NetworkAddressFamily inet_netfamily(int family);

/**
 * inet_parse:
 * @addr: (out): what the text says; its texts are the caller's to free, also
 *   after a failure, when they are NULL
 * @str: (transfer none): HOST:PORT, :PORT or [HOST]:PORT, with options behind
 *   commas
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads an internet address. Nothing is looked up. What @addr holds before is
 * overwritten, not freed. PORT is a number from 0 to 65535, without sign, blanks
 * or base prefix, or the name of a service. An IPv6 address needs its brackets.
 *
 * Options are to=PORT and the flags ipv4, ipv6, keep-alive and mptcp, alone or
 * with =on or =off; others are ignored.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with @errp set.
 * Differs: from the qemu-10.1 profile on the text is a list of keys and values whose
 * first may be addr=HOST:PORT. There are also the flag numeric and the numbers
 * keep-alive-count, keep-alive-idle and keep-alive-interval; a flag can be
 * negated with the prefix "no"; two commas in a value stand for one; id is
 * ignored and other keys are errors.
 */
int inet_parse(InetSocketAddress *addr, const char *str, Error **errp);

/**
 * inet_connect_saddr:
 * @saddr: (transfer none): what to connect to
 * @errp: (nullable): as in qapi/error.h
 *
 * Connects to an internet address, as socket_connect() does.
 *
 * Threads: any; Blocks: yes, for DNS and until connected.
 * Returns: a descriptor, or -1 with @errp set.
 */
int inet_connect_saddr(InetSocketAddress *saddr, Error **errp);

#ifdef QIO_HAS_INET_CONNECT
/**
 * inet_connect:
 * @str: (transfer none): an internet address, as for inet_parse()
 * @errp: (nullable): as in qapi/error.h
 *
 * Connects to an internet address, as socket_connect() does.
 *
 * Threads: any; Blocks: yes, for DNS and until connected.
 * Returns: a descriptor, or -1 with @errp set.
 * Since: only before the qemu-10.0 profile.
 */
int inet_connect(const char *str, Error **errp);
#endif

/**
 * unix_listen:
 * @path: (transfer none) (nullable): where to listen; NULL or empty for a new
 *   name in the temporary directory
 * @errp: (nullable): as in qapi/error.h
 *
 * Listens on a UNIX socket with a backlog of 1, as socket_listen() does.
 *
 * Threads: any; Blocks: no.
 * Returns: a descriptor, or -1 with @errp set.
 */
int unix_listen(const char *path, Error **errp);

/**
 * unix_connect:
 * @path: (transfer none): what to connect to
 * @errp: (nullable): as in qapi/error.h
 *
 * Connects to a UNIX socket, as socket_connect() does.
 *
 * Threads: any; Blocks: yes, while the backlog is full.
 * Returns: a descriptor, or -1 with @errp set.
 */
int unix_connect(const char *path, Error **errp);

/**
 * socket_uri:
 * @addr: (transfer none): an address
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): tcp:HOST:PORT, unix:PATH, fd:NAME or
 * vsock:CID:PORT, for people and for socket_parse(); free with g_free(). A HOST
 * with colons stands in brackets. Not in the text are options, that a path is an
 * abstract name, and, before the qemu-10.1 profile, which of the commas belong
 * to a host.
 */
char *socket_uri(SocketAddress *addr);

/**
 * socket_parse:
 * @str: (transfer none): unix:PATH, fd:NAME, vsock:CID:PORT, or an internet
 *   address as for inet_parse(), which may have tcp: in front
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads an address. Nothing is looked up.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set;
 * free with qapi_free_SocketAddress().
 */
SocketAddress *socket_parse(const char *str, Error **errp);

/**
 * socket_connect:
 * @addr: (transfer none): what to connect to
 * @errp: (nullable): as in qapi/error.h
 *
 * Connects to an address. Of an internet address all that the resolver finds
 * is tried in order; of several failures the one that says most is reported,
 * and all addresses are named. Ports are as for inet_parse(). An address of type
 * fd is a socket that the caller has connected: it is returned itself, or, if
 * there is a current monitor, what monitor_get_fd() says; if it is no socket it
 * is closed.
 *
 * Threads: any; Blocks: yes, for DNS and until connected; signals don't end
 * the wait.
 * Returns: a descriptor, or -1 with @errp set.
 */
int socket_connect(SocketAddress *addr, Error **errp);

/**
 * socket_listen:
 * @addr: (transfer none): where to listen
 * @num: backlog, in connections
 * @errp: (nullable): as in qapi/error.h
 *
 * Listens at an address. Of an internet address all that the resolver finds is
 * tried in order, on all ports up to @to; the first that is free is used, and
 * only that one. A socket that stands at the path of a UNIX address is replaced;
 * another file is an error and stays. An address of type fd is as for
 * socket_connect(); clients of a UNIX socket see the process that called this
 * function as their peer, whoever made the socket. A UNIX socket that was shut
 * down never listens again.
 *
 * Threads: any; Blocks: yes, for DNS.
 * Returns: a descriptor, or -1 with @errp set.
 * Differs: keep_alive is an error before the qemu-10.1 profile.
 */
int socket_listen(SocketAddress *addr, int num, Error **errp);

/**
 * socket_dgram:
 * @remote: (transfer none): the peer, an internet address; this machine if it
 *   has no host
 * @local: (transfer none) (nullable): where to receive; any host and port if
 *   not given
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a datagram socket whose peer is fixed.
 *
 * Threads: any; Blocks: yes, for DNS.
 * Returns: a descriptor, or -1 with @errp set.
 */
int socket_dgram(SocketAddress *remote, SocketAddress *local, Error **errp);

/**
 * socket_listen_cleanup:
 * @fd: a listening socket
 * @errp: (nullable): as in qapi/error.h
 *
 * Removes the file that socket_listen() or unix_listen() made for a UNIX socket
 * in this process, as long as that very file stands there: not the file of an
 * inherited socket, nor of a parent process before fork(), nor what a successor
 * has put at the path. The descriptor stays open.
 *
 * Threads: any; Blocks: no.
 */
void socket_listen_cleanup(int fd, Error **errp);

/**
 * socket_sockaddr_to_address:
 * @sa: (transfer none): a socket name
 * @salen: its length in bytes
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes an address of a socket name. Hosts and ports are numbers.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set;
 * free with qapi_free_SocketAddress().
 */
SocketAddress *
socket_sockaddr_to_address(struct sockaddr_storage *sa,
                           socklen_t salen,
                           Error **errp);

/**
 * socket_local_address:
 * @fd: a socket
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells the address of this end.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set;
 * free with qapi_free_SocketAddress().
 */
SocketAddress *socket_local_address(int fd, Error **errp);

#ifdef QIO_HAS_INET_CONNECT
/**
 * socket_remote_address:
 * @fd: a connected socket
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells the address of the other end.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set;
 * free with qapi_free_SocketAddress().
 * Since: only before the qemu-10.0 profile.
 */
SocketAddress *socket_remote_address(int fd, Error **errp);
#endif

/**
 * socket_address_parse_named_fd:
 * @addr: (transfer none): an address; of types other than fd nothing changes
 * @errp: (nullable): as in qapi/error.h
 *
 * Replaces the name of a descriptor by its number, so that the address can be
 * used without the monitor. The descriptor is found as for socket_connect() and
 * stays open.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with @errp set.
 */
int socket_address_parse_named_fd(SocketAddress *addr, Error **errp);

G_END_DECLS

#endif
