/*
 * io/channel-buffer.h. test-properties-buffer.c has writes elsewhere than at the end.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-buffer.h"

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled, errp) (qio_channel_set_blocking(ioc, enabled, errp) ? 0 : -1)
#else
#define SET_BLOCKING qio_channel_set_blocking
#endif

#define assert_content(buffer, text) \
    g_assert_cmpmem((buffer)->data, (buffer)->usage, text, strlen(text))

/* R-CHAN-98 */
static void test_new(void)
{
    static const char zeros[100];
    QIOChannelBuffer *buffer = qio_channel_buffer_new(100);

    g_assert_cmpstr(object_get_typename(OBJECT(buffer)), ==, TYPE_QIO_CHANNEL_BUFFER);
    g_assert_cmpuint(OBJECT(buffer)->ref, ==, 1);
    g_assert_cmphex(QIO_CHANNEL(buffer)->features, ==, 0);
    g_assert_cmpmem(buffer->data, buffer->capacity, zeros, 100);
    g_assert_cmpuint(buffer->usage, ==, 0);
    g_assert_cmpuint(buffer->offset, ==, 0);
    object_unref(OBJECT(buffer));
}

static void test_new_empty(void)
{
    QIOChannelBuffer *buffers[] = {
        qio_channel_buffer_new(0), QIO_CHANNEL_BUFFER(object_new(TYPE_QIO_CHANNEL_BUFFER)),
    };
    unsigned int i;
    char byte;

    for (i = 0; i < G_N_ELEMENTS(buffers); i++) {
        QIOChannelBuffer *buffer = buffers[i];

        g_assert_null(buffer->data);
        g_assert_cmpuint(buffer->capacity, ==, 0);
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(buffer), &byte, 1, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_write(QIO_CHANNEL(buffer), "text", 4, &error_abort), ==, 4);
        g_assert_cmpuint(buffer->capacity, >=, 4);
        assert_content(buffer, "text");
        object_unref(OBJECT(buffer));
    }
}

/* R-CHAN-99, R-CHAN-100 */
static void test_transfer(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(4);
    QIOChannel *ioc = QIO_CHANNEL(buffer);
    char bytes[16];
    struct iovec out[3] = { { (char *)"one", 3 }, { NULL, 0 }, { (char *)"three", 5 } };
    struct iovec in[3] = { { bytes, 2 }, { NULL, 0 }, { bytes + 2, 14 } };
    Error *err = NULL;

    g_assert_cmpint(qio_channel_writev(ioc, out, 3, &err), ==, 8);
    assert_content(buffer, "onethree");
    g_assert_cmpuint(buffer->offset, ==, 8);
    g_assert_cmpint(qio_channel_write_all(ioc, "four", 4, &err), ==, 0);
    assert_content(buffer, "onethreefour");
    /* Reads go on behind what was written. */
    g_assert_cmpint(qio_channel_readv(ioc, in, 3, &err), ==, 0);
    buffer->offset = 1;
    g_assert_cmpint(qio_channel_read(ioc, bytes, 3, &err), ==, 3);
    g_assert_cmpmem(bytes, 3, "net", 3);
    g_assert_cmpint(qio_channel_readv(ioc, in, 3, &err), ==, 8);
    g_assert_cmpmem(bytes, 8, "hreefour", 8);
    g_assert_cmpuint(buffer->offset, ==, 12);
    g_assert_cmpint(qio_channel_readv(ioc, in, 3, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_write(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpuint(buffer->usage, ==, 12);
    g_assert_null(err);
    object_unref(OBJECT(buffer));
}

/* What programs do to the fields, section 1.7. */
static void test_fields(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(8);
    QIOChannel *ioc = QIO_CHANNEL(buffer);
    char bytes[64];

    /* Fill it behind the channel's back. */
    memcpy(buffer->data, "filled", 6);
    buffer->usage += 6;
    g_assert_cmpint(qio_channel_read(ioc, bytes, 64, &error_abort), ==, 6);
    g_assert_cmpmem(bytes, 6, "filled", 6);

    /* Use it again, in larger memory. */
    buffer->data = g_realloc(buffer->data, 4096);
    buffer->capacity = 4096;
    buffer->usage = 0;
    buffer->offset = 0;
    g_assert_cmpint(qio_channel_write(ioc, "again", 5, &error_abort), ==, 5);
    g_assert_cmpuint(buffer->capacity, ==, 4096);
    assert_content(buffer, "again");

    /* Take the memory. */
    g_free(g_steal_pointer(&buffer->data));
    buffer->capacity = buffer->usage = buffer->offset = 0;
    g_assert_cmpint(qio_channel_write(ioc, "new", 3, &error_abort), ==, 3);
    assert_content(buffer, "new");
    object_unref(OBJECT(buffer));
}

/* R-CHAN-101 */
static void test_seek(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(0);
    QIOChannel *ioc = QIO_CHANNEL(buffer);
    Error *err = NULL;
    char byte;

    qio_channel_write_all(ioc, "0123456789", 10, &error_abort);
    g_assert_cmpint(qio_channel_io_seek(ioc, 3, SEEK_SET, &err), ==, 3);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 1);
    g_assert_cmpint(byte, ==, '3');
    g_assert_cmpint(qio_channel_io_seek(ioc, 2, SEEK_CUR, &err), ==, 6);
    g_assert_cmpint(qio_channel_io_seek(ioc, -1, SEEK_END, &err), ==, 9);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 1);
    g_assert_cmpint(byte, ==, '9');
    g_assert_cmpint(qio_channel_io_seek(ioc, 1000, SEEK_SET, &err), ==, 1000);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 0);
    g_assert_cmpuint(buffer->offset, ==, 1000);
    g_assert_cmpuint(buffer->usage, ==, 10);
    g_assert_null(err);

    g_assert_cmpint(qio_channel_io_seek(ioc, -4321, SEEK_SET, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    g_assert_nonnull(strstr(error_get_pretty(err), "-4321"));
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_io_seek(ioc, INT64_MAX, SEEK_CUR, &err), ==, -1);
    assert_errno_error(err, EOVERFLOW);
    g_assert_cmpint(qio_channel_io_seek(ioc, 0, 77, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    g_assert_cmpuint(buffer->offset, ==, 1000);
    object_unref(OBJECT(buffer));
}

static void test_close(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(10);
    QIOChannel *ioc = QIO_CHANNEL(buffer);
    Error *err = NULL;
    int i;

    for (i = 0; i < 2; i++) {
        qio_channel_write_all(ioc, "text", 4, &error_abort);
        assert_content(buffer, "text");
        g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
        g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
        g_assert_null(err);
        g_assert_null(buffer->data);
        g_assert_cmpuint(buffer->capacity, ==, 0);
        g_assert_cmpuint(buffer->usage, ==, 0);
        g_assert_cmpuint(buffer->offset, ==, 0);
    }
    object_unref(OBJECT(buffer));
}

static void test_unsupported(void)
{
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_buffer_new(0));
    struct iovec iov = { (char *)"x", 1 };
    int fd = 0;
    Error *err = NULL;

    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, 0);
    g_assert_cmpint(SET_BLOCKING(ioc, true, &err), ==, 0);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, &fd, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    assert_error(err);
#ifdef QIO_HAS_POSITIONAL_IO
    g_assert_cmpint(qio_channel_pwrite(ioc, (char *)"x", 1, 0, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_readv_full(ioc, &iov, 1, NULL, NULL,
                                           QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err), ==, -1);
    assert_errno_error(err, EINVAL);
#endif
    object_unref(OBJECT(ioc));
}

/* 1 MiB in 250 pieces, also with empty ones in between. */
static void test_stream(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(0);
    QIOChannel *ioc = QIO_CHANNEL(buffer);
    g_autofree char *out = g_malloc(250 * 4194), *in = g_malloc0(250 * 4194);
    g_autofree struct iovec *iov = g_new0(struct iovec, 500);
    int i;

    for (i = 0; i < 250 * 4194; i++) {
        out[i] = g_test_rand_int();
    }
    for (i = 0; i < 250; i++) {
        iov[2 * i] = (struct iovec) { out + i * 4194, 4194 };
    }
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 500, &error_abort), ==, 0);
    g_assert_cmpuint(buffer->usage, ==, 250 * 4194);
    g_assert_cmpint(qio_channel_io_seek(ioc, 0, SEEK_SET, &error_abort), ==, 0);
    for (i = 0; i < 250; i++) {
        iov[2 * i].iov_base = in + i * 4194;
    }
    g_assert_cmpint(qio_channel_readv_all(ioc, iov, 500, &error_abort), ==, 0);
    g_assert_cmpint(memcmp(in, out, 250 * 4194), ==, 0);
    g_assert_cmpint(qio_channel_read_all_eof(ioc, in, 1, &error_abort), ==, 0);
    object_unref(OBJECT(buffer));
}

static gboolean notes(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    *(GIOCondition *)data = condition;
    return true;
}

/* R-CHAN-102, R-CHAN-58 */
static void test_watch(void)
{
    static const GIOCondition conditions[][2] = {
        { G_IO_IN, G_IO_IN },
        { G_IO_OUT, G_IO_OUT },
        { G_IO_IN | G_IO_OUT | G_IO_HUP | G_IO_ERR, G_IO_IN | G_IO_OUT },
        { G_IO_IN | G_IO_PRI, G_IO_IN },
    };
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_buffer_new(0));
    GIOCondition found = 0;
    unsigned int i;
    guint id;

    for (i = 0; i < G_N_ELEMENTS(conditions); i++) {
        id = qio_channel_add_watch(ioc, conditions[i][0], notes, &found, NULL);
        g_assert_cmpuint(OBJECT(ioc)->ref, ==, 2);
        g_assert_true(g_main_context_iteration(NULL, false));
        g_assert_cmphex(found, ==, conditions[i][1]);
        found = 0;
        g_assert_true(g_main_context_iteration(NULL, false));
        g_assert_cmphex(found, ==, conditions[i][1]);
        g_assert_true(g_source_remove(id));
        g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    }
    for (i = 0; i < 2; i++) {
        id = qio_channel_add_watch(ioc, i ? 0 : G_IO_HUP | G_IO_ERR | G_IO_PRI, notes, &found, NULL);
        found = 77;
        g_assert_false(g_main_context_iteration(NULL, false));
        g_assert_cmphex(found, ==, 77);
        g_assert_true(g_source_remove(id));
    }
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_OUT | G_IO_HUP);
    object_unref(OBJECT(ioc));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);

    g_test_add_func("/qio/channel-buffer/new", test_new);
    g_test_add_func("/qio/channel-buffer/new/empty", test_new_empty);
    g_test_add_func("/qio/channel-buffer/transfer", test_transfer);
    g_test_add_func("/qio/channel-buffer/fields", test_fields);
    g_test_add_func("/qio/channel-buffer/seek", test_seek);
    g_test_add_func("/qio/channel-buffer/close", test_close);
    g_test_add_func("/qio/channel-buffer/unsupported", test_unsupported);
    g_test_add_func("/qio/channel-buffer/stream", test_stream);
    g_test_add_func("/qio/channel-buffer/watch", test_watch);
    return g_test_run();
}
