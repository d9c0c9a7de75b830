/*
 * The other variadic functions of qapi/error.h, and those of qemu/error-report.h
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../error-text.h"

enum {
    SEVERITY_ERROR = 0,
    SEVERITY_WARNING = 1,
    SEVERITY_INFO = 2,
};

/* src/variadic.rs */
void qio_internal_error_prepend(const char *function, Error *const *errp,
                                const char *text);
void qio_internal_error_append_hint(Error *const *errp, const char *text);
void qio_internal_report(int severity, const char *text);
int qio_internal_print(const char *text);

/* src/capi */
void error_propagate(Error **dst_errp, Error *local_err);
void error_report_err(Error *err);
void warn_report_err(Error *err);

void G_GNUC_PRINTF(6, 7)
error_set_internal(Error **errp, const char *src, int line, const char *func,
                   unsigned int err_class, const char *fmt, ...)
{
    va_list ap;

    if (errp == NULL) {
        return;
    }
    va_start(ap, fmt);
    set_error(errp, src, line, func, err_class, 0, fmt, ap);
    va_end(ap);
}

static void G_GNUC_PRINTF(3, 0)
prepend(const char *function, Error *const *errp, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *text = make_text(fmt, ap);

    qio_internal_error_prepend(function, errp, text);
    g_free(text);
    errno = saved_errno;
}

void G_GNUC_PRINTF(2, 0)
error_vprepend(Error *const *errp, const char *fmt, va_list ap)
{
    if (errp != NULL) {
        prepend("error_prepend", errp, fmt, ap);
    }
}

void G_GNUC_PRINTF(2, 3)
error_prepend(Error *const *errp, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vprepend(errp, fmt, ap);
    va_end(ap);
}

void G_GNUC_PRINTF(3, 4)
error_propagate_prepend(Error **dst_errp, Error *local_err,
                        const char *fmt, ...)
{
    /* Only then does the error survive (R-ERR-6). */
    if (local_err != NULL && dst_errp != NULL && *dst_errp == NULL) {
        va_list ap;

        va_start(ap, fmt);
        prepend("error_propagate_prepend", &local_err, fmt, ap);
        va_end(ap);
    }
    error_propagate(dst_errp, local_err);
}

void G_GNUC_PRINTF(2, 3)
error_append_hint(Error *const *errp, const char *fmt, ...)
{
    int saved_errno = errno;
    va_list ap;
    char *text;

    if (errp == NULL) {
        return;
    }
    va_start(ap, fmt);
    text = make_text(fmt, ap);
    va_end(ap);
    qio_internal_error_append_hint(errp, text);
    g_free(text);
    errno = saved_errno;
}

void G_GNUC_PRINTF(2, 3)
error_reportf_err(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    prepend("error_reportf_err", &err, fmt, ap);
    va_end(ap);
    error_report_err(err);
}

void G_GNUC_PRINTF(2, 3)
warn_reportf_err(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    prepend("warn_reportf_err", &err, fmt, ap);
    va_end(ap);
    warn_report_err(err);
}

static void G_GNUC_PRINTF(2, 0)
report(int severity, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *text = make_text(fmt, ap);

    qio_internal_report(severity, text);
    g_free(text);
    errno = saved_errno;
}

void G_GNUC_PRINTF(1, 0) error_vreport(const char *fmt, va_list ap)
{
    report(SEVERITY_ERROR, fmt, ap);
}

void G_GNUC_PRINTF(1, 0) warn_vreport(const char *fmt, va_list ap)
{
    report(SEVERITY_WARNING, fmt, ap);
}

void G_GNUC_PRINTF(1, 0) info_vreport(const char *fmt, va_list ap)
{
    report(SEVERITY_INFO, fmt, ap);
}

void G_GNUC_PRINTF(1, 2) error_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(SEVERITY_ERROR, fmt, ap);
    va_end(ap);
}

void G_GNUC_PRINTF(1, 2) warn_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(SEVERITY_WARNING, fmt, ap);
    va_end(ap);
}

void G_GNUC_PRINTF(1, 2) info_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(SEVERITY_INFO, fmt, ap);
    va_end(ap);
}

int G_GNUC_PRINTF(1, 0) error_vprintf(const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *text = make_text(fmt, ap);
    int ret = qio_internal_print(text);

    g_free(text);
    errno = saved_errno;
    return ret;
}

int G_GNUC_PRINTF(1, 2) error_printf(const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = error_vprintf(fmt, ap);
    va_end(ap);
    return ret;
}
