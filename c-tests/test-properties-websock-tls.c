/*
 * Row W5 of docs/spec/properties.md over TLS: the opening handshake and the first frames of a WebSocket,
 * whose master would block at any byte.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "tls-channels.h"
#include "tls-wire.h"
#include "websock-frames.h"

static const char frames[] = "\x82\x83\1\1\1\1\x60\x63\x62\x89\x80\0\0\0\0\x82\x81\0\0\0\0d";

typedef struct Over {
    Tls tls;
    QIOChannel *ioc;
    int called;
    int destroyed;
    char *error;
} Over;

static void over_called(QIOTask *task, gpointer opaque)
{
    Over *over = opaque;
    Error *err = NULL;

    over->called++;
    if (qio_task_propagate_error(task, &err)) {
        over->error = g_strdup(error_get_pretty(err));
        error_free(err);
    }
}

static void over_destroyed(gpointer opaque)
{
    ((Over *)opaque)->destroyed++;
}

static void over_open(Over *over, QIOChannel *client, QIOChannel *server)
{
    *over = (Over) { .called = 0 };
    tls_open_over(&over->tls, client, server);
    over->ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(over->tls.ends[SERVER])));
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(over->ioc), over_called, over,
                                  over_destroyed);
}

static void over_end(Over *over)
{
    object_unref(OBJECT(over->ioc));
    tls_run();
    g_free(over->error);
    tls_end(&over->tls);
}

/* Sends so many bytes at a time, each time with all that has become ready. */
static void send_text(Over *over, const char *text, size_t size, size_t step)
{
    size_t i;

    for (i = 0; i < size; i += step) {
        size_t part = MIN(step, size - i);

        g_assert_cmpint(tls_write(&over->tls, CLIENT, text + i, part, &error_abort), ==, part);
        tls_run();
    }
}

/* What comes back has these bytes in it. */
static void await_text(Over *over, const char *text, size_t size)
{
    g_autoptr(GString) got = g_string_new(NULL);

    while (!memmem(got->str, got->len, text, size)) {
        char bytes[64];
        ssize_t n = tls_read(&over->tls, CLIENT, bytes, sizeof(bytes), &error_abort);

        if (n > 0) {
            g_string_append_len(got, bytes, n);
        } else {
            g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
        }
        tls_run();
    }
}

static void expect_data(Over *over)
{
    char text[8];
    size_t have = 0;

    while (have < 4) {
        ssize_t n = qio_channel_read(over->ioc, text + have, sizeof(text) - have, &error_abort);

        g_assert_true(n > 0 || n == QIO_CHANNEL_ERR_BLOCK);
        have += MAX(n, 0);
        tls_run();
    }
    g_assert_cmpmem(text, have, "abcd", 4);
}

/* Records of one byte each; under valgrind those of the request have a few. */
static void test_byte_by_byte(void)
{
    Over over;
    Pair pair = unix_pair();

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    over_open(&over, QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
    send_text(&over, REQUEST, strlen(REQUEST), is_slow() ? 7 : 1);
    await_text(&over, "\r\n\r\n", 4);
    g_assert_cmpint(over.destroyed, ==, 1);
    g_assert_cmpstr(over.error, ==, NULL);
    send_text(&over, frames, sizeof(frames) - 1, 1);
    expect_data(&over);
    await_text(&over, "\x8a\0", 2);
    over_end(&over);
}

/* Everything in one record, of which the wire lets a few bytes through at a time. */
static void check_narrow(size_t capacity)
{
    const size_t size = strlen(REQUEST) + sizeof(frames) - 1;
    g_autofree char *text = g_malloc(size);
    Wire *wires[2];
    ssize_t sent;
    Over over;

    memcpy(text, REQUEST, strlen(REQUEST));
    memcpy(text + strlen(REQUEST), frames, sizeof(frames) - 1);
    wire_pair(wires);
    over_open(&over, &wires[0]->parent, &wires[1]->parent);
    wires[0]->capacity = wires[1]->capacity = capacity;
    while ((sent = tls_write(&over.tls, CLIENT, text, size, &error_abort)) < 0) {
        g_assert_cmpint(sent, ==, QIO_CHANNEL_ERR_BLOCK);
        tls_run();
    }
    g_assert_cmpint(sent, ==, size);
    await_text(&over, "\r\n\r\n", 4);
    tls_run();
    g_assert_cmpint(over.destroyed, ==, 1);
    g_assert_cmpstr(over.error, ==, NULL);
    expect_data(&over);
    await_text(&over, "\x8a\0", 2);
    over_end(&over);
}

static void test_narrow(void)
{
    size_t step = is_slow() ? 9 : 3, capacity;

    for (capacity = 1; capacity < 40; capacity += step) {
        check_narrow(capacity);
    }
}

/* Woken by bytes that wait in the session below. */
static gboolean take_byte(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    GString *got = opaque;
    char byte;

    g_assert_cmpint(condition & G_IO_IN, ==, G_IO_IN);
    if (qio_channel_read(ioc, &byte, 1, &error_abort) == 1) {
        g_string_append_c(got, byte);
    }
    return got->len < 4;
}

static void test_watch(void)
{
    g_autoptr(GString) got = g_string_new(NULL);
    Pair pair = unix_pair();
    Over over;

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    over_open(&over, QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
    send_text(&over, REQUEST, strlen(REQUEST), strlen(REQUEST));
    await_text(&over, "\r\n\r\n", 4);
    qio_channel_add_watch(over.ioc, G_IO_IN, take_byte, got, NULL);
    send_text(&over, frames, sizeof(frames) - 1, sizeof(frames) - 1);
    while (got->len < 4) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpstr(got->str, ==, "abcd");
    over_end(&over);
}

static void test_close_during_handshake(void)
{
    Pair pair = unix_pair();
    Over over;

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    over_open(&over, QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
    send_text(&over, REQUEST, 20, 7);
    g_assert_cmpint(qio_channel_close(over.ioc, &error_abort), ==, 0);
    g_assert_cmpint(over.called, ==, 0);
    g_assert_cmpint(over.destroyed, ==, 1);
    over_end(&over);
}

/* Appends what has arrived at the client; whether there was any. */
static bool drain(Over *over, GString *wire)
{
    char bytes[4096];
    gsize before = wire->len;
    ssize_t n;

    while ((n = tls_read(&over->tls, CLIENT, bytes, sizeof(bytes), &error_abort)) > 0) {
        g_string_append_len(wire, bytes, n);
    }
    g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
    return wire->len > before;
}

/* The frames in @wire without the answers to pings, whose number is returned. */
static int take_pongs(GString *wire)
{
    int pongs = 0;
    size_t at = 0;

    while (at < wire->len) {
        const uint8_t *frame = (const uint8_t *)wire->str + at;
        size_t size = frame[1] < 126 ? 2 + frame[1] : 4 + (frame[2] << 8 | frame[3]);

        if (frame[0] == 0x8a) {
            g_assert_cmpmem(frame, size, "\x8a\x02hi", 4);
            g_string_erase(wire, at, size);
            pongs++;
        } else {
            g_assert_cmpint(frame[0], ==, 0x82);
            at += size;
        }
    }
    g_assert_cmpuint(at, ==, wire->len);
    return pongs;
}

/*
 * A session that would block has encrypted what it was offered, so it must be offered that again
 * (R-TLS-40): whatever the writer offers next, and although pings are answered meanwhile.
 */
static void check_full(size_t capacity, bool pings)
{
    const size_t size = is_slow() ? 100000 : 300000;
    g_autofree uint8_t *payload = patterned(size);
    g_autoptr(GByteArray) got = NULL;
    g_autoptr(GString) wire = g_string_new(NULL);
    size_t at = 0, turn = 0;
    Wire *wires[2];
    Over over;

    wire_pair(wires);
    over_open(&over, &wires[0]->parent, &wires[1]->parent);
    send_text(&over, REQUEST, strlen(REQUEST), strlen(REQUEST));
    await_text(&over, "\r\n\r\n", 4);
    wires[1]->capacity = capacity;
    while (at < size) {
        size_t offer = MIN(size - at, 1 + turn++ * 7919 % 60000);
        ssize_t n = qio_channel_write(over.ioc, (char *)payload + at, offer, &error_abort);

        g_assert_true(n > 0 || n == QIO_CHANNEL_ERR_BLOCK);
        at += MAX(n, 0);
        if (pings) {
            char byte;

            send_text(&over, "\x89\x82\0\0\0\0hi", 8, 8);
            g_assert_cmpint(qio_channel_read(over.ioc, &byte, 1, &error_abort), ==,
                            QIO_CHANNEL_ERR_BLOCK);
        }
        if (turn % 3 == 0) {
            drain(&over, wire);
        }
        tls_run();
    }
    while (drain(&over, wire) || g_main_context_pending(NULL)) {
        tls_run();
    }
    g_assert_cmpint(take_pongs(wire) > 0, ==, pings);
    got = unframe(wire);
    g_assert_cmpmem(got->data, got->len, payload, size);
    over_end(&over);
}

static void test_full(void)
{
    static const size_t capacities[] = { 100, 5000, 8192, 16384, 20000, 50000 };

    for (size_t i = 0; i < G_N_ELEMENTS(capacities); i++) {
        check_full(capacities[i], false);
        check_full(capacities[i], true);
    }
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    wire_register();
    g_test_add_func("/qio/properties/w5/tls/byte-by-byte", test_byte_by_byte);
    g_test_add_func("/qio/properties/w5/tls/narrow", test_narrow);
    g_test_add_func("/qio/properties/w5/tls/watch", test_watch);
    g_test_add_func("/qio/properties/w5/tls/full", test_full);
    g_test_add_func("/qio/properties/w5/tls/close", test_close_during_handshake);
    return tls_tests_run();
}
