/*
 * io/dns-resolver.h
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <netdb.h>
#include "io/dns-resolver.h"
#include "qapi/error.h"

/*
 * The program's own getaddrinfo stands before the C library's: it counts, notes the query, and
 * knows "many.test", with a duplicate, and "system.test", for which it has no descriptor left.
 */
static int queries;
static GThread *query_thread;
static struct addrinfo query_hints;
static char *query_service;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    static const char *const many[] = { "192.0.2.1", "2001:db8::7", "192.0.2.1" };
    struct addrinfo **place = result;
    unsigned n;

    if (!real) {
        real = dlsym(RTLD_NEXT, "getaddrinfo");
    }
    queries++;
    query_thread = g_thread_self();
    query_hints = *hints;
    g_free(query_service);
    query_service = g_strdup(service);
    if (g_strcmp0(node, "system.test") == 0) {
        errno = EMFILE;
        return EAI_SYSTEM;
    }
    if (g_strcmp0(node, "many.test") != 0) {
        return real(node, service, hints, result);
    }
    for (n = 0; n < G_N_ELEMENTS(many); n++) {
        g_assert_cmpint(real(many[n], service, hints, place), ==, 0);
        place = &(*place)->ai_next;
    }
    return 0;
}

static SocketAddress *inet_address(const char *host, const char *port)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    addr->type = SOCKET_ADDRESS_TYPE_INET;
    addr->u.inet.host = g_strdup(host);
    addr->u.inet.port = g_strdup(port);
    return addr;
}

static void free_addresses(size_t naddrs, SocketAddress **addrs)
{
    size_t n;

    for (n = 0; n < naddrs; n++) {
        qapi_free_SocketAddress(addrs[n]);
    }
    g_free(addrs);
}

/* An address as text. */
static char *shown(const SocketAddress *addr)
{
    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_true(addr->u.inet.has_numeric && addr->u.inet.numeric);
    return g_strdup_printf("%s %s", addr->u.inet.host, addr->u.inet.port);
}

static void assert_shown(const SocketAddress *addr, const char *expected)
{
    g_autofree char *text = shown(addr);

    g_assert_cmpstr(text, ==, expected);
}

static int look_up(SocketAddress *addr, size_t *naddrs, SocketAddress ***addrs, Error **errp)
{
    /* Something to be overwritten. */
    *naddrs = 77;
    *addrs = (SocketAddress **)naddrs;
    return qio_dns_resolver_lookup_sync(qio_dns_resolver_get_instance(), addr, naddrs, addrs, errp);
}

static void assert_fails(SocketAddress *addr, const char *expected)
{
    SocketAddress **addrs;
    size_t naddrs;
    Error *err = NULL;

    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &err), ==, -1);
    g_assert_cmpstr(error_get_pretty(err), ==, expected);
    g_assert_cmpuint(naddrs, ==, 0);
    g_assert_null(addrs);
    error_free(err);
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, NULL), ==, -1);
}

static gpointer thread_gets_instance(gpointer opaque)
{
    return qio_dns_resolver_get_instance();
}

static void test_instance(void)
{
    GThread *threads[8];
    QIODNSResolver *resolver;
    unsigned n;

    for (n = 0; n < G_N_ELEMENTS(threads); n++) {
        threads[n] = g_thread_new(NULL, thread_gets_instance, NULL);
    }
    resolver = qio_dns_resolver_get_instance();
    g_assert_true(object_dynamic_cast(OBJECT(resolver), TYPE_QIO_DNS_RESOLVER) ==
                  OBJECT(resolver));
    for (n = 0; n < G_N_ELEMENTS(threads); n++) {
        g_assert_true(g_thread_join(threads[n]) == resolver);
    }
    /* The caller has no reference. */
    g_assert_cmpuint(OBJECT(resolver)->ref, ==, 1);
}

/* R-DNS-3: the question stays the caller's; R-DNS-7: what the system is asked for; R-DNS-11: by whom. */
static void test_literal(void)
{
    static const char *const hosts[] = { "127.0.0.1", "::1" };
    unsigned n;

    for (n = 0; n < G_N_ELEMENTS(hosts); n++) {
        SocketAddress *addr = inet_address(hosts[n], "4711");
        g_autofree char *expected = g_strdup_printf("%s 4711", hosts[n]);
        SocketAddress **addrs;
        size_t naddrs;

        g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
        g_assert_cmpuint(naddrs, ==, 1);
        assert_shown(addrs[0], expected);
        g_assert_cmpint(query_hints.ai_flags, ==, AI_PASSIVE);
        g_assert_cmpint(query_hints.ai_socktype, ==, SOCK_STREAM);
        g_assert_cmpint(query_hints.ai_family, ==, AF_UNSPEC);
        g_assert_true(query_thread == g_thread_self());
        /* The question is as it was. */
        g_assert_cmpstr(addr->u.inet.host, ==, hosts[n]);
        g_assert_false(addr->u.inet.has_numeric);
        free_addresses(naddrs, addrs);
        qapi_free_SocketAddress(addr);
    }
}

/* Order and duplicates are the system's, each address has its own memory (R-DNS-3). */
static void test_many(void)
{
    SocketAddress *addr = inet_address("many.test", "80");
    SocketAddress **addrs;
    size_t naddrs;

    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpuint(naddrs, ==, 3);
    assert_shown(addrs[0], "192.0.2.1 80");
    assert_shown(addrs[1], "2001:db8::7 80");
    assert_shown(addrs[2], "192.0.2.1 80");
    g_assert_true(addrs[0]->u.inet.host != addrs[2]->u.inet.host);
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
}

/* No host is any address, no port is 0 (R-DNS-7). */
static void test_wildcard(void)
{
    SocketAddress *addr = inet_address("", "4711");
    struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *list, *entry;
    SocketAddress **addrs;
    size_t naddrs, n = 0;

    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpint(getaddrinfo(NULL, "4711", &hints, &list), ==, 0);
    for (entry = list; entry; entry = entry->ai_next) {
        g_assert_cmpuint(n, <, naddrs);
        assert_shown(addrs[n++], entry->ai_family == AF_INET ? "0.0.0.0 4711" : ":: 4711");
    }
    g_assert_cmpuint(n, ==, naddrs);
    freeaddrinfo(list);
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);

    addr = inet_address("127.0.0.1", "");
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    assert_shown(addrs[0], "127.0.0.1 0");
    g_assert_null(query_service);
    free_addresses(naddrs, addrs);
    g_clear_pointer(&addr->u.inet.port, g_free);
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    assert_shown(addrs[0], "127.0.0.1 0");
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
}

static void test_families(void)
{
    SocketAddress *addr = inet_address("", "1");
    SocketAddress **addrs;
    size_t naddrs;

    addr->u.inet.has_ipv4 = addr->u.inet.ipv4 = true;
    addr->u.inet.has_ipv6 = true;
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpint(query_hints.ai_family, ==, AF_INET);
    g_assert_cmpuint(naddrs, ==, 1);
    assert_shown(addrs[0], "0.0.0.0 1");
    g_assert_true(addrs[0]->u.inet.has_ipv4 && addrs[0]->u.inet.ipv4);
    g_assert_true(addrs[0]->u.inet.has_ipv6 && !addrs[0]->u.inet.ipv6);
    free_addresses(naddrs, addrs);
    addr->u.inet.ipv4 = false;
    addr->u.inet.ipv6 = true;
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpint(query_hints.ai_family, ==, AF_INET6);
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
}

/* What else was asked for is in the answer, but for keep-alive before 10.1; so is the system (R-DNS-7, R-101-1). */
static void test_options(void)
{
    SocketAddress *addr = inet_address("127.0.0.1", "4711");
    InetSocketAddress *inet = &addr->u.inet;
    SocketAddress **addrs;
    size_t naddrs;

    inet->has_numeric = inet->numeric = true;
    inet->has_to = true;
    inet->to = 4799;
    inet->has_mptcp = inet->mptcp = true;
    inet->has_keep_alive = inet->keep_alive = true;
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmphex(query_hints.ai_flags, ==, AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV);
    inet = &addrs[0]->u.inet;
    g_assert_true(inet->has_to);
    g_assert_cmpint(inet->to, ==, 4799);
    g_assert_true(inet->has_mptcp && inet->mptcp);
    g_assert_false(inet->has_ipv4 || inet->has_ipv6);
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
    g_assert_true(inet->has_keep_alive && inet->keep_alive);
#else
    g_assert_false(inet->has_keep_alive || inet->keep_alive);
#endif
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
}

static void test_failures(void)
{
    SocketAddress *addr = inet_address("", "");

    assert_fails(addr, "address resolution failed for :: Name or service not known");
    /* The families come first, then the host, then the resolver. */
    queries = 0;
    g_clear_pointer(&addr->u.inet.host, g_free);
    assert_fails(addr, "host not specified");
    addr->u.inet.has_ipv4 = addr->u.inet.has_ipv6 = true;
    assert_fails(addr, "Cannot disable IPv4 and IPv6 at same time");
    g_assert_cmpint(queries, ==, 0);
    qapi_free_SocketAddress(addr);

    addr = inet_address("no number", "80");
    addr->u.inet.has_numeric = addr->u.inet.numeric = true;
    assert_fails(addr, "address resolution failed for no number:80: Name or service not known");
    qapi_free_SocketAddress(addr);
}

/* A port is read to its end (R-DNS-7). */
static void test_long_port(void)
{
    SocketAddress *addr = inet_address("127.0.0.1", "0000000000000000000000000000000000080");
    SocketAddress **addrs;
    size_t naddrs;

    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    assert_shown(addrs[0], "127.0.0.1 80");
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
    addr = inet_address("127.0.0.1", "00000000000000000000000000000080junk");
    assert_fails(addr, "address resolution failed for 127.0.0.1:00000000000000000000000000000080junk:"
                       " Servname not supported for ai_socktype");
    qapi_free_SocketAddress(addr);
}

/* N1: what looks like a number is a port of 16 bits; the resolver, which would cut it, isn't asked. */
static void test_port_numbers(void)
{
    static const char *const ports[] = { "65536", "65616", "4294967376", "-1", "+80", " 80", "80 ", " ",
                                         "0x50" };
    SocketAddress *addr = inet_address("127.0.0.1", "65535");
    SocketAddress **addrs;
    size_t naddrs, i;

    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    assert_shown(addrs[0], "127.0.0.1 65535");
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
    queries = 0;
    for (i = 0; i < ARRAY_SIZE(ports); i++) {
        g_autofree char *text =
            g_strdup_printf("address resolution failed for [::1]:%s:"
                            " a port is a number from 0 to 65535", ports[i]);

        addr = inet_address("::1", ports[i]);
        assert_fails(addr, text);
        qapi_free_SocketAddress(addr);
    }
    /* As copied out of a text like [::1]:80. */
    addr = inet_address("[::1]", "80");
    assert_fails(addr, "address resolution failed for [::1]:80: the host stands in brackets, which only a text"
                       " of host and port has");
    qapi_free_SocketAddress(addr);
    g_assert_cmpint(queries, ==, 0);
}

/* N2: a system call of the resolver that failed is told by its errno. */
static void test_system_error(void)
{
    SocketAddress *addr = inet_address("system.test", "80");

    assert_fails(addr, "address resolution failed for system.test:80: Too many open files");
    g_assert_cmpint(errno, ==, EMFILE);
    qapi_free_SocketAddress(addr);
}

/* Other addresses are copied. */
static void test_unix(void)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);
    SocketAddress **addrs;
    size_t naddrs;

    queries = 0;
    addr->type = SOCKET_ADDRESS_TYPE_UNIX;
    addr->u.q_unix.path = g_strdup("/run/socket");
    addr->u.q_unix.has_abstract = addr->u.q_unix.abstract = true;
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpuint(naddrs, ==, 1);
    g_assert_true(addrs[0] != addr);
    g_assert_true(addrs[0]->u.q_unix.path != addr->u.q_unix.path);
    qapi_free_SocketAddress(addr);
    g_assert_cmpint(addrs[0]->type, ==, SOCKET_ADDRESS_TYPE_UNIX);
    g_assert_cmpstr(addrs[0]->u.q_unix.path, ==, "/run/socket");
    g_assert_true(addrs[0]->u.q_unix.has_abstract && addrs[0]->u.q_unix.abstract);
    g_assert_false(addrs[0]->u.q_unix.has_tight);
    free_addresses(naddrs, addrs);
    g_assert_cmpint(queries, ==, 0);
}

static void test_vsock_and_fd(void)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);
    SocketAddress **addrs;
    size_t naddrs;

    addr->type = SOCKET_ADDRESS_TYPE_VSOCK;
    addr->u.vsock.cid = g_strdup("no number");
    addr->u.vsock.port = g_strdup("1");
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpstr(addrs[0]->u.vsock.cid, ==, "no number");
    g_assert_cmpstr(addrs[0]->u.vsock.port, ==, "1");
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);

    addr = g_new0(SocketAddress, 1);
    addr->type = SOCKET_ADDRESS_TYPE_FD;
    addr->u.fd.str = g_strdup("nobody's");
    g_assert_cmpint(look_up(addr, &naddrs, &addrs, &error_abort), ==, 0);
    g_assert_cmpint(addrs[0]->type, ==, SOCKET_ADDRESS_TYPE_FD);
    g_assert_cmpstr(addrs[0]->u.fd.str, ==, "nobody's");
    free_addresses(naddrs, addrs);
    qapi_free_SocketAddress(addr);
}

/* What the callback of an asynchronous lookup found. */
typedef struct Outcome {
    int calls;
    int notified;
    Error *err;
    Object *source;
    size_t naddrs;
    SocketAddress **addrs;
    GMainContext *context;
} Outcome;

static void func_notes(QIOTask *task, gpointer opaque)
{
    Outcome *outcome = opaque;
    SocketAddress **again;
    size_t nagain = 77;

    outcome->calls++;
    g_assert_cmpint(outcome->notified, ==, 0);
    outcome->source = qio_task_get_source(task);
    outcome->context = g_source_get_context(g_main_current_source());
    g_assert_cmpint(qio_task_get_result_pointer(task) != NULL, ==,
                    !qio_task_propagate_error(task, &outcome->err));
    qio_dns_resolver_lookup_result(qio_dns_resolver_get_instance(), task,
                                   &outcome->naddrs, &outcome->addrs);
    /* It may be asked for again; each answer is a copy. */
    qio_dns_resolver_lookup_result(NULL, task, &nagain, &again);
    g_assert_cmpuint(nagain, ==, outcome->naddrs);
    if (nagain) {
        g_assert_true(again[0] != outcome->addrs[0]);
    }
    free_addresses(nagain, again);
}

static void notify_notes(gpointer opaque)
{
    Outcome *outcome = opaque;

    outcome->notified++;
}

/* Starts a lookup and waits for its end. */
static void look_up_async(SocketAddress *addr, Outcome *outcome)
{
    GMainContext *own = g_main_context_new();

    *outcome = (Outcome) { .naddrs = 77 };
    /* The thread's own context has nothing to do with it. */
    g_main_context_push_thread_default(own);
    qio_dns_resolver_lookup_async(qio_dns_resolver_get_instance(), addr, func_notes, outcome,
                                  notify_notes);
    /* The address was copied. */
    qapi_free_SocketAddress(addr);
    g_assert_cmpint(outcome->calls, ==, 0);
    while (outcome->notified == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_main_context_pop_thread_default(own);
    g_main_context_unref(own);
    g_assert_cmpint(outcome->calls, ==, 1);
    g_assert_cmpint(outcome->notified, ==, 1);
    g_assert_true(outcome->context == g_main_context_default());
    g_assert_true(outcome->source == OBJECT(qio_dns_resolver_get_instance()));
}

/* R-DNS-14: each call gives copies. */
static void test_async(void)
{
    Outcome outcome;

    look_up_async(inet_address("many.test", "80"), &outcome);
    g_assert_null(outcome.err);
    g_assert_cmpuint(outcome.naddrs, ==, 3);
    assert_shown(outcome.addrs[1], "2001:db8::7 80");
    g_assert_true(query_thread != g_thread_self());
    free_addresses(outcome.naddrs, outcome.addrs);
}

/* R-DNS-14: there is nothing. */
static void test_async_failure(void)
{
    Outcome outcome;

    look_up_async(inet_address("", ""), &outcome);
    g_assert_cmpstr(error_get_pretty(outcome.err), ==,
                    "address resolution failed for :: Name or service not known");
    g_assert_cmpuint(outcome.naddrs, ==, 0);
    g_assert_null(outcome.addrs);
    error_free(outcome.err);
}

/* Also what needs no lookup comes later. */
static void test_async_unix(void)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);
    Outcome outcome;

    addr->type = SOCKET_ADDRESS_TYPE_UNIX;
    addr->u.q_unix.path = g_strdup("/run/socket");
    look_up_async(addr, &outcome);
    g_assert_null(outcome.err);
    g_assert_cmpuint(outcome.naddrs, ==, 1);
    g_assert_cmpstr(outcome.addrs[0]->u.q_unix.path, ==, "/run/socket");
    free_addresses(outcome.naddrs, outcome.addrs);
}

/* A task of somebody else has no such result (R-DNS-14). */
static void func_asks_for_addresses(QIOTask *task, gpointer opaque)
{
    SocketAddress **addrs = opaque;
    size_t naddrs = 77;

    qio_task_set_result_pointer(task, opaque, NULL);
    qio_dns_resolver_lookup_result(qio_dns_resolver_get_instance(), task, &naddrs, &addrs);
    g_assert_cmpuint(naddrs, ==, 0);
    g_assert_null(addrs);
}

static void test_result_of_other_task(void)
{
    int data;
    QIOTask *task = qio_task_new(NULL, func_asks_for_addresses, &data, NULL);

    qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
    qio_task_free(task);
#endif
}

static void misuse(gconstpointer which)
{
    if (g_test_subprocess()) {
        QIODNSResolver *resolver = qio_dns_resolver_get_instance();
        SocketAddress *addr = inet_address("127.0.0.1", "1");
        SocketAddress **addrs;
        size_t naddrs;

        switch (GPOINTER_TO_INT(which)) {
        case 0:
            qio_dns_resolver_lookup_sync(resolver, NULL, &naddrs, &addrs, NULL);
            break;
        case 1:
            qio_dns_resolver_lookup_sync(resolver, addr, NULL, &addrs, NULL);
            break;
        case 2:
            qio_dns_resolver_lookup_sync(resolver, addr, &naddrs, NULL, NULL);
            break;
        case 3:
            qio_dns_resolver_lookup_async(NULL, addr, func_notes, NULL, NULL);
            break;
        case 4:
            qio_dns_resolver_lookup_async(resolver, NULL, func_notes, NULL, NULL);
            break;
        case 5:
            qio_dns_resolver_lookup_async(resolver, addr, NULL, NULL, NULL);
            break;
        case 6:
            qio_dns_resolver_lookup_result(resolver, NULL, &naddrs, &addrs);
            break;
        }
        exit(0);
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_dns_resolver_lookup*NULL*");
}

/* A type that no address has. */
static void test_unknown_type(void)
{
    if (g_test_subprocess()) {
        SocketAddress addr = { .type = 77 };
        SocketAddress **addrs;
        size_t naddrs;

        qio_dns_resolver_lookup_sync(qio_dns_resolver_get_instance(), &addr, &naddrs, &addrs, NULL);
        exit(0);
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*77*");
}

int main(int argc, char **argv)
{
    int n;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/dns-resolver/instance", test_instance);
    g_test_add_func("/qio/dns-resolver/sync/literal", test_literal);
    g_test_add_func("/qio/dns-resolver/sync/many", test_many);
    g_test_add_func("/qio/dns-resolver/sync/wildcard", test_wildcard);
    g_test_add_func("/qio/dns-resolver/sync/families", test_families);
    g_test_add_func("/qio/dns-resolver/sync/options", test_options);
    g_test_add_func("/qio/dns-resolver/sync/failures", test_failures);
    g_test_add_func("/qio/dns-resolver/sync/long-port", test_long_port);
    g_test_add_func("/qio/dns-resolver/sync/port-numbers", test_port_numbers);
    g_test_add_func("/qio/dns-resolver/sync/system-error", test_system_error);
    g_test_add_func("/qio/dns-resolver/sync/unix", test_unix);
    g_test_add_func("/qio/dns-resolver/sync/vsock-and-fd", test_vsock_and_fd);
    g_test_add_func("/qio/dns-resolver/sync/unknown-type", test_unknown_type);
    g_test_add_func("/qio/dns-resolver/async/inet", test_async);
    g_test_add_func("/qio/dns-resolver/async/failure", test_async_failure);
    g_test_add_func("/qio/dns-resolver/async/unix", test_async_unix);
    g_test_add_func("/qio/dns-resolver/result-of-other-task", test_result_of_other_task);
    for (n = 0; n < 7; n++) {
        g_autofree char *path = g_strdup_printf("/qio/dns-resolver/misuse/%d", n);

        g_test_add_data_func(path, GINT_TO_POINTER(n), misuse);
    }
    return g_test_run();
}
