/*
 * A WebSocket channel after its opening handshake: a client's bytes in pieces, reads, writes and watches of the program,
 * against a decoder of its own for both directions.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pieces.h"
#include "websock-decoder.h"
#include "io/channel-websock.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define MOST 200000

typedef struct Web {
    Pieces *master;
    QIOChannel *ioc;
    bool is_open;
    /* Where the frames begin in both directions. */
    size_t in_from, out_from;
    /* What the program has read, and what was taken of what it wrote. */
    GByteArray *read, *written;
    bool has_ended, is_closed;
} Web;

static void opened(QIOTask *task, gpointer opaque)
{
    Web *web = opaque;
    Error *err = NULL;

    require(!web->is_open, "the handshake's callback came twice");
    require(!qio_task_propagate_error(task, &err), "the handshake failed: %s", error_get_pretty(err));
    web->is_open = true;
}

static void send_bytes(Web *web, const void *bytes, size_t size)
{
    if (web->master->in->len + size < MOST) {
        g_byte_array_append(web->master->in, bytes, size);
    }
}

/* A frame of a client, as it should be or not. */
static void send_frame(Web *web, Input *input)
{
    static const uint8_t firsts[] = { 0x82, 0x82, 0x02, 0x00, 0x80, 0x89, 0x89, 0x8a, 0x88, 0x81, 0xc2, 0x09, 0x8b };
    static const uint32_t lengths[] = { 0, 1, 125, 126, 127, 5000, 65535, 65536 };
    uint8_t choice = take_byte(input), header[14], first = take_byte(input);
    uint32_t length = choice & 1 ? take_byte(input) % 126 : take_of(input, lengths);
    bool is_masked = (choice & 0xe) != 0xe, is_long = (choice & 0x70) == 0x70;
    g_autoptr(GByteArray) frame = g_byte_array_new();
    size_t size = 2;

    header[0] = first < 200 ? firsts[first % G_N_ELEMENTS(firsts)] : take_byte(input);
    if ((header[0] & 8) && !is_long) {
        length = MIN(length, 125);
    }
    header[1] = length < 126 && !is_long ? length : length < 65536 ? 126 : 127;
    for (int i = header[1] == 126 ? 1 : header[1] == 127 ? 7 : -1; i >= 0; i--) {
        header[size++] = (uint64_t)length >> 8 * i;
    }
    if (is_masked) {
        header[1] |= 0x80;
        size += take_bytes(input, header + size, 4) * 0 + 4;
    }
    g_byte_array_append(frame, header, size);
    g_byte_array_set_size(frame, size + length);
    for (size_t i = 0; i < length; i++) {
        frame->data[size + i] = i * 13 + i / 200 + choice;
    }
    send_bytes(web, frame->data, frame->len);
}

static Decoded *decode_sent(Web *web)
{
    return decode(web->master->in->data + web->in_from, web->master->in->len - web->in_from);
}

/* Reads once; its result. */
static ssize_t read_some(Web *web, size_t size, bool must_not_block)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Error *err = NULL;
    ssize_t ret;

    g_byte_array_set_size(bytes, size);
    web->master->ncalls = 0;
    ret = qio_channel_read(web->ioc, (char *)bytes->data, size, &err);
    require(ret >= -2 && ret <= (ssize_t)size, "read of %zu bytes returned %zd", size, ret);
    require_error_if(ret == -1, err);
    if (ret == QIO_CHANNEL_ERR_BLOCK) {
        unsigned int last = web->master->ncalls;

        require(!must_not_block, "a read would block after a watch has called for it");
        /* The last read, since answers may have been written after it. */
        while (last && web->master->calls[last - 1].result != QIO_CHANNEL_ERR_BLOCK) {
            last--;
        }
        require(last, "a read would block, and its master would not");
    }
    if (ret == 0 && size) {
        require(!web->master->stays_open && web->master->at == web->master->in->len, "an end that is none");
        web->has_ended = true;
    }
    if (ret > 0) {
        g_byte_array_append(web->read, bytes->data, ret);
    }
    return ret;
}

static void write_some(Web *web, Input *input)
{
    size_t size = take_number(input, 0, take_bool(input) ? 20000 : 300);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Error *err = NULL;
    ssize_t ret;

    g_byte_array_set_size(bytes, size);
    for (size_t i = 0; i < size; i++) {
        bytes->data[i] = web->written->len + i * 3 + i / 256;
    }
    web->master->ncalls = 0;
    ret = qio_channel_write(web->ioc, (const char *)bytes->data, size, &err);
    require(ret >= -2 && ret <= (ssize_t)size, "write of %zu bytes returned %zd", size, ret);
    require(ret != 0 || size == 0, "a write of %zu bytes returned 0", size);
    require_error_if(ret == -1, err);
    if (ret == QIO_CHANNEL_ERR_BLOCK) {
        require(web->master->ncalls, "a write would block, and its master was not asked");
    }
    if (ret > 0) {
        g_byte_array_append(web->written, bytes->data, ret);
    }
}

static gboolean called(QIOChannel *ioc, GIOCondition condition, gpointer seen)
{
    *(GIOCondition *)seen |= condition;
    return G_SOURCE_REMOVE;
}

/* A watch in the default context or one of its own, and what it calls for. */
static void watch(Web *web, Input *input)
{
    static const GIOCondition conditions[] = { G_IO_IN, G_IO_OUT, G_IO_IN | G_IO_OUT, G_IO_HUP | G_IO_ERR };
    GIOCondition condition = take_of(input, conditions), seen = 0;
    g_autoptr(GMainContext) own = take_bool(input) ? g_main_context_new() : NULL;
    GSource *source = qio_channel_create_watch(web->ioc, condition);

    g_source_set_callback(source, G_SOURCE_FUNC(called), &seen, NULL);
    g_source_attach(source, own);
    for (int i = take_number(input, 1, 6); i && !seen; i--) {
        web->master->ncalls = 0;
        g_main_context_iteration(own, FALSE);
    }
    g_source_destroy(source);
    g_source_unref(source);
    require((seen & ~condition) == 0, "a watch for %d was called with %d", condition, seen);
    if (seen & G_IO_IN) {
        read_some(web, 100, true);
    }
}

static void run(Web *web, int rounds)
{
    while (rounds--) {
        web->master->ncalls = 0;
        g_main_context_iteration(NULL, FALSE);
    }
}

/* What the server has sent so far is frames, with what was written in them; a Close frame is the last one. */
static void check_output(Web *web, const Decoded *decoded, bool is_all)
{
    const uint8_t *at = web->master->out->data + web->out_from, *end = web->master->out->data + web->master->out->len;
    size_t sent = 0, pongs = 0;
    bool has_close = false;
    guint ping = 0;

    while (at < end) {
        const uint8_t *payload;
        size_t length, size;

        require(!has_close, "something follows the Close frame");
        size = server_frame(at, end - at, &payload, &length);
        if (!size) {
            require(!is_all || web->is_closed, "a frame is cut");
            break;
        }
        switch (at[0]) {
        case 0x82:
            require(length && length <= web->written->len - sent && !memcmp(payload, web->written->data + sent, length),
                    "what was written came otherwise");
            sent += length;
            break;
        case 0x8a:
            /* Some may be left out, but none comes in another order. */
            for (;; ping++) {
                gsize there;
                const void *wanted;

                require(ping < decoded->pings->len, "a pong for no ping");
                wanted = g_bytes_get_data(decoded->pings->pdata[ping], &there);
                if (there == length && (length == 0 || memcmp(wanted, payload, length) == 0)) {
                    break;
                }
            }
            ping++;
            pongs++;
            break;
        case 0x88: {
            int code = length >= 2 ? payload[0] << 8 | payload[1] : 0;

            has_close = true;
            require(length >= 2 && length <= 125, "a Close frame of %zu bytes", length);
            require((web->is_closed && code == 1000) || (decoded->code && code == decoded->code) ||
                    (decoded->code && code == decoded->other_code), "closed with %d instead of %d", code, decoded->code);
            break;
        }
        default:
            mismatch("a frame that begins with %#x", at[0]);
        }
        at += size;
    }
    /* One frame that fills a record of TLS, whose end has not gone out, and behind it as much as is accepted then. */
    require(web->written->len - sent <= 16380 + 8192, "%zu bytes are queued", web->written->len - sent);
    if (is_all && !web->is_closed) {
        gsize answered = 0;

        require(sent == web->written->len, "%zu of %u bytes were sent", sent, web->written->len);
        require(has_close == (decoded->code != 0), "%s Close frame, code %d", has_close ? "a" : "no", decoded->code);
        for (guint i = 0; i < decoded->pings->len; i++) {
            answered += g_bytes_get_size(decoded->pings->pdata[i]) + 2;
        }
        if (!has_close && web->master->stays_open && decoded->pings->len) {
            require(ping == decoded->pings->len || pongs, "no ping was answered");
            require(pongs == decoded->pings->len || decoded->pings->len > 64 || answered + web->written->len > 8192,
                    "%zu of %u pings were answered", pongs, decoded->pings->len);
        }
    }
}

/* All that was sent comes, and then what is the end of it. */
static void read_to_the_end(Web *web)
{
    Decoded *decoded = decode_sent(web);
    ssize_t ret;
    guint sent;
    int blocked = 0;

    do {
        ret = read_some(web, 3000, false);
        blocked = ret == QIO_CHANNEL_ERR_BLOCK ? blocked + 1 : 0;
        require(blocked < 100000, "reads go on, and get nothing");
    } while (ret > 0 || (blocked && (blocked < 12 || web->master->at < web->master->in->len)));
    require(web->read->len == decoded->payload->len, "%u of %u bytes came", web->read->len, decoded->payload->len);
    if (decoded->code) {
        require(ret == -1, "a read after the end of the stream (%d) returned %zd", decoded->code, ret);
    } else if (web->master->stays_open) {
        require(ret == QIO_CHANNEL_ERR_BLOCK, "a read of nothing returned %zd", ret);
    } else {
        require(ret == 0 || (decoded->is_cut && ret == -1), "a read at the end returned %zd", ret);
    }
    /* Answers that wait go out as the master takes them, a few bytes at a time perhaps. */
    do {
        sent = web->master->out->len;
        run(web, 60);
    } while (web->master->out->len > sent);
    check_output(web, decoded, true);
    if (decoded->code) {
        require(web->master->shut == QIO_CHANNEL_SHUTDOWN_BOTH, "the connection has not ended");
    }
    decoded_free(decoded);
}

static void check(Web *web)
{
    Decoded *decoded = decode_sent(web);

    require(web->read->len <= decoded->payload->len, "%u bytes were read of %u", web->read->len, decoded->payload->len);
    require(web->read->len == 0 || memcmp(web->read->data, decoded->payload->data, web->read->len) == 0,
            "what is read differs");
    check_output(web, decoded, false);
    decoded_free(decoded);
}

static void start(Web *web, Input *input)
{
    uint8_t how = take_byte(input);
    size_t half = input_left(input) / 2;

    *web = (Web) { .master = pieces_new(), .in_from = strlen(REQUEST), .read = g_byte_array_new(),
                   .written = g_byte_array_new() };
    qio_channel_set_feature(&web->master->parent, QIO_CHANNEL_FEATURE_SHUTDOWN);
    web->master->stays_open = true;
    web->master->script = input_of(input->at, half);
    input->at += half;
    web->ioc = QIO_CHANNEL(qio_channel_websock_new_server(&web->master->parent));
    send_bytes(web, REQUEST, strlen(REQUEST));
    /* What follows the request at once is the first frame. */
    for (int i = how % 3; i; i--) {
        send_frame(web, input);
    }
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(web->ioc), opened, web, NULL);
    for (int i = 0; !web->is_open; i++) {
        require(i < 20000, "the handshake doesn't end");
        web->master->ncalls = 0;
        g_main_context_iteration(NULL, FALSE);
    }
    for (web->out_from = 4; web->out_from < web->master->out->len; web->out_from++) {
        if (memcmp(web->master->out->data + web->out_from - 4, "\r\n\r\n", 4) == 0) {
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = input_of(data, size);
    Error *err = NULL;
    Web web;

    start(&web, &input);
    while (input_left(&input)) {
        uint8_t what = take_byte(&input) % 16;

        switch (what) {
        case 0 ... 5:
            send_frame(&web, &input);
            break;
        case 6: {
            size_t length;
            g_autofree char *bytes = take_text(&input, 40, &length);

            send_bytes(&web, bytes, length);
            break;
        }
        case 7 ... 9:
            read_some(&web, take_number(&input, 0, 400), false);
            break;
        case 10 ... 12:
            write_some(&web, &input);
            break;
        case 13:
            watch(&web, &input);
            break;
        case 14:
            run(&web, take_number(&input, 1, 10));
            break;
        default:
            read_to_the_end(&web);
        }
        check(&web);
    }
    web.master->ncalls = 0;
    if (size % 3) {
        read_to_the_end(&web);
        web.master->stays_open = false;
        read_to_the_end(&web);
    } else {
        web.is_closed = true;
        require(qio_channel_close(web.ioc, &err) == 0, "close failed");
        require_error_if(false, err);
        require(read_some(&web, 10, false) == -1, "a read after close");
    }
    check(&web);
    object_unref(OBJECT(web.ioc));
    require(OBJECT(web.master)->ref == 1, "the channel is gone, and its master has %u references",
            OBJECT(web.master)->ref);
    object_unref(OBJECT(web.master));
    g_byte_array_unref(web.read);
    g_byte_array_unref(web.written);
    return 0;
}
