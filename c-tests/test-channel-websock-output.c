/*
 * What goes out of a channel of io/channel-websock.h, and what a hostile peer costs.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "websock-frames.h"
#include "watch-seen.h"

#include <malloc.h>

/* A channel with little room in its transport. */
static void web_open_narrow(Web *web)
{
    int size = 4096;

    web_open(web);
    g_assert_cmpint(setsockopt(web->master->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), ==, 0);
}

/* 5.2: for each form of the length a frame can have. */
static void test_lengths(void)
{
    static const size_t sizes[] = { 1, 3, 4, 124, 125, 126, 127, 255, 256, 8191, 8192 };
    g_autofree uint8_t *payload = patterned(8192);
    Web web;

    web_open(&web);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GByteArray) got = NULL;
        GString *wire;

        g_assert_cmpint(qio_channel_write(web.ioc, (char *)payload, sizes[i], &error_abort), ==, sizes[i]);
        wire = web_receive(&web);
        /* R-WS-16: one write is one frame. */
        g_assert_cmpint(wire->len, ==, sizes[i] + (sizes[i] < 126 ? 2 : 4));
        got = unframe(wire);
        g_assert_cmpmem(got->data, got->len, payload, sizes[i]);
        g_string_free(wire, true);
    }
    web_end(&web);
}

/* One write of many elements is one frame, too. */
static void test_vectors(void)
{
    g_autofree uint8_t *payload = patterned(1000);
    Web web;

    web_open(&web);
    for (int count = 1; count <= 100; count += 3) {
        struct iovec iov[100];
        g_autoptr(GByteArray) got = NULL;
        GString *wire;
        size_t total = 0;

        for (int i = 0; i < count; i++) {
            iov[i].iov_base = payload + total;
            iov[i].iov_len = i % 4;
            total += i % 4;
        }
        if (!total) {
            continue;
        }
        g_assert_cmpint(qio_channel_writev(web.ioc, iov, count, &error_abort), ==, total);
        wire = web_receive(&web);
        g_assert_cmpint(wire->len, ==, total + (total < 126 ? 2 : 4));
        got = unframe(wire);
        g_assert_cmpmem(got->data, got->len, payload, total);
        g_string_free(wire, true);
    }
    web_end(&web);
}

/* A write of any size, through a transport that takes a little at a time. */
static void test_large(void)
{
    enum { SIZE = 300000 };
    g_autofree uint8_t *payload = patterned(SIZE);
    g_autoptr(GByteArray) got = NULL;
    GString *wire = g_string_new(NULL);
    size_t at = 0;
    Web web;

    web_open_narrow(&web);
    while (at < SIZE) {
        struct iovec iov[3] = {
            { payload + at, MIN(SIZE - at, 3) },
            { payload + at + MIN(SIZE - at, 3), (SIZE - at - MIN(SIZE - at, 3)) / 2 },
        };
        GString *more;
        ssize_t put;

        iov[2].iov_base = (uint8_t *)iov[1].iov_base + iov[1].iov_len;
        iov[2].iov_len = SIZE - at - iov[0].iov_len - iov[1].iov_len;
        put = qio_channel_writev(web.ioc, iov, 3, &error_abort);
        g_assert_cmpint(put, !=, 0);
        if (put > 0) {
            at += put;
            continue;
        }
        g_assert_cmpint(put, ==, QIO_CHANNEL_ERR_BLOCK);
        more = web_receive(&web);
        g_string_append_len(wire, more->str, more->len);
        g_string_free(more, true);
        web_run();
    }
    /* What is queued goes out in the background (R-WS-37). */
    for (;;) {
        GString *more = web_receive(&web);

        if (!more->len && !g_main_context_pending(NULL)) {
            g_string_free(more, true);
            break;
        }
        g_string_append_len(wire, more->str, more->len);
        g_string_free(more, true);
        web_run();
    }
    got = unframe(wire);
    g_assert_cmpmem(got->data, got->len, payload, SIZE);
    g_string_free(wire, true);
    web_end(&web);
}

static ssize_t (*whole_writev)(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                               size_t nfds, int flags, Error **errp);

/* Takes 1000 bytes at a time, as a write does that a signal has interrupted. */
static ssize_t short_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                            size_t nfds, int flags, Error **errp)
{
    struct iovec part;

    /* Who has nothing to write asks for nothing. */
    g_assert_cmpuint(niov, >, 0);
    part = iov[0];
    while (part.iov_len == 0 && niov > 1) {
        part = *++iov;
        niov--;
    }
    part.iov_len = MIN(part.iov_len, 1000);
    return whole_writev(ioc, &part, 1, fds, nfds, flags, errp);
}

/* R-WS-34: what the transport has room for needs no main loop. */
static void test_short(void)
{
    static const size_t sizes[] = { 1, 5000, 8192, 20000 };
    g_autofree uint8_t *payload = patterned(20000);
    QIOChannelClass *klass;
    Web web;

    web_open(&web);
    klass = QIO_CHANNEL_GET_CLASS(web.master);
    whole_writev = klass->io_writev;
    klass->io_writev = short_writev;
    g_assert_cmpint(qio_channel_write(web.ioc, "", 0, &error_abort), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GByteArray) got = NULL;
        GString *wire;
        ssize_t sent = qio_channel_write(web.ioc, (char *)payload, sizes[i], &error_abort);

        g_assert_cmpint(sent, >, 0);
        g_assert_cmpint(sent, <=, sizes[i]);
        wire = web_receive(&web);
        got = unframe(wire);
        g_assert_cmpmem(got->data, got->len, payload, sent);
        g_string_free(wire, true);
    }
    klass->io_writev = whole_writev;
    web_end(&web);
}

/* Writes until nothing is accepted any more; how much it was. */
static size_t fill(Web *web)
{
    g_autofree char *bytes = g_malloc0(1000);
    size_t total = 0;
    ssize_t put;

    while ((put = qio_channel_write(web->ioc, bytes, 1000, &error_abort)) > 0) {
        total += put;
    }
    g_assert_cmpint(put, ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    return total;
}

/* R-WS-17, R-WS-35, R-WS-41. */
static void test_queue_full(void)
{
    Seen seen = { .stay = true };
    size_t total, received = 0;
    guint tag;
    Web web;

    web_open_narrow(&web);
    total = fill(&web);
    g_assert_cmpint(total, >, 8000);
    seen.ioc = web.ioc;
    tag = qio_channel_add_watch(web.ioc, G_IO_OUT, sees, &seen, ends);
    web_run();
    g_assert_cmpint(seen.calls, ==, 0);
    while (!seen.calls) {
        GString *got = web_receive(&web);

        received += got->len;
        g_string_free(got, true);
        g_main_context_iteration(NULL, false);
    }
    g_assert_cmpint(seen.condition, ==, G_IO_OUT);
    g_source_remove(tag);
    g_assert_cmpint(received, >, 0);
    g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, &error_abort), ==, 1);
    /* Nothing of it is lost. */
    for (int idle = 0; idle < 2;) {
        GString *got = web_receive(&web);

        idle = got->len ? 0 : idle + 1;
        received += got->len;
        g_string_free(got, true);
        web_run();
    }
    g_assert_cmpint(received, >, total + 1);
    web_end(&web);
}

/* Pongs go out behind what is queued. Those that can't are remembered, the most recent ones: memory
 * stays bounded, and the last ping is answered (R-WS-26, RFC 6455 section 5.5.3). */
static void test_pong_behind_queue(void)
{
    enum { PINGS = 1000 };
    GString *wire = g_string_new(NULL);
    int pongs = 0, last = -1;
    Web web;

    web_open_narrow(&web);
    fill(&web);
    for (int i = 0; i < PINGS; i++) {
        uint8_t number[4] = { 0xff, 0xff, i >> 8, i };

        web_frame(&web, 0x89, number, 4);
        web_expect_nothing(&web);
    }
    for (int idle = 0; idle < 2;) {
        GString *got = web_receive(&web);

        idle = got->len ? 0 : idle + 1;
        g_string_append_len(wire, got->str, got->len);
        g_string_free(got, true);
        web_run();
    }
    for (size_t at = 0; at < wire->len;) {
        const uint8_t *frame = (const uint8_t *)wire->str + at;
        size_t size = frame[1];
        size_t header = size == 126 ? 4 : 2;

        if (header == 4) {
            size = frame[2] << 8 | frame[3];
        }
        if (frame[0] == 0x8a) {
            int number = frame[header + 2] << 8 | frame[header + 3];

            g_assert_cmpint(size, ==, 4);
            g_assert_cmpint(number, >, last);
            last = number;
            pongs++;
        } else {
            g_assert_cmpint(frame[0], ==, 0x82);
        }
        at += header + size;
        g_assert_cmpint(at, <=, wire->len);
    }
    g_assert_cmpint(last, ==, PINGS - 1);
    g_assert_cmpint(pongs, >, 10);
    g_string_free(wire, true);
    web_end(&web);
}

/* R-WS-33: what a read has to answer, and finds no room for, goes out without another call. */
static void test_pong_of_read(void)
{
    g_autofree char *bytes = g_malloc0(1000);
    GString *got;
    Web web;

    web_open_narrow(&web);
    while (qio_channel_write(QIO_CHANNEL(web.master), bytes, 1000, &error_abort) > 0) {
    }
    web_frame(&web, 0x89, "ping", 4);
    web_frame(&web, 0x82, "x", 1);
    web_expect(&web, "x", 1);
    got = web_receive(&web);
    g_assert_false(g_str_has_suffix(got->str, "ping"));
    g_string_free(got, true);
    web_run();
    web_expect_sent(&web, "\x8a\4ping", 6);
    web_end(&web);
}

/* R-WS-47: a close tells the peer, and doesn't wait to do so. */
static void test_close(void)
{
    Web web;

    web_open(&web);
    g_assert_cmpint(qio_channel_write(web.ioc, "bye", 3, &error_abort), ==, 3);
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    web_expect_sent(&web, "\x82\x03" "bye\x88\x02\x03\xe8", 9);
    web_expect_failure(&web);
    g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
    web_end(&web);
}

static void test_close_with_queued_output(void)
{
    GString *wire;
    Web web;

    web_open_narrow(&web);
    fill(&web);
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    wire = web_receive(&web);
    g_assert_cmpint(wire->len, >, 0);
    g_string_free(wire, true);
    g_assert_cmpint(recv(web.client, &(char) { 0 }, 1, MSG_DONTWAIT), ==, 0);
    web_end(&web);
}

/* The same, without a close: the channel isn't kept alive (R-WS-39). */
static void test_unref_with_queued_output(void)
{
    Web web;

    web_open_narrow(&web);
    fill(&web);
    g_assert_cmpint(OBJECT(web.ioc)->ref, ==, 1);
    object_unref(OBJECT(web.ioc));
    web.ioc = NULL;
    g_assert_cmpint(OBJECT(web.master)->ref, ==, 1);
    web_end(&web);
}

/* R-WS-36. */
static void test_broken(void)
{
    g_autofree char *bytes = g_malloc0(100000);
    Error *err = NULL;
    Web web;

    web_open(&web);
    close(web.client);
    web.client = -1;
    g_assert_cmpint(qio_channel_write(web.ioc, bytes, 100000, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    err = NULL;
    g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    web_end(&web);
}

static size_t malloced(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

enum { BOUND = 1 << 20 };

/* Sends these bytes over and over, while @turn is called, until the transport takes no more or enough for the
 * bound to be seen was sent. The channel takes no more than so much memory. */
static void flood(const void *bytes, size_t size, size_t begin, void (*turn)(Web *web), bool shakes_hands)
{
    g_autofree char *block = g_malloc(1 << 16);
    /* The bound can't be seen under valgrind: more than a channel and its sockets hold is enough there. */
    size_t before, peak = 0, sent = 0, full = 0, most = is_slow() ? 256 << 10 : has_few_rounds() ? BOUND * 3 : BOUND * 4;
    Web web;

    if (shakes_hands) {
        web_open(&web);
    } else {
        web_start(&web);
    }
    if (begin) {
        web_send(&web, bytes, begin);
    }
    for (size_t i = 0; i < 1 << 16; i++) {
        block[i] = ((const char *)bytes)[begin + i % (size - begin)];
    }
    before = malloced();
    while (sent < most && full < 4) {
        /* Whole ones, so that they stay in step. */
        size_t whole = (1 << 16) / (size - begin) * (size - begin), at = 0;

        while (at < whole) {
            ssize_t n = send(web.client, block + at, whole - at, MSG_DONTWAIT | MSG_NOSIGNAL);

            turn(&web);
            peak = MAX(peak, malloced());
            if (n < 0) {
                /* Stopped, or refused. */
                if (++full == 4 || errno != EAGAIN) {
                    full = 4;
                    break;
                }
                continue;
            }
            full = 0;
            at += n;
            sent += n;
        }
    }
    g_assert_cmpint(sent, >, 0);
    g_assert_cmpint((gssize)(peak - before), <, BOUND);
    web_end(&web);
}

static void turn_of_loop(Web *web)
{
    g_main_context_iteration(NULL, false);
}

static void turn_of_reader(Web *web)
{
    char byte;

    for (int i = 0; i < 1000 && qio_channel_read(web->ioc, &byte, 1, NULL) > 0; i++) {
    }
    g_main_context_iteration(NULL, false);
}

static gboolean nobody_reads(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    return G_SOURCE_CONTINUE;
}

static void turn_of_watch(Web *web)
{
    guint tag = qio_channel_add_watch(web->ioc, G_IO_IN | G_IO_HUP, nobody_reads, NULL, NULL);

    g_main_context_iteration(NULL, false);
    g_main_context_iteration(NULL, false);
    g_source_remove(tag);
}

#define FLOOD(bytes, begin, turn, shakes_hands) \
    flood(bytes, sizeof(bytes) - 1, begin, turn, shakes_hands)

/* R-WS-40 */
static void test_flood(void)
{
    static void (*const turns[])(Web *) = { turn_of_loop, turn_of_reader, turn_of_watch };

    for (size_t i = 0; i < G_N_ELEMENTS(turns); i++) {
        /* One frame without end. */
        FLOOD("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0zzzzzzzz", 14, turns[i], true);
        /* Small frames, empty ones, fragments without end. */
        FLOOD("\x82\x81\0\0\0\0z", 0, turns[i], true);
        FLOOD("\x82\x80\0\0\0\0", 0, turns[i], true);
        FLOOD("\x02\x80\0\0\0\0\x00\x81\0\0\0\0z", 6, turns[i], true);
        /* Pings whose answers nobody takes. */
        FLOOD("\x89\x84\0\0\0\0ping", 0, turns[i], true);
        FLOOD("\x8a\x84\0\0\0\0pong", 0, turns[i], true);
    }
    /* A request without end. */
    FLOOD("GET / HTTP/1.1\r\nA: b\r\n", 16, turn_of_loop, false);
    FLOOD("z", 0, turn_of_loop, false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/channel-websock/output/lengths", test_lengths);
    g_test_add_func("/qio/channel-websock/output/vectors", test_vectors);
    g_test_add_func("/qio/channel-websock/output/large", test_large);
    g_test_add_func("/qio/channel-websock/output/short", test_short);
    g_test_add_func("/qio/channel-websock/output/queue-full", test_queue_full);
    g_test_add_func("/qio/channel-websock/output/pong-behind-queue", test_pong_behind_queue);
    g_test_add_func("/qio/channel-websock/output/pong-of-read", test_pong_of_read);
    g_test_add_func("/qio/channel-websock/output/close", test_close);
    g_test_add_func("/qio/channel-websock/output/close-with-queued-output", test_close_with_queued_output);
    g_test_add_func("/qio/channel-websock/output/unref-with-queued-output", test_unref_with_queued_output);
    g_test_add_func("/qio/channel-websock/output/broken", test_broken);
    g_test_add_func("/qio/channel-websock/output/flood", test_flood);
    return g_test_run();
}
