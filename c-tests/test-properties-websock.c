/*
 * Rows W1 to W15 of docs/spec/properties.md.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "websock-client.h"

#include <pthread.h>

static void test_w1_pong(void)
{
    Web web;

    web_open(&web);
    web_frame(&web, 0x89, "hello", 5);
    web_frame(&web, 0x82, "world", 5);
    web_expect(&web, "world", 5);
    web_expect_sent(&web, "\x8a\x05hello", 7);
    web_end(&web);
}

static void test_w2_ping_between_fragments(void)
{
    Web web;

    web_open(&web);
    web_frame(&web, 0x02, "one", 3);
    web_frame(&web, 0x89, "?", 1);
    web_frame(&web, 0x00, "two", 3);
    web_frame(&web, 0x8a, "!", 1);
    web_frame(&web, 0x80, "three", 5);
    web_expect(&web, "onetwothree", 11);
    web_expect_nothing(&web);
    web_expect_sent(&web, "\x8a\x01?", 3);
    web_end(&web);
}

static gboolean count_call(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    (*(int *)opaque)++;
    return G_SOURCE_CONTINUE;
}

static void test_w3_frame_with_handshake(void)
{
    static const char bytes[] = REQUEST "\x82\x82\0\0\0\0hi";
    int calls = 0;
    guint tag;
    Web web;

    web_open_with(&web, bytes, sizeof(bytes) - 1);
    tag = qio_channel_add_watch(web.ioc, G_IO_IN, count_call, &calls, NULL);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(calls, ==, 1);
    g_source_remove(tag);
    web_expect(&web, "hi", 2);
    web_end(&web);
}

static void *ping_then_data(void *opaque)
{
    Web *web = opaque;

    web_frame(web, 0x89, "", 0);
    web_frame(web, 0x82, "", 0);
    web_frame(web, 0x82, "x", 1);
    return NULL;
}

static void test_w4_no_false_end(void)
{
    pthread_t thread;
    char byte = 0;
    Web web;

    web_open(&web);
    web_frame(&web, 0x89, "", 0);
    web_frame(&web, 0x82, "", 0);
    web_expect_nothing(&web);
    qio_channel_set_blocking(web.ioc, true, &error_abort);
    g_assert_cmpint(pthread_create(&thread, NULL, ping_then_data, &web), ==, 0);
    g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(byte, ==, 'x');
    pthread_join(thread, NULL);
    web_end(&web);
}

/* Everything comes byte by byte. */
static void test_w5_would_block_anywhere(void)
{
    static const char frames[] = "\x02\x83\1\1\1\1\x60\x63\x62\x89\x80\0\0\0\0\x80\x81\0\0\0\0d";
    char text[8];
    size_t i, have = 0;
    Web web;

    web_start(&web);
    for (i = 0; i < strlen(REQUEST); i++) {
        g_assert_cmpint(web.called, ==, 0);
        web_send(&web, &REQUEST[i], 1);
        web_run();
    }
    web_await(&web);
    g_assert_cmpstr(web.error, ==, NULL);
    g_string_free(web_receive(&web), true);
    for (i = 0; i < sizeof(frames) - 1; i++) {
        ssize_t got;

        web_send(&web, &frames[i], 1);
        got = qio_channel_read(web.ioc, text + have, sizeof(text) - have, &error_abort);
        g_assert_true(got > 0 || got == QIO_CHANNEL_ERR_BLOCK);
        have += MAX(got, 0);
    }
    g_assert_cmpmem(text, have, "abcd", 4);
    web_expect_sent(&web, "\x8a\0", 2);
    web_end(&web);
}

static void check_refused(const char *request, const char *status)
{
    GString *reply;
    Web web;

    web_start(&web);
    web_send(&web, request, strlen(request));
    web_await(&web);
    g_assert_nonnull(web.error);
    reply = web_receive(&web);
    g_assert_true(g_str_has_prefix(reply->str, status));
    g_assert_true(g_str_has_suffix(reply->str, "\r\n\r\n"));
    g_string_free(reply, true);
    web_end(&web);
}

static void test_w6_malformed_request(void)
{
    g_autofree char *endless = g_strnfill(16384, 'x');

    check_refused("GARBAGE\r\n" LINES "\r\n", "HTTP/1.1 400 ");
    check_refused("GET / HTTP/1.0\r\n" LINES "\r\n", "HTTP/1.1 400 ");
    check_refused("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 ");
    check_refused("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ");
    check_refused("GET /other HTTP/1.1\r\n" LINES "\r\n", "HTTP/1.1 404 ");
    check_refused(endless, "HTTP/1.1 431 ");
}

static void *send_later(void *opaque)
{
    Web *web = opaque;

    web_frame(web, 0x02, "ab", 2);
    web_frame(web, 0x89, "", 0);
    web_frame(web, 0x80, "cd", 2);
    return NULL;
}

/* R-WS-43: nobody iterates the default context. */
static void test_w7_without_main_loop(void)
{
    pthread_t thread;
    char text[4];
    Web web;

    web_open(&web);
    g_assert_cmpint(pthread_create(&thread, NULL, send_later, &web), ==, 0);
    g_assert_cmpint(qio_channel_read_all(web.ioc, text, 4, &error_abort), ==, 0);
    g_assert_cmpmem(text, 4, "abcd", 4);
    pthread_join(thread, NULL);
    qio_channel_wait(web.ioc, G_IO_OUT);
    web_end(&web);
}

static void *drain(void *opaque)
{
    Web *web = opaque;
    size_t *total = g_new0(size_t, 1);
    char bytes[4096];
    ssize_t got;

    while ((got = recv(web->client, bytes, sizeof(bytes), 0)) > 0) {
        *total += got;
    }
    return total;
}

static void test_w7_writing_without_main_loop(void)
{
    g_autofree char *bytes = g_malloc0(1 << 20);
    g_autofree size_t *total = NULL;
    pthread_t thread;
    void *result;
    Web web;

    web_open(&web);
    g_assert_cmpint(pthread_create(&thread, NULL, drain, &web), ==, 0);
    g_assert_cmpint(qio_channel_write_all(web.ioc, bytes, 1 << 20, &error_abort), ==, 0);
    /* What is still queued goes out in the background. */
    web_run();
    g_assert_cmpint(qio_channel_shutdown(web.ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort), ==, 0);
    pthread_join(thread, &result);
    total = result;
    g_assert_cmpint(*total, >, (1 << 20) - 8192);
    web_end(&web);
}

/* R-WS-40 */
static void test_w8_bounded(void)
{
    g_autofree char *bytes = g_malloc0(1 << 16);
    size_t sent = 0;
    int calls = 0;
    guint tag;
    Web web;

    web_open(&web);
    tag = qio_channel_add_watch(web.ioc, G_IO_IN, count_call, &calls, NULL);
    bytes[0] = (char)0x82;
    bytes[1] = (char)0xff;
    bytes[6] = 0x40; /* 1 GiB */
    for (;;) {
        ssize_t done = send(web.client, sent ? bytes + 14 : bytes, 1 << 15, MSG_DONTWAIT);

        if (done > 0) {
            sent += done;
        }
        g_main_context_iteration(NULL, false);
        if (done < 0 && calls > 100) {
            break;
        }
        g_assert_cmpint(sent, <, 8 << 20);
    }
    g_source_remove(tag);
    web_end(&web);
}

static void check_end(const void *bytes, size_t size, bool fails)
{
    int in = 0, hup = 0, err = 0;
    guint tags[3], i;
    Web web;

    web_open(&web);
    tags[0] = qio_channel_add_watch(web.ioc, G_IO_IN, count_call, &in, NULL);
    tags[1] = qio_channel_add_watch(web.ioc, G_IO_HUP, count_call, &hup, NULL);
    tags[2] = qio_channel_add_watch(web.ioc, G_IO_PRI, count_call, &err, NULL);
    web_send(&web, bytes, size);
    close(web.client);
    web.client = -1;
    while (in < 1 || hup < 1) {
        g_main_context_iteration(NULL, true);
    }
    g_source_remove(tags[0]);
    g_source_remove(tags[1]);
    /* Who waits for something else isn't woken again and again. */
    for (i = 0; i < 10 && g_main_context_iteration(NULL, false); i++) {
    }
    g_assert_cmpint(i, <, 10);
    g_assert_cmpint(err, ==, 0);
    g_source_remove(tags[2]);
    if (fails) {
        web_expect_failure(&web);
        web_expect_failure(&web);
    } else {
        char byte;

        g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 0);
    }
    web_end(&web);
}

static void test_w9_terminal_states(void)
{
    check_end("\x82\x80\0\0\0\0", 6, false);
    check_end("\x82\x85\0\0\0\0", 6, true);
    check_end("\x82", 1, true);
    check_end("\x81\x80\0\0\0\0", 6, true);
}

static void test_w10_close_during_handshake(void)
{
    Web web;

    web_start(&web);
    web_send(&web, REQUEST, 20);
    web_run();
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    g_assert_cmpint(web.destroyed, ==, 1);
    g_assert_cmpint(OBJECT(web.ioc)->ref, ==, 1);
    web_run();
    g_assert_cmpint(web.called, ==, 0);
    web_expect_failure(&web);
    web_end(&web);
    g_assert_cmpint(web.destroyed, ==, 1);
}

/* The task holds a reference: the end of the connection ends it, once. */
static void test_w10_unref_during_handshake(void)
{
    Web web;

    web_start(&web);
    object_unref(OBJECT(web.ioc));
    web.ioc = NULL;
    web_run();
    g_assert_cmpint(web.called, ==, 0);
    close(web.client);
    web.client = -1;
    web_await(&web);
    g_assert_nonnull(web.error);
    web_end(&web);
}

/* Only the task's reference is left, and the close takes that. */
static void test_w10_close_last(void)
{
    Web web;

    web_start(&web);
    object_unref(OBJECT(web.ioc));
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    g_assert_cmpint(web.destroyed, ==, 1);
    g_assert_cmpint(web.master->fd, ==, -1);
    web.ioc = NULL;
    web_end(&web);
    g_assert_cmpint(web.called, ==, 0);
}

static void check_violation(const void *bytes, size_t size, int status)
{
    GString *got;
    Web web;

    web_open(&web);
    web_send(&web, bytes, size);
    web_expect_failure(&web);
    web_expect_failure(&web);
    got = web_receive(&web);
    g_assert_cmpint(got->len, >, 4);
    g_assert_cmpint((uint8_t)got->str[0], ==, 0x88);
    g_assert_cmpint((uint8_t)got->str[1], ==, got->len - 2);
    g_assert_cmpint((uint8_t)got->str[2] << 8 | (uint8_t)got->str[3], ==, status);
    g_string_free(got, true);
    web_end(&web);
}

static void test_w11_framing(void)
{
    check_violation("\xc2\x80\0\0\0\0", 6, 1002);
    check_violation("\x82\x04long", 6, 1002);
    check_violation("\x89\xfe\0\x80\0\0", 6, 1002);
    check_violation("\x80\x80\0\0\0\0", 6, 1003);
    check_violation("\x81\x80\0\0\0\0", 6, 1003);
    check_violation("\x01\x80\0\0\0\0", 6, 1008);
    check_violation("\x09\x80\0\0\0\0", 6, 1008);
    check_violation("\x02\x80\0\0\0\0\x82\x80\0\0\0\0", 12, 1002);
    check_violation("\x82\x80\0\0\0\0\x80\x80\0\0\0\0", 12, 1002);
    check_refused("GET / HTTP/1.1\r\n" LINES "Sec-WebSocket-Protocol: notbinary\r\n\r\n",
                  "HTTP/1.1 400 ");
}

static void test_w11_close(void)
{
    Web web;

    web_open(&web);
    web_frame(&web, 0x82, "last", 4);
    web_frame(&web, 0x88, "\x03\xe8", 2);
    web_expect(&web, "last", 4);
    web_expect_failure(&web);
    web_expect_failure(&web);
    web_expect_sent(&web, "\x88\x16\x03\xe8peer requested close", 24);
    g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
    web_end(&web);
}

static void check_accepted(const char *request)
{
    GString *response;
    Web web;

    web_start(&web);
    web_send(&web, request, strlen(request));
    web_await(&web);
    g_assert_cmpstr(web.error, ==, NULL);
    response = web_receive(&web);
    g_assert_true(g_str_has_prefix(response->str, "HTTP/1.1 101 "));
    g_string_free(response, true);
    web_end(&web);
}

static void test_w12_handshake(void)
{
    g_autoptr(GString) much = g_string_new("GET /?token=x HTTP/1.1\r\n" LINES);

    check_accepted("GET http://h/?x HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n"
                   "Connection: keep-alive\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: binary\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    for (int i = 5; i < 100; i++) {
        g_string_append_printf(much, "Cookie: %0140d\r\n", i);
    }
    g_string_append(much, "\r\n");
    g_assert_cmpint(much->len, >, 14000);
    check_accepted(much->str);
    g_string_insert(much, strlen("GET /?token=x HTTP/1.1\r\n"), "Cookie: one more\r\n");
    check_refused(much->str, "HTTP/1.1 431 ");
}

static void test_w13_pongs(void)
{
    Web web;

    web_open(&web);
    for (uint8_t i = 0; i < 100; i++) {
        web_frame(&web, 0x89, &i, 1);
    }
    web_frame(&web, 0x82, "data", 4);
    web_expect(&web, "data", 4);
    for (uint8_t i = 0; i < 100; i++) {
        uint8_t pong[3];

        g_assert_cmpint(recv(web.client, pong, 3, MSG_DONTWAIT), ==, 3);
        g_assert_cmpmem(pong, 3, ((uint8_t[]) { 0x8a, 1, i }), 3);
    }
    web_expect_sent(&web, "", 0);
    web_end(&web);
}

static void test_w14_unmasked(void)
{
    check_violation("\x82\0", 2, 1002);
    check_violation("\x82\1x", 3, 1002);
    check_violation("\x89\0", 2, 1002);
    check_violation("\x02\x80\0\0\0\0\x80\0", 8, 1002);
}

/* A server that has more to say than the client takes at once. */
static void test_w15_close_behind_queue(void)
{
    static const char last[] = "\x88\x16\x03\xe8peer requested close";
    g_autoptr(GString) wire = g_string_new(NULL);
    g_autofree char *bytes = g_malloc0(1 << 20);
    ssize_t n;
    Web web;

    web_open(&web);
    while ((n = qio_channel_write(web.ioc, bytes, 1 << 20, &error_abort)) > 0) {
    }
    g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
    web_frame(&web, 0x88, "\x03\xe8", 2);
    web_expect_failure(&web);
    while ((n = recv(web.client, bytes, 1 << 20, MSG_DONTWAIT)) != 0) {
        if (n > 0) {
            g_string_append_len(wire, bytes, n);
        }
        g_main_context_iteration(NULL, false);
    }
    g_assert_cmpint(wire->len, >, sizeof(last));
    g_assert_cmpmem(wire->str + wire->len - 24, 24, last, 24);
    web_end(&web);
}

typedef struct EarlyWait {
    QIOChannel *ioc;
    GIOCondition condition;
    int done;
} EarlyWait;

static gpointer early_wait(gpointer opaque)
{
    EarlyWait *wait = opaque;

    qio_channel_wait(wait->ioc, wait->condition);
    g_atomic_int_set(&wait->done, 1);
    return NULL;
}

/* Nobody runs the default context, where the handshake goes on. */
static void check_wait_ends(GIOCondition condition, int how, bool with_request)
{
    EarlyWait wait = { .condition = condition };
    GThread *thread;
    Web web;

    web_start(&web);
    if (with_request) {
        web_send(&web, REQUEST, strlen(REQUEST));
    }
    wait.ioc = web.ioc;
    thread = g_thread_new("wait", early_wait, &wait);
    g_usleep(20000);
    g_assert_cmpint(g_atomic_int_get(&wait.done), ==, 0);
    if (how < 0) {
        close(web.client);
        web.client = -1;
    } else {
        g_assert_cmpint(qio_channel_shutdown(web.ioc, how, &error_abort), ==, 0);
        web_expect_failure(&web);
    }
    /* Its wait is over. */
    g_thread_join(thread);
    if (how == QIO_CHANNEL_SHUTDOWN_WRITE && !with_request) {
        /* The handshake itself still waits for the request. */
        web_send(&web, REQUEST, strlen(REQUEST));
    }
    web_await(&web);
    g_assert_nonnull(web.error);
    web_expect_failure(&web);
    web_end(&web);
}

static void test_c9_wait_for_handshake(void)
{
    static const int hows[] = { -1, QIO_CHANNEL_SHUTDOWN_READ, QIO_CHANNEL_SHUTDOWN_WRITE,
                                QIO_CHANNEL_SHUTDOWN_BOTH };

    for (int i = 0; i < 4; i++) {
        for (int with_request = 0; with_request < 2; with_request++) {
            check_wait_ends(G_IO_IN, hows[i], with_request);
            check_wait_ends(G_IO_OUT, hows[i], with_request);
        }
    }
}

static void test_c9_wait_without_handshake(void)
{
    QIOChannelSocket *master;
    QIOChannel *ioc;
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    master = qio_channel_socket_new_fd(sv[0], &error_abort);
    ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(master)));
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_OUT);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(master));
    close(sv[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/properties/w1/pong", test_w1_pong);
    g_test_add_func("/qio/properties/w2/ping-between-fragments", test_w2_ping_between_fragments);
    g_test_add_func("/qio/properties/w3/frame-with-handshake", test_w3_frame_with_handshake);
    g_test_add_func("/qio/properties/w4/no-false-end", test_w4_no_false_end);
    g_test_add_func("/qio/properties/w5/would-block-anywhere", test_w5_would_block_anywhere);
    g_test_add_func("/qio/properties/w6/malformed-request", test_w6_malformed_request);
    g_test_add_func("/qio/properties/w7/without-main-loop", test_w7_without_main_loop);
    g_test_add_func("/qio/properties/w7/writing", test_w7_writing_without_main_loop);
    g_test_add_func("/qio/properties/w8/bounded", test_w8_bounded);
    g_test_add_func("/qio/properties/w9/terminal-states", test_w9_terminal_states);
    g_test_add_func("/qio/properties/w10/close", test_w10_close_during_handshake);
    g_test_add_func("/qio/properties/w10/unref", test_w10_unref_during_handshake);
    g_test_add_func("/qio/properties/w10/close-last", test_w10_close_last);
    g_test_add_func("/qio/properties/w11/framing", test_w11_framing);
    g_test_add_func("/qio/properties/w11/close", test_w11_close);
    g_test_add_func("/qio/properties/w12/handshake", test_w12_handshake);
    g_test_add_func("/qio/properties/w13/pongs", test_w13_pongs);
    g_test_add_func("/qio/properties/w14/unmasked", test_w14_unmasked);
    g_test_add_func("/qio/properties/w15/close-behind-queue", test_w15_close_behind_queue);
    g_test_add_func("/qio/properties/C9/wait-for-handshake", test_c9_wait_for_handshake);
    g_test_add_func("/qio/properties/C9/wait-without-handshake", test_c9_wait_without_handshake);
    return g_test_run();
}
