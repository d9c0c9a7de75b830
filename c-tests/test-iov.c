/*
 * qemu/iov.h: vectors of buffers.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"

/* Ten bytes, shown by six elements, some of them empty. */
typedef struct Split {
    char bytes[11];
    struct iovec iov[6];
} Split;

#define SPLIT_CNT 6

static void split_init(Split *split)
{
    static const size_t lengths[SPLIT_CNT] = { 0, 3, 0, 5, 2, 0 };
    size_t offset = 0;

    strcpy(split->bytes, "0123456789");
    for (int i = 0; i < SPLIT_CNT; i++) {
        split->iov[i] = (struct iovec) { split->bytes + offset, lengths[i] };
        offset += lengths[i];
    }
}

static void test_size(void)
{
    Split split;

    split_init(&split);
    g_assert_cmpuint(iov_size(split.iov, SPLIT_CNT), ==, 10);
    g_assert_cmpuint(iov_size(split.iov, 2), ==, 3);
    g_assert_cmpuint(iov_size(split.iov, 1), ==, 0);
    g_assert_cmpuint(iov_size(split.iov, 0), ==, 0);
    g_assert_cmpuint(iov_size(NULL, 0), ==, 0);
}

/* For every part of the vector: the same bytes in the same memory. */
static void test_copy(void)
{
    Split split;

    split_init(&split);
    for (size_t offset = 0; offset <= 11; offset++) {
        for (size_t bytes = 0; bytes <= 12; bytes++) {
            size_t expected = offset > 10 ? 0 : MIN(bytes, 10 - offset);
            char *next = split.bytes + offset;
            struct iovec part[SPLIT_CNT];
            unsigned int count;

            count = iov_copy(part, SPLIT_CNT, split.iov, SPLIT_CNT, offset, bytes);
            g_assert_cmpuint(iov_size(part, count), ==, expected);
            for (unsigned int i = 0; i < count; i++) {
                g_assert_cmpuint(part[i].iov_len, >, 0);
                g_assert_true(part[i].iov_base == next);
                next += part[i].iov_len;
            }
        }
    }
}

static void test_copy_room(void)
{
    Split split;
    struct iovec part[2];

    split_init(&split);
    g_assert_cmpuint(iov_copy(part, 2, split.iov, SPLIT_CNT, 0, 10), ==, 2);
    g_assert_cmpuint(iov_size(part, 2), ==, 8);
    g_assert_cmpuint(iov_copy(part, 1, split.iov, SPLIT_CNT, 1, SIZE_MAX), ==, 1);
    g_assert_true(part[0].iov_base == split.bytes + 1);
    g_assert_cmpuint(part[0].iov_len, ==, 2);
    g_assert_cmpuint(iov_copy(NULL, 0, split.iov, SPLIT_CNT, 0, 10), ==, 0);
    g_assert_cmpuint(iov_copy(part, 2, NULL, 0, 0, 10), ==, 0);
}

static void test_discard_front(void)
{
    for (size_t bytes = 0; bytes <= 12; bytes++) {
        Split split;
        struct iovec *iov = split.iov;
        unsigned int cnt = SPLIT_CNT;
        char rest[11] = "";

        split_init(&split);
        g_assert_cmpuint(iov_discard_front(&iov, &cnt, bytes), ==, MIN(bytes, 10));
        /* What is left is the end of the array, without an empty element in front. */
        g_assert_true(iov + cnt == split.iov + SPLIT_CNT);
        if (cnt > 0) {
            g_assert_cmpuint(iov[0].iov_len, >, 0);
        }
        iov_to_buf(iov, cnt, 0, rest, 10);
        g_assert_cmpstr(rest, ==, split.bytes + MIN(bytes, 10));
    }
}

/* Used in part, an element is changed where it stands. */
static void test_discard_front_in_place(void)
{
    Split split;
    struct iovec *iov = split.iov;
    unsigned int cnt = SPLIT_CNT;

    split_init(&split);
    g_assert_cmpuint(iov_discard_front(&iov, &cnt, 4), ==, 4);
    g_assert_true(iov == &split.iov[3]);
    g_assert_true(split.iov[3].iov_base == split.bytes + 4);
    g_assert_cmpuint(split.iov[3].iov_len, ==, 4);
    /* Those that are passed stay as they were. */
    g_assert_cmpuint(split.iov[1].iov_len, ==, 3);

    g_assert_cmpuint(iov_discard_front(&iov, &cnt, SIZE_MAX), ==, 6);
    g_assert_cmpuint(cnt, ==, 0);
    g_assert_cmpuint(iov_discard_front(&iov, &cnt, 1), ==, 0);
}

static void test_discard_back(void)
{
    for (size_t bytes = 0; bytes <= 12; bytes++) {
        Split split;
        unsigned int cnt = SPLIT_CNT;
        char rest[11] = "", expected[11] = "0123456789";

        split_init(&split);
        g_assert_cmpuint(iov_discard_back(split.iov, &cnt, bytes), ==, MIN(bytes, 10));
        if (cnt > 0) {
            g_assert_cmpuint(split.iov[cnt - 1].iov_len, >, 0);
        }
        iov_to_buf(split.iov, cnt, 0, rest, 10);
        expected[10 - MIN(bytes, 10)] = '\0';
        g_assert_cmpstr(rest, ==, expected);
    }
}

static void test_from_buf(void)
{
    for (size_t offset = 0; offset <= 10; offset++) {
        for (size_t bytes = 0; bytes <= 12; bytes++) {
            Split split;
            char expected[11] = "0123456789";
            size_t done = MIN(bytes, 10 - offset);

            split_init(&split);
            memcpy(expected + offset, "abcdefghijkl", done);
            g_assert_cmpuint(iov_from_buf(split.iov, SPLIT_CNT, offset, "abcdefghijkl", bytes),
                             ==, done);
            g_assert_cmpstr(split.bytes, ==, expected);
        }
    }
}

static void test_to_buf(void)
{
    Split split;

    split_init(&split);
    for (size_t offset = 0; offset <= 10; offset++) {
        for (size_t bytes = 0; bytes <= 12; bytes++) {
            char got[13] = "............", expected[13] = "............";
            size_t done = MIN(bytes, 10 - offset);

            memcpy(expected, "0123456789" + offset, done);
            g_assert_cmpuint(iov_to_buf(split.iov, SPLIT_CNT, offset, got, bytes), ==, done);
            g_assert_cmpstr(got, ==, expected);
        }
    }
    g_assert_cmpstr(split.bytes, ==, "0123456789");
}

static void test_memset(void)
{
    Split split;

    split_init(&split);
    g_assert_cmpuint(iov_memset(split.iov, SPLIT_CNT, 2, 'x', 7), ==, 7);
    g_assert_cmpstr(split.bytes, ==, "01xxxxxxx9");
    /* The byte is the value's lowest. */
    g_assert_cmpuint(iov_memset(split.iov, SPLIT_CNT, 8, 0x100 + 'y', SIZE_MAX), ==, 2);
    g_assert_cmpstr(split.bytes, ==, "01xxxxxxyy");
    g_assert_cmpuint(iov_memset(split.iov, SPLIT_CNT, 10, 'z', 1), ==, 0);
    g_assert_cmpuint(iov_memset(split.iov, SPLIT_CNT, 0, 'z', 0), ==, 0);
    g_assert_cmpstr(split.bytes, ==, "01xxxxxxyy");
}

static void from_buf_beyond(Split *split, char *buf)
{
    g_assert_cmpuint(iov_from_buf(split->iov, SPLIT_CNT, 11, buf, 1), ==, 0);
}

static void to_buf_beyond(Split *split, char *buf)
{
    g_assert_cmpuint(iov_to_buf(split->iov, SPLIT_CNT, 11, buf, 1), ==, 0);
}

static void memset_beyond(Split *split, char *buf)
{
    g_assert_cmpuint(iov_memset(split->iov, SPLIT_CNT, 11, 'x', 1), ==, 0);
}

static void (*const beyond_the_end[])(Split *, char *) = {
    from_buf_beyond, to_buf_beyond, memset_beyond,
};

static void test_beyond(gconstpointer data)
{
    void (*call)(Split *, char *) = beyond_the_end[GPOINTER_TO_INT(data)];
    Split split;
    char buf[1] = { 'x' };

    split_init(&split);
#ifdef QIO_HAS_IOV_OFFSET_ASSERT
    if (g_test_subprocess()) {
        call(&split, buf);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*iov_*: @offset is beyond the end of the vector*");
#else
    call(&split, buf);
    g_assert_cmpstr(split.bytes, ==, "0123456789");
    g_assert_cmpint(buf[0], ==, 'x');
#endif
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/iov/size", test_size);
    g_test_add_func("/qio/iov/copy", test_copy);
    g_test_add_func("/qio/iov/copy-room", test_copy_room);
    g_test_add_func("/qio/iov/discard-front", test_discard_front);
    g_test_add_func("/qio/iov/discard-front-in-place", test_discard_front_in_place);
    g_test_add_func("/qio/iov/discard-back", test_discard_back);
    g_test_add_func("/qio/iov/from-buf", test_from_buf);
    g_test_add_func("/qio/iov/to-buf", test_to_buf);
    g_test_add_func("/qio/iov/memset", test_memset);
    g_test_add_data_func("/qio/iov/beyond/from-buf", GINT_TO_POINTER(0), test_beyond);
    g_test_add_data_func("/qio/iov/beyond/to-buf", GINT_TO_POINTER(1), test_beyond);
    g_test_add_data_func("/qio/iov/beyond/memset", GINT_TO_POINTER(2), test_beyond);
    return g_test_run();
}
