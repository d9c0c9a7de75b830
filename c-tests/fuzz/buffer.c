/*
 * The buffer channel, against an array of bytes and a position.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "io/channel-buffer.h"

#define MOST 8192
#define ELEMENTS 5

static struct {
    uint8_t bytes[MOST];
    size_t usage;
    size_t offset;
} model;

/* What a program reads of the fields is what the model has. */
static void compare(QIOChannelBuffer *bioc)
{
    require(bioc->usage == model.usage, "usage is %zu, not %zu", bioc->usage, model.usage);
    require(bioc->offset == model.offset, "offset is %zu, not %zu", bioc->offset, model.offset);
    require(bioc->capacity >= bioc->usage, "capacity is %zu, usage %zu", bioc->capacity, bioc->usage);
    require(bioc->usage == 0 || memcmp(bioc->data, model.bytes, model.usage) == 0, "the content differs");
}

static size_t gather(Input *input, struct iovec *iov, size_t *niov)
{
    size_t total = 0;

    *niov = take_number(input, 0, ELEMENTS);
    for (size_t i = 0; i < *niov; i++) {
        iov[i].iov_len = take_number(input, 0, take_bool(input) ? 15 : 900);
        /* Of its exact size, so that the sanitizer sees what is beyond. */
        iov[i].iov_base = malloc(iov[i].iov_len);
        take_bytes(input, iov[i].iov_base, iov[i].iov_len);
        total += iov[i].iov_len;
    }
    return total;
}

static void release(struct iovec *iov, size_t niov)
{
    for (size_t i = 0; i < niov; i++) {
        free(iov[i].iov_base);
    }
}

static void write_some(Input *input, QIOChannelBuffer *bioc)
{
    struct iovec iov[ELEMENTS];
    size_t niov, total = gather(input, iov, &niov), at = model.offset;
    bool is_too_much = at > (size_t)SSIZE_MAX - total;
    Error *err = NULL;
    ssize_t ret;

    /* Whether gigabytes are there is no question for a fuzzer. */
    if (total && !is_too_much && at + total > MOST) {
        release(iov, niov);
        return;
    }
    if (take_bool(input)) {
        ret = qio_channel_writev(QIO_CHANNEL(bioc), iov, niov, &err);
    } else {
        ret = qio_channel_writev_all(QIO_CHANNEL(bioc), iov, niov, &err);
        require(ret <= 0, "writev_all returned %zd", ret);
        ret = ret ? ret : (ssize_t)total;
    }
    if (total && is_too_much) {
        require(ret == -1, "a write beyond all memory returned %zd", ret);
    } else {
        require(ret == (ssize_t)total, "a write of %zu bytes returned %zd", total, ret);
    }
    require_error_if(ret < 0, err);
    if (ret > 0) {
        if (model.usage < at) {
            memset(model.bytes + model.usage, 0, at - model.usage);
        }
        for (size_t i = 0; i < niov; i++) {
            memcpy(model.bytes + model.offset, iov[i].iov_base, iov[i].iov_len);
            model.offset += iov[i].iov_len;
        }
        model.usage = MAX(model.usage, model.offset);
    }
    release(iov, niov);
}

static void read_some(Input *input, QIOChannelBuffer *bioc)
{
    struct iovec iov[ELEMENTS];
    size_t niov, total = gather(input, iov, &niov);
    size_t there = model.offset < model.usage ? model.usage - model.offset : 0, left;
    Error *err = NULL;
    ssize_t ret;

    if (take_bool(input)) {
        ret = qio_channel_readv(QIO_CHANNEL(bioc), iov, niov, &err);
        require(ret == (ssize_t)MIN(there, total), "of %zu bytes %zu were asked for, and %zd read", there, total, ret);
        require_error_if(false, err);
    } else {
        ret = qio_channel_readv_all_eof(QIO_CHANNEL(bioc), iov, niov, &err);
        require(ret == (total <= there ? 1 : there ? -1 : 0), "of %zu bytes all of %zu were asked for, and it was %zd",
                there, total, ret);
        require_error_if(ret < 0, err);
    }
    left = MIN(there, total);
    for (size_t i = 0; left; i++) {
        size_t part = MIN(left, iov[i].iov_len);

        require(part == 0 || memcmp(iov[i].iov_base, model.bytes + model.offset, part) == 0, "what is read differs");
        model.offset += part;
        left -= part;
    }
    release(iov, niov);
}

static void seek(Input *input, QIOChannelBuffer *bioc)
{
    static const int64_t far[] = { INT64_MAX, INT64_MIN, -1, INT64_MAX - 100, 1LL << 62 };
    static const int ways[] = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_SET, 77 };
    int whence = take_of(input, ways);
    int64_t distance = take_byte(input) % 16 ? (int64_t)take_number(input, 0, 3000) - 700 : take_of(input, far);
    int64_t base = whence == SEEK_CUR ? (int64_t)model.offset : whence == SEEK_END ? (int64_t)model.usage : 0, wanted;
    bool is_good = whence != 77 && !__builtin_add_overflow(base, distance, &wanted) && wanted >= 0;
    Error *err = NULL;
    off_t ret = qio_channel_io_seek(QIO_CHANNEL(bioc), distance, whence, &err);

    require(ret == (is_good ? wanted : -1), "seek by %lld, %d returned %lld", (long long)distance, whence,
            (long long)ret);
    require_error_if(ret < 0, err);
    if (is_good) {
        model.offset = wanted;
    }
}

/* A program stores fields, and replaces the memory. */
static void store(Input *input, QIOChannelBuffer *bioc)
{
    size_t value = take_number(input, 0, 2000);

    switch (take_number(input, 0, 2)) {
    case 0:
        bioc->offset = model.offset = value;
        break;
    case 1:
        bioc->usage = model.usage = MIN(value, model.usage);
        break;
    default:
        bioc->capacity = MAX(value, model.usage);
        bioc->data = g_realloc(bioc->data, bioc->capacity);
        break;
    }
}

static gboolean called(QIOChannel *ioc, GIOCondition condition, gpointer seen)
{
    *(int *)seen = condition;
    return G_SOURCE_REMOVE;
}

static void watch(Input *input, QIOChannelBuffer *bioc)
{
    static const int conditions[] = { G_IO_IN, G_IO_OUT, G_IO_IN | G_IO_OUT, G_IO_IN | G_IO_HUP, G_IO_ERR, 0 };
    int condition = take_of(input, conditions), seen = 0;
    GSource *source = qio_channel_create_watch(QIO_CHANNEL(bioc), condition);

    g_source_set_callback(source, G_SOURCE_FUNC(called), &seen, NULL);
    g_source_attach(source, NULL);
    g_main_context_iteration(NULL, FALSE);
    require(seen == (condition & (G_IO_IN | G_IO_OUT)), "a watch for %d was called with %d", condition, seen);
    g_source_destroy(source);
    g_source_unref(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = input_of(data, size);
    QIOChannelBuffer *bioc = qio_channel_buffer_new(take_number(&input, 0, 300));
    Error *err = NULL;

    model.usage = model.offset = 0;
    compare(bioc);
    while (input_left(&input)) {
        switch (take_byte(&input) % 16) {
        case 0 ... 5:
            write_some(&input, bioc);
            break;
        case 6 ... 9:
            read_some(&input, bioc);
            break;
        case 10 ... 12:
            seek(&input, bioc);
            break;
        case 13:
            store(&input, bioc);
            break;
        case 14:
            watch(&input, bioc);
            break;
        default:
            require(qio_channel_close(QIO_CHANNEL(bioc), &err) == 0, "close failed");
            require_error_if(false, err);
            model.usage = model.offset = 0;
            require(bioc->capacity == 0 && bioc->data == NULL, "memory is left after close");
        }
        compare(bioc);
    }
    object_unref(OBJECT(bioc));
    return 0;
}
