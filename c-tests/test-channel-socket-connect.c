/*
 * qio/connect.h: which addresses are tried in which order, and what the channel is like.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "connecting.h"
#include "qio/stats.h"

/* Long enough that nothing comes of it in a test. */
#define NEVER 2000

static char *port;
static GMainContext *private_context;

static void assert_as_connected_sync(QIOChannelSocket *ioc, QIOChannelSocket *server)
{
    g_autoptr(SocketAddress) remote = qio_channel_socket_get_remote_address(ioc, &error_abort);
    g_autoptr(SocketAddress) local = qio_channel_socket_get_local_address(ioc, &error_abort);
    g_autoptr(SocketAddress) addr = qio_channel_socket_get_local_address(server, &error_abort);
    auto_socket sync = qio_channel_socket_new();
    auto_socket peer = NULL;
    int fd = ioc->fd;

    g_assert_cmpint(qio_channel_socket_connect_sync(sync, addr, &error_abort), ==, 0);
    peer = qio_channel_socket_accept(server, &error_abort);
    assert_plain_descriptor(fd);
    g_assert_cmpuint(ioc->parent.features, ==, sync->parent.features);
    g_assert_cmpint(int_option(fd, SOL_SOCKET, SO_REUSEADDR), ==, int_option(sync->fd, SOL_SOCKET, SO_REUSEADDR));
    g_assert_cmpint(int_option(fd, SOL_SOCKET, SO_KEEPALIVE), ==, 0);
    g_assert_cmpint(remote->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_cmpstr(remote->u.inet.host, ==, addr->u.inet.host);
    g_assert_cmpstr(remote->u.inet.port, ==, addr->u.inet.port);
    g_assert_cmpstr(local->u.inet.host, ==, addr->u.inet.host);
    g_assert_cmpstr(local->u.inet.port, !=, "0");
}

static void connects(GMainContext *context, const char *host)
{
    SocketAddress any = inet_address(host, "0");
    auto_socket server = listen_on(&any);
    SocketAddress *addr = qio_channel_socket_get_local_address(server, &error_abort);
    Pair pair;
    Call call;

    call_begin(&call, context, addr, NULL);
    /* The address was copied. */
    memset(addr->u.inet.host, 'x', strlen(addr->u.inet.host));
    qapi_free_SocketAddress(addr);
    call_wait(&call);
    g_assert_null(call.err);
    pair.client = call.ioc;
    pair.server = qio_channel_socket_accept(server, &error_abort);
    assert_connected(&pair);
    object_unref(OBJECT(pair.server));
    assert_as_connected_sync(call.ioc, server);
    call_clear(&call);
}

static void test_numbers(void)
{
    connects(NULL, "127.0.0.1");
    connects(private_context, "::1");
}

static void test_keep_alive(void)
{
    SocketAddress addr = inet_address("127.0.0.1", port);
    Call call;

    addr.u.inet.has_keep_alive = true;
    addr.u.inet.keep_alive = true;
    call_begin(&call, NULL, &addr, NULL);
    call_wait(&call);
    g_assert_null(call.err);
    g_assert_cmpint(int_option(call.ioc->fd, SOL_SOCKET, SO_KEEPALIVE), ==, 1);
    call_clear(&call);
}

static void test_family_is_forced(void)
{
    SocketAddress addr = inet_address("race.test", port);
    Call call;

    set_look_ups((LookUp) { { "::1" } }, (LookUp) { { "127.0.0.1" } });
    addr.u.inet.has_ipv4 = true;
    addr.u.inet.ipv4 = true;
    call_begin(&call, NULL, &addr, NULL);
    call_wait(&call);
    g_assert_null(call.err);
    assert_tried("127.0.0.1 ");
    g_assert_cmpint(names.asked, ==, 1);
    call_clear(&call);
}

/* R-CONN-3: section 2 of RFC 8305: both families are looked up, and IPv6 goes first. */
static void test_first_family(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_delay_ms = NEVER };
    Call call;

    set_look_ups((LookUp) { { "::1" } }, (LookUp) { { "127.0.0.1" } });
    call_connects(&call, port, &options);
    assert_tried("::1 ");
    /* The second look-up may begin when the connection stands already. */
    await_answers(2);
    g_assert_cmpint(names.asked, ==, 2);
    call_clear(&call);

    options.first_family = 4;
    set_look_ups((LookUp) { { "::1" } }, (LookUp) { { "127.0.0.1" } });
    call_connects(&call, port, &options);
    assert_tried("127.0.0.1 ");
    await_answers(2);
    call_clear(&call);
}

/* Section 3: the first family isn't waited for for ever, and isn't if there is none. */
static void test_resolution_delay(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .resolution_delay_ms = 1 };
    Call call;

    set_look_ups((LookUp) { { "::1" }, .waits = true }, (LookUp) { { "127.0.0.1" } });
    call_connects(&call, port, &options);
    assert_tried("127.0.0.1 ");
    /* What comes too late is freed. */
    release_look_ups();
    await_answers(2);
    call_clear(&call);

    options.resolution_delay_ms = UINT32_MAX;
    set_look_ups((LookUp) { .code = EAI_NONAME }, (LookUp) { { "127.0.0.1" } });
    call_connects(&call, port, &options);
    assert_tried("127.0.0.1 ");
    call_clear(&call);

    set_look_ups((LookUp) { { "::1" } }, (LookUp) { { "127.0.0.1" }, .waits = true });
    call_connects(&call, port, &options);
    assert_tried("::1 ");
    release_look_ups();
    await_answers(2);
    call_clear(&call);
}

/* Section 3: addresses that come later join those that haven't been tried. */
static void test_late_addresses(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .resolution_delay_ms = 1 };
    SocketAddress addr = inet_address("race.test", port);
    BlackHole hole = black_hole("127.0.0.2", port);
    Call call;

    set_look_ups((LookUp) { { "::1" }, .waits = true }, (LookUp) { { "127.0.0.2" } });
    call_begin(&call, NULL, &addr, &options);
    while (tried->len == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    release_look_ups();
    call_wait(&call);
    g_assert_null(call.err);
    assert_tried("127.0.0.2 ::1 ");
    call_clear(&call);
    close_hole(&hole);
}

/* So many answers have come to the thread that connects: each look-up is a task. */
static uint64_t look_ups_told(void)
{
    QIOStats stats = { .size = sizeof(stats) };

    qio_stats(&stats);
    return stats.tasks_completed;
}

/* Section 4: the families take turns, behind so many addresses of the first. Nobody listens at any of them. */
static void assert_order(const QIOConnectOptions *options, const char *expected)
{
    SocketAddress addr = inet_address("race.test", port);
    uint64_t told = look_ups_told();
    Call call;

    set_look_ups((LookUp) { { "::ffff:127.0.0.3", "::ffff:127.0.0.4", "::ffff:127.0.0.5" } },
                 (LookUp) { { "127.0.0.6", "127.0.0.7" }, .waits = true });
    call_begin(&call, NULL, &addr, options);
    while (look_ups_told() == told) {
        g_main_context_iteration(NULL, TRUE);
    }
    release_look_ups();
    await_answers(2);
    call_wait(&call);
    g_assert_nonnull(call.err);
    assert_tried(expected);
    call_clear(&call);
}

/* R-CONN-3 */
static void test_interleaving(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_delay_ms = NEVER, .first_family = 4 };

    /* IPv4 goes first and is waited for, so that both are known when the race begins. */
    options.resolution_delay_ms = UINT32_MAX;
    assert_order(&options, "127.0.0.6 ::ffff:127.0.0.3 127.0.0.7 ::ffff:127.0.0.4 ::ffff:127.0.0.5 ");
    options.first_family_count = 2;
    assert_order(&options, "127.0.0.6 127.0.0.7 ::ffff:127.0.0.3 ::ffff:127.0.0.4 ::ffff:127.0.0.5 ");
}

/* Section 5: who doesn't answer has company after a while; the first connection that stands is taken. */
static void test_attempt_delay(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_delay_ms = 1 };
    BlackHole first = black_hole("127.0.0.2", port), second = black_hole("127.0.0.3", port);
    g_autoptr(SocketAddress) remote = NULL;
    Call call;

    set_look_ups((LookUp) { { "::ffff:127.0.0.2", "::ffff:127.0.0.3", "::1" } }, (LookUp) { { NULL } });
    call_connects(&call, port, &options);
    await_answers(2);
    assert_tried("::ffff:127.0.0.2 ::ffff:127.0.0.3 ::1 ");
    remote = qio_channel_socket_get_remote_address(call.ioc, &error_abort);
    g_assert_cmpstr(remote->u.inet.host, ==, "::1");
    call_clear(&call);
    close_hole(&first);
    close_hole(&second);
}

/* One that didn't answer may still be the first to do so. */
static void test_slow_one_wins(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_delay_ms = 10 };
    SocketAddress addr = inet_address("race.test", port);
    BlackHole slow = black_hole("127.0.0.2", port), never = black_hole("127.0.0.3", port);
    g_autoptr(SocketAddress) remote = NULL;
    Call call;

    set_look_ups((LookUp) { { NULL } }, (LookUp) { { "127.0.0.2", "127.0.0.3" } });
    call_begin(&call, NULL, &addr, &options);
    while (g_strcmp0(tried->str, "127.0.0.2 127.0.0.3 ") != 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    /* There is room in its queue; the kernel tries again after a second. */
    close(accept(slow.listener, NULL, NULL));
    call_wait(&call);
    g_assert_null(call.err);
    remote = qio_channel_socket_get_remote_address(call.ioc, &error_abort);
    g_assert_cmpstr(remote->u.inet.host, ==, "127.0.0.2");
    call_clear(&call);
    close_hole(&slow);
    close_hole(&never);
}

/* After a failure the next is tried at once. */
static void test_next_at_once(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_delay_ms = NEVER };
    gint64 before = g_get_monotonic_time(), took;
    Call call;

    set_look_ups((LookUp) { { "::ffff:127.0.0.3", "::ffff:127.0.0.4", "::ffff:127.0.0.5" } },
                 (LookUp) { { "127.0.0.6", "127.0.0.1" } });
    call_connects(&call, port, &options);
    took = g_get_monotonic_time() - before;
    g_assert_true(g_str_has_suffix(tried->str, " 127.0.0.1 "));
    g_test_message("four failures took %" G_GINT64_FORMAT " microseconds", took);
    await_answers(2);
    call_clear(&call);
}

/* R-CONN-10 */
static void test_all_refused(void)
{
    g_autofree char *one = g_strdup_printf("Failed to connect to '127.0.0.3:%s': Connection refused", port);
    g_autofree char *two = g_strdup_printf("Failed to connect to 'race.test:%s': Connection refused"
                                           " (tried [::ffff:127.0.0.3]:%s: Connection refused;"
                                           " 127.0.0.4:%s: Connection refused)", port, port, port);
    g_autofree char *three = g_strdup_printf("Failed to connect to 'race.test:%s': Connection refused"
                                             " (tried 127.0.0.4:%s: Connection refused;"
                                             " IPv6 look-up: %s)", port, port, gai_strerror(EAI_AGAIN));
    Call call;

    call_fails(&call, "127.0.0.3", port, NULL, one);
    set_look_ups((LookUp) { { "::ffff:127.0.0.3" } }, (LookUp) { { "127.0.0.4" } });
    call_fails(&call, "race.test", port, NULL, two);
    /* A look-up that failed is told of, but not that a name has no address of one family. */
    set_look_ups((LookUp) { .code = EAI_AGAIN }, (LookUp) { { "127.0.0.4" } });
    call_fails(&call, "race.test", port, NULL, three);
    set_look_ups((LookUp) { .code = EAI_NONAME }, (LookUp) { { "127.0.0.3" } });
    g_free(one);
    one = g_strdup_printf("Failed to connect to 'race.test:%s': Connection refused", port);
    call_fails(&call, "race.test", port, NULL, one);
}

/* R-CONN-10 */
static void test_unknown_names(void)
{
    g_autofree char *none = g_strdup_printf("address resolution failed for race.test:%s: %s", port,
                                            gai_strerror(EAI_NONAME));
    g_autofree char *some = g_strdup_printf("address resolution failed for race.test:%s: %s (tried IPv6 look-up: %s;"
                                            " IPv4 look-up: %s)", port, gai_strerror(EAI_AGAIN),
                                            gai_strerror(EAI_NONAME), gai_strerror(EAI_AGAIN));
    Call call;

    set_look_ups((LookUp) { .code = EAI_NONAME }, (LookUp) { .code = EAI_NONAME });
    call_fails(&call, "race.test", port, NULL, none);
    assert_tried("");
    set_look_ups((LookUp) { .code = EAI_NONAME }, (LookUp) { .code = EAI_AGAIN });
    call_fails(&call, "race.test", port, NULL, some);
}

/* What is wrong at once is told in the callback, too. */
static void test_wrong_addresses(void)
{
    Call call;

    call_fails(&call, "", port, NULL, "host and/or port not specified");
    call_fails(&call, "127.0.0.1", "", NULL, "host and/or port not specified");
    call_fails(&call, "127.0.0.1", "65536", NULL,
               "address resolution failed for 127.0.0.1:65536: a port is a number from 0 to 65535");
    call_fails(&call, "[::1]", "1", NULL, "address resolution failed for [::1]:1: the host stands in brackets,"
               " which only a text of host and port has");
}

static void test_already_open(void)
{
    g_auto(Pair) pair = unix_pair();
    int fd = dup(pair.server->fd);
    g_autofree char *number = g_strdup_printf("%d", fd);
    SocketAddress addrs[] = { inet_address("127.0.0.1", port), fd_address(number) };
    Call call = { .ioc = g_steal_pointer(&pair.client), .returned = true };
    size_t n;

    for (n = 0; n < G_N_ELEMENTS(addrs); n++) {
        call.calls = call.destroyed = 0;
        qio_channel_socket_connect_full_async(call.ioc, &addrs[n], NULL, call_back, &call, call_ends, NULL);
        g_assert_cmpint(call.calls, ==, 0);
        call_wait(&call);
        assert_error_has(&call.err, "already open", NULL);
    }
    call_clear(&call);
    /* It is still the program's. */
    g_assert_cmpint(close(fd), ==, 0);
}

/* Other kinds of addresses have one each. */
static void test_unix(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    auto_socket server = listen_on(&addr);
    Pair pair;
    Call call;

    call_begin(&call, private_context, &addr, NULL);
    call_wait(&call);
    g_assert_null(call.err);
    pair.client = call.ioc;
    pair.server = qio_channel_socket_accept(server, &error_abort);
    g_assert_true(qio_channel_has_feature(QIO_CHANNEL(call.ioc), QIO_CHANNEL_FEATURE_FD_PASS));
    assert_plain_descriptor(call.ioc->fd);
    assert_connected(&pair);
    object_unref(OBJECT(pair.server));
    call_clear(&call);
    qio_channel_close(QIO_CHANNEL(server), &error_abort);

    call_begin(&call, private_context, &addr, NULL);
    call_wait(&call);
    assert_error_has(&call.err, path, strerror(ENOENT));
    call_clear(&call);
    remove_socket_path(path);
}

static void test_descriptor(void)
{
    g_autofree char *number = NULL;
    SocketAddress addr;
    Call call;
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    number = g_strdup_printf("%d", sv[0]);
    addr = fd_address(number);
    call_begin(&call, NULL, &addr, NULL);
    call_wait(&call);
    g_assert_null(call.err);
    g_assert_cmpint(call.ioc->fd, ==, sv[0]);
    call_clear(&call);
    close(sv[1]);
}

int main(int argc, char **argv)
{
    int status, v4, v6;

    socket_tests_init(&argc, &argv);
    private_context = g_main_context_new();
    /* Both loopback addresses answer at one port. */
    v4 = bound("127.0.0.1", "0", 64);
    port = port_of(v4);
    v6 = bound("::1", port, 64);
    TEST("/qio/connect/numbers", test_numbers);
    TEST("/qio/connect/keep-alive", test_keep_alive);
    TEST("/qio/connect/forced-family", test_family_is_forced);
    TEST("/qio/connect/first-family", test_first_family);
    TEST("/qio/connect/resolution-delay", test_resolution_delay);
    TEST("/qio/connect/late-addresses", test_late_addresses);
    TEST("/qio/connect/interleaving", test_interleaving);
    TEST("/qio/connect/attempt-delay", test_attempt_delay);
    TEST("/qio/connect/slow-one-wins", test_slow_one_wins);
    TEST("/qio/connect/next-at-once", test_next_at_once);
    TEST("/qio/connect/all-refused", test_all_refused);
    TEST("/qio/connect/unknown-names", test_unknown_names);
    TEST("/qio/connect/wrong-addresses", test_wrong_addresses);
    TEST("/qio/connect/already-open", test_already_open);
    TEST("/qio/connect/unix", test_unix);
    TEST("/qio/connect/descriptor", test_descriptor);
    status = g_test_run();
    close(v4);
    close(v6);
    g_free(port);
    g_main_context_unref(private_context);
    g_string_free(tried, TRUE);
    return status;
}
