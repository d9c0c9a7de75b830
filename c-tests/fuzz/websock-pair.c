/*
 * A WebSocket's client and server over each other, or the client with any bytes for a response: what the client asks
 * is what the request's reader takes, its frames are what the decoder reads, and what is written at one end is read at
 * the other.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pieces.h"
#include "websock-decoder.h"
#include "websock-request.h"
#include "qio/websock-client.h"

#define MOST 100000
#define ROUNDS 20000

enum { CLIENT, SERVER };

typedef struct End {
    Pieces *below;
    QIOChannel *ioc;
    int called;
    bool is_open, is_closed;
    GByteArray *written, *read;
} End;

static const char *const texts[] = {
    "/", "/?a=b", "/x", "", "h", "[::1]:80", "binary", "base64", "Origin: http://h", "Cookie: a=b", "Host: x", " ",
    "X:y\r\nHost: z", "\x01", "a b", "#", "Upgrade: h2c", ":", "Content-Length: 3",
};

static void handshake_done(QIOTask *task, gpointer opaque)
{
    End *end = opaque;
    Error *err = NULL;

    end->called++;
    end->is_open = !qio_task_propagate_error(task, &err);
    require_error_if(!end->is_open, err);
}

/* NULL if the request can't be made. Only for `binary` servers have a use. */
static QIOChannel *client_new(QIOChannel *below, Input *input, bool *is_binary)
{
    const char *protocols[3] = { NULL }, *headers[3] = { NULL };
    QIOWebsockRequest request = { .size = sizeof(request), .host = "h" };
    uint8_t how = take_byte(input);
    Error *err = NULL;
    QIOChannelWebsock *client;

    if (how & 1) {
        request.host = take_of(input, texts);
    }
    if (how & 2) {
        request.path = take_of(input, texts);
    }
    if (how & 4) {
        request.protocols = protocols;
        *is_binary = false;
        for (int i = how >> 3 & 1; i >= 0; i--) {
            protocols[i] = take_of(input, texts);
            *is_binary |= strcmp(protocols[i], "binary") == 0;
        }
    }
    if (how & 16) {
        request.headers = headers;
        for (int i = how >> 5 & 1; i >= 0; i--) {
            headers[i] = take_of(input, texts);
        }
    }
    client = qio_channel_websock_new_client(below, &request, &err);
    require_error_if(!client, err);
    return client ? QIO_CHANNEL(client) : NULL;
}

static void run(End *ends, int rounds)
{
    while (rounds--) {
        ends[CLIENT].below->ncalls = ends[SERVER].below->ncalls = 0;
        g_main_context_iteration(NULL, FALSE);
    }
}

static size_t moved(const End *ends)
{
    return ends[CLIENT].below->at + ends[SERVER].below->at + ends[CLIENT].below->out->len +
           ends[SERVER].below->out->len - input_left(&ends[CLIENT].below->script) -
           input_left(&ends[SERVER].below->script);
}

/* All that have begun hear of its end; who gets on no more sees the end of the connection. */
static void shake(End *ends, bool has_server)
{
    for (int i = 0; i < 1 + has_server; i++) {
        qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(ends[i].ioc), handshake_done, &ends[i], NULL);
    }
    for (int rounds = 0, idle = 0; rounds < ROUNDS && !(ends[CLIENT].called && (!has_server || ends[SERVER].called));
         rounds++) {
        size_t before = moved(ends);

        run(ends, 1);
        idle = before == moved(ends) ? idle + 1 : 0;
        if (idle > 8) {
            ends[CLIENT].below->stays_open = ends[SERVER].below->stays_open = false;
        }
    }
    require(ends[CLIENT].called == 1, "the client was called %d times", ends[CLIENT].called);
    require(ends[SERVER].called == has_server, "the server was called %d times", ends[SERVER].called);
}

static void write_some(End *end, Input *input)
{
    size_t size = take_number(input, 0, take_bool(input) ? 20000 : 300);
    g_autofree char *bytes = g_malloc(size);
    Error *err = NULL;
    ssize_t ret;

    if (end->written->len + size > MOST) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = end->written->len + i * 3 + i / 256;
    }
    end->below->ncalls = 0;
    ret = qio_channel_write(end->ioc, bytes, size, &err);
    require(ret >= -2 && ret <= (ssize_t)size, "write of %zu bytes returned %zd", size, ret);
    require_error_if(ret == -1, err);
    if (ret > 0) {
        g_byte_array_append(end->written, (const uint8_t *)bytes, ret);
    }
}

static ssize_t read_some(End *end, size_t size)
{
    g_autofree char *bytes = g_malloc(size);
    Error *err = NULL;
    ssize_t ret;

    end->below->ncalls = 0;
    ret = qio_channel_read(end->ioc, bytes, size, &err);
    require(ret >= -2 && ret <= (ssize_t)size, "read of %zu bytes returned %zd", size, ret);
    require_error_if(ret == -1, err);
    if (ret > 0) {
        require(end->is_open, "read before the handshake");
        g_byte_array_append(end->read, (const uint8_t *)bytes, ret);
    }
    return ret;
}

static void step(End *ends, bool has_server, Input *input)
{
    End *end = &ends[has_server && take_bool(input)];
    Error *err = NULL;

    switch (take_byte(input) % 12) {
    case 0 ... 4:
        write_some(end, input);
        break;
    case 5 ... 8:
        read_some(end, take_number(input, 0, 9000));
        break;
    case 9 ... 10:
        run(ends, take_number(input, 1, 8));
        break;
    default:
        if (take_byte(input) % 4 == 0) {
            require(qio_channel_close(end->ioc, &err) == 0, "close failed");
            end->is_closed = true;
        }
    }
}

/* What this end has read is what the other one has written, or its beginning. */
static void check_read(const End *end, const End *other)
{
    require(end->read->len <= other->written->len &&
            (!end->read->len || memcmp(end->read->data, other->written->data, end->read->len) == 0),
            "what is read isn't what was written");
}

/* All that was written comes, if nobody has closed. */
static void check_all(End *ends)
{
    for (int i = 0; i < 2; i++) {
        for (int blocked = 0; blocked < 20; ) {
            ssize_t ret = read_some(&ends[i], 5000);

            require(ret > 0 || ret == QIO_CHANNEL_ERR_BLOCK, "a read returned %zd", ret);
            blocked = ret == QIO_CHANNEL_ERR_BLOCK ? blocked + 1 : 0;
            run(ends, 2);
        }
        require(ends[i].read->len == ends[!i].written->len, "%u of %u bytes came", ends[i].read->len,
                ends[!i].written->len);
    }
}

/* The client's frames, as the decoder reads them. */
static void check_client_frames(const End *client, size_t from)
{
    Decoded *decoded = decode(client->below->out->data + from, client->below->out->len - from);

    require(!decoded->code || client->is_closed || decoded->code == CLOSED_BY_CLIENT, "the client's frames are refused: %d",
            decoded->code);
    require(decoded->payload->len <= client->written->len &&
            (!decoded->payload->len || !memcmp(decoded->payload->data, client->written->data, decoded->payload->len)),
            "the client's frames have something else");
    decoded_free(decoded);
}

static void end_of(End *end)
{
    if (end->ioc) {
        object_unref(OBJECT(end->ioc));
    }
    g_main_context_iteration(NULL, FALSE);
    require(OBJECT(end->below)->ref == 1, "the channel is gone, and its master has %u references",
            OBJECT(end->below)->ref);
    object_unref(OBJECT(end->below));
    g_byte_array_unref(end->written);
    g_byte_array_unref(end->read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char response[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    Input input = input_of(data, size);
    uint8_t how = take_byte(&input);
    bool is_binary = true, has_server = how & 3, has_fault = has_server && (how & 12) == 12;
    size_t quarter = input_left(&input) / 4;
    End ends[2] = { 0 };

    for (int i = 0; i < 2; i++) {
        ends[i].below = pieces_new();
        ends[i].below->stays_open = true;
        ends[i].below->script = input_of(input.at, quarter);
        ends[i].written = g_byte_array_new();
        ends[i].read = g_byte_array_new();
        qio_channel_set_feature(&ends[i].below->parent, QIO_CHANNEL_FEATURE_SHUTDOWN);
        input.at += quarter;
    }
    ends[SERVER].ioc = QIO_CHANNEL(qio_channel_websock_new_server(&ends[SERVER].below->parent));
    ends[CLIENT].ioc = client_new(&ends[CLIENT].below->parent, &input, &is_binary);
    if (has_server) {
        ends[CLIENT].below->peer = ends[SERVER].below;
        ends[SERVER].below->peer = ends[CLIENT].below;
    } else {
        size_t length;
        g_autofree char *text = take_text(&input, 900, &length);

        if (how & 4) {
            g_byte_array_append(ends[CLIENT].below->in, (const uint8_t *)response, strlen(response));
        }
        g_byte_array_append(ends[CLIENT].below->in, (const uint8_t *)text, length);
    }
    if (has_fault) {
        Pieces *below = ends[how >> 4 & 1].below;

        below->fault = take_number(&input, FLIPPED, CUT);
        below->fault_at = take_number(&input, 0, 900);
        below->fault_bits = take_byte(&input) | 1;
    }
    if (ends[CLIENT].ioc) {
        Answer answer;

        shake(ends, has_server);
        answer = judge((const char *)ends[CLIENT].below->out->data, ends[CLIENT].below->out->len);
        require(answer.head_size, "the client's request has no end");
        require(answer.status != 400 || answer.other_status != 400 || !is_binary, "the client's request is malformed");
        if (!has_server) {
            /* Nobody can guess the answer to a key. */
            require(!ends[CLIENT].is_open, "a handshake with nobody");
        } else if (!has_fault && answer.status == answer.other_status) {
            require(ends[CLIENT].is_open == (answer.status == 101) && ends[SERVER].is_open == (answer.status == 101),
                    "status %d, and %d, %d", answer.status, ends[CLIENT].is_open, ends[SERVER].is_open);
        }
        while (input_left(&input)) {
            step(ends, has_server, &input);
            if (!has_fault) {
                check_read(&ends[CLIENT], &ends[SERVER]);
                check_read(&ends[SERVER], &ends[CLIENT]);
            }
        }
        if (!has_fault && ends[CLIENT].is_open && ends[SERVER].is_open && !ends[CLIENT].is_closed &&
            !ends[SERVER].is_closed) {
            check_all(ends);
        }
        if (ends[CLIENT].is_open) {
            check_client_frames(&ends[CLIENT], answer.head_size);
        }
    }
    end_of(&ends[CLIENT]);
    end_of(&ends[SERVER]);
    return 0;
}
