/*
 * io/dns-resolver.h: look-ups in several threads at once.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <netdb.h>
#include "io/dns-resolver.h"
#include "qapi/error.h"

static GMutex lock;
static GCond has_asked;
static int asking;

/* The program's own getaddrinfo stands before the C library's: it answers when two have asked. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    gint64 end = g_get_monotonic_time() + 20 * G_TIME_SPAN_SECOND;

    g_mutex_lock(&lock);
    asking++;
    g_cond_broadcast(&has_asked);
    while (asking < 2 && g_cond_wait_until(&has_asked, &lock, end)) {
    }
    g_assert_cmpint(asking, ==, 2);
    g_mutex_unlock(&lock);
    return EAI_NONAME;
}

static gpointer looks_up(gpointer opaque)
{
    g_autoptr(SocketAddress) addr = g_new0(SocketAddress, 1);
    SocketAddress **addrs;
    size_t naddrs;

    addr->type = SOCKET_ADDRESS_TYPE_INET;
    addr->u.inet.host = g_strdup("both.test");
    addr->u.inet.port = g_strdup("80");
    g_assert_cmpint(qio_dns_resolver_lookup_sync(qio_dns_resolver_get_instance(), addr, &naddrs, &addrs, NULL),
                    ==, -1);
    return NULL;
}

/* R-DNS-2 */
static void test_concurrent(void)
{
    GThread *other = g_thread_new("looks-up", looks_up, NULL);

    looks_up(NULL);
    g_thread_join(other);
    g_assert_cmpint(asking, ==, 2);
}

/* R-TYPE-1 */
static void test_autoptr(void)
{
    QIODNSResolver *resolver = qio_dns_resolver_get_instance();

    {
        g_autoptr(QIODNSResolver) same = QIO_DNS_RESOLVER(object_ref(OBJECT(resolver)));

        g_assert_true(same == resolver);
        g_assert_cmpuint(OBJECT(resolver)->ref, ==, 2);
    }
    g_assert_cmpuint(OBJECT(resolver)->ref, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/dns-resolver/autoptr", test_autoptr);
    g_test_add_func("/qio/dns-resolver/concurrent", test_concurrent);
    return g_test_run();
}
