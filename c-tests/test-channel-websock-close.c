/*
 * The closing handshake of io/channel-websock.h: the Close frame arrives whole and with a status,
 * whatever is queued or unread, and the server ends the connection (RFC 6455 sections 5.5.1, 7.1.1).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "websock-frames.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

#define CLOSED "\x88\x16\x03\xe8peer requested close"

/* A channel before its opening handshake, over TCP. */
static void web_start_tcp(Web *web)
{
    Pair pair = tcp_pair("127.0.0.1");

    *web = (Web) { .client = dup(pair.client->fd), .master = pair.server };
    g_assert_cmpint(web->client, >=, 0);
    object_unref(OBJECT(pair.client));
    set_blocking(web->master, false);
    web->ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(web->master)));
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(web->ioc), web_called, web, web_destroyed);
}

static void web_open_tcp(Web *web)
{
    char byte = 0;

    web_start_tcp(web);
    web_send(web, REQUEST, strlen(REQUEST));
    web_await(web);
    g_assert_cmpstr(web->error, ==, NULL);
    for (guint32 last = 0; last != 0x0d0a0d0a; last = last << 8 | byte) {
        g_assert_cmpint(recv(web->client, &byte, 1, 0), ==, 1);
    }
}

/* All that comes until the end of the connection, which is no reset. */
static GString *receive_to_end(Web *web)
{
    GString *text = g_string_new(NULL);
    char bytes[4096];
    ssize_t got;

    while ((got = recv(web->client, bytes, sizeof(bytes), 0)) > 0) {
        g_string_append_len(text, bytes, got);
    }
    g_assert_cmpint(got, ==, 0);
    return text;
}

static void expect_to_end(Web *web, const void *bytes, size_t size)
{
    GString *got = receive_to_end(web);

    g_assert_cmpmem(got->str, got->len, bytes, size);
    g_string_free(got, true);
}

/* Waits until so many bytes wait in the server's socket. */
static void await_arrival(Web *web, int size)
{
    int have = 0;

    while (have < size) {
        g_assert_cmpint(ioctl(web->master->fd, FIONREAD, &have), ==, 0);
    }
}

/* The program need not do anything: the connection ends behind the Close frame. */
static void test_ends_transport(void)
{
    for (int way = 0; way < 2; way++) {
        Web web;

        if (way) {
            web_open_tcp(&web);
        } else {
            web_open(&web);
        }
        web_frame(&web, 0x88, "\x03\xe8", 2);
        await_arrival(&web, 8);
        web_expect_failure(&web);
        expect_to_end(&web, CLOSED, 24);
        web_end(&web);
    }
}

/* Fills the transport, which has little room, and the channel's queue. */
static void fill(Web *web)
{
    g_autofree char *bytes = g_malloc0(1000);
    int size = 4096;
    ssize_t put;

    g_assert_cmpint(setsockopt(web->master->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), ==, 0);
    while ((put = qio_channel_write(web->ioc, bytes, 1000, &error_abort)) > 0) {
    }
    g_assert_cmpint(put, ==, QIO_CHANNEL_ERR_BLOCK);
}

/* The Close frame is the last of the frames on the wire, which are all whole. */
static void expect_last(const GString *wire, const void *close, size_t size)
{
    for (size_t at = 0; at < wire->len;) {
        const uint8_t *frame = (const uint8_t *)wire->str + at;
        size_t whole = frame[1] < 126 ? 2 + frame[1] : 4 + (frame[2] << 8 | frame[3]);

        g_assert_cmpint(at + whole, <=, wire->len);
        if (frame[0] == 0x88) {
            g_assert_cmpmem(frame, wire->len - at, close, size);
            return;
        }
        g_assert_true(frame[0] == 0x82 || frame[0] == 0x8a);
        at += whole;
    }
    g_assert_not_reached();
}

/* There is no room for the Close frame when it is to be sent: it follows what is queued, from the main
 * loop, and only then the transport is shut down. */
static void test_behind_queue(void)
{
    for (int way = 0; way < 3; way++) {
        GString *wire = g_string_new(NULL);
        char bytes[1000];
        ssize_t got;
        Web web;

        web_open(&web);
        fill(&web);
        if (way == 2) {
            /* Of what isn't queued yet nothing is behind the Close frame. */
            web_frame(&web, 0x89, "ping", 4);
        }
        if (way == 1) {
            web_send(&web, "\x82\0", 2);
        } else {
            web_frame(&web, 0x88, "\x03\xe8", 2);
        }
        web_expect_failure(&web);
        g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
        while ((got = recv(web.client, bytes, sizeof(bytes), MSG_DONTWAIT)) != 0) {
            if (got > 0) {
                g_string_append_len(wire, bytes, got);
            } else {
                g_assert_cmpint(errno, ==, EAGAIN);
                g_main_context_iteration(NULL, true);
            }
        }
        if (way == 1) {
            expect_last(wire, "\x88\x1e\x03\xea" "client frames must be masked", 32);
        } else {
            expect_last(wire, CLOSED, 24);
        }
        /* There is nothing left to run. */
        web_run();
        g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
        g_string_free(wire, true);
        web_end(&web);
    }
}

/* The program closes, and much of what the client has sent was never read. */
static void test_unread(void)
{
    g_autofree char *bytes = g_malloc0(50000);

    for (int way = 0; way < 3; way++) {
        Web web;

        web_open_tcp(&web);
        if (way == 1) {
            web_send(&web, "\x82\0", 2);
        } else if (way == 2) {
            web_frame(&web, 0x88, "\x03\xe8", 2);
        }
        web_frame(&web, 0x82, bytes, 50000);
        await_arrival(&web, 50000);
        if (way) {
            web_expect_failure(&web);
        }
        g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
        if (way == 0) {
            expect_to_end(&web, "\x88\2\x03\xe8", 4);
        } else if (way == 1) {
            expect_to_end(&web, "\x88\x1e\x03\xea" "client frames must be masked", 32);
        } else {
            expect_to_end(&web, CLOSED, 24);
        }
        web_end(&web);
    }
}

/* The same for the response to a request that is refused, of which more comes than was read. */
static void test_unread_request(void)
{
    g_autoptr(GString) request = g_string_new("GET / HTTP/1.1\r\n" LINES "Cookie: ");
    GString *response;
    Web web;

    while (request->len < 40000) {
        g_string_append_c(request, 'x');
    }
    web_start_tcp(&web);
    web_send(&web, request->str, request->len);
    await_arrival(&web, request->len);
    web_await(&web);
    g_assert_nonnull(web.error);
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    response = receive_to_end(&web);
    g_assert_true(g_str_has_prefix(response->str, "HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    g_assert_true(g_str_has_suffix(response->str, "\r\n\r\n"));
    g_string_free(response, true);
    web_end(&web);
}

static void *write_much(void *opaque)
{
    Web *web = opaque;
    g_autofree char *bytes = g_malloc0(8 << 20);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_write_all(web->ioc, bytes, 8 << 20, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    return NULL;
}

/* A writer waits in its thread for a peer that takes nothing: the end lets it go on. */
static void test_blocked_writer(void)
{
    struct pollfd room;
    pthread_t thread;
    Web web;

    web_open(&web);
    qio_channel_set_blocking(web.ioc, true, &error_abort);
    g_assert_cmpint(pthread_create(&thread, NULL, write_much, &web), ==, 0);
    room = (struct pollfd) { .fd = web.master->fd, .events = POLLOUT };
    while (poll(&room, 1, 0) == 1) {
    }
    web_frame(&web, 0x88, "\x03\xe8", 2);
    web_expect_failure(&web);
    pthread_join(thread, NULL);
    web_end(&web);
}

/* The reader meets the Close frame while writers are at it, of which some wait for others. The client gets the
 * answer, whole and once, and nothing behind it. */
static void *write_on(void *opaque)
{
    Web *web = opaque;
    ssize_t put;

    do {
        put = qio_channel_write(web->ioc, "data", 4, NULL);
    } while (put != -1);
    return NULL;
}

static void *receive_all(void *opaque)
{
    return receive_to_end(opaque);
}

static void test_busy_writer(void)
{
    int rounds = g_test_slow() ? 2000 : is_slow() ? 20 : 100;

    for (int i = 0; i < rounds; i++) {
        pthread_t writers[4], client;
        void *wire;
        char byte;
        Web web;

        web_open(&web);
        g_assert_cmpint(pthread_create(&client, NULL, receive_all, &web), ==, 0);
        for (int n = 0; n < 4; n++) {
            g_assert_cmpint(pthread_create(&writers[n], NULL, write_on, &web), ==, 0);
        }
        web_frame(&web, 0x88, "\x03\xe8", 2);
        while (qio_channel_read(web.ioc, &byte, 1, NULL) == QIO_CHANNEL_ERR_BLOCK) {
        }
        for (int n = 0; n < 4; n++) {
            pthread_join(writers[n], NULL);
        }
        web_run();
        while (g_main_context_iteration(NULL, false)) {
        }
        /* What the transport had no room for goes out as the client takes it. */
        while (pthread_tryjoin_np(client, &wire) != 0) {
            g_main_context_iteration(NULL, false);
        }
        expect_last(wire, CLOSED, 24);
        g_string_free(wire, true);
        web_end(&web);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/channel-websock/close/ends-transport", test_ends_transport);
    g_test_add_func("/qio/channel-websock/close/behind-queue", test_behind_queue);
    g_test_add_func("/qio/channel-websock/close/unread", test_unread);
    g_test_add_func("/qio/channel-websock/close/unread-request", test_unread_request);
    g_test_add_func("/qio/channel-websock/close/blocked-writer", test_blocked_writer);
    g_test_add_func("/qio/channel-websock/close/busy-writer", test_busy_writer);
    return g_test_run();
}
