/*
 * qio/websock-client.h: a client's end of a WebSocket, against a server made by hand and against the library's own.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "socket-channels.h"
#include "open-files.h"
#include "qapi/error.h"
#include "qio/websock-client.h"
#include <sys/wait.h>

/* What is known of a handshake. */
typedef struct Outcome {
    int calls, destroyed;
    Error *err;
} Outcome;

static void outcome_set(QIOTask *task, gpointer opaque)
{
    Outcome *outcome = opaque;

    outcome->calls++;
    qio_task_propagate_error(task, &outcome->err);
}

static void outcome_destroyed(gpointer opaque)
{
    Outcome *outcome = opaque;

    outcome->destroyed++;
}

static void run_until(const int *count)
{
    while (!*count) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void run_pending(void)
{
    while (g_main_context_iteration(NULL, FALSE)) {
    }
}

/* A client over one end of a connection; the other end is the server made by hand. */
typedef struct Fixture {
    Pair pair;
    QIOChannelWebsock *ioc;
    Outcome outcome;
} Fixture;

static const QIOWebsockRequest plain = { .size = sizeof(plain), .host = "server.example.com" };

static void fixture_begin(Fixture *fixture, const QIOWebsockRequest *request)
{
    *fixture = (Fixture) { .pair = unix_pair() };
    qio_channel_set_blocking(QIO_CHANNEL(fixture->pair.client), false, &error_abort);
    fixture->ioc = qio_channel_websock_new_client(QIO_CHANNEL(fixture->pair.client), request, &error_abort);
    qio_channel_websock_handshake(fixture->ioc, outcome_set, &fixture->outcome, outcome_destroyed);
    g_assert_cmpint(fixture->outcome.calls, ==, 0);
}

static void fixture_end(Fixture *fixture)
{
    /* A handshake under way holds the channel, and knows the outcome. */
    qio_channel_close(QIO_CHANNEL(fixture->ioc), NULL);
    object_unref(OBJECT(fixture->ioc));
    pair_end(&fixture->pair);
    error_free(fixture->outcome.err);
}

static int server_fd(Fixture *fixture)
{
    return fixture->pair.server->fd;
}

/* The request, as it has come to the server. */
static GString *server_receive(Fixture *fixture)
{
    GString *text = g_string_new(NULL);
    char bytes[1000];

    while (!g_str_has_suffix(text->str, "\r\n\r\n")) {
        ssize_t got;

        g_main_context_iteration(NULL, FALSE);
        got = recv(server_fd(fixture), bytes, sizeof(bytes), MSG_DONTWAIT);
        if (got > 0) {
            g_string_append_len(text, bytes, got);
        }
        g_assert_cmpint(got, !=, 0);
    }
    return text;
}

static void server_send(Fixture *fixture, const void *bytes, size_t size)
{
    g_assert_cmpint(send(server_fd(fixture), bytes, size, MSG_NOSIGNAL), ==, size);
}

/* The response that fits a request, without the empty line behind it. */
static char *response_for(const char *request)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    const char *key = strstr(request, name);
    g_autofree char *text = NULL, *accept = NULL;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    uint8_t digest[20];
    gsize size = sizeof(digest);

    g_assert_nonnull(key);
    text = g_strdup_printf("%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + strlen(name));
    g_checksum_update(sum, (const guchar *)text, -1);
    g_checksum_get_digest(sum, digest, &size);
    accept = g_base64_encode(digest, size);
    return g_strdup_printf("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Accept: %s\r\n", accept);
}

/* Opens the connection; @more are header lines, and behind the empty line what else comes at once. */
static void server_open(Fixture *fixture, const char *more, const void *frames, size_t size)
{
    g_autoptr(GString) request = server_receive(fixture);
    g_autofree char *lines = response_for(request->str);
    g_autoptr(GString) response = g_string_new(lines);

    g_string_append_printf(response, "%s\r\n", more);
    g_string_append_len(response, frames, size);
    server_send(fixture, response->str, response->len);
    run_until(&fixture->outcome.calls);
    run_pending();
    g_assert_cmpint(fixture->outcome.calls, ==, 1);
    g_assert_cmpint(fixture->outcome.destroyed, ==, 1);
}

static void open_plain(Fixture *fixture)
{
    fixture_begin(fixture, &plain);
    server_open(fixture, "", NULL, 0);
    g_assert_null(fixture->outcome.err);
}

/* Takes exactly so much of what the client sends. */
static void server_take(Fixture *fixture, uint8_t *bytes, size_t size)
{
    while (size) {
        ssize_t got = recv(server_fd(fixture), bytes, size, MSG_DONTWAIT);

        g_assert_cmpint(got, !=, 0);
        if (got > 0) {
            bytes += got;
            size -= got;
        }
        g_main_context_iteration(NULL, FALSE);
    }
}

/* A frame of the client, unmasked. */
static GByteArray *server_take_frame(Fixture *fixture, uint8_t first, uint8_t key[4])
{
    GByteArray *payload = g_byte_array_new();
    uint8_t header[2], medium[2];
    size_t size;

    server_take(fixture, header, 2);
    g_assert_cmpint(header[0], ==, first);
    g_assert_cmpint(header[1] & 0x80, ==, 0x80);
    size = header[1] & 0x7f;
    g_assert_cmpint(size, <, 127);
    if (size == 126) {
        server_take(fixture, medium, 2);
        size = medium[0] << 8 | medium[1];
        g_assert_cmpint(size, >, 125);
    }
    server_take(fixture, key, 4);
    g_byte_array_set_size(payload, size);
    server_take(fixture, payload->data, size);
    for (size_t i = 0; i < size; i++) {
        payload->data[i] ^= key[i % 4];
    }
    return payload;
}

static void assert_fails(Fixture *fixture, const char *part)
{
    char byte;
    Error *err = NULL;

    g_assert_cmpint(fixture->outcome.calls, ==, 1);
    g_assert_nonnull(fixture->outcome.err);
    g_assert_nonnull(strstr(error_get_pretty(fixture->outcome.err), part));
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(fixture->ioc), &byte, 1, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    fixture_end(fixture);
}

static void test_request(void)
{
    const char *const protocols[] = { "binary", "chat", NULL };
    const char *const headers[] = { "Origin: http://example.com", "Cookie: a=b", NULL };
    QIOWebsockRequest request = {
        .size = sizeof(request), .host = "[::1]:5700", .path = "/a?token=b", .protocols = protocols, .headers = headers,
    };
    static const char begin[] = "GET /a?token=b HTTP/1.1\r\nHost: [::1]:5700\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Key: ";
    static const char end[] = "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary, chat\r\n"
                              "Origin: http://example.com\r\nCookie: a=b\r\n\r\n";
    g_autoptr(GString) text = NULL, other = NULL;
    Fixture fixture;

    fixture_begin(&fixture, &request);
    text = server_receive(&fixture);
    g_assert_true(g_str_has_prefix(text->str, begin));
    g_assert_cmpstr(text->str + strlen(begin) + 24, ==, end); /* R-WSC-2 */
    fixture_end(&fixture);

    fixture_begin(&fixture, &request);
    other = server_receive(&fixture);
    g_assert_cmpstr(text->str, !=, other->str);
    g_assert_null(qio_channel_websock_get_protocol(fixture.ioc));
    fixture_end(&fixture);

    fixture_begin(&fixture, &request);
    server_open(&fixture, "Sec-WebSocket-Protocol: chat\r\n", NULL, 0);
    g_assert_null(fixture.outcome.err);
    g_assert_cmpstr(qio_channel_websock_get_protocol(fixture.ioc), ==, "chat"); /* R-WSC-4 */
    fixture_end(&fixture);
}

static void assert_no_client(QIOWebsockRequest request, const char *part)
{
    auto_socket master = qio_channel_socket_new();
    Error *err = NULL;

    request.size = sizeof(request);
    g_assert_null(qio_channel_websock_new_client(QIO_CHANNEL(master), &request, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), part));
    error_free(err);
    g_assert_cmpint(OBJECT(master)->ref, ==, 1);
}

static void test_bad_requests(void)
{
    const char *const twice[] = { "a", "b", "a", NULL };
    const char *const no_token[] = { "a b", NULL };
    const char *const no_line[] = { "A: b", "nothing", NULL };
    const char *const two_lines[] = { "A: b\r\nC: d", NULL };
    const char *const own[] = { "sec-websocket-extensions: permessage-deflate", NULL };
    const char *const body[] = { "Transfer-Encoding: chunked", NULL };

    assert_no_client((QIOWebsockRequest) { .host = "" }, "host"); /* R-WSC-1 */
    assert_no_client((QIOWebsockRequest) { .host = "a\r\nb: c" }, "host");
    assert_no_client((QIOWebsockRequest) { .host = "a\xff" }, "UTF-8");
    assert_no_client((QIOWebsockRequest) { .host = "a", .path = "b" }, "'b'");
    assert_no_client((QIOWebsockRequest) { .host = "a", .path = "/b c" }, "'/b c'");
    assert_no_client((QIOWebsockRequest) { .host = "a", .path = "/#b" }, "'/#b'");
    assert_no_client((QIOWebsockRequest) { .host = "a", .protocols = twice }, "twice");
    assert_no_client((QIOWebsockRequest) { .host = "a", .protocols = no_token }, "'a b'");
    assert_no_client((QIOWebsockRequest) { .host = "a", .headers = no_line }, "'nothing'");
    assert_no_client((QIOWebsockRequest) { .host = "a", .headers = two_lines }, "control character");
    assert_no_client((QIOWebsockRequest) { .host = "a", .headers = own }, "another header");
    assert_no_client((QIOWebsockRequest) { .host = "a", .headers = body }, "another header");
}

static void assert_refused(const char *more, const char *part)
{
    Fixture fixture;

    fixture_begin(&fixture, &plain);
    server_open(&fixture, more, NULL, 0);
    assert_fails(&fixture, part);
}

static void test_refusals(void)
{
    static const char *const statuses[] = { "200 OK", "302 Found", "401 Unauthorized", "404 Not Found", NULL };
    Fixture fixture;

    for (size_t i = 0; statuses[i]; i++) {
        g_autoptr(GString) request = NULL;
        g_autofree char *response = g_strdup_printf("HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", statuses[i]);

        fixture_begin(&fixture, &plain);
        request = server_receive(&fixture);
        server_send(&fixture, response, strlen(response));
        run_until(&fixture.outcome.calls);
        assert_fails(&fixture, statuses[i]);
    }
    assert_refused("Sec-WebSocket-Extensions: permessage-deflate\r\n", "'permessage-deflate'");
    assert_refused("Sec-WebSocket-Protocol: binary\r\n", "'binary'");
    assert_refused("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "not for this request");
    assert_refused("no header line\r\n", "malformed");
}

static void test_unanswered(void)
{
    g_autofree char *endless = g_strnfill(20000, 'a');
    Fixture fixture;

    /* The end before a response. */
    fixture_begin(&fixture, &plain);
    g_string_free(server_receive(&fixture), TRUE);
    server_send(&fixture, "HTTP/1.1 101", 12);
    shutdown(server_fd(&fixture), SHUT_WR);
    run_until(&fixture.outcome.calls);
    assert_fails(&fixture, "has ended before");

    /* A response without an end. */
    fixture_begin(&fixture, &plain);
    g_string_free(server_receive(&fixture), TRUE);
    server_send(&fixture, endless, 20000);
    run_until(&fixture.outcome.calls);
    assert_fails(&fixture, "no end within 16384 bytes");

    /* A close cancels: no callback, the notify once. */
    fixture_begin(&fixture, &plain);
    g_string_free(server_receive(&fixture), TRUE);
    qio_channel_close(QIO_CHANNEL(fixture.ioc), &error_abort);
    run_pending();
    g_assert_cmpint(fixture.outcome.calls, ==, 0);
    g_assert_cmpint(fixture.outcome.destroyed, ==, 1);
    fixture_end(&fixture);
}

/* R-WSC-4: responses come in any pieces, an interim one before them, frames behind them. */
static void test_pieces(void)
{
    static const uint8_t frames[] = { 0x02, 2, 'a', 'b', 0x80, 1, 'c' };
    char bytes[3];
    Fixture fixture;

    for (size_t step = 1; step < 40; step += 3) {
        g_autoptr(GString) request = NULL, response = g_string_new("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        g_autofree char *lines = NULL;

        fixture_begin(&fixture, &plain);
        request = server_receive(&fixture);
        lines = response_for(request->str);
        g_string_append_printf(response, "%s\r\n", lines);
        g_string_append_len(response, (const char *)frames, sizeof(frames));
        for (size_t at = 0; at < response->len; at += step) {
            server_send(&fixture, response->str + at, MIN(step, response->len - at));
            run_pending();
        }
        g_assert_cmpint(fixture.outcome.calls, ==, 1);
        g_assert_null(fixture.outcome.err);
        g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(fixture.ioc), bytes, 3, &error_abort), ==, 0);
        g_assert_cmpmem(bytes, 3, "abc", 3);
        fixture_end(&fixture);
    }
    fixture_begin(&fixture, &plain);
    server_open(&fixture, "", frames, sizeof(frames));
    g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(fixture.ioc), bytes, 3, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 3, "abc", 3);
    fixture_end(&fixture);
}

static void test_masks(void)
{
    static const size_t sizes[] = { 1, 125, 126, 8192 };
    static const uint8_t ping[] = { 0x89, 3, 'a', 'b', 'c', 0x82, 1, 'x' };
    uint8_t key[4], last[4] = { 0 };
    unsigned int equal = 0;
    int status, written;
    pid_t child;
    char byte;
    Fixture fixture;

    open_plain(&fixture);
    for (size_t i = 0; i < 4 * G_N_ELEMENTS(sizes); i++) {
        size_t size = sizes[i % G_N_ELEMENTS(sizes)];
        g_autofree char *bytes = g_strnfill(size, 'a' + i);
        g_autoptr(GByteArray) payload = NULL;

        g_assert_cmpint(qio_channel_write(QIO_CHANNEL(fixture.ioc), bytes, size, &error_abort), ==, size);
        payload = server_take_frame(&fixture, 0x82, key);
        g_assert_cmpmem(payload->data, payload->len, bytes, size);
        equal += !memcmp(key, last, sizeof(key));
        memcpy(last, key, sizeof(key));
    }
    /* R-WSC-5: of random keys two in a row may be equal; never most of them. */
    g_assert_cmpint(equal, <, 8);

    /* A forked child doesn't go on with the keys that its parent goes on with. */
    child = fork();
    written = qio_channel_write(QIO_CHANNEL(fixture.ioc), "f", 1, &error_abort);
    if (child == 0) {
        _exit(written != 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    g_byte_array_unref(server_take_frame(&fixture, 0x82, last));
    g_byte_array_unref(server_take_frame(&fixture, 0x82, key));
    g_assert_cmpint(memcmp(key, last, sizeof(key)), !=, 0);

    server_send(&fixture, ping, sizeof(ping));
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(fixture.ioc), &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(byte, ==, 'x');
    {
        g_autoptr(GByteArray) pong = server_take_frame(&fixture, 0x8a, key);

        g_assert_cmpmem(pong->data, pong->len, "abc", 3);
    }
    fixture_end(&fixture);
}

/* What a server may not send ends the stream with a masked Close frame of this status. */
static void assert_status(const uint8_t *frame, size_t size, int status, int peer_status)
{
    g_autoptr(GByteArray) payload = NULL;
    uint8_t key[4];
    char byte;
    Error *err = NULL;
    Fixture fixture;

    open_plain(&fixture);
    server_send(&fixture, frame, size);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(fixture.ioc), &byte, 1, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    g_assert_cmpint(qio_channel_websock_get_close_status(fixture.ioc), ==, peer_status);
    payload = server_take_frame(&fixture, 0x88, key);
    g_assert_cmpint(payload->len, >=, 2);
    g_assert_cmpint(payload->data[0] << 8 | payload->data[1], ==, status);
    /* The end of the connection is the server's. */
    run_pending();
    g_assert_cmpint(recv(server_fd(&fixture), &byte, 1, MSG_DONTWAIT), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    qio_channel_close(QIO_CHANNEL(fixture.ioc), &error_abort);
    g_assert_cmpint(recv(server_fd(&fixture), &byte, 1, MSG_DONTWAIT), ==, 0);
    fixture_end(&fixture);
}

static void test_ends(void)
{
    static const uint8_t closes[] = { 0x88, 2, 0x03, 0xe9 };
    static const uint8_t closes_plainly[] = { 0x88, 0 };
    static const uint8_t masked[] = { 0x82, 0x81, 1, 2, 3, 4, 'a' };
    static const uint8_t text[] = { 0x81, 1, 'a' };
    static const uint8_t compressed[] = { 0xc2, 1, 'a' };
    g_autoptr(GByteArray) payload = NULL;
    uint8_t key[4];
    Fixture fixture;

    assert_status(closes, sizeof(closes), 1000, 1001);
    assert_status(closes_plainly, sizeof(closes_plainly), 1000, 1005); /* R-WSC-8 */
    assert_status(masked, sizeof(masked), 1002, 0); /* R-WSC-6 */
    assert_status(text, sizeof(text), 1003, 0);
    assert_status(compressed, sizeof(compressed), 1002, 0);

    /* A close of the program's says so. */
    open_plain(&fixture);
    qio_channel_close(QIO_CHANNEL(fixture.ioc), &error_abort);
    payload = server_take_frame(&fixture, 0x88, key);
    g_assert_cmpmem(payload->data, payload->len, "\x03\xe8", 2);
    fixture_end(&fixture);
}

static ssize_t (*socket_writev)(QIOChannel *, const struct iovec *, size_t, int *, size_t, int, Error **);
/* Whose next write another thread's read of the Close frame comes in between. */
static Fixture *closed_meanwhile;

static gpointer read_to_close(gpointer opaque)
{
    Fixture *fixture = opaque;
    ssize_t got;
    char byte;

    do {
        got = qio_channel_read(QIO_CHANNEL(fixture->ioc), &byte, 1, NULL);
    } while (got == QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(got, <=, 0);
    return NULL;
}

static ssize_t write_beside_reader(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds, size_t nfds,
                                   int flags, Error **errp)
{
    Fixture *fixture = g_steal_pointer(&closed_meanwhile);

    if (fixture) {
        g_thread_join(g_thread_new("read", read_to_close, fixture));
    }
    return socket_writev(ioc, iov, niov, fds, nfds, flags, errp);
}

/* A write of several frames: those that are not begun when the Close frame comes don't go out behind its answer. */
static void test_close_in_long_write(void)
{
    QIOChannelClass *master = QIO_CHANNEL_CLASS(object_class_by_name(TYPE_QIO_CHANNEL_SOCKET));
    static const uint8_t closes[] = { 0x88, 2, 0x03, 0xe8 };
    g_autofree char *bytes = g_malloc0(40000);
    g_autoptr(GByteArray) data = NULL, answer = NULL;
    Error *err = NULL;
    ssize_t accepted;
    uint8_t key[4];
    Fixture fixture;

    open_plain(&fixture);
    server_send(&fixture, closes, sizeof(closes));
    socket_writev = master->io_writev;
    master->io_writev = write_beside_reader;
    closed_meanwhile = &fixture;
    accepted = qio_channel_write(QIO_CHANNEL(fixture.ioc), bytes, 40000, &error_abort);
    master->io_writev = socket_writev;
    g_assert_null(closed_meanwhile);

    data = server_take_frame(&fixture, 0x82, key);
    g_assert_cmpint(accepted, ==, data->len);
    answer = server_take_frame(&fixture, 0x88, key);
    g_assert_cmpint(answer->len, >=, 2);
    g_assert_cmpmem(answer->data, 2, "\x03\xe8", 2);
    run_pending();
    g_assert_cmpint(recv(server_fd(&fixture), key, 1, MSG_DONTWAIT), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(fixture.ioc), bytes, 1, &err), ==, -1);
    error_free_or_abort(&err);
    fixture_end(&fixture);
}

/* R-WSC-8: both ends of the library. */
static void test_own_server(void)
{
    const char *const protocols[] = { "binary", NULL };
    QIOWebsockRequest request = { .size = sizeof(request), .host = "localhost", .protocols = protocols };
    static const size_t size = 300000;
    g_autofree char *bytes = g_malloc(size), *got = g_malloc0(size);
    g_auto(Pair) pair = unix_pair();
    QIOChannelWebsock *client, *server;
    Outcome of_client = { 0 }, of_server = { 0 };

    for (size_t i = 0; i < size; i++) {
        bytes[i] = i * 31 + i / 251;
    }
    qio_channel_set_blocking(QIO_CHANNEL(pair.client), false, &error_abort);
    qio_channel_set_blocking(QIO_CHANNEL(pair.server), false, &error_abort);
    client = qio_channel_websock_new_client(QIO_CHANNEL(pair.client), &request, &error_abort);
    server = qio_channel_websock_new_server(QIO_CHANNEL(pair.server));
    qio_channel_websock_handshake(client, outcome_set, &of_client, outcome_destroyed);
    qio_channel_websock_handshake(server, outcome_set, &of_server, outcome_destroyed);
    run_until(&of_client.calls);
    run_until(&of_server.calls);
    g_assert_null(of_client.err);
    g_assert_null(of_server.err);
    g_assert_cmpstr(qio_channel_websock_get_protocol(client), ==, "binary");
    g_assert_null(qio_channel_websock_get_protocol(server));
    for (int turn = 0; turn < 2; turn++) {
        QIOChannel *from = QIO_CHANNEL(turn ? server : client), *to = QIO_CHANNEL(turn ? client : server);
        size_t sent = 0, taken = 0;

        memset(got, 0, size);
        while (taken < size) {
            ssize_t moved = sent < size ? qio_channel_write(from, bytes + sent, size - sent, &error_abort) : 0;

            sent += moved > 0 ? moved : 0;
            moved = qio_channel_read(to, got + taken, size - taken, &error_abort);
            taken += moved > 0 ? moved : 0;
            g_main_context_iteration(NULL, FALSE);
        }
        g_assert_cmpmem(got, size, bytes, size);
    }
    g_assert_cmpint(qio_channel_websock_get_close_status(server), ==, 0);
    qio_channel_close(QIO_CHANNEL(client), &error_abort);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(server), got, 1, NULL), ==, -1);
    g_assert_cmpint(qio_channel_websock_get_close_status(server), ==, 1000);
    object_unref(OBJECT(client));
    object_unref(OBJECT(server));
}

static void test_misuse(void)
{
    if (g_test_subprocess()) {
        QIOWebsockRequest request = { .host = "a" }; /* R-WSC-1 */

        qio_channel_websock_new_client(QIO_CHANNEL(qio_channel_socket_new()), &request, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*request->size is 0*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/websock-client/request", test_request);
    g_test_add_func("/websock-client/bad-requests", test_bad_requests);
    g_test_add_func("/websock-client/refusals", test_refusals);
    g_test_add_func("/websock-client/unanswered", test_unanswered);
    g_test_add_func("/websock-client/pieces", test_pieces);
    g_test_add_func("/websock-client/masks", test_masks);
    g_test_add_func("/websock-client/ends", test_ends);
    g_test_add_func("/websock-client/close-in-long-write", test_close_in_long_write);
    g_test_add_func("/websock-client/own-server", test_own_server);
    g_test_add_func("/websock-client/misuse", test_misuse);
    return g_test_run();
}
