/*
 * Error objects and where they go (section C.2).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"

struct Error {
    GString *message;
    GString *hint; /* NULL without one */
    ErrorClass err_class;
    /* Where it was made; the strings stay (R-HOST-5). */
    const char *src;
    const char *func;
    int line;
};

/* Only their addresses mean something: they stay NULL (R-ERR-2). */
Error *error_abort;
Error *error_fatal;
#ifdef QIO_HAS_ERROR_WARN
Error *error_warn;
#endif

static void hint_print(const Error *err)
{
    if (err->hint != NULL) {
        error_printf("%s", err->hint->str);
    }
}

/* Whether @errp is one of the destinations that never hold an error; @err has been dealt with. */
static bool destination_takes(Error **errp, Error *err)
{
    if (errp == &error_abort) {
        fprintf(stderr, "Unexpected error in %s() at %s:%d:\n", err->func, err->src, err->line);
        error_report("%s", err->message->str);
        hint_print(err);
        abort();
    }
    if (errp == &error_fatal) {
        error_report_err(err);
        exit(1);
    }
#ifdef QIO_HAS_ERROR_WARN
    if (errp == &error_warn) {
        warn_report_err(err);
        return true;
    }
#endif
    return false;
}

/* Makes an error for @errp, which is not NULL. @os_errno is 0 without a system's error. */
static void G_GNUC_PRINTF(7, 0)
error_make(Error **errp, const char *src, int line, const char *func, ErrorClass err_class,
           int os_errno, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    Error *err = g_new0(Error, 1);

    assert(*errp == NULL);
    err->message = g_string_new(NULL);
    g_string_append_vprintf(err->message, fmt, ap);
    if (os_errno != 0) {
        g_string_append_printf(err->message, ": %s", strerror(os_errno));
    }
    err->err_class = err_class;
    err->src = src;
    err->func = func;
    err->line = line;
    if (!destination_takes(errp, err)) {
        *errp = err;
    }
    errno = saved_errno;
}

void error_setg_internal(Error **errp, const char *src, int line, const char *func,
                         const char *fmt, ...)
{
    va_list ap;

    if (errp != NULL) {
        va_start(ap, fmt);
        error_make(errp, src, line, func, ERROR_CLASS_GENERIC_ERROR, 0, fmt, ap);
        va_end(ap);
    }
}

void error_setg_errno_internal(Error **errp, const char *src, int line, const char *func,
                               int os_errno, const char *fmt, ...)
{
    va_list ap;

    if (errp != NULL) {
        va_start(ap, fmt);
        error_make(errp, src, line, func, ERROR_CLASS_GENERIC_ERROR, os_errno, fmt, ap);
        va_end(ap);
    }
}

void error_set_internal(Error **errp, const char *src, int line, const char *func,
                        ErrorClass err_class, const char *fmt, ...)
{
    va_list ap;

    if (errp != NULL) {
        va_start(ap, fmt);
        error_make(errp, src, line, func, err_class, 0, fmt, ap);
        va_end(ap);
    }
}

void error_setg_file_open_internal(Error **errp, const char *src, int line, const char *func,
                                   int os_errno, const char *filename)
{
    error_setg_errno_internal(errp, src, line, func, os_errno, "Could not open '%s'", filename);
}

const char *error_get_pretty(const Error *err)
{
    return err->message->str;
}

ErrorClass error_get_class(const Error *err)
{
    return err->err_class;
}

Error *error_copy(const Error *err)
{
    Error *copy = g_new(Error, 1);

    *copy = *err;
    copy->message = g_string_new(err->message->str);
    if (err->hint != NULL) {
        copy->hint = g_string_new(err->hint->str);
    }
    return copy;
}

void error_free(Error *err)
{
    int saved_errno = errno;

    if (err != NULL) {
        g_string_free(err->message, TRUE);
        if (err->hint != NULL) {
            g_string_free(err->hint, TRUE);
        }
        g_free(err);
    }
    errno = saved_errno;
}

void error_free_or_abort(Error **errp)
{
    assert(errp != NULL && *errp != NULL);
    error_free(*errp);
    *errp = NULL;
}

void error_propagate(Error **dst_errp, Error *local_err)
{
    if (local_err == NULL || destination_takes(dst_errp, local_err)) {
        return;
    }
    if (dst_errp != NULL && *dst_errp == NULL) {
        *dst_errp = local_err;
    } else {
        error_free(local_err);
    }
}

void error_propagate_prepend(Error **dst_errp, Error *local_err, const char *fmt, ...)
{
    va_list ap;

    if (local_err != NULL && dst_errp != NULL && *dst_errp == NULL) {
        va_start(ap, fmt);
        error_vprepend(&local_err, fmt, ap);
        va_end(ap);
    }
    error_propagate(dst_errp, local_err);
}

void error_vprepend(Error *const *errp, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *text;

    if (errp == NULL) {
        return;
    }
    assert(*errp != NULL);
    text = g_strdup_vprintf(fmt, ap);
    g_string_prepend((*errp)->message, text);
    g_free(text);
    errno = saved_errno;
}

void error_prepend(Error *const *errp, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vprepend(errp, fmt, ap);
    va_end(ap);
}

void error_append_hint(Error *const *errp, const char *fmt, ...)
{
    int saved_errno = errno;
    va_list ap;

    if (errp == NULL) {
        return;
    }
    assert(*errp != NULL && errp != &error_abort && errp != &error_fatal);
    if ((*errp)->hint == NULL) {
        (*errp)->hint = g_string_new(NULL);
    }
    va_start(ap, fmt);
    g_string_append_vprintf((*errp)->hint, fmt, ap);
    va_end(ap);
    errno = saved_errno;
}

void error_report_err(Error *err)
{
    error_report("%s", err->message->str);
    hint_print(err);
    error_free(err);
}

void error_reportf_err(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vprepend(&err, fmt, ap);
    va_end(ap);
    error_report_err(err);
}

void warn_report_err(Error *err)
{
    warn_report("%s", err->message->str);
    hint_print(err);
    error_free(err);
}

void warn_reportf_err(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vprepend(&err, fmt, ap);
    va_end(ap);
    warn_report_err(err);
}

#ifdef QIO_HAS_WARN_REPORT_ERR_ONCE
bool warn_report_err_once_cond(bool *printed, Error *err)
{
    if (qatomic_xchg(printed, true)) {
        error_free(err);
        return false;
    }
    warn_report_err(err);
    return true;
}
#endif
