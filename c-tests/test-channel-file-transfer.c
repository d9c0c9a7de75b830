/*
 * io/channel-file.h: reading and writing files and pipes, at the position and elsewhere.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "faults.h"
#include "file-channels.h"

/* R-CHAN-21, R-CHAN-86 */
static void test_pipe(void)
{
    QIOChannel *reader, *writer;
    char bytes[16];
    struct iovec in[2] = { { bytes, 2 }, { bytes + 2, 14 } };
    struct iovec out[3] = { { (char *)"one", 3 }, { NULL, 0 }, { (char *)"three", 5 } };
    Error *err = NULL;

    pipe_new(&reader, &writer);
    g_assert_cmpint(qio_channel_writev(writer, out, 3, &err), ==, 8);
    g_assert_cmpint(qio_channel_readv(reader, in, 2, &err), ==, 8);
    g_assert_cmpmem(bytes, 8, "onethree", 8);
    g_assert_cmpint(qio_channel_write(writer, "four", 4, &err), ==, 4);
    g_assert_cmpint(qio_channel_read(reader, bytes, 16, &err), ==, 4);
    g_assert_cmpmem(bytes, 4, "four", 4);

    g_assert_cmpint(SET_BLOCKING(reader, false, &err), ==, 0);
    errno = 0;
    g_assert_cmpint(qio_channel_read(reader, bytes, 16, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);

    /* The end, as often as one asks. */
    g_assert_cmpint(qio_channel_close(writer, &err), ==, 0);
    g_assert_cmpint(qio_channel_read(reader, bytes, 16, &err), ==, 0);
    g_assert_cmpint(qio_channel_read(reader, bytes, 16, &err), ==, 0);
    g_assert_null(err);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

static void test_pipe_full(void)
{
    QIOChannel *reader, *writer;
    g_autofree char *bytes = g_malloc0(1 << 20);
    Error *err = NULL;
    ssize_t written;

    pipe_new(&reader, &writer);
    g_assert_cmpint(SET_BLOCKING(writer, false, &err), ==, 0);
    written = qio_channel_write(writer, bytes, 1 << 20, &err);
    g_assert_cmpint(written, >, 0);
    g_assert_cmpint(written, <, 1 << 20);
    errno = 0;
    g_assert_cmpint(qio_channel_write(writer, bytes, 1 << 20, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);

    /* A broken pipe is an error, not a signal: programs ignore that, R-CHAN-14. */
    g_assert_cmpint(qio_channel_close(reader, &err), ==, 0);
    errno = 0;
    g_assert_cmpint(qio_channel_write(writer, bytes, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    assert_errno_error(err, EPIPE);
    g_assert_cmpint(qio_channel_write_all(writer, bytes, 1, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

/* Signals don't end a transfer, R-CHAN-13. */
static void test_interrupted(void)
{
    QIOChannel *ioc = file_new("0123");
    char bytes[4];

    fault_set("readv", EINTR, 3);
    g_assert_cmpint(qio_channel_read(ioc, bytes, 4, &error_abort), ==, 4);
    g_assert_cmpint(fault_hits, ==, 3);
    fault_set("writev", EINTR, 3);
    g_assert_cmpint(qio_channel_write(ioc, bytes, 4, &error_abort), ==, 4);
    g_assert_cmpint(fault_hits, ==, 3);
#ifdef QIO_HAS_POSITIONAL_IO
    fault_set("preadv", EINTR, 3);
    g_assert_cmpint(qio_channel_pread(ioc, bytes, 4, 0, &error_abort), ==, 4);
    g_assert_cmpint(fault_hits, ==, 3);
    fault_set("pwritev", EINTR, 3);
    g_assert_cmpint(qio_channel_pwrite(ioc, bytes, 4, 0, &error_abort), ==, 4);
    g_assert_cmpint(fault_hits, ==, 3);
#endif
    fault_clear();
    object_unref(OBJECT(ioc));
}

#ifdef QIO_HAS_POSITIONAL_IO
/* R-CHAN-33, R-CHAN-87 */
static void test_positioned(void)
{
    QIOChannel *ioc = file_new("0123456789"), *reader, *writer;
    char bytes[16];
    struct iovec iov[3] = { { bytes, 2 }, { NULL, 0 }, { bytes + 2, 3 } };
    Error *err = NULL;

    g_assert_cmpint(qio_channel_preadv(ioc, iov, 3, 4, &err), ==, 5);
    g_assert_cmpmem(bytes, 5, "45678", 5);
    g_assert_cmpint(qio_channel_pread(ioc, bytes, 16, 7, &err), ==, 3);
    g_assert_cmpmem(bytes, 3, "789", 3);
    g_assert_cmpint(qio_channel_pread(ioc, bytes, 16, 10, &err), ==, 0);
    g_assert_cmpint(qio_channel_preadv(ioc, NULL, 0, 0, &err), ==, 0);
    memcpy(bytes, "abcde", 5);
    g_assert_cmpint(qio_channel_pwritev(ioc, iov, 3, 8, &err), ==, 5);
    g_assert_cmpint(qio_channel_pwrite(ioc, bytes, 1, 0, &err), ==, 1);
    g_assert_null(err);

    /* The position is where it was. */
    g_assert_cmpint(qio_channel_read(ioc, bytes, 16, &err), ==, 13);
    g_assert_cmpmem(bytes, 13, "a1234567abcde", 13);

    errno = 0;
    g_assert_cmpint(qio_channel_pread(ioc, bytes, 1, -1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_pwrite(ioc, bytes, 1, -1, NULL), ==, -1);
    object_unref(OBJECT(ioc));

    pipe_new(&reader, &writer);
    g_assert_cmpint(qio_channel_pread(reader, bytes, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_pwrite(writer, bytes, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

/* Short transfers go on, beyond IOV_MAX elements too, R-CHAN-87, W-26. */
static void test_positioned_short(void)
{
    QIOChannel *ioc = file_new("");
    g_autofree char *out = g_malloc(9000), *in = g_malloc0(9000);
    g_autofree struct iovec *iov = g_new(struct iovec, 3000);
    Error *err = NULL;
    int i;

    for (i = 0; i < 9000; i++) {
        out[i] = i * 7;
    }
    for (i = 0; i < 3000; i++) {
        iov[i] = (struct iovec) { out + 3 * i, 3 };
    }
    g_assert_cmpint(qio_channel_pwritev(ioc, iov, 3000, 100, &err), ==, 9000);
    for (i = 0; i < 3000; i++) {
        iov[i] = (struct iovec) { in + 3 * i, 3 };
    }
    g_assert_cmpint(qio_channel_preadv(ioc, iov, 3000, 100, &err), ==, 9000);
    g_assert_cmpmem(in, 9000, out, 9000);

    /* As if the disk gave 100 bytes at a time. */
    memset(in, 0, 9000);
    fault_limit("preadv", 100);
    g_assert_cmpint(qio_channel_preadv(ioc, iov, 3000, 100, &err), ==, 9000);
    g_assert_cmpmem(in, 9000, out, 9000);
    g_assert_cmpint(fault_hits, ==, 90);
    fault_limit("pwritev", 100);
    g_assert_cmpint(qio_channel_pwrite(ioc, out, 950, 0, &err), ==, 950);
    g_assert_cmpint(fault_hits, ==, 10);
    fault_clear();
    g_assert_cmpint(qio_channel_pread(ioc, in, 9000, 0, &err), ==, 9000);
    g_assert_cmpmem(in, 950, out, 950);

    /* The end of the file. */
    g_assert_cmpint(qio_channel_preadv(ioc, iov, 3000, 8100, &err), ==, 1000);
    g_assert_null(err);
    fault_set("pwritev", ENOSPC, 0);
    g_assert_cmpint(qio_channel_pwritev(ioc, iov, 3000, 0, &err), ==, -1);
    g_assert_cmpint(errno, ==, ENOSPC);
    assert_errno_error(err, ENOSPC);
    fault_clear();
    object_unref(OBJECT(ioc));
}

static void test_positioned_blocks(void)
{
    QIOChannel *ioc = file_new("0123");
    Error *err = NULL;
    char bytes[4];

    fault_set("preadv", EAGAIN, 0);
    errno = 0;
    g_assert_cmpint(qio_channel_pread(ioc, bytes, 4, 0, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    fault_set("pwritev", EAGAIN, 0);
    g_assert_cmpint(qio_channel_pwrite(ioc, bytes, 4, 0, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_null(err);
    fault_clear();
    object_unref(OBJECT(ioc));
}
#endif

/* A transfer of 1 MiB through a pipe by two threads, in either mode. */
#define ELEMENTS 250
#define ELEMENT_SIZE 4194

typedef struct Stream {
    QIOChannel *ioc;
    char *bytes;
    struct iovec *iov;
    unsigned int niov;
    Error *err;
} Stream;

static gpointer writes(gpointer data)
{
    Stream *stream = data;

    g_assert_cmpint(qio_channel_writev_all(stream->ioc, stream->iov, stream->niov, &stream->err),
                    ==, 0);
    g_assert_cmpint(qio_channel_close(stream->ioc, &stream->err), ==, 0);
    return NULL;
}

static void stream_init(Stream *stream, QIOChannel *ioc, size_t gap)
{
    unsigned int i;

    *stream = (Stream) { .ioc = ioc, .bytes = g_malloc0(ELEMENTS * ELEMENT_SIZE) };
    stream->iov = g_new0(struct iovec, 2 * ELEMENTS);
    for (i = 0; i < ELEMENTS; i++) {
        struct iovec element = { stream->bytes + i * ELEMENT_SIZE, ELEMENT_SIZE };

        stream->iov[stream->niov++] = element;
        if (gap && i % gap == 0) {
            stream->niov++;
        }
    }
}

static void stream_clear(Stream *stream)
{
    g_assert_null(stream->err);
    object_unref(OBJECT(stream->ioc));
    g_free(stream->bytes);
    g_free(stream->iov);
}

static void test_stream(gconstpointer data)
{
    const char *how = data;
    QIOChannel *reader, *writer;
    Stream in, out;
    GThread *thread;
    char byte;
    size_t i;

    pipe_new(&reader, &writer);
    stream_init(&out, writer, strchr(how, 'g') ? 3 : 0);
    stream_init(&in, reader, strchr(how, 'g') ? 7 : 0);
    for (i = 0; i < ELEMENTS * ELEMENT_SIZE; i++) {
        out.bytes[i] = g_test_rand_int();
    }
    if (strchr(how, 'n')) {
        g_assert_cmpint(SET_BLOCKING(reader, false, &error_abort), ==, 0);
        g_assert_cmpint(SET_BLOCKING(writer, false, &error_abort), ==, 0);
    }
    thread = g_thread_new("writer", writes, &out);
    g_assert_cmpint(qio_channel_readv_all(reader, in.iov, in.niov, &in.err), ==, 0);
    g_assert_cmpint(memcmp(in.bytes, out.bytes, ELEMENTS * ELEMENT_SIZE), ==, 0);
    g_assert_cmpint(qio_channel_read_all_eof(reader, &byte, 1, &in.err), ==, 0);
    g_thread_join(thread);
    stream_clear(&in);
    stream_clear(&out);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    signal(SIGPIPE, SIG_IGN);

    g_test_add_func("/qio/channel-file/pipe", test_pipe);
    g_test_add_func("/qio/channel-file/pipe/full", test_pipe_full);
    g_test_add_func("/qio/channel-file/interrupted", test_interrupted);
#ifdef QIO_HAS_POSITIONAL_IO
    g_test_add_func("/qio/channel-file/positioned", test_positioned);
    g_test_add_func("/qio/channel-file/positioned/short", test_positioned_short);
    g_test_add_func("/qio/channel-file/positioned/blocks", test_positioned_blocks);
#endif
    g_test_add_data_func("/qio/channel-file/stream/blocking", "", test_stream);
    g_test_add_data_func("/qio/channel-file/stream/non-blocking", "n", test_stream);
    g_test_add_data_func("/qio/channel-file/stream/empty-elements", "g", test_stream);
    g_test_add_data_func("/qio/channel-file/stream/non-blocking-empty-elements", "ng", test_stream);
    return g_test_run();
}
