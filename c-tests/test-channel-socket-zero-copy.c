/*
 * io/channel-socket.h: writing without a copy, and waiting until it is done.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "socket-channels.h"
#include "error-queue.h"

static char memory[10000];

static void write_times(Pair *pair, int times)
{
    char *sink = g_malloc(sizeof(memory));
    int i;

    for (i = 0; i < times; i++) {
        g_assert_cmpint(write_zero_copy(pair->client, memory, 100, &error_abort), ==, 100);
        g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(pair->server), sink, 100, &error_abort),
                        ==, 0);
    }
    g_free(sink);
}

static void loopback(const char *host)
{
    g_auto(Pair) pair = tcp_pair(host);
    int round;

    queue_reset();
    g_assert_cmpint(flush(pair.client, &error_abort), ==, FLUSHED_IDLE);
    g_assert_cmpint(queue.reads, ==, 0);
    for (round = 1; round <= 3; round++) {
        write_times(&pair, 10);
        g_assert_cmpint(pair.client->zero_copy_queued, ==, 10 * round);
        /* What goes to the same machine is copied after all. */
        g_assert_cmpint(flush(pair.client, &error_abort), ==, 1);
        g_assert_cmpint(pair.client->zero_copy_sent, ==, 10 * round);
        g_assert_cmpint(flush(pair.client, &error_abort), ==, FLUSHED_IDLE);
    }
}

static void test_ipv4(void)
{
    loopback("127.0.0.1");
}

static void test_ipv6(void)
{
    loopback("::1");
}

static void test_elsewhere(void)
{
    g_auto(Pair) local = unix_pair(), tcp = tcp_pair("127.0.0.1");
    Error *err = NULL;

    g_assert_cmpint(write_zero_copy(local.client, memory, 1, &err), ==, -1);
    error_free_or_abort(&err);
    /* The accepting end has not asked for it. */
    g_assert_cmpint(write_zero_copy(tcp.server, memory, 1, &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(flush(local.client, &error_abort), ==, 0);
}

/* The system numbers only writes of something. */
static void test_empty(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");

    queue_reset();
    g_assert_cmpint(write_zero_copy(pair.client, memory, 0, &error_abort), ==, 0);
    g_assert_cmpint(pair.client->zero_copy_queued, ==, 0);
    g_assert_cmpint(flush(pair.client, &error_abort), ==, FLUSHED_IDLE);
}

/* Notices ---------------------------------------------------------------------- */

/* A flush of as many writes as there are, with the given notices. */
static int flush_with(const Notice *notices, size_t count, int writes, Error **errp)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    int result;

    queue_reset();
    write_times(&pair, writes);
    queue.notices = notices;
    queue.count = count;
    result = flush(pair.client, errp);
    if (result >= 0) {
        g_assert_cmpint(pair.client->zero_copy_sent, ==, writes);
        g_assert_cmpuint(queue.count, ==, 0);
    }
    queue_reset();
    return result;
}

static void test_copied(void)
{
    static const Notice all[] = {
        { .first = 0, .last = 0, .copied = true }, { .first = 1, .last = 4, .copied = true },
    };
    static const Notice some[] = {
        { .first = 0, .last = 0, .copied = true }, { .first = 1, .last = 3 },
        { .first = 4, .last = 4, .copied = true },
    };

    g_assert_cmpint(flush_with(all, G_N_ELEMENTS(all), 5, &error_abort), ==, 1);
    g_assert_cmpint(flush_with(some, G_N_ELEMENTS(some), 5, &error_abort), ==, FLUSHED_MIXED);
}

/* The numbers of the system begin anew after 2^32 writes: W-15. */
static void test_numbers_wrap(void)
{
    static const Notice notices[] = {
        { .first = UINT32_MAX - 2, .last = UINT32_MAX - 2, .copied = true },
        { .first = UINT32_MAX - 1, .last = 1, .copied = true },
        { .first = 2, .last = 2, .copied = true },
    };

    g_assert_cmpint(flush_with(notices, G_N_ELEMENTS(notices), 6, &error_abort), ==, 1);
}

static void test_ipv6_notice(void)
{
    /* IPV6_RECVERR has another number than IP_RECVERR. */
    static const Notice notice = { .last = 0, .copied = true, .level = SOL_IPV6 };
    Error *err = NULL;

    g_assert_cmpint(flush_with(&notice, 1, 1, &err), ==, -1);
    error_free_or_abort(&err);
}

/* R-82-8: a range the wrong way round. */
static void test_wrong_notices(void)
{
    static const struct {
        Notice notice;
        const char *says;
        int number;
    } wrong[] = {
        { { .first = 3, .last = 1 }, "3 to 1", 0 },
        { { .bare = true }, "error queue", 0 },
        { { .level = SOL_SOCKET }, "error queue", 0 },
        { { .error = EHOSTUNREACH }, "error queue", EHOSTUNREACH },
        { { .origin = SO_EE_ORIGIN_ICMP }, "zero-copy", 0 },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Error *err = NULL;

        errno = 0;
        g_assert_cmpint(flush_with(&wrong[i].notice, 1, 2, &err), ==, -1);
        if (wrong[i].number) {
            g_assert_cmpint(errno, ==, wrong[i].number);
            assert_error_has(&err, wrong[i].says, strerror(wrong[i].number));
        } else {
            assert_error_has(&err, wrong[i].says, NULL);
        }
        g_assert_cmpint(flush_with(&wrong[i].notice, 1, 2, NULL), ==, -1);
    }
}

static void test_queue_fails(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    Error *err = NULL;

    queue_reset();
    write_times(&pair, 1);
    queue.read_errno = EIO;
    errno = 0;
    g_assert_cmpint(flush(pair.client, &err), ==, -1);
    g_assert_cmpint(errno, ==, EIO);
    assert_error_has(&err, "error queue", strerror(EIO));
    queue.read_errno = 0;
    g_assert_cmpint(flush(pair.client, &error_abort), ==, 1);
}

static void test_closed(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    Error *err = NULL;

    queue_reset();
    write_times(&pair, 1);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
    g_assert_cmpint(flush(pair.client, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    error_free_or_abort(&err);
}

/* Short of memory -------------------------------------------------------------- */

/* Notices that are there give their memory back, and the next flush answers for them. */
static void test_short_once(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");

    queue_reset();
    write_times(&pair, 3);
    queue.failures = 1;
    write_times(&pair, 1);
    g_assert_cmpint(queue.sends, ==, 5);
    g_assert_cmpint(pair.client->zero_copy_queued, ==, 4);
    g_assert_cmpint(pair.client->zero_copy_sent, ==, 3);
    g_assert_cmpint(flush(pair.client, &error_abort), ==, 1);
}

static void test_short_for_good(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    Error *err = NULL;
    int mode;

    for (mode = 0; mode < 2; mode++) {
        queue_reset();
        set_blocking(pair.client, mode);
        queue.failures = 100;
        errno = 0;
        g_assert_cmpint(write_zero_copy(pair.client, memory, 1, &err), ==, -1);
        g_assert_cmpint(errno, ==, ENOBUFS);
        assert_error_has(&err, "lockable memory", strerror(ENOBUFS));
        g_assert_cmpint(queue.sends, ==, 2);
        g_assert_cmpint(pair.client->zero_copy_queued, ==, 0);
    }
    queue_reset();
}

/* A blocking channel waits for all notices, even if set_blocking was never called: W-10. */
static void test_short_waits(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    int i;

    queue_reset();
    queue.limit = 4;
    for (i = 0; i < 100; i++) {
        write_times(&pair, 1);
    }
    g_assert_cmpuint(queue.most_outstanding, ==, 4);
    g_assert_cmpint(pair.client->zero_copy_queued, ==, 100);
    g_assert_cmpint(flush(pair.client, &error_abort), ==, 1);
    queue_reset();
}

/* What a write had to read, the next flush tells; also if nothing is outstanding any more (R-111-13). */
static void test_short_remembers(void)
{
    static const Notice copied = { .last = 1, .copied = true }, uncopied = { .last = 1 };
    static const Notice both[] = {
        { .first = 0, .last = 0 }, { .first = 1, .last = 1, .copied = true },
    };
    static const struct {
        const Notice *notices;
        size_t count;
        int expected;
    } cases[] = {
        { &copied, 1, 1 }, { &uncopied, 1, 0 }, { both, G_N_ELEMENTS(both), FLUSHED_MIXED },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Pair) pair = tcp_pair("127.0.0.1");
        Error *err = NULL;

        queue_reset();
        write_times(&pair, 2);
        queue.notices = cases[i].notices;
        queue.count = cases[i].count;
        queue.failures = 2;
        g_assert_cmpint(write_zero_copy(pair.client, memory, 1, &err), ==, -1);
        error_free_or_abort(&err);
        g_assert_cmpint(pair.client->zero_copy_sent, ==, 2);
        g_assert_cmpint(flush(pair.client, &error_abort), ==, cases[i].expected);
        g_assert_cmpint(flush(pair.client, &error_abort), ==, FLUSHED_IDLE);
        queue_reset();
    }
}

/* What is remembered of a channel ends with it, not with its address (R-111-13). */
static void test_memory_ends(void)
{
    static const Notice notice = { .last = 0, .copied = FLUSHED_IDLE == 0 };
    QIOChannelSocket *new = NULL;
    int i;

    for (i = 0; i < 100; i++) {
        Pair pair = tcp_pair("127.0.0.1");
        QIOChannelSocket *old = pair.client;
        Error *err = NULL;

        queue_reset();
        write_times(&pair, 1);
        queue.notices = &notice;
        queue.count = 1;
        queue.failures = 2;
        g_assert_cmpint(write_zero_copy(pair.client, memory, 1, &err), ==, -1);
        error_free_or_abort(&err);
        queue_reset();
        object_unref(OBJECT(pair.server));
        object_unref(OBJECT(pair.client));

        new = qio_channel_socket_new();
        qio_channel_set_feature(QIO_CHANNEL(new), QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
        g_assert_cmpint(flush(new, &error_abort), ==, FLUSHED_IDLE);
        object_unref(OBJECT(new));
        if (new == old) {
            return;
        }
    }
    g_test_skip("no address was used again");
}

/* Without zero-copy there is nothing to wait for. */
static void test_short_of_other_memory(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");

    queue_reset();
    queue.failures = 1;
    assert_connected(&pair);
    g_assert_cmpint(queue.reads, ==, 0);
    queue_reset();
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    TEST("/qio/channel-socket/zero-copy/ipv4", test_ipv4);
    TEST("/qio/channel-socket/zero-copy/ipv6", test_ipv6);
    TEST("/qio/channel-socket/zero-copy/elsewhere", test_elsewhere);
    TEST("/qio/channel-socket/zero-copy/empty", test_empty);
    TEST("/qio/channel-socket/zero-copy/copied", test_copied);
    TEST("/qio/channel-socket/zero-copy/numbers-wrap", test_numbers_wrap);
    TEST("/qio/channel-socket/zero-copy/ipv6-notice", test_ipv6_notice);
    TEST("/qio/channel-socket/zero-copy/wrong-notices", test_wrong_notices);
    TEST("/qio/channel-socket/zero-copy/queue-fails", test_queue_fails);
    TEST("/qio/channel-socket/zero-copy/closed", test_closed);
    TEST("/qio/channel-socket/zero-copy/short/once", test_short_once);
    TEST("/qio/channel-socket/zero-copy/short/for-good", test_short_for_good);
    TEST("/qio/channel-socket/zero-copy/short/waits", test_short_waits);
    TEST("/qio/channel-socket/zero-copy/short/remembers", test_short_remembers);
    TEST("/qio/channel-socket/zero-copy/short/memory-ends", test_memory_ends);
    TEST("/qio/channel-socket/zero-copy/short/other-memory", test_short_of_other_memory);
    return g_test_run();
}
