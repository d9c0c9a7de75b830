/*
 * Tests of qemu/sockets.h: addresses as text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "socket-checks.h"

/* What inet_parse() makes of a text; the texts in it are the caller's. */
static InetSocketAddress parsed(const char *text)
{
    InetSocketAddress addr;

    memset(&addr, 0xa5, sizeof(addr));
    g_assert_cmpint(inet_parse(&addr, text, &error_abort), ==, 0);
    return addr;
}

static void clear(InetSocketAddress *addr)
{
    g_free(addr->host);
    g_free(addr->port);
}

static void assert_host_and_port(const char *text, const char *host, const char *port)
{
    InetSocketAddress addr = parsed(text);

    g_assert_cmpstr(addr.host, ==, host);
    g_assert_cmpstr(addr.port, ==, port);
    g_assert_false(addr.has_numeric || addr.has_to || addr.has_ipv4 || addr.has_ipv6);
    g_assert_false(addr.has_keep_alive || addr.has_mptcp);
    g_assert_false(addr.numeric || addr.ipv4 || addr.ipv6 || addr.keep_alive || addr.mptcp);
    clear(&addr);
}

static void assert_refused(const char *text)
{
    InetSocketAddress addr;
    Error *err = NULL;

    /* R-SOCK-23: the texts can be freed. */
    memset(&addr, 0xa5, sizeof(addr));
    g_assert_cmpint(inet_parse(&addr, text, &err), ==, -1);
    error_free_or_abort(&err);
    clear(&addr);
    g_assert_cmpint(inet_parse(&addr, text, NULL), ==, -1);
    clear(&addr);
}

static void test_host_and_port(void)
{
    assert_host_and_port("host:80", "host", "80");
    assert_host_and_port("host:http", "host", "http");
    assert_host_and_port(":80", "", "80");
    assert_host_and_port("[::1]:80", "::1", "80");
    assert_host_and_port("127.0.0.1:0", "127.0.0.1", "0");
    assert_refused("");
    assert_refused("host");
    assert_refused("host:");
    assert_refused(":");
    assert_refused("[::1]");
    assert_refused("[::1]:");
    assert_refused("[::1]80");
    assert_refused("[::1:80");
    assert_refused("[]:80");
}

static void test_flags(void)
{
    InetSocketAddress addr = parsed("h:1,ipv4,ipv6=off,keep-alive=on,mptcp");

    g_assert_true(addr.has_ipv4 && addr.ipv4);
    g_assert_true(addr.has_ipv6 && !addr.ipv6);
    g_assert_true(addr.has_keep_alive && addr.keep_alive);
    g_assert_true(addr.has_mptcp && addr.mptcp);
    g_assert_false(addr.has_numeric || addr.has_to);
    clear(&addr);
    assert_refused("h:1,ipv4=maybe");
    assert_refused("h:1,ipv6=");
    assert_refused("h:1,keep-alive=x");
    assert_refused("h:1,mptcp=x");
}

/* N1: what looks like a number is a port of 16 bits, or an error that names it. */
static void assert_names(const char *text, const char *port)
{
    InetSocketAddress addr = {};
    Error *err = NULL;

    g_assert_cmpint(inet_parse(&addr, text, &err), ==, -1);
    g_assert_nonnull(strstr(error_get_pretty(err), port));
    g_assert_nonnull(strstr(error_get_pretty(err), "65535"));
    error_free_or_abort(&err);
    clear(&addr);
}

static void test_port_numbers(void)
{
    static const char *const ports[] = {
        "65536", "65616", "4294967376", "18446744073709551696", "-1", "+80", " 80", "80 ", " ", "0x50",
    };
    size_t i;

    assert_host_and_port("h:65535", "h", "65535");
    assert_host_and_port("h:0080", "h", "0080");
    for (i = 0; i < ARRAY_SIZE(ports); i++) {
        g_autofree char *port = g_strdup_printf("h:%s", ports[i]);
        g_autofree char *bracketed = g_strdup_printf("[::1]:%s", ports[i]);
        g_autofree char *last = g_strdup_printf("h:1,to=%s", ports[i]);

        assert_names(port, ports[i]);
        assert_names(bracketed, ports[i]);
        assert_names(last, ports[i]);
    }
}

#ifdef QIO_HAS_ADDRESS_OPTION_PAIRS
/* A number that doesn't fit isn't cut. */
static void test_numbers(void)
{
    InetSocketAddress addr = parsed("h:1,keep-alive-idle=4294967295");
    Error *err = NULL;

    g_assert_cmpuint(addr.keep_alive_idle, ==, 4294967295);
    clear(&addr);
    g_assert_cmpint(inet_parse(&addr, "h:1,keep-alive-idle=4294967296", &err), ==, -1);
    assert_error(&err, "Parameter 'keep-alive-idle' expects a number from 0 to 4294967295");
    clear(&addr);
}
#endif

/* What is wrong with the rest of an address is said, too. */
static void test_sentences(void)
{
    static const char *const cases[][2] = {
        { "h", "error parsing address 'h': there is no port" },
        { "[::1", "error parsing address '[::1': the bracket is not closed" },
        { "[]:1", "error parsing address '[]:1': there is no address in the brackets" },
        { "::1:80", "error parsing address '::1:80': a host with colons needs brackets" },
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(cases); i++) {
        InetSocketAddress addr = {};
        Error *err = NULL;

        g_assert_cmpint(inet_parse(&addr, cases[i][0], &err), ==, -1);
        assert_error(&err, cases[i][1]);
        clear(&addr);
    }
}

static void test_last_port(void)
{
    InetSocketAddress addr = parsed("h:1,to=99");

    g_assert_true(addr.has_to);
    g_assert_cmpuint(addr.to, ==, 99);
    clear(&addr);
    addr = parsed("h:1,ipv4,to=65535");
    g_assert_cmpuint(addr.to, ==, 65535);
    clear(&addr);
    assert_refused("h:1,to=");
    assert_refused("h:1,to=x");
    assert_refused("h:1,to=1x");
}

/* R-SOCK-25 and R-SOCK-26: what the profiles read differently. */
static void test_profile_syntax(void)
{
    g_autofree char *long_host = g_strnfill(65, 'h');
    g_autofree char *long_text = g_strconcat(long_host, ":1", NULL);

#ifdef QIO_HAS_ADDRESS_OPTION_PAIRS
    InetSocketAddress addr = parsed("addr=h:1,numeric,noipv4,ipv6=yes,keep-alive-count=1,"
                                    "keep-alive-idle=0x10,keep-alive-interval=010,id=x,to=16");
    Error *err = NULL;

    g_assert_true(addr.has_numeric && addr.numeric);
    g_assert_true(addr.has_ipv4 && !addr.ipv4);
    g_assert_true(addr.has_ipv6 && addr.ipv6);
    g_assert_cmpuint(addr.keep_alive_count, ==, 1);
    g_assert_cmpuint(addr.keep_alive_idle, ==, 16);
    g_assert_cmpuint(addr.keep_alive_interval, ==, 8);
    g_assert_true(addr.has_keep_alive_count && addr.has_keep_alive_idle);
    g_assert_true(addr.has_keep_alive_interval);
    g_assert_cmpuint(addr.to, ==, 16);
    clear(&addr);
    assert_host_and_port(long_text, long_host, "1");
    assert_host_and_port("h:1,,2", "h", "1,2");
    g_assert_cmpint(inet_parse(&addr, "h:1,speed=9", &err), ==, -1);
    assert_error(&err, "Invalid parameter 'speed'");
    clear(&addr);
#else
    assert_refused(long_text);
    /* What isn't known is ignored, numeric too. */
    assert_host_and_port("h:1,numeric,speed=9,,x", "h", "1");
    assert_refused("h:1,ipv4,,x");
#endif
}

static void assert_uri(const char *text, const char *uri)
{
    g_autoptr(SocketAddress) addr = socket_parse(text, &error_abort);
    g_autofree char *found = socket_uri(addr);

    g_assert_cmpstr(found, ==, uri);
}

/* R-SOCK-22 */
static void test_uri(void)
{
    SocketAddress empty = { .type = SOCKET_ADDRESS_TYPE_VSOCK };
    g_autofree char *found = socket_uri(&empty);

    g_assert_cmpstr(found, ==, "vsock::");
    assert_uri("host:80", "tcp:host:80");
    assert_uri("tcp:host:80", "tcp:host:80");
    assert_uri("tcp::80,ipv4", "tcp::80");
    /* What socket_parse() takes. */
    assert_uri("[::1]:80", "tcp:[::1]:80");
    assert_uri("tcp:[fe80::1%eth0]:http,ipv6", "tcp:[fe80::1%eth0]:http");
    assert_uri("[h]:80", "tcp:h:80");
#ifdef QIO_HAS_ADDRESS_OPTION_PAIRS
    assert_uri("a,,b:1,,2", "tcp:a,,b:1,,2");
#endif
    assert_uri("unix:/run/x", "unix:/run/x");
    assert_uri("fd:name", "fd:name");
    assert_uri("vsock:3:1024", "vsock:3:1024");
}

/* R-SOCK-22 */
static void test_parse(void)
{
    g_autoptr(SocketAddress) inet = socket_parse("[::1]:80,ipv6", &error_abort);
    g_autoptr(SocketAddress) q_unix = socket_parse("unix:a", &error_abort);
    g_autoptr(SocketAddress) fd = socket_parse("fd:9", &error_abort);
    g_autoptr(SocketAddress) vsock = socket_parse("vsock:3:4", &error_abort);

    g_assert_cmpint(inet->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_cmpstr(inet->u.inet.host, ==, "::1");
    g_assert_true(inet->u.inet.has_ipv6 && inet->u.inet.ipv6);
    g_assert_cmpint(q_unix->type, ==, SOCKET_ADDRESS_TYPE_UNIX);
    g_assert_cmpstr(q_unix->u.q_unix.path, ==, "a");
    g_assert_false(q_unix->u.q_unix.abstract);
    g_assert_cmpint(fd->type, ==, SOCKET_ADDRESS_TYPE_FD);
    g_assert_cmpstr(fd->u.fd.str, ==, "9");
    g_assert_cmpint(vsock->type, ==, SOCKET_ADDRESS_TYPE_VSOCK);
    g_assert_cmpstr(vsock->u.vsock.cid, ==, "3");
    g_assert_cmpstr(vsock->u.vsock.port, ==, "4");
}

/* R-SOCK-22 */
static void test_parse_errors(void)
{
    static const char *const wrong[] = {
        "", "unix:", "fd:", "vsock:", "vsock:3", "vsock:3:", "vsock::4", "vsock:3:4:5",
        "vsock:111111111111111111111111111111111:4", "tcp:", "tcp:host", "host",
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(wrong); i++) {
        Error *err = NULL;

        g_assert_null(socket_parse(wrong[i], &err));
        error_free_or_abort(&err);
        g_assert_null(socket_parse(wrong[i], NULL));
    }
}

/* A kind that there isn't is named, unless the text may be a host and a port. */
static void test_kinds(void)
{
    static const char *const wrong[] = { "udp:1:2", "udp:[::1]:2", "quic:host:http,ipv4" };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(wrong); i++) {
        g_autofree char *kind = g_strndup(wrong[i], strcspn(wrong[i], ":"));
        g_autofree char *text = g_strdup_printf("error parsing address '%s': there is no kind '%s', only"
                                                " tcp, unix, fd and vsock", wrong[i], kind);
        Error *err = NULL;

        g_assert_null(socket_parse(wrong[i], &err));
        assert_error(&err, text);
    }
    assert_uri("udp:80", "tcp:udp:80");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/qio/sockets/inet-parse/host-and-port", test_host_and_port);
    TEST("/qio/sockets/inet-parse/flags", test_flags);
    TEST("/qio/sockets/inet-parse/last-port", test_last_port);
#ifdef QIO_HAS_ADDRESS_OPTION_PAIRS
    TEST("/qio/sockets/inet-parse/numbers", test_numbers);
#endif
    TEST("/qio/sockets/inet-parse/port-numbers", test_port_numbers);
    TEST("/qio/sockets/inet-parse/sentences", test_sentences);
    TEST("/qio/sockets/inet-parse/profile-syntax", test_profile_syntax);
    TEST("/qio/sockets/text/uri", test_uri);
    TEST("/qio/sockets/text/parse", test_parse);
    TEST("/qio/sockets/text/parse-errors", test_parse_errors);
    TEST("/qio/sockets/text/kinds", test_kinds);
    return g_test_run();
}
