/*
 * Tests of monitor/monitor.h: the program's definitions and the library's
 *
 * The program defines two of the four functions itself, and an object named
 * cur_mon, as programs of this kind do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "monitor/monitor.h"

static __thread Monitor *cur_mon;

Monitor *monitor_cur(void)
{
    return cur_mon;
}

Monitor *monitor_set_cur(Coroutine *co, Monitor *mon)
{
    Monitor *previous = cur_mon;

    cur_mon = mon;
    return previous;
}

static void test_own(void)
{
    char fake = 0;
    Monitor *mon = (Monitor *)&fake;

    g_assert_null(monitor_cur());
    g_assert_null(monitor_set_cur(NULL, mon));
    g_assert_true(monitor_cur() == mon);
    g_assert_true(monitor_set_cur(NULL, NULL) == mon);
    g_assert_null(monitor_cur());
}

/* R-MON-2: the default knows no descriptors. */
static void test_default_get_fd(void)
{
    char fake = 0;
    Error *err = NULL;

    g_assert_cmpint(monitor_get_fd((Monitor *)&fake, "fd", &err), ==, -1);
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "only QEMU supports file descriptor passing");
    error_free(err);
    g_assert_cmpint(monitor_get_fd(NULL, "fd", NULL), ==, -1);
}

static int print(Monitor *mon, const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = monitor_vprintf(mon, fmt, ap);
    va_end(ap);
    return ret;
}

#ifdef QIO_HAS_MONITOR_VPRINTF_FAILS
/* R-MON-2, R-111-23: who offered the text prints it elsewhere. */
static void test_default_vprintf(void)
{
    char fake = 0;

    if (g_test_subprocess()) {
        g_assert_cmpint(print(NULL, "text"), ==, -1);
        g_assert_cmpint(print((Monitor *)&fake, "%s %d", "text", 1), ==, -1);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("");
}
#else
/* R-MON-2 */
static void test_default_vprintf(void)
{
    if (g_test_subprocess()) {
        print(NULL, "text");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(
        "monitor_vprintf: there is no monitor to print to\n");
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/monitor/own", test_own);
    g_test_add_func("/qio/monitor/default/get-fd", test_default_get_fd);
    g_test_add_func("/qio/monitor/default/vprintf", test_default_vprintf);
    return g_test_run();
}
