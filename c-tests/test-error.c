/*
 * Tests of qapi/error.h: making, changing, passing on and ending errors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"

QEMU_BUILD_BUG_ON(sizeof(ErrorPropagator) != 16);
QEMU_BUILD_BUG_ON(offsetof(ErrorPropagator, local_err) != 0);
QEMU_BUILD_BUG_ON(offsetof(ErrorPropagator, errp) != 8);
QEMU_BUILD_BUG_ON(sizeof(ErrorClass) != 4);
QEMU_BUILD_BUG_ON(ERROR_CLASS_GENERIC_ERROR != 0);
QEMU_BUILD_BUG_ON(ERROR_CLASS_COMMAND_NOT_FOUND != 1);
QEMU_BUILD_BUG_ON(ERROR_CLASS_DEVICE_NOT_ACTIVE != 2);
QEMU_BUILD_BUG_ON(ERROR_CLASS_DEVICE_NOT_FOUND != 3);
QEMU_BUILD_BUG_ON(ERROR_CLASS_KVM_MISSING_CAP != 4);

/* Whoever formats it dies. */
static const char *unreadable(void)
{
    return GSIZE_TO_POINTER(1);
}

static void test_set(void)
{
    Error *err = NULL;

    error_setg(&err, "disk %d of %s", 3, "five");
    g_assert_nonnull(err);
    g_assert_cmpstr(error_get_pretty(err), ==, "disk 3 of five");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_GENERIC_ERROR);
    error_free(err);
}

static void test_set_without_arguments(void)
{
    Error *err = NULL;

    error_setg(&err, "it broke");
    g_assert_cmpstr(error_get_pretty(err), ==, "it broke");
    error_free(err);
}

static void test_set_class(void)
{
    Error *err = NULL;

    error_set(&err, ERROR_CLASS_DEVICE_NOT_FOUND, "no %s", "disk");
    g_assert_cmpstr(error_get_pretty(err), ==, "no disk");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    error_free(err);
}

static void test_set_errno(void)
{
    g_autofree char *expected = g_strdup_printf("reading x: %s", strerror(EIO));
    Error *err = NULL;

    error_setg_errno(&err, EIO, "reading %s", "x");
    g_assert_cmpstr(error_get_pretty(err), ==, expected);
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_GENERIC_ERROR);
    error_free(err);
}

static void test_set_errno_zero(void)
{
    Error *err = NULL;

    error_setg_errno(&err, 0, "reading %s", "x");
    g_assert_cmpstr(error_get_pretty(err), ==, "reading x");
    error_free(err);
}

static void test_set_file_open(void)
{
    g_autofree char *expected =
        g_strdup_printf("Could not open '/a/%%s': %s", strerror(ENOENT));
    Error *err = NULL;

    error_setg_file_open(&err, ENOENT, "/a/%s");
    g_assert_cmpstr(error_get_pretty(err), ==, expected);
    error_free(err);
}

static void test_null_costs_nothing(void)
{
    Error *first = NULL;
    Error *second = NULL;

    error_setg(NULL, "%s", unreadable());
    error_setg_errno(NULL, EIO, "%s", unreadable());
    error_set(NULL, ERROR_CLASS_DEVICE_NOT_FOUND, "%s", unreadable());
    error_setg_file_open(NULL, EIO, unreadable());
    error_prepend(NULL, "%s", unreadable());
    error_append_hint(NULL, "%s", unreadable());

    error_setg(&first, "first");
    error_propagate_prepend(NULL, first, "%s", unreadable());
    first = NULL;
    error_propagate_prepend(&error_abort, NULL, "%s", unreadable());

    /* Nor does an error that comes second. */
    error_setg(&first, "first");
    error_setg(&second, "second");
    error_propagate_prepend(&first, second, "%s", unreadable());
    g_assert_cmpstr(error_get_pretty(first), ==, "first");
    error_free(first);
}

static void test_errno_is_kept(void)
{
    g_autofree char *expected =
        g_strdup_printf("so: it broke: %s: %s", strerror(EXDEV), strerror(EIO));
    Error *err = NULL;
    Error *copy;

    errno = EXDEV;
    error_setg(NULL, "it broke");
    g_assert_cmpint(errno, ==, EXDEV);
    error_setg_errno(&err, EIO, "it broke: %m");
    g_assert_cmpint(errno, ==, EXDEV);
    error_append_hint(&err, "Mend it: %m.\n");
    g_assert_cmpint(errno, ==, EXDEV);
    error_prepend(&err, "so: ");
    g_assert_cmpint(errno, ==, EXDEV);
    g_assert_cmpstr(error_get_pretty(err), ==, expected);
    copy = error_copy(err);
    error_free(err);
    g_assert_cmpint(errno, ==, EXDEV);
    err = NULL;
    error_propagate(&err, copy);
    error_propagate(NULL, err);
    g_assert_cmpint(errno, ==, EXDEV);
    err = NULL;
    error_set(&err, ERROR_CLASS_DEVICE_NOT_FOUND, "it broke");
    g_assert_cmpint(errno, ==, EXDEV);
    error_free_or_abort(&err);
    error_setg_file_open(&err, EIO, "/a");
    g_assert_cmpint(errno, ==, EXDEV);
    error_free_or_abort(&err);
}

static void test_propagate(void)
{
    Error *err = NULL;
    Error *local = NULL;
    Error *address;

    error_propagate(&err, NULL);
    g_assert_null(err);

    error_setg(&local, "first");
    address = local;
    error_propagate(&err, local);
    g_assert_true(err == address);

    local = NULL;
    error_setg(&local, "second");
    error_propagate(&err, local);
    g_assert_cmpstr(error_get_pretty(err), ==, "first");
    error_propagate(&err, NULL);
    g_assert_cmpstr(error_get_pretty(err), ==, "first");
    error_free(err);

    local = NULL;
    error_setg(&local, "third");
    error_propagate(NULL, local);

    /* No error is none wherever it goes. */
    error_propagate(&error_abort, NULL);
    error_propagate(&error_fatal, NULL);
    g_assert_null(error_abort);
    g_assert_null(error_fatal);
}

static void test_propagate_prepend(void)
{
    Error *err = NULL;
    Error *local = NULL;

    error_setg(&local, "it broke");
    error_propagate_prepend(&err, local, "disk %d: ", 3);
    g_assert_cmpstr(error_get_pretty(err), ==, "disk 3: it broke");
    error_free(err);
}

static void vprepend(Error *const *errp, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);

static void vprepend(Error *const *errp, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vprepend(errp, fmt, ap);
    va_end(ap);
}

static void test_prepend(void)
{
    Error *err = NULL;

    error_setg(&err, "it %s", "broke");
    error_prepend(&err, "disk %d: ", 3);
    vprepend(&err, "%s: ", "host");
    vprepend(NULL, "%s: ", unreadable());
    g_assert_cmpstr(error_get_pretty(err), ==, "host: disk 3: it broke");
    /* Its own message is no special text. */
    error_prepend(&err, "%s; ", error_get_pretty(err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "host: disk 3: it broke; host: disk 3: it broke");
    error_free(err);
}

/* R-ERR-8: a copy stays as it was. */
static void test_copy(void)
{
    Error *err = NULL;
    Error *copy;

    error_set(&err, ERROR_CLASS_KVM_MISSING_CAP, "it broke");
    copy = error_copy(err);
    g_assert_true(copy != err);
    error_prepend(&err, "so: ");
    error_free(err);
    g_assert_cmpstr(error_get_pretty(copy), ==, "it broke");
    g_assert_cmpint(error_get_class(copy), ==, ERROR_CLASS_KVM_MISSING_CAP);
    error_free(copy);
}

/* R-ERR-8 */
static void test_free(void)
{
    void (*free_function)(Error *) = error_free;
    Error *err = NULL;

    error_free(NULL);
    error_setg(&err, "it broke");
    free_function(err);
    err = NULL;
    error_setg(&err, "it broke again");
    error_free_or_abort(&err);
    g_assert_null(err);
}

#if defined(QIO_HAS_WARN_REPORT_ERR_ONCE) && !defined(QIO_HAS_ERROR_AUTOPTR_REFUSED)
static void test_autoptr(void)
{
    g_autoptr(Error) err = NULL;

    error_setg(&err, "it broke");
    g_assert_nonnull(err);
}
#endif

static void test_propagator(void)
{
    Error *err = NULL;

    {
        g_auto(ErrorPropagator) propagator = { .errp = &err };

        error_setg(&propagator.local_err, "it broke");
        g_assert_null(err);
    }
    g_assert_cmpstr(error_get_pretty(err), ==, "it broke");
    error_free(err);
}

/* What a function sees below ERRP_GUARD(). */
typedef struct Guarded {
    Error **errp;
    bool failed;
} Guarded;

static Guarded guarded(bool fail, Error **errp)
{
    ERRP_GUARD();

    g_assert_nonnull(errp);
    g_assert_null(*errp);
    if (!fail) {
        return (Guarded) { errp, *errp != NULL };
    }
    error_setg(errp, "it broke");
    error_prepend(errp, "disk: ");
    error_append_hint(errp, "Mend it.\n");
    return (Guarded) { errp, *errp != NULL };
}

/* R-ERR-11 */
static void test_guard_null(void)
{
    g_assert_true(guarded(true, NULL).failed);
    g_assert_false(guarded(false, NULL).failed);
}

/* R-ERR-11 */
static void test_guard_slot(void)
{
    Error *err = NULL;
    Guarded seen = guarded(false, &err);

    g_assert_true(seen.errp == &err);
    g_assert_null(err);
    seen = guarded(true, &err);
    g_assert_true(seen.errp == &err);
    g_assert_true(seen.failed);
    g_assert_cmpstr(error_get_pretty(err), ==, "disk: it broke");
    error_free(err);
}

/* R-ERR-11 */
static void test_guard_special(void)
{
    g_assert_true(guarded(false, &error_abort).errp == &error_abort);
    g_assert_true(guarded(false, &error_fatal).errp != &error_fatal);
#ifdef QIO_HAS_ERROR_WARN
    g_assert_true(guarded(false, &error_warn).errp == &error_warn);
#endif
}

static gpointer make_errors(gpointer data)
{
    for (int i = 0; i < 1000; i++) {
        g_autofree char *expected = NULL;
        Error *err = NULL;
        Error *copy;

        error_setg_errno(&err, ENOENT, "thread %d", i);
        error_prepend(&err, "%s: ", (const char *)data);
        error_append_hint(&err, "hint\n");
        copy = error_copy(err);
        error_free(err);
        expected = g_strdup_printf("%s: thread %d: %s", (const char *)data, i,
                                   g_strerror(ENOENT));
        g_assert_cmpstr(error_get_pretty(copy), ==, expected);
        error_free(copy);
    }
    return NULL;
}

/* R-ERR-12 */
static void test_threads(void)
{
    GThread *threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("errors", make_errors, (gpointer)"name");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/error/set", test_set);
    g_test_add_func("/qio/error/set/without-arguments",
                    test_set_without_arguments);
    g_test_add_func("/qio/error/set/class", test_set_class);
    g_test_add_func("/qio/error/set/errno", test_set_errno);
    g_test_add_func("/qio/error/set/errno-zero", test_set_errno_zero);
    g_test_add_func("/qio/error/set/file-open", test_set_file_open);
    g_test_add_func("/qio/error/null-costs-nothing", test_null_costs_nothing);
    g_test_add_func("/qio/error/errno-is-kept", test_errno_is_kept);
    g_test_add_func("/qio/error/propagate", test_propagate);
    g_test_add_func("/qio/error/propagate-prepend", test_propagate_prepend);
    g_test_add_func("/qio/error/prepend", test_prepend);
    g_test_add_func("/qio/error/copy", test_copy);
    g_test_add_func("/qio/error/free", test_free);
#if defined(QIO_HAS_WARN_REPORT_ERR_ONCE) && !defined(QIO_HAS_ERROR_AUTOPTR_REFUSED)
    g_test_add_func("/qio/error/autoptr", test_autoptr);
#endif
    g_test_add_func("/qio/error/propagator", test_propagator);
    g_test_add_func("/qio/error/guard/null", test_guard_null);
    g_test_add_func("/qio/error/guard/slot", test_guard_slot);
    g_test_add_func("/qio/error/guard/special", test_guard_special);
    g_test_add_func("/qio/error/threads", test_threads);
    return g_test_run();
}
