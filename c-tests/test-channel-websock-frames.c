/*
 * The frames that a channel of io/channel-websock.h takes, and what it answers: RFC 6455 section 5,
 * rule by rule.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "websock-frames.h"

/* 5.2: a header may come in any pieces, for each form of the length. */
static void test_split_header(void)
{
    static const size_t sizes[] = { 0, 1, 3, 4, 125, 126, 65535, 65536 };
    g_autofree uint8_t *payload = patterned(65536);
    Web web;

    web_open(&web);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();
        size_t header = append_frame(frame, 0x82, payload, sizes[i]);
        /* Through large payloads valgrind takes its time. */
        size_t step = sizes[i] > 1000 && is_slow() ? 3 : 1;

        for (size_t cut = 1; cut <= header; cut += step) {
            web_send(&web, frame->data, cut);
            web_expect_nothing(&web);
            if (cut < frame->len) {
                web_send(&web, frame->data + cut, frame->len - cut);
            }
            if (sizes[i]) {
                web_expect(&web, payload, sizes[i]);
            } else {
                web_expect_nothing(&web);
            }
        }
    }
    web_end(&web);
}

/* 5.2: "the minimal number of bytes MUST be used", by the sender; a receiver may tolerate more (R-WS-20). */
static void test_long_lengths(void)
{
    Web web;

    web_open(&web);
    web_send(&web, "\x82\xfe\0\1\0\0\0\0a", 9);
    web_send(&web, "\x82\xff\0\0\0\0\0\0\0\1\0\0\0\0b", 15);
    web_send(&web, "\x82\xff\0\0\0\0\0\0\0\0\0\0\0\0", 14);
    web_expect(&web, "ab", 2);
    web_end(&web);
}

/* 7.4.1: 1009 is for messages that are too big, which none is: payload is passed on as it comes. */
static void test_endless(void)
{
    static const char header[] = "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0";
    g_autofree uint8_t *payload = patterned(8192);
    Web web;

    web_open(&web);
    web_send(&web, header, sizeof(header) - 1);
    for (int i = 0; i < 32; i++) {
        web_send(&web, payload, 8192);
        web_expect(&web, payload, 8192);
    }
    web_expect_sent(&web, "", 0);
    web_end(&web);
}

/* 5.3, R-WS-22: byte i has byte i mod 4 of the mask, whatever pieces it comes and is taken in. */
static void test_mask_phase(void)
{
    enum { SIZE = 1009 };
    g_autofree uint8_t *payload = patterned(SIZE);
    g_autoptr(GByteArray) frame = g_byte_array_new();

    append_frame(frame, 0x82, payload, SIZE);
    for (size_t piece = 1; piece < 12; piece++) {
        uint8_t got[SIZE];
        size_t have = 0;
        Web web;

        web_open(&web);
        for (size_t at = 0; at < frame->len; at += piece) {
            struct iovec iov[4];
            ssize_t n;

            web_send(&web, frame->data + at, MIN(piece, frame->len - at));
            do {
                size_t left = SIZE - have, used = 0;

                for (int i = 0; i < 4; i++) {
                    iov[i].iov_base = got + have + used;
                    iov[i].iov_len = MIN((size_t)(i * (piece % 3)), left - used);
                    used += iov[i].iov_len;
                }
                if (used == 0) {
                    iov[0].iov_len = MIN(left, 1);
                }
                n = have < SIZE ? qio_channel_readv(web.ioc, iov, 4, &error_abort)
                                : QIO_CHANNEL_ERR_BLOCK;
                have += MAX(n, 0);
            } while (n > 0);
            g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
        }
        g_assert_cmpmem(got, have, payload, SIZE);
        web_expect_nothing(&web);
        web_end(&web);
    }
}

/* 5.3, R-WS-22: each frame has a mask of its own; 5.7 has this one. */
static void test_masks(void)
{
    Web web;

    web_open(&web);
    web_send(&web, "\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    web_send(&web, "\x82\x81\xff\0\0\0\xff", 7);
    web_send(&web, "\x82\x82\1\2\3\4\1\2", 8);
    web_expect(&web, "Hello\0\0\0", 8);
    web_end(&web);
}

/* 5.4: fragments make one message; control frames may come between them, also between empty ones. */
static void test_fragments(void)
{
    g_autofree uint8_t *payload = patterned(700);
    size_t at = 0;
    Web web;

    web_open(&web);
    web_frame(&web, 0x02, "", 0);
    for (int i = 0; i < 7; i++) {
        uint8_t ping[3] = { i, 0, 0xff };
        char pong[5] = { (char)0x8a, 3, i, 0, (char)0xff };

        web_frame(&web, 0x89, ping, 3);
        web_frame(&web, 0x00, payload + at, 100);
        at += 100;
        web_frame(&web, 0x8a, "ignored", 7);
        web_expect(&web, payload + at - 100, 100);
        web_expect_sent(&web, pong, 5);
    }
    web_frame(&web, 0x80, "", 0);
    web_frame(&web, 0x82, "next", 4);
    web_expect(&web, "next", 4);
    web_end(&web);
}

/* 5.4: frames of one segment and of one read, in any number. */
static void test_many(void)
{
    g_autoptr(GByteArray) frames = g_byte_array_new();
    g_autofree uint8_t *payload = patterned(20000);
    size_t at = 0;
    Web web;

    web_open(&web);
    for (size_t size = 0; at + size <= 20000; at += size, size++) {
        append_frame(frames, 0x82, payload + at, size);
    }
    web_send_array(&web, frames);
    web_expect(&web, payload, at);
    web_expect_nothing(&web);
    web_end(&web);
}

/* 5.5.2, 5.5.3: a pong has exactly what the ping had; each of several pings is answered, in order. */
static void test_pings(void)
{
    static const size_t sizes[] = { 0, 1, 124, 125 };
    g_autofree uint8_t *payload = patterned(125);
    g_autoptr(GByteArray) three = g_byte_array_new();
    Web web;

    web_open(&web);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *pong = g_malloc(127);

        pong[0] = (char)0x8a;
        pong[1] = sizes[i];
        memcpy(pong + 2, payload, sizes[i]);
        web_frame(&web, 0x89, payload, sizes[i]);
        web_expect_nothing(&web);
        web_expect_sent(&web, pong, sizes[i] + 2);
        /* With data behind it in one segment. */
        g_byte_array_set_size(three, 0);
        append_frame(three, 0x89, payload, sizes[i]);
        append_frame(three, 0x82, "data", 4);
        web_send_array(&web, three);
        web_expect(&web, "data", 4);
        web_expect_sent(&web, pong, sizes[i] + 2);
    }
    g_byte_array_set_size(three, 0);
    append_frame(three, 0x89, "a", 1);
    append_frame(three, 0x89, "b", 1);
    append_frame(three, 0x89, "c", 1);
    web_send_array(&web, three);
    web_expect_nothing(&web);
    web_expect_sent(&web, "\x8a\1a\x8a\1b\x8a\1c", 9);
    web_end(&web);
}

static gboolean stays(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    return G_SOURCE_CONTINUE;
}

/* All at once, more than are remembered while they can't be answered: the transport has room, so that
 * each is answered, whether a reader or a watch meets them, or they came with the request. */
static void test_many_pings(void)
{
    enum { PINGS = 1000 };
    g_autoptr(GByteArray) pings = g_byte_array_new(), pongs = g_byte_array_new();

    for (int i = 0; i < PINGS; i++) {
        uint8_t number[2] = { i >> 8, i }, header[2] = { 0x8a, 2 };

        append_frame(pings, 0x89, number, 2);
        g_byte_array_append(pongs, header, 2);
        g_byte_array_append(pongs, number, 2);
    }
    append_frame(pings, 0x82, "data", 4);
    for (int way = 0; way < 3; way++) {
        Web web;

        if (way == 2) {
            g_autoptr(GByteArray) all = g_byte_array_new();

            g_byte_array_append(all, (const uint8_t *)REQUEST, strlen(REQUEST));
            g_byte_array_append(all, pings->data, pings->len);
            web_open_with(&web, (const char *)all->data, all->len);
        } else {
            web_open(&web);
            web_send_array(&web, pings);
        }
        if (way > 0) {
            GSource *source = qio_channel_create_watch(web.ioc, G_IO_IN);

            g_source_set_callback(source, (GSourceFunc)(void (*)(void))stays, NULL, NULL);
            g_source_attach(source, NULL);
            for (int i = 0; i < 100; i++) {
                g_main_context_iteration(NULL, false);
            }
            g_source_destroy(source);
            g_source_unref(source);
        }
        web_expect(&web, "data", 4);
        web_expect_sent(&web, pongs->data, pongs->len);
        web_end(&web);
    }
}

/* R-WS-24: a ping is answered when it is there as a whole, and is no data meanwhile. */
static void test_ping_in_pieces(void)
{
    g_autoptr(GByteArray) ping = g_byte_array_new();
    Web web;

    append_frame(ping, 0x89, "hello", 5);
    web_open(&web);
    for (guint i = 0; i < ping->len; i++) {
        web_expect_sent(&web, "", 0);
        web_send(&web, ping->data + i, 1);
        web_expect_nothing(&web);
    }
    web_expect_sent(&web, "\x8a\5hello", 7);
    web_end(&web);
}

typedef struct Violation {
    const char *section;
    const char *bytes;
    size_t size;
    int status;
} Violation;

#define BYTES(text) text, sizeof(text) - 1

static const Violation violations[] = {
    { "5.1 unmasked", BYTES("\x82\x04long"), 1002 },
    { "5.1 unmasked ping", BYTES("\x89\x04long"), 1002 },
    { "5.1 unmasked, empty", BYTES("\x82\0"), 1002 },
    { "5.1 unmasked, one byte", BYTES("\x82\1x"), 1002 },
    { "5.1 unmasked, header of 16 bits", BYTES("\x82\x7e"), 1002 },
    { "5.1 unmasked, header of 64 bits", BYTES("\x82\x7f"), 1002 },
    { "5.1 unmasked, empty ping", BYTES("\x89\0"), 1002 },
    { "5.1 unmasked, empty pong", BYTES("\x8a\0"), 1002 },
    { "5.1 unmasked, empty fragment", BYTES("\x02\0"), 1002 },
    { "5.1 unmasked, empty continuation", BYTES("\x02\x80\0\0\0\0\x80\0"), 1002 },
    { "5.1 unmasked, empty text", BYTES("\x81\0"), 1003 },
    { "5.1 unmasked, long", BYTES("\x82\x7e\x01\0\0\0"), 1002 },
    { "5.2 RSV1", BYTES("\xc2\x80\0\0\0\0"), 1002 },
    { "5.2 RSV2", BYTES("\xa2\x80\0\0\0\0"), 1002 },
    { "5.2 RSV3", BYTES("\x92\x80\0\0\0\0"), 1002 },
    { "5.2 RSV1 of a ping", BYTES("\xc9\x80\0\0\0\0"), 1002 },
    { "5.2 RSV1 of a fragment", BYTES("\x02\x80\0\0\0\0\x40\x80\0\0\0\0"), 1002 },
    { "5.2 opcode 3", BYTES("\x83\x80\0\0\0\0"), 1003 },
    { "5.2 opcode 4", BYTES("\x84\x80\0\0\0\0"), 1003 },
    { "5.2 opcode 5", BYTES("\x85\x80\0\0\0\0"), 1003 },
    { "5.2 opcode 6", BYTES("\x86\x80\0\0\0\0"), 1003 },
    { "5.2 opcode 7", BYTES("\x87\x80\0\0\0\0"), 1003 },
    { "5.2 opcode B", BYTES("\x8b\x80\0\0\0\0"), 1003 },
    { "5.2 opcode C", BYTES("\x8c\x80\0\0\0\0"), 1003 },
    { "5.2 opcode D", BYTES("\x8d\x80\0\0\0\0"), 1003 },
    { "5.2 opcode E", BYTES("\x8e\x80\0\0\0\0"), 1003 },
    { "5.2 opcode F", BYTES("\x8f\x80\0\0\0\0"), 1003 },
    { "5.2 64 bits of length", BYTES("\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0"), 1002 },
    { "5.2 64 bits of length, ones", BYTES("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"), 1002 },
    { "5.4 nothing to continue", BYTES("\x80\x80\0\0\0\0"), 1003 },
    { "5.4 nothing to continue, more to come", BYTES("\x00\x80\0\0\0\0"), 1008 },
    { "5.4 continuation behind the end", BYTES("\x82\x80\0\0\0\0\x80\x80\0\0\0\0"), 1002 },
    { "5.4 message in a message", BYTES("\x02\x80\0\0\0\0\x82\x80\0\0\0\0"), 1002 },
    { "5.4 fragment in a message", BYTES("\x02\x80\0\0\0\0\x02\x80\0\0\0\0"), 1002 },
    { "5.4 text in a message", BYTES("\x02\x80\0\0\0\0\x81\x80\0\0\0\0"), 1003 },
    { "5.5 large ping", BYTES("\x89\xfe\0\x7e\0\0\0\0"), 1002 },
    { "5.5 large ping, 64 bits", BYTES("\x89\xff\0\0\0\0\0\0\0\x7e\0\0\0\0"), 1002 },
    { "5.5 long form of a small ping", BYTES("\x89\xfe\0\1\0\0\0\0x"), 1002 },
    { "5.5 large pong", BYTES("\x8a\xfe\0\x7e\0\0\0\0"), 1002 },
    { "5.5 fragmented ping", BYTES("\x09\x80\0\0\0\0"), 1008 },
    { "5.5 fragmented pong", BYTES("\x0a\x80\0\0\0\0"), 1008 },
    { "5.6 text", BYTES("\x81\x85\0\0\0\0Hello"), 1003 },
    { "5.6 fragmented text", BYTES("\x01\x80\0\0\0\0"), 1008 },
    { "5.2 fragmented opcode 3", BYTES("\x03\x80\0\0\0\0"), 1008 },
    { "5.2 fragmented opcode B", BYTES("\x0b\x80\0\0\0\0"), 1008 },
    { "5.4 text ends a message", BYTES("\x02\x80\0\0\0\0\x01\x80\0\0\0\0"), 1008 },
    /* Not 1007: no text is looked at. */
    { "8.1 text that is no UTF-8", BYTES("\x81\x82\0\0\0\0\xc3\x28"), 1003 },
};

/* One Close frame with this status, nothing else, then the end of both directions. */
static void expect_close(Web *web, int status)
{
    GString *got = web_receive(web);
    char byte;

    g_assert_cmpint(got->len, >, 4);
    g_assert_cmpint((uint8_t)got->str[0], ==, 0x88);
    g_assert_cmpint((uint8_t)got->str[1], ==, got->len - 2);
    g_assert_cmpint((uint8_t)got->str[2] << 8 | (uint8_t)got->str[3], ==, status);
    g_assert_true(g_utf8_validate(got->str + 4, got->len - 4, NULL));
    g_string_free(got, true);
    g_assert_cmpint(recv(web->client, &byte, 1, MSG_DONTWAIT), ==, 0);
    g_assert_cmpint(send(web->client, "x", 1, MSG_NOSIGNAL), ==, -1);
}

/* R-WS-19, R-WS-20. */
static void test_violation(gconstpointer data)
{
    const Violation *v = data;
    bool continues = strstr(v->section, "nothing to continue");
    Web web;

    /* A reader meets it, who gets what came before. With a message before it, a continuation isn't
     * the first frame. */
    web_open(&web);
    web_frame(&web, 0x82, "before", 6);
    web_send(&web, v->bytes, v->size);
    web_expect(&web, "before", 6);
    web_expect_failure(&web);
    web_expect_failure(&web);
    expect_close(&web, continues ? 1002 : v->status);
    g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
    web_end(&web);

    /* A watch meets it: nobody has to read. */
    web_open(&web);
    {
        GSource *source = qio_channel_create_watch(web.ioc, G_IO_IN);

        g_source_set_callback(source, (GSourceFunc)(void (*)(void))stays, NULL, NULL);
        g_source_attach(source, NULL);
        web_send(&web, v->bytes, v->size);
        for (int i = 0; i < 3; i++) {
            g_main_context_iteration(NULL, false);
        }
        expect_close(&web, v->status);
        g_source_destroy(source);
        g_source_unref(source);
    }
    web_expect_failure(&web);
    web_expect_sent(&web, "", 0);
    web_end(&web);
}

/* 5.5.1: one Close frame in answer, whatever the peer's has; nothing is read behind it. */
static void check_close(const void *bytes, size_t size)
{
    Web web;

    web_open(&web);
    web_frame(&web, 0x82, "last", 4);
    web_send(&web, bytes, size);
    web_expect(&web, "last", 4);
    for (int i = 0; i < 3; i++) {
        web_expect_failure(&web);
    }
    web_expect_sent(&web, "\x88\x16\x03\xe8peer requested close", 24);
    g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    web_expect_sent(&web, "", 0);
    web_end(&web);
}

static void test_close(void)
{
    check_close(BYTES("\x88\x80\0\0\0\0"));
    check_close(BYTES("\x88\x82\0\0\0\0\x03\xe8"));
    check_close(BYTES("\x88\x85\0\0\0\0\x03\xe9" "bye"));
    check_close(BYTES("\x88\x85\0\0\0\0"));
    check_close(BYTES("\x08\x80\0\0\0\0"));
    /* Nobody reads what it says: a body of one byte, a status that may not be sent, a reason that is no
     * UTF-8. */
    check_close(BYTES("\x88\x81\0\0\0\0\x03"));
    check_close(BYTES("\x88\x82\0\0\0\0\x03\xe7"));
    check_close(BYTES("\x88\x82\0\0\0\0\x03\xed"));
    check_close(BYTES("\x88\x82\0\0\0\0\xff\xff"));
    check_close(BYTES("\x88\x84\0\0\0\0\x03\xe8\xc3\x28"));
    check_close(BYTES("\x88\x04\x03\xe8xx"));
    /* Not masked, and no more comes. */
    check_close(BYTES("\x88\0"));
    check_close(BYTES("\x88\x02\x03\xe8"));
    check_close(BYTES("\x88\xfe\xff\xff\0\0"));
    check_close(BYTES("\x88\x80\0\0\0\0\x82\x81\0\0\0\0x"));
}

/* A violation in the middle of a control frame's payload is none. */
static void test_close_in_message(void)
{
    Web web;

    web_open(&web);
    web_frame(&web, 0x02, "part", 4);
    web_frame(&web, 0x88, "", 0);
    web_expect(&web, "part", 4);
    web_expect_failure(&web);
    web_expect_sent(&web, "\x88\x16\x03\xe8peer requested close", 24);
    web_end(&web);
}

/* R-WS-31: at a border the end is the end, in a frame it is a failure; both for good. */
static void test_end(void)
{
    g_autoptr(GByteArray) frames = g_byte_array_new();
    guint border;

    append_frame(frames, 0x82, "one", 3);
    border = frames->len;
    append_frame(frames, 0x82, "more", 4);
    for (guint size = border; size < frames->len; size++) {
        size_t whole = size >= border + 6 ? size - border - 6 : 0;
        Web web;

        web_open(&web);
        web_send(&web, frames->data, size);
        shutdown(web.client, SHUT_WR);
        for (size_t have = 0; have < 3 + whole; have++) {
            char byte;

            g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 1);
            g_assert_cmpint(byte, ==, "onemore"[have]);
        }
        for (int i = 0; i < 3; i++) {
            if (size == border) {
                char byte;

                g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 0);
            } else {
                web_expect_failure(&web);
            }
        }
        /* R-WS-34. */
        g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
        /* R-WS-19: no Close frame. */
        web_expect_sent(&web, "", 0);
        web_end(&web);
    }
}

static void test_empty_requests(void)
{
    struct iovec iov[2] = { { NULL, 0 }, { NULL, 0 } };
    Web web;

    web_open(&web);
    web_frame(&web, 0x82, "x", 1);
    g_assert_cmpint(qio_channel_read(web.ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_readv(web.ioc, iov, 2, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write(web.ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_writev(web.ioc, iov, 2, &error_abort), ==, 0);
    web_expect(&web, "x", 1);
    web_expect_sent(&web, "", 0);
    web_end(&web);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/channel-websock/frames/split-header", test_split_header);
    g_test_add_func("/qio/channel-websock/frames/long-lengths", test_long_lengths);
    g_test_add_func("/qio/channel-websock/frames/endless", test_endless);
    g_test_add_func("/qio/channel-websock/frames/mask-phase", test_mask_phase);
    g_test_add_func("/qio/channel-websock/frames/masks", test_masks);
    g_test_add_func("/qio/channel-websock/frames/fragments", test_fragments);
    g_test_add_func("/qio/channel-websock/frames/many", test_many);
    g_test_add_func("/qio/channel-websock/frames/pings", test_pings);
    g_test_add_func("/qio/channel-websock/frames/many-pings", test_many_pings);
    g_test_add_func("/qio/channel-websock/frames/ping-in-pieces", test_ping_in_pieces);
    for (size_t i = 0; i < G_N_ELEMENTS(violations); i++) {
        g_autofree char *path = g_strdup_printf("/qio/channel-websock/frames/rfc6455/%s",
                                                violations[i].section);

        g_strdelimit(path + strlen("/qio/channel-websock/frames/rfc6455/"), " ,", '-');
        g_test_add_data_func(path, &violations[i], test_violation);
    }
    g_test_add_func("/qio/channel-websock/frames/close", test_close);
    g_test_add_func("/qio/channel-websock/frames/close-in-message", test_close_in_message);
    g_test_add_func("/qio/channel-websock/frames/end", test_end);
    g_test_add_func("/qio/channel-websock/frames/empty-requests", test_empty_requests);
    return g_test_run();
}
