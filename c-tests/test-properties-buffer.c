/*
 * Rows B1 and B2 of docs/spec/properties.md.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-buffer.h"

static void write_at(QIOChannelBuffer *buffer, size_t offset, const char *text)
{
    QIOChannel *ioc = QIO_CHANNEL(buffer);

    g_assert_cmpint(qio_channel_io_seek(ioc, offset, SEEK_SET, &error_abort), ==, offset);
    g_assert_cmpint(qio_channel_write(ioc, text, strlen(text), &error_abort), ==, strlen(text));
    g_assert_cmpuint(buffer->offset, ==, offset + strlen(text));
    g_assert_cmpuint(buffer->usage, <=, buffer->capacity);
}

static void test_overwrite(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(10);
    uint8_t *data = buffer->data;

    write_at(buffer, 0, "0123456789");
    write_at(buffer, 0, "ab");
    g_assert_cmpmem(buffer->data, buffer->usage, "ab23456789", 10);
    write_at(buffer, 4, "cdef");
    g_assert_cmpmem(buffer->data, buffer->usage, "ab23cdef89", 10);
    /* There was room for all of it. */
    g_assert_true(buffer->data == data);
    g_assert_cmpuint(buffer->capacity, ==, 10);
    /* Across the end. */
    write_at(buffer, 8, "ghijkl");
    g_assert_cmpmem(buffer->data, buffer->usage, "ab23cdefghijkl", 14);
    object_unref(OBJECT(buffer));
}

/* Random writes come out as in a plain array. */
static void test_against_array(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(7);
    char array[4000] = "", text[201];
    size_t usage = 0;
    int i;

    for (i = 0; i < 2000; i++) {
        size_t offset = g_test_rand_int_range(0, 3800), length = g_test_rand_int_range(1, 200);

        memset(text, 'a' + i % 26, length);
        text[length] = 0;
        write_at(buffer, offset, text);
        memcpy(array + offset, text, length);
        usage = MAX(usage, offset + length);
        g_assert_cmpmem(buffer->data, buffer->usage, array, usage);
    }
    object_unref(OBJECT(buffer));
}

static void test_append(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(0);
    size_t capacity = 0;
    int i, reallocations = 0;

    for (i = 0; i < 100000; i++) {
        g_assert_cmpint(qio_channel_write(QIO_CHANNEL(buffer), (char *)&i, 1, &error_abort), ==, 1);
        g_assert_cmpuint(buffer->usage, ==, i + 1);
        g_assert_cmpuint(buffer->data[i], ==, i & 0xff);
        reallocations += buffer->capacity != capacity;
        capacity = buffer->capacity;
    }
    g_assert_cmpint(reallocations, <, 40);
    object_unref(OBJECT(buffer));
}

static void test_gap(void)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(0);

    write_at(buffer, 0, "begin");
    write_at(buffer, 8, "end");
    g_assert_cmpmem(buffer->data, buffer->usage, "begin\0\0\0end", 11);
    object_unref(OBJECT(buffer));

    /* Also where memory is left over from earlier. */
    buffer = qio_channel_buffer_new(32);
    write_at(buffer, 0, "earlier earlier earlier");
    buffer->usage = 5;
    write_at(buffer, 12, "end");
    g_assert_cmpmem(buffer->data, buffer->usage, "earli\0\0\0\0\0\0\0end", 15);
    object_unref(OBJECT(buffer));

    /* From the start, which is what the field says. */
    buffer = qio_channel_buffer_new(2);
    buffer->offset = 3;
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(buffer), "x", 1, &error_abort), ==, 1);
    g_assert_cmpmem(buffer->data, buffer->usage, "\0\0\0x", 4);
    object_unref(OBJECT(buffer));
}

/* W-28: sums that don't fit, and memory that isn't there. */
static void test_too_large(void)
{
    static const struct {
        size_t offset;
        int error;
    } cases[] = {
        { SIZE_MAX, EFBIG },
        { SIZE_MAX - 3, EFBIG },
        { SSIZE_MAX, EFBIG },
        { (size_t)1 << 62, ENOMEM },
    };
    QIOChannelBuffer *buffer = qio_channel_buffer_new(0);
    QIOChannel *ioc = QIO_CHANNEL(buffer);
    Error *err = NULL;
    unsigned int i;
    char byte;

    write_at(buffer, 0, "text");
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        buffer->offset = cases[i].offset;
        errno = 0;
        g_assert_cmpint(qio_channel_write(ioc, "more", 4, &err), ==, -1);
        g_assert_cmpint(errno, ==, cases[i].error);
        assert_errno_error(err, cases[i].error);
        g_assert_cmpint(qio_channel_write_all(ioc, "more", 4, NULL), ==, -1);
        g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 0);
        g_assert_null(err);
        g_assert_cmpuint(buffer->offset, ==, cases[i].offset);
        g_assert_cmpmem(buffer->data, buffer->usage, "text", 4);
    }
    object_unref(OBJECT(buffer));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);

    g_test_add_func("/qio/properties/B1/overwrite", test_overwrite);
    g_test_add_func("/qio/properties/B1/against-array", test_against_array);
    g_test_add_func("/qio/properties/B1/append", test_append);
    g_test_add_func("/qio/properties/B1/too-large", test_too_large);
    g_test_add_func("/qio/properties/B2", test_gap);
    return g_test_run();
}
