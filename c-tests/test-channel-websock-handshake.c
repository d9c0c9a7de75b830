/*
 * The opening handshake of io/channel-websock.h: which requests are accepted, and what the response to the others is.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "websock-frames.h"

#define FIRST "GET / HTTP/1.1\r\n"

static const char *const lines[] = {
    "Host: h\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Version: 13\r\n",
};

/* The response to a request; the error, if it was refused, names @named. */
static char *response_to(const char *request, size_t size, const char *named)
{
    GString *reply;
    Web web;

    web_start(&web);
    web_send(&web, request, size);
    web_await(&web);
    reply = web_receive(&web);
    g_assert_true(g_str_has_suffix(reply->str, "\r\n\r\n"));
    if (named) {
        g_assert_nonnull(web.error);
        g_assert_nonnull(strstr(web.error, named));
        web_expect_failure(&web);
        g_assert_cmpint(qio_channel_write(web.ioc, "x", 1, NULL), ==, -1);
        g_assert_cmpint(web.master->fd, >=, 0);
        g_assert_cmpint(recv(web.client, &(char) { 0 }, 1, MSG_DONTWAIT), ==, -1);
    } else {
        g_assert_cmpstr(web.error, ==, NULL);
    }
    web_end(&web);
    return g_string_free(reply, false);
}

static void accepts(const char *request)
{
    g_autofree char *reply = response_to(request, strlen(request), NULL);

    g_assert_true(g_str_has_prefix(reply, "HTTP/1.1 101 Switching Protocols\r\nServer: QEMU VNC\r\n"));
}

static void refuses(const char *request, const char *status, const char *named)
{
    g_autofree char *reply = response_to(request, strlen(request), named);
    g_autofree char *start = g_strdup_printf("HTTP/1.1 %s\r\nServer: QEMU VNC\r\nDate: ", status);

    g_assert_true(g_str_has_prefix(reply, start));
    g_assert_nonnull(strstr(reply, "\r\nConnection: close\r\n"));
    /* RFC 6455 section 4.4. */
    g_assert_true(!strstr(reply, "\r\nSec-WebSocket-Version: 13\r\n") == !g_str_has_prefix(status, "400"));
    /* It is whole without the end of the connection. */
    g_assert_nonnull(strstr(reply, "\r\nContent-Length: 0\r\n"));
    g_assert_null(strstr(reply, "Accept"));
}

/* The lines, but for line @index, which is @instead. */
static char *request_with(int index, const char *instead)
{
    GString *text = g_string_new(FIRST);

    for (int i = 0; i < (int)G_N_ELEMENTS(lines); i++) {
        g_string_append(text, i == index ? instead : lines[i]);
    }
    g_string_append(text, "\r\n");
    return g_string_free(text, false);
}

/* R-WS-13: every line, in this order. */
static void test_response(void)
{
    g_autofree char *reply = response_to(REQUEST, strlen(REQUEST), NULL);
    g_auto(GStrv) got = g_strsplit(reply, "\r\n", -1);

    g_assert_cmpint(g_strv_length(got), ==, 9);
    g_assert_cmpstr(got[0], ==, "HTTP/1.1 101 Switching Protocols");
    g_assert_cmpstr(got[1], ==, "Server: QEMU VNC");
    g_assert_true(g_regex_match_simple("^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] [A-Z][a-z][a-z] "
                                       "2[0-9]{3} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT$",
                                       got[2], 0, 0));
    g_assert_cmpstr(got[3], ==, "Upgrade: websocket");
    g_assert_cmpstr(got[4], ==, "Connection: Upgrade");
    g_assert_cmpstr(got[5], ==, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    g_assert_cmpstr(got[6], ==, "Sec-WebSocket-Protocol: binary");
    g_assert_cmpstr(got[7], ==, "");
}

static void test_no_protocol(void)
{
    g_autofree char *request = request_with(-1, NULL);
    g_autofree char *reply = response_to(request, strlen(request), NULL);

    g_assert_null(strstr(reply, "Sec-WebSocket-Protocol"));
}

static void test_byte_by_byte(void)
{
    GString *reply;
    Web web;

    web_start(&web);
    for (size_t i = 0; i < strlen(REQUEST); i++) {
        g_assert_cmpint(web.called, ==, 0);
        web_send(&web, REQUEST + i, 1);
        web_run();
    }
    web_await(&web);
    g_assert_cmpstr(web.error, ==, NULL);
    reply = web_receive(&web);
    g_assert_true(g_str_has_prefix(reply->str, "HTTP/1.1 101 "));
    g_string_free(reply, true);
    web_end(&web);
}

/* The end of the request straddles two segments, at each place. */
static void test_split_end(void)
{
    size_t size = strlen(REQUEST);

    for (size_t cut = size - 4; cut < size; cut++) {
        Web web;

        web_start(&web);
        web_send(&web, REQUEST, cut);
        web_run();
        g_assert_cmpint(web.called, ==, 0);
        web_send(&web, REQUEST + cut, size - cut);
        web_await(&web);
        g_assert_cmpstr(web.error, ==, NULL);
        g_string_free(web_receive(&web), true);
        web_end(&web);
    }
}

/* A request of exactly this size. */
static char *request_of(size_t size)
{
    g_autofree char *short_one = request_with(-1, NULL);
    size_t left = size - strlen(short_one) - strlen("Cookie: \r\n");
    g_autofree char *cookie = g_strnfill(left, 'x');
    g_autofree char *host = g_strdup_printf("Host: h\r\nCookie: %s\r\n", cookie);
    char *request = request_with(0, host);

    g_assert_cmpint(strlen(request), ==, size);
    return request;
}

/* R-WS-8, R-WS-9: the end is within 16 KiB, or never. */
static void test_size(void)
{
    g_autofree char *fits = request_of(16384), *larger = request_of(16385);
    g_autofree char *endless = g_strnfill(16384, 'x'), *line = g_strconcat("GET /?", endless, NULL);

    accepts(fits);
    refuses(larger, "431 Request Header Fields Too Large", "16384");
    refuses(endless, "431 Request Header Fields Too Large", "16384");
    /* RFC 9112 section 3. */
    refuses(line, "414 URI Too Long", "request line");
}

static char *request_with_headers(int count)
{
    GString *more = g_string_new(lines[0]);

    for (int i = G_N_ELEMENTS(lines); i < count; i++) {
        g_string_append_printf(more, "X-%d: y\r\n", i);
    }
    g_autofree char *host = g_string_free(more, false);

    return request_with(0, host);
}

static void test_headers_100(void)
{
    g_autofree char *fits = request_with_headers(100), *more = request_with_headers(101);

    accepts(fits);
    refuses(more, "431 Request Header Fields Too Large", "100");
}

/* R-WS-12: the error names the header. R-WS-15: the response has its end. */
static void test_missing(void)
{
    static const char *const names[] = {
        "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version",
    };

    for (int i = 0; i < (int)G_N_ELEMENTS(lines); i++) {
        g_autofree char *request = request_with(i, "");

        refuses(request, "400 Bad Request", names[i]);
    }
}

/* R-WS-12: the error has the value. R-WS-7: the master stays open. RFC 6455 section 4.2.1. */
static void test_wrong(void)
{
    static const struct {
        int line;
        const char *instead, *named;
    } wrong[] = {
        { 1, "Upgrade: h2c, web socket\r\nUpgrade: h2\r\n", "h2c, web socket, h2" },
        { 1, "Upgrade: websocket/13\r\n", "websocket/13" },
        { 2, "Connection: close\r\nConnection: keep-alive\r\n", "close, keep-alive" },
        { 1, "Upgrade: websockets\r\n", "websockets" },
        { 1, "Upgrade:\r\n", "''" },
        { 2, "Connection: close\r\n", "close" },
        { 2, "Connection: Upgrades\r\n", "Upgrades" },
        { 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n", "dGhlIHNhbXBsZSBub25jZQ=" },
        { 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n", "dGhlIHNhbXBsZSBub25jZQ===" },
        { 4, "Sec-WebSocket-Version: 12\r\n", "12" },
        { 4, "Sec-WebSocket-Version: 013\r\n", "013" },
        { 4, "Sec-WebSocket-Version: 8, 13\r\n", "8, 13" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol: chat\r\n", "chat" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol: notbinary, binary2\r\n", "notbinary" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: Binary\r\n", "chat, Binary" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol:\r\n", "''" },
        /* RFC 9112 section 3.2. */
        { 0, "Host: h\r\nHost: h\r\n", "host" },
        { 0, "Host: h\r\nno colon\r\n", "handshake" },
        { 0, "Host: h\r\n folded: line\r\n", "handshake" },
        { 0, "Host: h\r\nX: y\r\n\tfolded\r\n", "handshake" },
        { 0, "Host: h\r\nX : y\r\n", "handshake" },
        { 0, "Host: h\r\n: y\r\n", "handshake" },
        { 0, "Host: h\r\nX: \x01\r\n", "handshake" },
        { 0, "Host: h\n\nX: y\r\n", "handshake" },
        /* RFC 6455 sections 11.3.1 and 11.3.5: not more than once, whatever they say. */
        { 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "more than one sec-websocket-key" },
        { 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: x\r\n",
          "more than one sec-websocket-key" },
        { 4, "Sec-WebSocket-Version: 13\r\nX: y\r\nSec-WebSocket-Version: 13\r\n",
          "more than one sec-websocket-version" },
        { 4, "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Version: 13\r\n",
          "more than one sec-websocket-version" },
        { 4, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n",
          "more than one sec-websocket-version" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *request = request_with(wrong[i].line, wrong[i].instead);

        refuses(request, "400 Bad Request", wrong[i].named);
    }
}

/* R-111-17: what is compared without regard to case, among others. */
static void test_lenient(void)
{
    static const struct {
        int line;
        const char *instead;
    } right[] = {
        { 2, "Connection: keep-alive, Upgrade\r\n" },
        { 2, "Connection:keep-alive,upgrade\r\n" },
        { 2, "Connection: UPGRADE , x\r\n" },
        /* RFC 9110 sections 5.3 and 5.6.1: several lines are one list, empty members don't count. */
        { 2, "Connection: keep-alive\r\nX: y\r\nConnection: Upgrade\r\n" },
        { 2, "Connection: ,, \t,upgrade,\r\n" },
        { 2, "Connection:\r\nConnection: Upgrade\r\n" },
        { 1, "Upgrade: websocket, h2c\r\n" },
        { 1, "Upgrade: h2c\r\nUpgrade: WebSocket\r\n" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: binary\r\n" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol:\r\nSec-WebSocket-Protocol: x,binary\r\n" },
        { 0, "HOST: h\r\n" },
        { 1, "upgrade:   WebSocket \t\r\n" },
        { 3, "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n" },
        { 4, "sec-websocket-version:13\r\n" },
        { 0, "Host: h\r\nSec-WebSocket-Protocol: chat, binary\r\n" },
        { 0, "Host: h\r\nSec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http://x\r\n" },
        { 0, "Host:\r\n" },
        /* What nobody looks at may come as often as it likes. */
        { 0, "Host: h\r\nOrigin: http://x\r\nOrigin: http://y\r\nCookie: a\r\nCookie: b\r\n"
             "Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\n" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(right); i++) {
        g_autofree char *request = request_with(right[i].line, right[i].instead);

        accepts(request);
    }
}

/* R-WS-10. */
static void test_first_line(void)
{
    refuses("POST / HTTP/1.1\r\n" LINES "\r\n", "400 Bad Request", "POST");
    refuses("get / HTTP/1.1\r\n" LINES "\r\n", "400 Bad Request", "get");
    refuses("GET / HTTP/1.0\r\n" LINES "\r\n", "400 Bad Request", "HTTP/1.0");
    refuses("GET / HTTP/2\r\n" LINES "\r\n", "400 Bad Request", "HTTP/2");
    refuses("GET / HTTP/1.1 \r\n" LINES "\r\n", "400 Bad Request", "HTTP/1.1 ");
    refuses("GET /\r\n" LINES "\r\n", "400 Bad Request", "version");
    refuses("GET\r\n" LINES "\r\n", "400 Bad Request", "method");
    refuses("\r\n" LINES "\r\n", "400 Bad Request", "method");
    refuses("GET /vnc HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "/vnc");
    refuses("GET  / HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "");
    refuses("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "header");
    refuses("GET /#top HTTP/1.1\r\n" LINES "\r\n", "400 Bad Request", "/#top");
    refuses("GET /?\x01 HTTP/1.1\r\n" LINES "\r\n", "400 Bad Request", "malformed");
    refuses("GET /vnc?x=/ HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "/vnc?x=/");
    refuses("GET ?x HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "?x");
    refuses("GET // HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "//");
    refuses("GET * HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "*");
    refuses("GET http://h/vnc HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "http://h/vnc");
    refuses("GET http:/// HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "http:///");
    refuses("GET ftp://h/ HTTP/1.1\r\n" LINES "\r\n", "404 Not Found", "ftp://h/");
    /* The order of the checks: the path before the version, the headers last. */
    refuses("GET /vnc HTTP/1.0\r\nX: y\r\n\r\n", "404 Not Found", "/vnc");
    refuses("PUT /vnc HTTP/1.0\r\nX: y\r\n\r\n", "400 Bad Request", "PUT");
}

/* R-WS-10: each form of a request target that means "/", with or without a query. */
static void test_targets(void)
{
    static const char *const targets[] = {
        "/?", "/?token=a/b?c", "/?redirect=http://x/y", "http://h/", "http://h", "http://h:5700/?token=1",
        "HTTPS://[::1]:443?x", "ws://user@h/", "wss://h",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\n" LINES "\r\n", targets[i]);

        accepts(request);
    }
    /* RFC 9112 section 2.2: an empty line before the request is ignored. */
    accepts("\r\n" FIRST LINES "\r\n");
}

/* Bytes that are no text end nothing. */
static void test_bytes(void)
{
    static const char zero[] = FIRST "Host: \0\r\n\r\n";
    static const char high[] = FIRST "Host: \xff\xfe\r\n" "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    static const char key[] = FIRST "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: \xff\xff\xff\xff\xff\xff\xff\xff\r\nSec-WebSocket-Version: 13\r\n\r\n";
    g_autofree char *one = response_to(zero, sizeof(zero) - 1, "handshake");
    g_autofree char *two = response_to(high, sizeof(high) - 1, NULL);
    g_autofree char *three = NULL;

    three = response_to(key, sizeof(key) - 1, "key");
    g_assert_true(g_str_has_prefix(one, "HTTP/1.1 400 "));
    g_assert_true(g_str_has_prefix(two, "HTTP/1.1 101 "));
    g_assert_true(g_str_has_prefix(three, "HTTP/1.1 400 "));
}

static void test_data_behind(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autofree uint8_t *payload = patterned(3000);
    Web web;

    g_byte_array_append(bytes, (const uint8_t *)REQUEST, strlen(REQUEST));
    append_frame(bytes, 0x89, "ping", 4);
    append_frame(bytes, 0x02, payload, 1000);
    append_frame(bytes, 0x80, payload + 1000, 2000);
    web_open_with(&web, (const char *)bytes->data, bytes->len);
    web_expect(&web, payload, 3000);
    web_expect_sent(&web, "\x8a\x04ping", 6);
    web_end(&web);
}

/* R-WS-4. */
static void test_end(void)
{
    for (size_t size = 0; size < strlen(REQUEST); size += 40) {
        GString *reply;
        Web web;

        web_start(&web);
        web_send(&web, REQUEST, size);
        shutdown(web.client, SHUT_WR);
        web_await(&web);
        g_assert_nonnull(strstr(web.error, "ended"));
        reply = web_receive(&web);
        g_assert_cmpint(reply->len, ==, 0);
        g_string_free(reply, true);
        web_end(&web);
    }
}

/* The response goes out in pieces as the transport has room (R-WS-3, R-WS-5). */
static void test_no_room(void)
{
    g_autofree char *junk = g_malloc0(1 << 16);
    size_t stuffed = 0, drained = 0;
    GString *tail = g_string_new(NULL);
    ssize_t n;
    Web web;

    web_start(&web);
    while ((n = qio_channel_write(QIO_CHANNEL(web.master), junk, 1 << 16, &error_abort)) > 0) {
        stuffed += n;
    }
    while ((n = qio_channel_write(QIO_CHANNEL(web.master), junk, 1, &error_abort)) > 0) {
        stuffed += n;
    }
    web_send(&web, REQUEST, strlen(REQUEST));
    web_run();
    g_assert_cmpint(web.called, ==, 0);
    while (!web.called) {
        while ((n = recv(web.client, junk, 1 << 16, MSG_DONTWAIT)) > 0) {
            size_t before = MIN((size_t)n, stuffed - drained);

            drained += before;
            g_string_append_len(tail, junk + before, n - before);
        }
        g_main_context_iteration(NULL, false);
    }
    g_assert_cmpstr(web.error, ==, NULL);
    while ((n = recv(web.client, junk, 1 << 16, MSG_DONTWAIT)) > 0) {
        g_string_append_len(tail, junk, n);
    }
    g_assert_true(g_str_has_prefix(tail->str, "HTTP/1.1 101 "));
    g_assert_true(g_str_has_suffix(tail->str, "\r\n\r\n"));
    g_string_free(tail, true);
    web_end(&web);
}

/* The client is gone when the response could be sent. */
typedef struct Wait {
    QIOChannel *ioc;
    int done;
} Wait;

static gpointer waits(gpointer opaque)
{
    Wait *wait = opaque;

    qio_channel_wait(wait->ioc, G_IO_IN);
    g_atomic_int_set(&wait->done, 1);
    return NULL;
}

/* R-WS-44: a client that has stopped sending isn't gone. While the default context stands nobody knows
 * whether its request is whole; then it is answered, or the handshake fails, and waits end. */
static void test_half_closed(void)
{
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        Wait wait = { NULL };
        GThread *thread;
        GString *reply;
        char byte;
        Web web;

        web_start(&web);
        wait.ioc = web.ioc;
        web_send(&web, REQUEST, strlen(REQUEST) - !is_whole);
        shutdown(web.client, SHUT_WR);
        thread = g_thread_new("waits", waits, &wait);
        g_usleep(20000);
        g_assert_cmpint(g_atomic_int_get(&wait.done), ==, 0);
        web_await(&web);
        g_thread_join(thread);
        reply = web_receive(&web);
        if (is_whole) {
            g_assert_cmpstr(web.error, ==, NULL);
            g_assert_true(g_str_has_prefix(reply->str, "HTTP/1.1 101 "));
            g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 0);
        } else {
            g_assert_nonnull(strstr(web.error, "ended"));
            g_assert_cmpint(reply->len, ==, 0);
            web_expect_failure(&web);
        }
        g_string_free(reply, true);
        web_end(&web);
    }
}

static void test_gone(void)
{
    Web web;

    web_start(&web);
    web_send(&web, REQUEST, strlen(REQUEST));
    close(web.client);
    web.client = -1;
    web_await(&web);
    g_assert_nonnull(web.error);
    web_end(&web);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/channel-websock/handshake/response", test_response);
    g_test_add_func("/qio/channel-websock/handshake/no-protocol", test_no_protocol);
    g_test_add_func("/qio/channel-websock/handshake/byte-by-byte", test_byte_by_byte);
    g_test_add_func("/qio/channel-websock/handshake/split-end", test_split_end);
    g_test_add_func("/qio/channel-websock/handshake/size", test_size);
    g_test_add_func("/qio/channel-websock/handshake/headers", test_headers_100);
    g_test_add_func("/qio/channel-websock/handshake/missing", test_missing);
    g_test_add_func("/qio/channel-websock/handshake/wrong", test_wrong);
    g_test_add_func("/qio/channel-websock/handshake/lenient", test_lenient);
    g_test_add_func("/qio/channel-websock/handshake/first-line", test_first_line);
    g_test_add_func("/qio/channel-websock/handshake/targets", test_targets);
    g_test_add_func("/qio/channel-websock/handshake/bytes", test_bytes);
    g_test_add_func("/qio/channel-websock/handshake/data-behind", test_data_behind);
    g_test_add_func("/qio/channel-websock/handshake/end", test_end);
    g_test_add_func("/qio/channel-websock/handshake/no-room", test_no_room);
    g_test_add_func("/qio/channel-websock/handshake/half-closed", test_half_closed);
    g_test_add_func("/qio/channel-websock/handshake/gone", test_gone);
    return g_test_run();
}
