/*
 * qemu/buffer.h
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "qemu/buffer.h"

QEMU_BUILD_BUG_ON(sizeof(Buffer) != 40);

static bool aborts(const char *saying)
{
    if (g_test_subprocess()) {
        return true;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(saying);
    return false;
}

static void add(Buffer *buffer, const char *text)
{
    buffer_reserve(buffer, strlen(text));
    buffer_append(buffer, text, strlen(text));
}

static void content_is(Buffer *buffer, const char *expected)
{
    g_assert_cmpmem(buffer->buffer, buffer->offset, expected, strlen(expected));
    g_assert_cmpint(buffer_empty(buffer), ==, !*expected);
    g_assert_true(buffer_end(buffer) == buffer->buffer + buffer->offset);
}

static void is_zero(const Buffer *buffer)
{
    Buffer zero;

    memset(&zero, 0, sizeof(zero));
    g_assert_cmpmem(buffer, sizeof(*buffer), &zero, sizeof(zero));
}

/* R-BUF-1: one that is all zeros is empty and valid. */
static void test_zero(void)
{
    Buffer buffer = { 0 };

    g_assert_true(buffer_empty(&buffer));
    g_assert_null(buffer_end(&buffer));
    buffer_advance(&buffer, 0);
    buffer_append(&buffer, NULL, 0);
    buffer_reset(&buffer);
    buffer_shrink(&buffer);
    buffer_reserve(&buffer, 0);
    buffer_free(&buffer);
    is_zero(&buffer);
}

/* R-BUF-1: with a name. */
static void test_init(void)
{
    Buffer buffer;

    memset(&buffer, 0xff, sizeof(buffer));
    buffer_init(&buffer, "buffer %d of %s", 7, "mine");
    g_assert_cmpstr(buffer.name, ==, "buffer 7 of mine");
    g_assert_true(buffer_empty(&buffer));
    add(&buffer, "text");
    content_is(&buffer, "text");
    buffer_free(&buffer);
    is_zero(&buffer);
}

/* R-BUF-2: room, and how it grows. */
static void test_reserve(void)
{
    static const struct {
        size_t len, capacity;
    } cases[] = {
        { 1, 4096 }, { 4096, 4096 }, { 4097, 8192 }, { 8192, 8192 },
        { 8193, 16384 }, { 100000, 131072 },
    };
    Buffer buffer = { 0 };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(cases); i++) {
        buffer_reserve(&buffer, cases[i].len);
        g_assert_cmpuint(buffer.capacity, ==, cases[i].capacity);
        g_assert_cmpuint(buffer.offset, ==, 0);
        memset(buffer_end(&buffer), 1, cases[i].len);
    }
    buffer_free(&buffer);

    /* What is there counts, and what fits is not moved. */
    add(&buffer, "12345678");
    buffer_reserve(&buffer, 4088);
    g_assert_cmpuint(buffer.capacity, ==, 4096);
    buffer_reserve(&buffer, 4089);
    g_assert_cmpuint(buffer.capacity, ==, 8192);
    content_is(&buffer, "12345678");
    buffer_free(&buffer);
}

/* R-BUF-2: behind the end and from the front. */
static void test_advance(void)
{
    Buffer buffer = { 0 };

    add(&buffer, "hello, ");
    add(&buffer, "world");
    content_is(&buffer, "hello, world");
    buffer_advance(&buffer, 0);
    buffer_advance(&buffer, 7);
    content_is(&buffer, "world");
    add(&buffer, "!");
    content_is(&buffer, "world!");
    buffer_advance(&buffer, 6);
    content_is(&buffer, "");
    add(&buffer, "more");
    buffer_reset(&buffer);
    content_is(&buffer, "");
    g_assert_cmpuint(buffer.capacity, ==, 4096);
    buffer_free(&buffer);
}

/* In place, as users do that know what they write. */
static void test_in_place(void)
{
    Buffer buffer = { 0 };

    buffer_reserve(&buffer, 5);
    memcpy(buffer_end(&buffer), "bytes", 5);
    buffer.offset += 5;
    content_is(&buffer, "bytes");
    buffer_free(&buffer);
}

/* A burst's memory goes, but not at once; the content never does. */
static void test_shrink(void)
{
    Buffer buffer = { 0 };
    int i;

    buffer_reserve(&buffer, 1 << 20);
    memset(buffer_end(&buffer), 'x', 1 << 20);
    buffer.offset += 1 << 20;
    buffer_advance(&buffer, (1 << 20) - 5);
    content_is(&buffer, "xxxxx");
    g_assert_cmpuint(buffer.capacity, ==, 1 << 20);
    for (i = 0; i < 1000; i++) {
        buffer_shrink(&buffer);
    }
    g_assert_cmpuint(buffer.capacity, ==, 4096);
    content_is(&buffer, "xxxxx");
    buffer_free(&buffer);

    /* What is in use again and again stays. */
    for (i = 0; i < 1000; i++) {
        buffer_reserve(&buffer, 50000);
        memset(buffer_end(&buffer), 'y', 50000);
        buffer.offset += 50000;
        buffer_advance(&buffer, 50000);
        g_assert_cmpuint(buffer.capacity, ==, 65536);
    }
    buffer_free(&buffer);
}

/* R-BUF-2: stolen by what is empty, or else copied. */
static void test_move(void)
{
    Buffer to = { 0 }, from;
    uint8_t *memory;

    buffer_init(&from, "from");
    buffer_move(&to, &from);
    g_assert_true(buffer_empty(&to));

    /* Stolen. */
    add(&from, "one");
    memory = from.buffer;
    buffer_move(&to, &from);
    g_assert_true(to.buffer == memory);
    content_is(&to, "one");
    g_assert_null(from.buffer);
    g_assert_cmpuint(from.capacity, ==, 0);
    content_is(&from, "");
    g_assert_cmpstr(from.name, ==, "from");
    g_assert_null(to.name);

    /* Copied. */
    add(&from, " two");
    buffer_move(&to, &from);
    content_is(&to, "one two");
    content_is(&from, "");
    buffer_move(&to, &from);
    content_is(&to, "one two");
    buffer_move(&to, &to);
    content_is(&to, "one two");

    buffer_move_empty(&from, &to);
    content_is(&from, "one two");
    content_is(&to, "");
    buffer_reserve(&to, 1);
    buffer_move_empty(&to, &from);
    content_is(&to, "one two");
    buffer_free(&to);
    buffer_free(&from);
    is_zero(&from);
}

static void test_misuse_advance(void)
{
    if (aborts("*buffer_advance*there are 0 bytes, not 1*")) {
        Buffer buffer = { 0 };

        buffer_advance(&buffer, 1);
    }
}

static void test_misuse_append(void)
{
    if (aborts("*buffer_append*1 bytes don't fit behind 4096 of 4096*")) {
        Buffer buffer = { 0 };

        buffer_reserve(&buffer, 4096);
        buffer.offset = 4096;
        buffer_append(&buffer, "x", 1);
    }
}

static void test_misuse_reserve(void)
{
    if (aborts("*buffer_reserve*no memory for 1 and *")) {
        Buffer buffer = { 0 };

        add(&buffer, "x");
        buffer_reserve(&buffer, SIZE_MAX);
    }
}

static void test_misuse_move_empty(void)
{
    if (aborts("*buffer_move_empty*there are 1 bytes in @to*")) {
        Buffer to = { 0 }, from = { 0 };

        add(&to, "x");
        buffer_move_empty(&to, &from);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/buffer/zero", test_zero);
    g_test_add_func("/qio/buffer/init", test_init);
    g_test_add_func("/qio/buffer/reserve", test_reserve);
    g_test_add_func("/qio/buffer/advance", test_advance);
    g_test_add_func("/qio/buffer/in-place", test_in_place);
    g_test_add_func("/qio/buffer/shrink", test_shrink);
    g_test_add_func("/qio/buffer/move", test_move);
    g_test_add_func("/qio/buffer/misuse/advance", test_misuse_advance);
    g_test_add_func("/qio/buffer/misuse/append", test_misuse_append);
    g_test_add_func("/qio/buffer/misuse/reserve", test_misuse_reserve);
    g_test_add_func("/qio/buffer/misuse/move-empty", test_misuse_move_empty);
    return g_test_run();
}
