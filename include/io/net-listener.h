/*
 * A listener that hands out the clients of any number of sockets.
 *
 * Generated from crates/abi/src/layout/net_listener.rs and src/capi/net_listener.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_NET_LISTENER_H
#define QIO_NET_LISTENER_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel-socket.h"

#define TYPE_QIO_NET_LISTENER "qio-net-listener"
OBJECT_DECLARE_SIMPLE_TYPE(QIONetListener, QIO_NET_LISTENER)

#if defined(QIO_HAS_LISTENER_SOURCE)
typedef struct QIONetListenerSource QIONetListenerSource;
#endif

/** A client has connected. `sioc` is borrowed: take a reference to keep the connection. */
typedef void (*QIONetListenerClientFunc)(QIONetListener *listener,
                                         QIOChannelSocket *sioc,
                                         gpointer data);

/** A listener over any number of sockets. */
struct QIONetListener {
    /** The parent. */
    Object parent;
    /** Label given to sockets added later, GLib memory or NULL; private. */
    char *name;
#if !defined(QIO_HAS_LISTENER_SOURCE)
    /** The listening channels, `nsioc` of them, also after disconnect; programs read it. */
    QIOChannelSocket **sioc;
#endif
#if !defined(QIO_HAS_LISTENER_SOURCE)
    /** The watch of each channel, NULL where there is none; private. */
    GSource **io_source;
#endif
#if defined(QIO_HAS_LISTENER_SOURCE)
    /** The listening sockets; private. */
    QIONetListenerSource **source;
#endif
    /** Channels ever added; programs read it where they read `sioc`. */
    size_t nsioc;
#if defined(QIO_HAS_LISTENER_LOCK)
    /** The context of the registration, NULL for the default one; private. */
    GMainContext *context;
#endif
#if defined(QIO_HAS_LISTENER_SOURCE)
    /** The AioContext of the registration, or NULL; private. */
    AioContext *aio_context;
#endif
    /** Between the first add and disconnect; private. */
    bool connected;
#if defined(QIO_HAS_LISTENER_LOCK)
    /** Guards the registration; private. */
    QemuMutex lock;
#endif
    /** The client callback; private. */
    QIONetListenerClientFunc io_func;
    /** Its data; private. */
    gpointer io_data;
    /** Frees `io_data`; private. */
    GDestroyNotify io_notify;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_net_listener_new:
 *
 * Makes a listener without sockets, name and callback. object_new() makes the same.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): the listener, never NULL; free with object_unref(). While a callback is
 * registered, each open socket holds a reference, so drop yours after unregistering or
 * qio_net_listener_disconnect(), or the listener goes on listening.
 */
QIONetListener *qio_net_listener_new(void);

/**
 * qio_net_listener_set_name:
 * @listener: (transfer none): the listener
 * @name: (transfer none) (nullable): a label, which is copied; NULL for none
 *
 * Sets the name that sockets get when they are added later. Without one they keep theirs.
 *
 * Threads: the one that configures the listener. Blocks: no.
 * Differs: before qemu-8.2 the sockets are named @name with "-listen" behind it.
 */
void qio_net_listener_set_name(QIONetListener *listener,
                               const char *name);

/**
 * qio_net_listener_open_sync:
 * @listener: (transfer none): the listener
 * @addr: (transfer none): where to listen; names are resolved, all results are used
 * @num: backlog per socket, in connections
 * @errp: (nullable): as in qapi/error.h
 *
 * Listens on all addresses that @addr stands for, in addition to what the listener has. Addresses
 * that can't be used are left out, as long as one can. With port 0, or a range, all get the same port
 * where that is possible: one that the kernel chooses, or the lowest that all have free. The sockets are non-blocking, but for one
 * that @addr names by descriptor, which stays as it is; clients are blocking.
 *
 * Threads: the one that configures the listener. Blocks: yes, for DNS.
 * Returns: 0, or -1 with @errp set to the failure that says most, all addresses named; then nothing
 * has changed.
 */
int qio_net_listener_open_sync(QIONetListener *listener,
                               SocketAddress *addr,
                               int num,
                               Error **errp);

/**
 * qio_net_listener_add:
 * @listener: (transfer none): the listener
 * @sioc: (transfer none): a listening socket; the listener takes a reference
 *
 * Adds a socket. Its descriptor's flags are left alone. If it is a blocking one that another
 * process has too, and that process takes a client between the listener's poll and its accept, the
 * accept waits for the next client.
 *
 * Threads: the one that configures the listener. Blocks: no.
 * Context: with a callback registered, the socket is watched in the context of the registration.
 */
void qio_net_listener_add(QIONetListener *listener,
                          QIOChannelSocket *sioc);

/**
 * qio_net_listener_set_client_func_full:
 * @listener: (transfer none): the listener
 * @func: (scope notified) (nullable): called for each client; NULL unregisters
 * @data: (closure) (nullable): data for @func
 * @notify: (destroy) (nullable): frees @data; called once, when another registration replaces this
 *   one or the listener ends, also if @func is NULL
 * @context: (transfer none) (nullable): where @func runs; NULL is the global default context
 *
 * Registers the callback for clients, in the place of the one before: its watches are removed, its
 * data is freed, then the sockets are watched again. @func borrows the client: it is closed when @func
 * returns, unless @func takes a reference. @func may be called several times in one iteration of
 * @context; once it has unregistered, further clients stay in the backlog. If the listener can't
 * accept for lack of descriptors or memory, or only finds clients that have gone, it tries again after 50 ms, and up to 1 s later the
 * longer that lasts; a socket that can never be accepted from is no longer watched.
 *
 * Threads: the one that configures the listener, also from inside @func or @notify. Blocks: no.
 * If another thread is inside the old callback, its data is freed there, when the callback returns.
 * Context: @func runs in the thread that iterates @context; @notify in the one that replaces it. The
 * registration doesn't keep @context alive. The program may drop its last reference at any time and
 * on any thread, also while another one is in a function of this listener: the watches, and the
 * references they hold on @listener, end with @context, @func isn't called any more, and sockets
 * added later aren't watched until the next registration.
 * Differs: from qemu-10.2.0 on, registering what is registered already does nothing, and @notify won't
 * run for it; in the other profiles the watches are made again, and @notify runs for the old one.
 */
void qio_net_listener_set_client_func_full(QIONetListener *listener,
                                           QIONetListenerClientFunc func,
                                           gpointer data,
                                           GDestroyNotify notify,
                                           GMainContext *context);

/**
 * qio_net_listener_set_client_func:
 * @listener: (transfer none): the listener
 * @func: (scope notified) (nullable): called for each client; NULL unregisters
 * @data: (closure) (nullable): data for @func
 * @notify: (destroy) (nullable): frees @data
 *
 * As qio_net_listener_set_client_func_full() with NULL for the context.
 *
 * The clients' channels are blocking: a read, or a TLS handshake, in @func waits for that client, and
 * one who says nothing stops all others. qio_channel_set_blocking() changes it.
 *
 * Threads: the one that configures the listener, also from inside @func or @notify. Blocks: no.
 * Context: @func runs in the global default context.
 */
void qio_net_listener_set_client_func(QIONetListener *listener,
                                      QIONetListenerClientFunc func,
                                      gpointer data,
                                      GDestroyNotify notify);

#if defined(QIO_HAS_LISTENER_SOURCE)
/**
 * qio_net_listener_set_client_aio_func:
 * @listener: (transfer none): the listener
 * @func: (scope notified) (nullable): called for each client; NULL unregisters
 * @data: (closure) (nullable): data for @func
 * @context: must be NULL, which stands for the main AioContext
 *
 * As qio_net_listener_set_client_func(), but the sockets are watched by handlers in the main
 * AioContext, so that clients are also served by a thread that polls only that, from inside @func too.
 * In the place of whatever callback was registered before, of either kind.
 *
 * Threads: the main one. Blocks: no.
 * Context: @func runs in the main thread.
 * Since: qemu-10.2.0.
 */
void qio_net_listener_set_client_aio_func(QIONetListener *listener,
                                          QIONetListenerClientFunc func,
                                          void *data,
                                          AioContext *context);
#endif

/**
 * qio_net_listener_wait_client:
 * @listener: (transfer none): the listener
 *
 * Waits for a client on any of the sockets, without running any main context. A registered callback
 * isn't called meanwhile and is registered again afterwards. Exactly one client is taken; others stay
 * in the backlog. Failures to accept are tried again, ever more slowly.
 *
 * Threads: the one that configures the listener. Blocks: until there is a client, or another thread
 * calls qio_net_listener_disconnect().
 * Returns: (transfer full) (nullable): the client; NULL if no socket is open, which only happens
 * if there was none or all are disconnected meanwhile. Free with object_unref().
 */
QIOChannelSocket *qio_net_listener_wait_client(QIONetListener *listener);

/**
 * qio_net_listener_disconnect:
 * @listener: (transfer none): the listener
 *
 * Closes all sockets, and removes what listening on UNIX addresses left in the file system. The
 * callback stays registered: it serves sockets added later. Does nothing if there are no open
 * sockets.
 *
 * Threads: the one that configures the listener, also from inside the callback, or any while
 * another one is in qio_net_listener_wait_client(). Blocks: until that has noticed.
 */
void qio_net_listener_disconnect(QIONetListener *listener);

/**
 * qio_net_listener_is_connected:
 * @listener: (transfer none): the listener
 *
 * Threads: any. Blocks: no.
 * Returns: whether sockets were added since the listener was made or disconnected.
 */
bool qio_net_listener_is_connected(QIONetListener *listener);

#if defined(QIO_HAS_LISTENER_SOURCE)
/**
 * qio_net_listener_nsioc:
 * @listener: (transfer none): the listener
 *
 * Threads: any. Blocks: no.
 * Returns: how many sockets were ever added; closed ones count.
 * Since: qemu-10.2.0.
 */
size_t qio_net_listener_nsioc(QIONetListener *listener);
#endif

#if defined(QIO_HAS_LISTENER_SOURCE)
/**
 * qio_net_listener_sioc:
 * @listener: (transfer none): the listener
 * @n: the number of the socket, in the order in which they were added, from 0
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none) (nullable): the socket, open or closed, as long as the listener lives;
 * NULL if there aren't so many.
 * Since: qemu-10.2.0.
 */
QIOChannelSocket *qio_net_listener_sioc(QIONetListener *listener,
                                        size_t n);
#endif

#if defined(QIO_HAS_LISTENER_SOURCE)
/**
 * qio_net_listener_get_local_address:
 * @listener: (transfer none): the listener
 * @n: the number of the socket, in the order in which they were added, from 0
 * @errp: (nullable): as in qapi/error.h
 *
 * The address that a socket listens on, or did until it was closed.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full) (nullable): the address, or NULL with @errp set; free with
 * qapi_free_SocketAddress().
 * Since: qemu-10.2.0.
 */
SocketAddress *qio_net_listener_get_local_address(QIONetListener *listener,
                                                  size_t n,
                                                  Error **errp);
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_NET_LISTENER_H */
