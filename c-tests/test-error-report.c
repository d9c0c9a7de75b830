/*
 * Tests of qemu/error-report.h: what is printed
 *
 * Each case runs in a process of its own, called "prog", whose stderr must be
 * exactly the expected text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"

typedef struct Case {
    const char *path;
    void (*act)(void);
    const char *output;
} Case;

/* Calls a function that takes a va_list. */
static void with_va_list(void (*report)(const char *, va_list),
                         const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(fmt, ap);
    va_end(ap);
}

static void plain(void)
{
    error_report("disk %d of %s", 3, "five");
    warn_report("disk %d of %s", 3, "five");
    info_report("disk %d of %s", 3, "five");
}

static void va_lists(void)
{
    with_va_list(error_vreport, "disk %d of %s", 3, "five");
    with_va_list(warn_vreport, "disk %d of %s", 3, "five");
    with_va_list(info_vreport, "disk %d of %s", 3, "five");
}

static void without_name(void)
{
    g_set_prgname(NULL);
    plain();
}

/* What a program prints through its own stderr keeps its place. */
static void redirected(void)
{
    g_autofree char *text = NULL;
    size_t size;
    FILE *real = stderr;

    stderr = open_memstream(&text, &size);
    fputs("before\n", stderr);
    error_report("it broke");
    fputs("after\n", stderr);
    fclose(stderr);
    stderr = real;
    g_assert_cmpstr(text, ==, "before\nprog: it broke\nafter\n");
}

static void errno_is_kept(void)
{
    errno = ENOENT;
    error_report("it broke: %m");
    g_assert_cmpint(errno, ==, ENOENT);
    error_printf("%m\n");
    g_assert_cmpint(errno, ==, ENOENT);
}

static int vprintf_result(const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = error_vprintf(fmt, ap);
    va_end(ap);
    return ret;
}

static void print(void)
{
    g_assert_cmpint(error_printf("%s", ""), ==, 0);
    g_assert_cmpint(error_printf("disk %d", 3), ==, 6);
    g_assert_cmpint(vprintf_result(" of %s\n", "five"), ==, 9);
}

static void print_to_nobody(void)
{
    close(STDERR_FILENO);
    g_assert_cmpint(error_printf("disk"), ==, -1);
    g_assert_cmpint(vprintf_result("disk"), ==, -1);
    error_report("nobody reads this");
}

/* R-ERR-9, R-111-23: a pipe takes what is written with one call in one piece. */
static void one_piece(void)
{
    g_autofree char *longer = g_strnfill(2000, 'x');
    int fds[2];
    char buf[PIPE_BUF];
    ssize_t len;

    g_assert_true(g_unix_open_pipe(fds, 0, NULL));
    g_assert_cmpint(fcntl(fds[0], F_SETFL, O_DIRECT), ==, 0);
    g_assert_cmpint(fcntl(fds[1], F_SETFL, O_DIRECT), ==, 0);
    g_assert_cmpint(dup2(fds[1], STDERR_FILENO), ==, STDERR_FILENO);
    error_report("%s", longer);
    /* In packet mode, a read returns what one write wrote. */
    len = read(fds[0], buf, sizeof(buf));
    g_assert_cmpint(len, ==, strlen("prog: \n") + 2000);
}

static void init(void)
{
    error_init("/usr/bin/other");
    g_assert_cmpstr(g_get_prgname(), ==, "other");
    error_report("it broke");
    error_init(NULL);
    g_assert_cmpstr(g_get_prgname(), ==, "other");
    error_init("third");
    error_report("it broke");
}

static const Case cases[] = {
    { "plain", plain,
      "prog: disk 3 of five\n"
      "prog: warning: disk 3 of five\n"
      "prog: info: disk 3 of five\n" },
    { "va-list", va_lists,
      "prog: disk 3 of five\n"
      "prog: warning: disk 3 of five\n"
      "prog: info: disk 3 of five\n" },
    { "without-name", without_name,
      "disk 3 of five\n"
      "warning: disk 3 of five\n"
      "info: disk 3 of five\n" },
    { "redirected", redirected, "" },
    { "errno-is-kept", errno_is_kept,
      "prog: it broke: No such file or directory\n"
      "No such file or directory\n" },
    { "printf", print, "disk 3 of five\n" },
    { "printf-to-nobody", print_to_nobody, "" },
    { "one-piece", one_piece, "" },
    { "init", init, "other: it broke\nthird: it broke\n" },
};

static void run_case(gconstpointer data)
{
    const Case *c = data;

    if (g_test_subprocess()) {
        g_set_prgname("prog");
        c->act();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr(c->output);
}

#if defined(QIO_HAS_ISO8601_TIME) && !defined(HOST_IMPORTED)
static void test_iso8601(void)
{
    g_autofree char *text = real_time_iso8601();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    g_assert_nonnull(time);
    g_assert_true(g_str_has_suffix(text, "Z"));
    g_assert_cmpint(g_date_time_difference(now, time), >=, 0);
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#if defined(QIO_HAS_ISO8601_TIME) && !defined(HOST_IMPORTED)
    g_test_add_func("/qio/error-report/iso8601", test_iso8601);
#endif
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/qio/error-report/%s", cases[i].path);

        g_test_add_data_func(path, &cases[i], run_case);
    }
    return g_test_run();
}
