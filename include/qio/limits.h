/*
 * Limits for servers: how many clients a listener has, of which peers, and how fast it accepts them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_LIMITS_H
#define QIO_LIMITS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"
#include "io/net-listener.h"

/**
 * QIOLimits:
 * @size: set by the caller: sizeof(QIOLimits) as it was compiled
 * @max_clients: clients at the same time. As long as there are so many the listener accepts none: further ones stay in
 *     the kernel's backlog, and when that is full their connects wait or fail
 * @max_clients_per_peer: clients of one peer at the same time. A client beyond is closed as soon as it is accepted,
 *     without the client function being called. A peer is an internet address, an IPv4 address inside an IPv6 one being
 *     the same; of UNIX sockets the user who has connected; of virtio sockets the context
 * @peer_ipv4_prefix: leading bits of an IPv4 address that make a peer, at most 32; 0 is all of them
 * @peer_ipv6_prefix: leading bits of an IPv6 address that make a peer, at most 128; 0 is all of them. A host has a
 *     network of 64 bits to choose addresses from
 * @accept_rate: clients accepted in a second, on average. Those that come faster stay in the backlog
 * @accept_burst: clients accepted at once after a quiet time; 0 is as many as @accept_rate
 * @handshake_timeout_ms: milliseconds that a TLS or WebSocket handshake may take over a client's channel, as
 *     qio_channel_set_handshake_timeout() sets it, each for itself
 * @idle_timeout_ms: milliseconds that a client may be idle, as qio_channel_set_idle_timeout() sets it
 *
 * Limits of a listener: 0 stands for none. docs/limits.md recommends some.
 *
 * A client is there from its accept until its channel is closed or the last reference on that is gone.
 *
 * Later versions of the library add members at the end. What a program that was compiled with fewer doesn't know is 0.
 */
typedef struct QIOLimits {
    size_t size;
    uint32_t max_clients;
    uint32_t max_clients_per_peer;
    uint32_t peer_ipv4_prefix;
    uint32_t peer_ipv6_prefix;
    uint32_t accept_rate;
    uint32_t accept_burst;
    uint32_t handshake_timeout_ms;
    uint32_t idle_timeout_ms;
} QIOLimits;

G_BEGIN_DECLS

/**
 * qio_net_listener_set_limits:
 * @listener: (transfer none): the listener
 * @limits: (transfer none) (nullable): its limits from now on, which are copied; NULL for none.
 *     QIOLimits limits = { .size = sizeof(limits), .max_clients = 100 }
 *
 * Limits what the listener takes of its clients, however they are handed over: to a client function or by
 * qio_net_listener_wait_client(), which waits for a client to go, too. They hold for all of its sockets together.
 *
 * A listener whose program sets none has those of the environment, if the program was started with some:
 * QIO_LIMITS=max-clients=100,handshake-timeout=10. The names are those of the members, with hyphens; times are in
 * seconds, and their names have no "-ms".
 *
 * Clients that are there stay. They count if the listener had limits when they came.
 *
 * Threads: any. Blocks: no.
 */
void qio_net_listener_set_limits(QIONetListener *listener, const QIOLimits *limits);

/**
 * qio_net_listener_get_limits:
 * @listener: (transfer none): the listener
 * @limits: (inout) (transfer none): where to, with its size set; afterwards its size tells how many bytes the library
 *     knows of these
 *
 * Tells the limits in force, those of the environment included.
 *
 * Threads: any. Blocks: no.
 */
void qio_net_listener_get_limits(QIONetListener *listener, QIOLimits *limits);

/**
 * qio_channel_set_handshake_timeout:
 * @ioc: (transfer none): a TLS or WebSocket channel, of a server or a client, before its handshake
 * @milliseconds: how long the handshake may take from its call on; 0 for any time, whatever limits a listener has
 * @errp: (nullable): as in qapi/error.h
 *
 * Sets the deadline of a handshake. If it isn't over by then, its task completes with an error that says so, and the
 * connection is shut down: its socket, if @ioc travels through one, perhaps below other channels. That also ends a
 * handshake that waits in its call, as one over a blocking socket does.
 *
 * Where this isn't called the limits of the listener hold whose client it is.
 *
 * Threads: any. Blocks: no.
 * Returns: 0, or -1 with @errp set for a channel of another class
 */
int qio_channel_set_handshake_timeout(QIOChannel *ioc, uint32_t milliseconds, Error **errp);

/**
 * qio_channel_set_idle_timeout:
 * @ioc: (transfer none): an open socket channel, or one over it (TLS, WebSocket)
 * @milliseconds: how long it may be idle from now on; 0 for ever
 * @errp: (nullable): as in qapi/error.h
 *
 * Limits how long no byte is read from the socket and none written to it. After that time, and a quarter of it and 4 ms at most,
 * both directions are shut down: whatever waits is woken, reads fail with ETIMEDOUT rather than tell an end of file, and writes
 * with EPIPE. Only what goes through qio_channel_*() functions is seen to move.
 *
 * It ends when the channel is closed. The call keeps no reference.
 *
 * Threads: any. Blocks: no.
 * Returns: 0, or -1 with @errp set if there is no connected socket
 */
int qio_channel_set_idle_timeout(QIOChannel *ioc, uint32_t milliseconds, Error **errp);

G_END_DECLS

#endif /* QIO_LIMITS_H */
