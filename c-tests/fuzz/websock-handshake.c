/*
 * The opening handshake of a WebSocket channel: a client's bytes in pieces, right and wrong, against a reader of HTTP
 * heads of its own.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pieces.h"
#include "websock-request.h"
#include "io/channel-websock.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
/* Of the frame behind a request. */
#define FRAME_SIZE 11

static const char *const parts[] = {
    "GET / HTTP/1.1\r\n", "GET ", " HTTP/1.1\r\n", "/", "?a=b", "/x", "ws://h", "HTTPS://[::1]:1/", "\r\n", "\r\n\r\n",
    "Host: h\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Connection: keep-alive, ", "upgrade", "WebSocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Version: 13\r\n", "sec-websocket-key:",
    "Sec-WebSocket-Protocol: binary\r\n", "sec-websocket-protocol:", "binary", "base64, ", ", ", ",", ": ", "\t", " ",
    "Origin: http://h\r\n", "Host:", "connection:", "Upgrade:h2c ,", "#", "\n", "\r", "x", "13", "POST / HTTP/1.1\r\n",
    "Cookie: a=b; c=d\r\n", "/ HTTP/1.0\r\n", "\x80\xff", "\x01",
};
/* A whole request, of which the input replaces lines. */
static const char *const lines[] = {
    "GET / HTTP/1.1\r\n", "Host: h\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Version: 13\r\n", "\r\n",
};

typedef struct Outcome {
    int called;
    bool has_failed;
} Outcome;

static void done(QIOTask *task, gpointer opaque)
{
    Outcome *outcome = opaque;
    Error *err = NULL;

    outcome->called++;
    outcome->has_failed = qio_task_propagate_error(task, &err);
    require_error_if(outcome->has_failed, err);
}

static void append(GByteArray *request, const char *text)
{
    g_byte_array_append(request, (const uint8_t *)text, strlen(text));
}

/* Some text of known parts and of any bytes. */
static void append_some(GByteArray *request, Input *input)
{
    for (int i = take_number(input, 0, 6); i; i--) {
        uint8_t what = take_byte(input);

        if (what < 220) {
            append(request, parts[what % G_N_ELEMENTS(parts)]);
        } else if (what < 250) {
            size_t size;
            g_autofree char *bytes = take_text(input, 30, &size);

            g_byte_array_append(request, (const uint8_t *)bytes, size);
        } else {
            uint8_t repeated = take_byte(input);

            for (int times = take_number(input, 0, 17000); times; times--) {
                g_byte_array_append(request, &repeated, 1);
            }
        }
    }
}

static void make_request(GByteArray *request, Input *input)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        uint8_t how = take_byte(input);

        if (how < 24) {
            append_some(request, input);
        }
        if (how >= 16) {
            append(request, lines[i]);
        }
        if (how >= 250) {
            for (int times = take_byte(input); times; times--) {
                append(request, "X: y\r\n");
            }
        }
    }
}

static const char *status_line(int status)
{
    switch (status) {
    case 101:
        return "HTTP/1.1 101 Switching Protocols\r\n";
    case 400:
        return "HTTP/1.1 400 Bad Request\r\n";
    case 404:
        return "HTTP/1.1 404 Not Found\r\n";
    case 414:
        return "HTTP/1.1 414 URI Too Long\r\n";
    default:
        return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    }
}

/* All of the response, byte by byte but for the time. */
static void check_response(const char *text, size_t size, const Answer *answer, int status)
{
    g_autoptr(GString) rest = g_string_new("\r\n");
    const char *date;
    struct tm tm;

    g_string_prepend(rest, "");
    require(g_str_has_prefix(text, status_line(status)), "the response begins with %.60s", text);
    text += strlen(status_line(status));
    require(g_str_has_prefix(text, "Server: QEMU VNC\r\nDate: "), "the response goes on with %.60s", text);
    date = text + strlen("Server: QEMU VNC\r\nDate: ");
    text = strptime(date, "%a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    require(text, "the date is %.40s", date);
    if (status == 101) {
        g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
        g_autofree char *accept = NULL;
        uint8_t digest[20];
        gsize length = sizeof(digest);

        g_checksum_update(sha1, (const guchar *)answer->key, 24);
        g_checksum_update(sha1, (const guchar *)GUID, strlen(GUID));
        g_checksum_get_digest(sha1, digest, &length);
        accept = g_base64_encode(digest, length);
        g_string_printf(rest, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n", accept,
                        answer->has_protocol ? "Sec-WebSocket-Protocol: binary\r\n" : "");
    } else {
        g_string_printf(rest, "Connection: close\r\n%sContent-Length: 0\r\n\r\n",
                        status == 400 ? "Sec-WebSocket-Version: 13\r\n" : "");
    }
    require(strcmp(text, rest->str) == 0, "the response ends with %.200s", text);
}

/* A frame behind the request is there to be read at once. */
static void check_frame(QIOChannel *ioc, const Pieces *master, size_t head_size)
{
    char bytes[10];
    Error *err = NULL;
    ssize_t ret = qio_channel_read(ioc, bytes, sizeof(bytes), &err);

    /* The master may give it byte by byte, and make each wait twice. */
    for (int i = 0; i < 3 * FRAME_SIZE && ret == QIO_CHANNEL_ERR_BLOCK; i++) {
        ret = qio_channel_read(ioc, bytes, sizeof(bytes), &err);
    }
    require_error_if(ret == -1, err);
    require(ret > 0 && memcmp(bytes, "hello", ret) == 0, "a frame behind the request reads as %zd", ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t frame[FRAME_SIZE] = { 0x82, 0x85, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };
    Input input = input_of(data, size);
    uint8_t how = take_byte(&input);
    size_t quarter = input_left(&input) / 4;
    Pieces *master = pieces_new();
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_websock_new_server(&master->parent));
    Outcome outcome = { 0 };
    bool has_failed = false, has_frame;
    Answer answer;

    master->script = input_of(input.at, quarter);
    master->may_fail = how & 1;
    input.at += quarter;
    if (how & 2) {
        append_some(master->in, &input);
        append_some(master->in, &input);
    } else {
        make_request(master->in, &input);
    }
    answer = judge((const char *)master->in->data, master->in->len);
    has_frame = answer.head_size == master->in->len;
    if (has_frame) {
        g_byte_array_append(master->in, frame, sizeof(frame));
    }

    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(ioc), done, &outcome, NULL);
    for (int i = 0; !outcome.called; i++) {
        require(i < 60000, "the handshake doesn't end");
        master->ncalls = 0;
        g_main_context_iteration(NULL, FALSE);
        for (unsigned int call = 0; call < master->ncalls; call++) {
            has_failed |= master->calls[call].result == -1 ||
                          (master->calls[call].result == 0 && master->at < master->in->len);
        }
    }
    g_main_context_iteration(NULL, FALSE);
    require(outcome.called == 1, "the callback came %d times", outcome.called);
    g_byte_array_append(master->out, (const uint8_t *)"", 1);
    if (has_failed) {
        require(outcome.has_failed || answer.status == 101, "a handshake succeeded without a request");
    } else if (answer.status == 0) {
        require(outcome.has_failed && master->out->len == 1, "half a request was answered");
    } else {
        const char *text = (const char *)master->out->data;
        bool is_other = !g_str_has_prefix(text, status_line(answer.status));
        int status = is_other ? answer.other_status : answer.status;

        check_response(text, master->out->len - 1, &answer, status);
        require(outcome.has_failed == (status != 101), "status %d, and the handshake has %s", status,
                outcome.has_failed ? "failed" : "succeeded");
        if (status == 101 && has_frame && !master->may_fail) {
            check_frame(ioc, master, answer.head_size);
        }
    }
    object_unref(OBJECT(ioc));
    require(OBJECT(master)->ref == 1, "the channel is gone, and its master has %u references", OBJECT(master)->ref);
    object_unref(OBJECT(master));
    return 0;
}
