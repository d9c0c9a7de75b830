/*
 * The sockets of a listener, whose struct has them in some profiles only.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LISTENER_SOCKETS_H
#define LISTENER_SOCKETS_H

#include "qemu/osdep.h"
#include "io/net-listener.h"

static inline size_t socket_count(QIONetListener *listener)
{
    return listener->nsioc;
}

static inline QIOChannelSocket *socket_of(QIONetListener *listener, size_t n)
{
#ifdef QIO_HAS_LISTENER_SOURCE
    return qio_net_listener_sioc(listener, n);
#else
    g_assert_cmpuint(n, <, listener->nsioc);
    return listener->sioc[n];
#endif
}

#endif
