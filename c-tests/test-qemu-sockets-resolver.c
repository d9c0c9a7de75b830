/*
 * qemu/sockets.h: names with several addresses, and ports as text
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <netdb.h>
#include "socket-checks.h"

/*
 * The program's own getaddrinfo stands before the C library's: "several.test" is this machine, and a
 * broadcast address, to which no stream can be.
 */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    int code;

    if (!real) {
        real = dlsym(RTLD_NEXT, "getaddrinfo");
    }
    if (g_strcmp0(node, "several.test") != 0) {
        return real(node, service, hints, result);
    }
    code = real("127.0.0.1", service, hints, result);
    g_assert_cmpint(code, ==, 0);
    g_assert_null((*result)->ai_next);
    code = real("255.255.255.255", service, hints, &(*result)->ai_next);
    g_assert_cmpint(code, ==, 0);
    return 0;
}

/* N3: the failure that can be acted on is told, whichever address was the last, and all are named. */
static void test_several_addresses(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    int nobody = qemu_socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    g_autofree char *port = NULL;
    g_autofree char *text = NULL;
    Error *err = NULL;

    g_assert_cmpint(bind(nobody, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    port = port_of(nobody);
    addr = inet_address("several.test", port);
    text = g_strdup_printf("Failed to connect to 'several.test:%s': Connection refused"
                           " (tried 127.0.0.1:%s: Connection refused;"
                           " 255.255.255.255:%s: Network is unreachable)", port, port, port);
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    g_assert_cmpint(errno, ==, ECONNREFUSED);
    assert_error(&err, text);
    close(nobody);
}

/* N1: what looks like a number is a port of 16 bits, or an error that names it. */
static void test_port_numbers(void)
{
    static const char *const ports[] = {
        "65536", "65616", "4294967376", "18446744073709551696", "-1", "+80", " 80", "80 ", " ", "0x50",
    };
    SocketAddress loopback = inet_address("127.0.0.1", "9");
    Error *err = NULL;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ports); i++) {
        SocketAddress addr = inet_address("::1", ports[i]);
        g_autofree char *text =
            g_strdup_printf("address resolution failed for [::1]:%s:"
                            " a port is a number from 0 to 65535", ports[i]);

        g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
        assert_error(&err, text);
        g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
        assert_error(&err, text);
        g_assert_cmpint(socket_dgram(&addr, NULL, &err), ==, -1);
        assert_error(&err, text);
        g_assert_cmpint(socket_dgram(&loopback, &addr, &err), ==, -1);
        assert_error(&err, text);
    }
}

/* A host that is copied with its brackets out of a text like [::1]:80. */
static void test_brackets(void)
{
    static const char text[] = "address resolution failed for [::1]:80: the host stands in brackets,"
                               " which only a text of host and port has";
    SocketAddress addr = inet_address("[::1]", "80"), loopback = inet_address("127.0.0.1", "9");
    Error *err = NULL;

    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(socket_dgram(&addr, NULL, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(socket_dgram(&loopback, &addr, &err), ==, -1);
    assert_error(&err, text);
}

/* N3: the same of datagrams, which can't come from another machine's address. */
static void test_several_addresses_dgram(void)
{
    SocketAddress remote = inet_address("several.test", "9"), local = inet_address("192.0.2.1", "0");
    Error *err = NULL;

    g_assert_cmpint(socket_dgram(&remote, &local, &err), ==, -1);
    g_assert_cmpint(errno, ==, EADDRNOTAVAIL);
    assert_error(&err, "Failed to bind socket to 192.0.2.1:0: Cannot assign requested address"
                       " (tried 127.0.0.1:9: Cannot assign requested address;"
                       " 255.255.255.255:9: Cannot assign requested address)");
}

/* N3: and of listening. */
static void test_several_addresses_listen(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    int listener = socket_listen(&addr, 1, &error_abort);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = INADDR_NONE };
    int other = qemu_socket(AF_INET, SOCK_STREAM, 0);
    g_autofree char *port = port_of(listener);
    g_autofree char *text =
        g_strdup_printf("Failed to find an available port at several.test:%s: Address already in use"
                        " (tried 127.0.0.1:%s: Address already in use;"
                        " 255.255.255.255:%s: Address already in use)", port, port, port);
    Error *err = NULL;

    name.sin_port = htons(atoi(port));
    g_assert_cmpint(bind(other, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    addr = inet_address("several.test", port);
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EADDRINUSE);
    assert_error(&err, text);
    close(listener);
    close(other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/qio/sockets/several-addresses/connect", test_several_addresses);
    TEST("/qio/sockets/several-addresses/dgram", test_several_addresses_dgram);
    TEST("/qio/sockets/several-addresses/listen", test_several_addresses_listen);
    TEST("/qio/sockets/port-numbers", test_port_numbers);
    TEST("/qio/sockets/brackets", test_brackets);
    return g_test_run();
}
