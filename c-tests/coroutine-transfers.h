/*
 * Transfers that go on until all is done, in coroutines of the main thread.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef COROUTINE_TRANSFERS_H
#define COROUTINE_TRANSFERS_H

#include "coroutine-channels.h"

#define SIZE 1000000

typedef struct End {
    QIOChannel *ioc;
    char *bytes;
    size_t size;
    ssize_t result;
    Error *err;
    bool ended;
} End;

static inline char *bytes_new(size_t size)
{
    char *bytes = g_malloc(size);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = i * 7 + i / 251;
    }
    return bytes;
}

/* The request in pieces, some of them empty. */
static inline struct iovec *pieces(End *end, size_t *niov)
{
    struct iovec *iov = g_new0(struct iovec, 251);

    for (size_t i = 0; i < 250; i++) {
        iov[i].iov_base = end->bytes + i * (end->size / 250);
        iov[i].iov_len = i % 5 ? end->size / 250 : 0;
        if (i % 5 == 1) {
            iov[i].iov_base = end->bytes + (i - 1) * (end->size / 250);
            iov[i].iov_len *= 2;
        }
    }
    *niov = 250;
    return iov;
}

static inline void coroutine_fn reads_all(void *opaque)
{
    End *end = opaque;
    size_t niov;
    g_autofree struct iovec *iov = pieces(end, &niov);

    end->result = qio_channel_readv_all(end->ioc, iov, niov, &end->err);
    end->ended = true;
}

static inline void coroutine_fn writes_all(void *opaque)
{
    End *end = opaque;
    size_t niov;
    g_autofree struct iovec *iov = pieces(end, &niov);

    end->result = qio_channel_writev_all(end->ioc, iov, niov, &end->err);
    end->ended = true;
}

static inline void coroutine_fn reads_to_the_end(void *opaque)
{
    End *end = opaque;

    end->result = qio_channel_read_all_eof(end->ioc, end->bytes, end->size, &end->err);
    end->ended = true;
}

static inline void start(End *end, CoroutineEntry *entry)
{
    qemu_coroutine_enter(qemu_coroutine_create(entry, end));
}

/* What is written to one end arrives at the other, both in coroutines of this thread. */
static inline void pass(QIOChannel *from, QIOChannel *to)
{
    End writer = { .ioc = from, .bytes = bytes_new(SIZE), .size = SIZE };
    End reader = { .ioc = to, .bytes = g_malloc0(SIZE), .size = SIZE };

    start(&reader, reads_all);
    g_assert_false(reader.ended);
    start(&writer, writes_all);
    loop_until(&writer.ended);
    loop_until(&reader.ended);
    g_assert_cmpint(writer.result, ==, 0);
    g_assert_null(writer.err);
    g_assert_cmpint(reader.result, ==, 0);
    g_assert_null(reader.err);
    g_assert_cmpmem(reader.bytes, SIZE, writer.bytes, SIZE);
    assert_unwaited(from);
    assert_unwaited(to);
    g_free(writer.bytes);
    g_free(reader.bytes);
}

/* Both directions of two ends at once. */
static inline void pass_both(QIOChannel *ends[2])
{
    End reader[2], writer[2];

    for (int i = 0; i < 2; i++) {
        reader[i] = (End) { .ioc = ends[i], .bytes = g_malloc0(SIZE), .size = SIZE };
        writer[i] = (End) { .ioc = ends[i], .bytes = bytes_new(SIZE), .size = SIZE };
        start(&reader[i], reads_all);
        start(&writer[i], writes_all);
    }
    for (int i = 0; i < 2; i++) {
        loop_until(&reader[i].ended);
        loop_until(&writer[i].ended);
        g_assert_cmpint(reader[i].result, ==, 0);
        g_assert_cmpint(writer[i].result, ==, 0);
        g_assert_cmpmem(reader[i].bytes, SIZE, writer[i].bytes, SIZE);
        g_free(reader[i].bytes);
        g_free(writer[i].bytes);
    }
}

#endif
