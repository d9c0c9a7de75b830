/*
 * The resolver of the names in socket addresses.
 *
 * Generated from crates/abi/src/layout/dns_resolver.rs and src/capi/dns_resolver.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_DNS_RESOLVER_H
#define QIO_DNS_RESOLVER_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/task.h"
#include "qom/object.h"
#include "qapi/qapi-types-sockets.h"

#define TYPE_QIO_DNS_RESOLVER "qio-dns-resolver"
OBJECT_DECLARE_SIMPLE_TYPE(QIODNSResolver, QIO_DNS_RESOLVER)

/** The process-wide resolver; it carries no state. */
struct QIODNSResolver {
    /** The parent. */
    Object parent;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_dns_resolver_get_instance:
 *
 * The resolver of the process, made on first use and never freed. The types of the library must
 * have been registered before.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none): the resolver, never NULL, always the same.
 */
QIODNSResolver *qio_dns_resolver_get_instance(void);

/**
 * qio_dns_resolver_lookup_sync:
 * @resolver: (transfer none) (nullable): not used; any number of lookups may run at once
 * @addr: (transfer none): what to look up; not changed
 * @naddrs: (out): the number of addresses, 0 on failure
 * @addrs: (out) (transfer full) (array length=naddrs): the addresses in the system's order, each
 *   freed with qapi_free_SocketAddress(), the array with g_free(); NULL on failure
 * @errp: (nullable): as in qapi/error.h
 *
 * Looks an address up. For an internet address the results have numeric host and port and the
 * other options of @addr; an empty host stands for any address to listen on, a missing port for 0.
 * A port is a number from 0 to 65535, without sign, blanks or base prefix, or the name of a service;
 * a host has no brackets.
 * Of any other address the result is one copy, and nothing can fail.
 *
 * Threads: any. Blocks: yes, as long as the system's resolver does.
 * Returns: 0, or -1 with @errp set.
 * Differs: before qemu-10.1 the results don't have the keep-alive options of @addr.
 */
int qio_dns_resolver_lookup_sync(QIODNSResolver *resolver,
                                 SocketAddress *addr,
                                 size_t *naddrs,
                                 SocketAddress ***addrs,
                                 Error **errp);

/**
 * qio_dns_resolver_lookup_async:
 * @resolver: (transfer none): the resolver, which becomes the task's source
 * @addr: (transfer none): what to look up; copied
 * @func: (scope async): called when the lookup has ended, with a task whose error says if it failed
 * @opaque: (closure) (nullable): data for @func
 * @notify: (destroy) (nullable): frees @opaque; called once, after @func
 *
 * Looks an address up on a worker thread. @func gets the addresses with
 * qio_dns_resolver_lookup_result(). It never runs before this function has returned to the main
 * loop, also for an address that needs no lookup.
 *
 * Threads: any. Blocks: no.
 * Context: @func and @notify run in the global default context.
 */
void qio_dns_resolver_lookup_async(QIODNSResolver *resolver,
                                   SocketAddress *addr,
                                   QIOTaskFunc func,
                                   gpointer opaque,
                                   GDestroyNotify notify);

/**
 * qio_dns_resolver_lookup_result:
 * @resolver: (transfer none) (nullable): not used
 * @task: (transfer none): the task that qio_dns_resolver_lookup_async() gave to its callback
 * @naddrs: (out): the number of addresses, 0 if the lookup failed
 * @addrs: (out) (transfer full) (array length=naddrs) (nullable): copies of the addresses, each
 *   freed with qapi_free_SocketAddress(), the array with g_free(); NULL if the lookup failed
 *
 * The addresses that a lookup has found. May be called again, for further copies.
 *
 * Threads: the one that runs the callback, before it returns. Blocks: no.
 */
void qio_dns_resolver_lookup_result(QIODNSResolver *resolver,
                                    QIOTask *task,
                                    size_t *naddrs,
                                    SocketAddress ***addrs);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_DNS_RESOLVER_H */
