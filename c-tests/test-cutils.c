/*
 * qemu/cutils.h: strings and numbers.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"

/* R-BUF-3: cut and terminated. */
static void test_pstrcpy(void)
{
    char buf[8];

    memset(buf, '.', sizeof(buf));
    pstrcpy(buf, sizeof(buf), "abc");
    g_assert_cmpmem(buf, sizeof(buf), "abc\0....", 8);
    pstrcpy(buf, sizeof(buf), "0123456");
    g_assert_cmpstr(buf, ==, "0123456");
    pstrcpy(buf, sizeof(buf), "abcdefghi");
    g_assert_cmpstr(buf, ==, "abcdefg");
    pstrcpy(buf, 4, "ABCDE");
    g_assert_cmpmem(buf, sizeof(buf), "ABC\0efg\0", 8);
    pstrcpy(buf, 1, "xyz");
    g_assert_cmpmem(buf, sizeof(buf), "\0BC\0efg\0", 8);
    pstrcpy(buf, sizeof(buf), "");
    g_assert_cmpstr(buf, ==, "");
}

/* R-BUF-3 */
static void test_pstrcpy_no_room(void)
{
    char buf[2] = { '.', '.' };

    pstrcpy(buf, 0, "abc");
    pstrcpy(buf, -1, "abc");
    pstrcpy(buf, INT_MIN, "abc");
    pstrcpy(NULL, 0, "abc");
    g_assert_cmpmem(buf, sizeof(buf), "..", 2);
}

/* No more is read than fits. */
static void test_pstrcpy_unterminated(void)
{
    char buf[4];
    g_autofree char *source = g_malloc(3);

    memcpy(source, "abc", 3);
    pstrcpy(buf, sizeof(buf), source);
    g_assert_cmpstr(buf, ==, "abc");
}

/* R-BUF-3 */
static void test_strstart(void)
{
    const char *text = "unix:/path", *rest = NULL;

    g_assert_cmpint(strstart(text, "unix:", &rest), ==, 1);
    g_assert_true(rest == text + 5);
    g_assert_cmpint(strstart(text, "unix:", NULL), ==, 1);
    g_assert_cmpint(strstart(text, "", &rest), ==, 1);
    g_assert_true(rest == text);
    g_assert_cmpint(strstart(text, text, &rest), ==, 1);
    g_assert_cmpstr(rest, ==, "");

    rest = text;
    g_assert_cmpint(strstart(text, "tcp:", &rest), ==, 0);
    g_assert_cmpint(strstart(text, "unix:/path/longer", &rest), ==, 0);
    g_assert_cmpint(strstart("", "x", &rest), ==, 0);
    g_assert_cmpint(strstart(text, "x", NULL), ==, 0);
    g_assert_true(rest == text);
}

typedef struct Number {
    const char *text;
    int base;
    int result;     /* of the call with @endptr */
    int value;
    int end;        /* where the number ends */
    int error;      /* errno */
} Number;

static const Number numbers[] = {
    { "0", 10, 0, 0, 1, 0 },
    { "42", 10, 0, 42, 2, 0 },
    { "-42", 10, 0, -42, 3, 0 },
    { "+42", 10, 0, 42, 3, 0 },
    { " \t42", 10, 0, 42, 4, 0 },
    { "0x1F", 0, 0, 31, 4, 0 },
    { "0x1F", 16, 0, 31, 4, 0 },
    { "017", 0, 0, 15, 3, 0 },
    { "017", 10, 0, 17, 3, 0 },
    { "zz", 36, 0, 1295, 2, 0 },
    { "2147483647", 10, 0, INT_MAX, 10, 0 },
    { "-2147483648", 10, 0, INT_MIN, 11, 0 },
    { "2147483648", 10, -ERANGE, INT_MAX, 10, ERANGE },
    { "-2147483649", 10, -ERANGE, INT_MIN, 11, ERANGE },
    { "99999999999999999999", 10, -ERANGE, INT_MAX, 20, ERANGE },
    { "-99999999999999999999", 10, -ERANGE, INT_MIN, 21, ERANGE },
    { "42x", 10, 0, 42, 2, 0 },
    { "42 ", 10, 0, 42, 2, 0 },
    { "0x", 16, 0, 0, 1, 0 },
    { "99999999999x", 10, -ERANGE, INT_MAX, 11, ERANGE },
    { "", 10, -EINVAL, 0, 0, 0 },
    { " ", 10, -EINVAL, 0, 0, 0 },
    { "-", 10, -EINVAL, 0, 0, 0 },
    { "x", 10, -EINVAL, 0, 0, 0 },
    { "9", 8, -EINVAL, 0, 0, 0 },
    { "1", 1, -EINVAL, 0, 0, EINVAL },
    { "1", 37, -EINVAL, 0, 0, EINVAL },
    { "1", -1, -EINVAL, 0, 0, EINVAL },
};

/* R-BUF-3 */
static void test_strtoi(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        const Number *number = &numbers[i];
        const char *end = NULL;
        int value = -7;
        bool whole = number->text[number->end] == '\0';

        g_test_message("\"%s\" in base %d", number->text, number->base);
        errno = EPERM;
        g_assert_cmpint(qemu_strtoi(number->text, &end, number->base, &value),
                        ==, number->result);
        g_assert_cmpint(errno, ==, number->error);
        g_assert_cmpint(value, ==, number->value);
        g_assert_true(end == number->text + number->end);

        /* Without @endptr the whole text must be the number. */
        value = -7;
        g_assert_cmpint(qemu_strtoi(number->text, NULL, number->base, &value),
                        ==, whole ? number->result : -EINVAL);
        g_assert_cmpint(value, ==, number->value);
    }
}

static void test_strtoi_null(void)
{
    const char *end = "";
    int value = -7;

    g_assert_cmpint(qemu_strtoi(NULL, &end, 10, &value), ==, -EINVAL);
    g_assert_null(end);
    g_assert_cmpint(value, ==, 0);
    g_assert_cmpint(qemu_strtoi(NULL, NULL, 10, &value), ==, -EINVAL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/cutils/pstrcpy", test_pstrcpy);
    g_test_add_func("/qio/cutils/pstrcpy-no-room", test_pstrcpy_no_room);
    g_test_add_func("/qio/cutils/pstrcpy-unterminated", test_pstrcpy_unterminated);
    g_test_add_func("/qio/cutils/strstart", test_strstart);
    g_test_add_func("/qio/cutils/strtoi", test_strtoi);
    g_test_add_func("/qio/cutils/strtoi-null", test_strtoi_null);
    return g_test_run();
}
