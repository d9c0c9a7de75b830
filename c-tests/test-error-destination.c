/*
 * Tests of qapi/error.h: what errors print, and how they end the program
 *
 * Each case runs in a process of its own, called "prog", whose stderr must be
 * exactly the expected text; the process adds "exit N" unless it aborts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"

typedef struct Case {
    const char *path;
    void (*act)(void);
    const char *output;
} Case;

static Error *broken(void)
{
    Error *err = NULL;

    error_setg_internal(&err, "file.c", 42, "function", "it %s", "broke");
    return err;
}

static Error *broken_with_hint(void)
{
    Error *err = broken();

    error_append_hint(&err, "Mend %s.\n", "it");
    error_append_hint(&err, "Or buy %d.\n", 2);
    return err;
}

/* Reports */

/* R-ERR-9 */
static void report_err(void)
{
    error_report_err(broken());
    error_report_err(broken_with_hint());
}

/* R-ERR-8: a copy has the hint. */
static void report_err_of_copy(void)
{
    Error *err = broken_with_hint();
    Error *copy = error_copy(err);

    error_append_hint(&err, "Not copied.\n");
    error_free(err);
    error_report_err(copy);
}

/* R-ERR-9 */
static void report_err_without_name(void)
{
    g_set_prgname(NULL);
    error_report_err(broken());
    warn_report_err(broken());
}

/* R-ERR-9 */
static void reportf_err(void)
{
    error_reportf_err(broken_with_hint(), "disk %d: ", 3);
}

/* R-ERR-9 */
static void warn_err(void)
{
    warn_report_err(broken_with_hint());
}

static void warnf_err(void)
{
    warn_reportf_err(broken(), "disk %d: ", 3);
}

static void report_keeps_errno(void)
{
    int saved, after;

    errno = EXDEV;
    error_report_err(broken());
    g_assert_cmpint(errno, ==, EXDEV);
    /* Even if nobody can read it. */
    saved = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    errno = EXDEV;
    error_report_err(broken());
    after = errno;
    dup2(saved, STDERR_FILENO);
    close(saved);
    g_assert_cmpint(after, ==, EXDEV);
}

#ifdef QIO_HAS_WARN_REPORT_ERR_ONCE
static void warn_once(void)
{
    int reported = 0;

    for (int i = 0; i < 3; i++) {
        reported += warn_report_err_once(broken());
    }
    g_assert_cmpint(reported, ==, 1);
    /* Another line of the program has a flag of its own. */
    g_assert_true(warn_report_err_once(broken()));
}

/* R-ERR-9 */
static void warn_once_cond(void)
{
    bool printed = false;

    g_assert_true(warn_report_err_once_cond(&printed, broken()));
    g_assert_true(printed);
    g_assert_false(warn_report_err_once_cond(&printed, broken()));
    g_assert_true(printed);
}

static gpointer warn_many(gpointer printed)
{
    int reported = 0;

    for (int i = 0; i < 1000; i++) {
        reported += warn_report_err_once_cond(printed, broken());
    }
    return GINT_TO_POINTER(reported);
}

static void warn_once_in_threads(void)
{
    static bool printed;
    GThread *threads[4];
    int reported = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("warn", warn_many, &printed);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        reported += GPOINTER_TO_INT(g_thread_join(threads[i]));
    }
    g_assert_cmpint(reported, ==, 1);
}
#endif

/* Destinations */

/* R-HOST-9, R-HDR-5: its address says what it is. */
static void abort_set(void)
{
    error_setg_internal(&error_abort, "file.c", 42, "function", "it broke");
}

static void abort_set_macro(void)
{
    error_setg_errno(&error_abort, ENOENT, "it broke");
}

static void abort_set_class(void)
{
    error_set(&error_abort, ERROR_CLASS_DEVICE_NOT_FOUND, "it broke");
}

static void abort_file_open(void)
{
    error_setg_file_open(&error_abort, ENOENT, "/a");
}

/* R-ERR-1: an error knows where it was made, and its hint, wherever it goes. */
static void abort_propagate(void)
{
    error_propagate(&error_abort, broken_with_hint());
}

static void abort_propagate_prepend(void)
{
    error_propagate_prepend(&error_abort, broken(), "disk %d: ", 3);
}

static void abort_without_name(void)
{
    g_set_prgname(NULL);
    abort_set();
}

/* R-ERR-4: what runs at exit tells the status. */
static void fatal_set(void)
{
    error_setg(&error_fatal, "it broke");
}

/* R-ERR-4 */
static void fatal_propagate(void)
{
    error_propagate(&error_fatal, broken_with_hint());
}

static void fatal_propagate_prepend(void)
{
    error_propagate_prepend(&error_fatal, broken(), "disk %d: ", 3);
}

#ifdef QIO_HAS_ERROR_WARN
static void warn_set(void)
{
    error_setg(&error_warn, "it broke");
    g_assert_null(error_warn);
    error_propagate(&error_warn, broken_with_hint());
    g_assert_null(error_warn);
    error_propagate_prepend(&error_warn, broken(), "disk %d: ", 3);
    g_assert_null(error_warn);
}
#endif

/* ERRP_GUARD() */

static void guarded(bool early, Error **errp)
{
    ERRP_GUARD();

    error_setg_internal(errp, "file.c", 42, "function", "it broke");
    g_assert_nonnull(*errp);
    error_prepend(errp, "disk: ");
    error_append_hint(errp, "Mend it.\n");
    if (early) {
        return;
    }
    fprintf(stderr, "cleaning up\n");
}

/* R-ERR-11 */
static void guard_fatal(void)
{
    guarded(false, &error_fatal);
}

/* R-ERR-11 */
static void guard_fatal_early(void)
{
    guarded(true, &error_fatal);
}

static void guard_abort(void)
{
    guarded(false, &error_abort);
}

/* Misuse */

static void set_twice(void)
{
    Error *err = broken();

    error_setg_internal(&err, "later.c", 43, "other", "it broke again");
}

static void set_errno_twice(void)
{
    Error *err = broken();

    error_setg_errno(&err, EIO, "it broke again");
}

static void abort_variable_set(void)
{
    error_abort = broken();
    abort_set();
}

static void fatal_variable_set(void)
{
    error_fatal = broken();
    fatal_set();
}

static void prepend_nothing(void)
{
    Error *err = NULL;

    error_prepend(&err, "disk: ");
}

static void prepend_abort(void)
{
    error_prepend(&error_abort, "disk: ");
}

static void hint_nothing(void)
{
    Error *err = NULL;

    error_append_hint(&err, "Mend it.\n");
}

static void hint_abort(void)
{
    error_append_hint(&error_abort, "Mend it.\n");
}

static void hint_fatal(void)
{
    error_append_hint(&error_fatal, "Mend it.\n");
}

/* R-ERR-8 */
static void free_or_abort_null(void)
{
    error_free_or_abort(NULL);
}

/* R-ERR-8 */
static void free_or_abort_nothing(void)
{
    Error *err = NULL;

    error_free_or_abort(&err);
}

static void report_nothing(void)
{
    error_report_err(NULL);
}

static void reportf_nothing(void)
{
    error_reportf_err(NULL, "disk: ");
}

static void warn_nothing(void)
{
    warn_report_err(NULL);
}

static void warnf_nothing(void)
{
    warn_reportf_err(NULL, "disk: ");
}

static void get_pretty_of_nothing(void)
{
    error_get_pretty(NULL);
}

static void get_class_of_nothing(void)
{
    error_get_class(NULL);
}

static void copy_nothing(void)
{
    error_copy(NULL);
}

#define HINT "Mend it.\nOr buy 2.\n"
#define PLACE "Unexpected error in function() at file.c:42:\n"

static const Case cases[] = {
    { "report/error", report_err,
      "prog: it broke\nprog: it broke\n" HINT "exit 0\n" },
    { "report/error-of-copy", report_err_of_copy,
      "prog: it broke\n" HINT "exit 0\n" },
    { "report/without-name", report_err_without_name,
      "it broke\nwarning: it broke\nexit 0\n" },
    { "report/error-prefixed", reportf_err,
      "prog: disk 3: it broke\n" HINT "exit 0\n" },
    { "report/warning", warn_err,
      "prog: warning: it broke\n" HINT "exit 0\n" },
    { "report/warning-prefixed", warnf_err,
      "prog: warning: disk 3: it broke\nexit 0\n" },
    { "report/keeps-errno", report_keeps_errno,
      "prog: it broke\nexit 0\n" },
#ifdef QIO_HAS_WARN_REPORT_ERR_ONCE
    { "report/warning-once", warn_once,
      "prog: warning: it broke\nprog: warning: it broke\nexit 0\n" },
    { "report/warning-once-cond", warn_once_cond,
      "prog: warning: it broke\nexit 0\n" },
    { "report/warning-once-in-threads", warn_once_in_threads,
      "prog: warning: it broke\nexit 0\n" },
#endif

    { "abort/set", abort_set, PLACE "prog: it broke\n" },
    { "abort/set-macro", abort_set_macro,
      "Unexpected error in abort_set_macro() at *test-error-destination.c:*:\n"
      "prog: it broke: No such file or directory\n" },
    { "abort/set-class", abort_set_class,
      "Unexpected error in abort_set_class() at *:*:\nprog: it broke\n" },
    { "abort/file-open", abort_file_open,
      "Unexpected error in abort_file_open() at *:*:\n"
      "prog: Could not open '/a': No such file or directory\n" },
    { "abort/propagate", abort_propagate, PLACE "prog: it broke\n" HINT },
    { "abort/propagate-prepend", abort_propagate_prepend,
      PLACE "prog: disk 3: it broke\n" },
    { "abort/without-name", abort_without_name, PLACE "it broke\n" },
    { "fatal/set", fatal_set, "prog: it broke\nexit 1\n" },
    { "fatal/propagate", fatal_propagate,
      "prog: it broke\n" HINT "exit 1\n" },
    { "fatal/propagate-prepend", fatal_propagate_prepend,
      "prog: disk 3: it broke\nexit 1\n" },
#ifdef QIO_HAS_ERROR_WARN
    { "warn/set", warn_set,
      "prog: warning: it broke\nprog: warning: it broke\n" HINT
      "prog: warning: disk 3: it broke\nexit 0\n" },
#endif

    { "guard/fatal", guard_fatal,
      "cleaning up\nprog: disk: it broke\nMend it.\nexit 1\n" },
    { "guard/fatal-early-return", guard_fatal_early,
      "prog: disk: it broke\nMend it.\nexit 1\n" },
    { "guard/abort", guard_abort, PLACE "prog: it broke\n" },

    { "misuse/set-twice", set_twice,
      "error_setg: @errp holds an error already: "
      "it broke [function() at file.c:42]; now there is: "
      "it broke again [other() at later.c:43]\n" },
    { "misuse/set-errno-twice", set_errno_twice,
      "error_setg: @errp holds an error already: "
      "it broke [function() at file.c:42]; now there is: "
      "it broke again: Input/output error [set_errno_twice() at *:*]\n" },
    { "misuse/abort-variable-set", abort_variable_set,
      "error_setg: @errp holds an error already: *\n" },
    { "misuse/fatal-variable-set", fatal_variable_set,
      "error_setg: @errp holds an error already: *\n" },
    { "misuse/prepend-nothing", prepend_nothing,
      "error_prepend: there is no error to change\n" },
    { "misuse/prepend-abort", prepend_abort,
      "error_prepend: there is no error to change\n" },
    { "misuse/hint-nothing", hint_nothing,
      "error_append_hint: there is no error to change\n" },
    { "misuse/hint-abort", hint_abort,
      "error_append_hint: @errp is &error_abort\n" },
    { "misuse/hint-fatal", hint_fatal,
      "error_append_hint: @errp is &error_fatal\n" },
    { "misuse/free-or-abort-null", free_or_abort_null,
      "error_free_or_abort: @errp is NULL\n" },
    { "misuse/free-or-abort-nothing", free_or_abort_nothing,
      "error_free_or_abort: there is no error in @errp\n" },
    { "misuse/report-nothing", report_nothing,
      "error_report_err: @err is NULL\n" },
    { "misuse/report-nothing-prefixed", reportf_nothing,
      "error_reportf_err: there is no error to change\n" },
    { "misuse/warn-nothing", warn_nothing, "warn_report_err: @err is NULL\n" },
    { "misuse/warn-nothing-prefixed", warnf_nothing,
      "warn_reportf_err: there is no error to change\n" },
    { "misuse/get-pretty-of-nothing", get_pretty_of_nothing,
      "error_get_pretty: @err is NULL\n" },
    { "misuse/get-class-of-nothing", get_class_of_nothing,
      "error_get_class: @err is NULL\n" },
    { "misuse/copy-nothing", copy_nothing, "error_copy: @err is NULL\n" },
};

static void show_exit_status(int status, void *opaque)
{
    fprintf(stderr, "exit %d\n", status);
}

static void run_case(gconstpointer data)
{
    const Case *c = data;

    if (g_test_subprocess()) {
        g_set_prgname("prog");
        on_exit(show_exit_status, NULL);
        c->act();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_stderr(c->output);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/qio/error/%s", cases[i].path);

        g_test_add_data_func(path, &cases[i], run_case);
    }
    return g_test_run();
}
