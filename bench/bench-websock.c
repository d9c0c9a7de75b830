/*
 * The WebSocket channel against loops that do no more than the frames need: parse a header, copy
 * and unmask; write a header, copy. Both take from the same memory and put into memory.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-websock.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "pairs.h"

enum { PAIRS = 9, SINK = 1 << 16 };

#define GREETING \
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

/* A transport that reads from a piece of memory, over and over, and writes into another. */
typedef struct Memory {
    QIOChannel parent;
    const uint8_t *bytes;
    size_t size;
    size_t at;
    uint8_t *sink;
} Memory;

static inline ssize_t memory_read(QIOChannel *ioc, const struct iovec *iov, size_t niov)
{
    Memory *memory = (Memory *)ioc;
    size_t done = 0;

    for (size_t i = 0; i < niov; i++) {
        size_t part = MIN(iov[i].iov_len, memory->size - memory->at);

        memcpy(iov[i].iov_base, memory->bytes + memory->at, part);
        memory->at += part;
        done += part;
        if (part < iov[i].iov_len) {
            break;
        }
    }
    if (memory->at == memory->size) {
        memory->at = 0;
    }
    return done;
}

#ifndef QIO_HAS_READV_FLAGS
static ssize_t memory_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                            size_t *nfds, Error **errp)
#else
static ssize_t memory_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                            size_t *nfds, int flags, Error **errp)
#endif
{
    return memory_read(ioc, iov, niov);
}

static ssize_t memory_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                             size_t nfds, int flags, Error **errp)
{
    Memory *memory = (Memory *)ioc;
    size_t done = 0;

    for (size_t i = 0; i < niov; i++) {
        g_assert(iov[i].iov_len <= SINK);
        memcpy(memory->sink, iov[i].iov_base, iov[i].iov_len);
        done += iov[i].iov_len;
    }
    return done;
}

static int memory_close(QIOChannel *ioc, Error **errp)
{
    return 0;
}

static int memory_set_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    return 0;
}

/* Ready, always. */
typedef struct MemorySource {
    GSource parent;
    QIOChannel *ioc;
    GIOCondition condition;
} MemorySource;

static gboolean memory_prepare(GSource *source, gint *timeout)
{
    return TRUE;
}

static gboolean memory_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    MemorySource *self = (MemorySource *)source;
    QIOChannelFunc func = (QIOChannelFunc)(void (*)(void))callback;

    return func(self->ioc, self->condition, data);
}

static GSource *memory_create_watch(QIOChannel *ioc, GIOCondition condition)
{
    static GSourceFuncs funcs = { .prepare = memory_prepare, .dispatch = memory_dispatch };
    GSource *source = g_source_new(&funcs, sizeof(MemorySource));

    ((MemorySource *)source)->ioc = ioc;
    ((MemorySource *)source)->condition = condition;
    return source;
}

static void memory_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    ioc_klass->io_readv = memory_readv;
    ioc_klass->io_writev = memory_writev;
    ioc_klass->io_close = memory_close;
    ioc_klass->io_set_blocking = memory_set_blocking;
    ioc_klass->io_create_watch = memory_create_watch;
}

static void shaken(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    g_assert_false(qio_task_propagate_error(task, &err));
    *(bool *)opaque = true;
}

/* A WebSocket channel whose peer sends these frames, over and over. */
static QIOChannel *connect_to(const uint8_t *frames, size_t size, uint8_t *sink)
{
    Memory *memory = (Memory *)object_new("bench-memory-channel");
    QIOChannelWebsock *ioc = qio_channel_websock_new_server(&memory->parent);
    bool done = false;

    memory->bytes = (const uint8_t *)GREETING;
    memory->size = strlen(GREETING);
    memory->sink = sink;
    qio_channel_websock_handshake(ioc, shaken, &done, NULL);
    while (!done) {
        g_main_context_iteration(NULL, TRUE);
    }
    memory->bytes = frames;
    memory->size = size;
    memory->at = 0;
    object_unref(OBJECT(memory));
    return QIO_CHANNEL(ioc);
}

static size_t put_header(uint8_t *to, size_t payload, const uint8_t *mask)
{
    size_t length = 2;

    to[0] = 0x82;
    if (payload < 126) {
        to[1] = payload;
    } else {
        g_assert(payload < 65536);
        to[1] = 126;
        to[2] = payload >> 8;
        to[3] = payload;
        length = 4;
    }
    if (mask) {
        to[1] |= 0x80;
        memcpy(to + length, mask, 4);
        length += 4;
    }
    return length;
}

/* Masked frames of one size. */
static GByteArray *make_frames(size_t payload, int count)
{
    GByteArray *frames = g_byte_array_new();

    for (int n = 0; n < count; n++) {
        uint8_t mask[4] = { 0x37 + n, 0xfa, 0x21, 0x3d }, header[14];

        g_byte_array_append(frames, header, put_header(header, payload, mask));
        for (size_t i = 0; i < payload; i++) {
            uint8_t byte = (uint8_t)(i + n) ^ mask[i % 4];

            g_byte_array_append(frames, &byte, 1);
        }
    }
    return frames;
}

/* Copies and unmasks all frames, into a buffer that is used over and over. */
static __attribute__((noinline)) size_t bare_decode(const uint8_t *at, size_t size, uint8_t *buffer,
                                                    size_t room)
{
    const uint8_t *end = at + size;
    size_t total = 0, used = 0;

    while (at < end) {
        size_t length = at[1] & 0x7f, header = 2, i;
        uint64_t key;
        uint32_t mask;
        uint8_t *restrict to;

        if (length == 126) {
            length = at[2] << 8 | at[3];
            header = 4;
        }
        memcpy(&mask, at + header, 4);
        key = (uint64_t)mask << 32 | mask;
        at += header + 4;
        if (used + length > room) {
            used = 0;
        }
        to = buffer + used;
        for (i = 0; i + 8 <= length; i += 8) {
            uint64_t word;

            memcpy(&word, at + i, 8);
            word ^= key;
            memcpy(to + i, &word, 8);
        }
        for (; i < length; i++) {
            to[i] = at[i] ^ (uint8_t)(key >> 8 * (i % 4));
        }
        at += length;
        used += length;
        total += length;
    }
    return total;
}

/* Writes a header and copies, into a buffer that is used over and over. */
static __attribute__((noinline)) void bare_encode(const uint8_t *from, size_t payload, uint8_t *sink)
{
    memcpy(sink + put_header(sink, payload, NULL), from, payload);
}

typedef struct Case {
    const char *what;
    size_t payload;
    size_t buffer;
    int frames;
    int rounds;
} Case;

static Cost qio_decodes(QIOChannel *ioc, const Case *c, uint8_t *buffer)
{
    size_t left = c->payload * c->frames * c->rounds;
    Cost begin = cost_begin();

    while (left > 0) {
        ssize_t got = qio_channel_read(ioc, (void *)buffer, MIN(c->buffer, left), &error_abort);

        g_assert(got > 0);
        left -= got;
    }
    return cost_end(begin);
}

static Cost bare_decodes(const GByteArray *frames, const Case *c, uint8_t *buffer)
{
    Cost begin = cost_begin();

    for (int i = 0; i < c->rounds; i++) {
        g_assert(bare_decode(frames->data, frames->len, buffer, MAX(c->buffer, c->payload)) ==
                 c->payload * c->frames);
    }
    return cost_end(begin);
}

static Cost qio_encodes(QIOChannel *ioc, const Case *c, const uint8_t *buffer)
{
    Cost begin = cost_begin();

    for (int i = 0; i < c->frames * c->rounds; i++) {
        size_t done = 0;

        while (done < c->payload) {
            ssize_t put = qio_channel_write(ioc, (const void *)(buffer + done), c->payload - done,
                                            &error_abort);

            g_assert(put > 0);
            done += put;
        }
    }
    return cost_end(begin);
}

static Cost bare_encodes(const Case *c, const uint8_t *buffer, uint8_t *sink)
{
    Cost begin = cost_begin();

    for (int i = 0; i < c->frames * c->rounds; i++) {
        bare_encode(buffer, c->payload, sink);
    }
    return cost_end(begin);
}

static void compare(const Case *c, bool decodes)
{
    int pairs = pair_count(PAIRS);
    g_autofree double *qio = g_new(double, pairs), *bare = g_new(double, pairs);
    g_autofree double *ratio = g_new(double, pairs);
    g_autofree uint8_t *buffer = g_malloc0(1 << 16), *sink = g_malloc0(SINK + 16);
    g_autoptr(GByteArray) frames = make_frames(c->payload, c->frames);
    QIOChannel *ioc = connect_to(frames->data, frames->len, sink);
    double count = (double)c->frames * c->rounds;

    for (int i = -1; i < pairs; i++) {
        Cost a = decodes ? qio_decodes(ioc, c, buffer) : qio_encodes(ioc, c, buffer);
        Cost b = decodes ? bare_decodes(frames, c, buffer) : bare_encodes(c, buffer, sink);

        if (i >= 0) {
            qio[i] = count / a.wall;
            bare[i] = count / b.wall;
            ratio[i] = b.wall / a.wall;
        }
    }
    printf("%-36s  %8.2f  %8.2f  %8.2f  %8.2f  %6.2f\n", c->what, median(qio, pairs) / 1e6,
           median(bare, pairs) / 1e6, median(qio, pairs) * c->payload / 1e9,
           median(bare, pairs) * c->payload / 1e9, median(ratio, pairs));
    fflush(stdout);
    object_unref(OBJECT(ioc));
}

int main(void)
{
    static const TypeInfo info = {
        .name = "bench-memory-channel",
        .parent = TYPE_QIO_CHANNEL,
        .instance_size = sizeof(Memory),
        .class_init = memory_class_init,
    };
    static const Case decode[] = {
        { "read 32 KiB frames, 64 KiB at a time", 32768, 65536, 4, 4000 },
        { "read 64-byte frames, 64 KiB", 64, 65536, 1024, 1000 },
        { "read 64-byte frames, 64 bytes", 64, 64, 1024, 1000 },
    };
    static const Case encode[] = {
        { "write 32 KiB at a time", 32768, 0, 4, 8000 },
        { "write 64 bytes at a time", 64, 0, 1024, 1000 },
    };

    module_call_init(MODULE_INIT_QOM);
    type_register_static(&info);
    printf("WebSocket: libqio against bare loops, medians of %d pairs; ratio: libqio's rate over "
           "the loop's.\n\n", pair_count(PAIRS));
    printf("%-36s  %8s  %8s  %8s  %8s  %6s\n", "", "M/s", "bare M/s", "GB/s", "bare GB/s", "ratio");
    for (size_t i = 0; i < G_N_ELEMENTS(decode); i++) {
        compare(&decode[i], true);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(encode); i++) {
        compare(&encode[i], false);
    }
    return 0;
}
