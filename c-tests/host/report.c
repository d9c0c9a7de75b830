/*
 * Messages on stderr (R-ERR-9, R-ERR-10).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"

static void G_GNUC_PRINTF(2, 0) report(const char *kind, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    GString *line = g_string_new(NULL);

    if (g_get_prgname() != NULL) {
        g_string_append_printf(line, "%s: ", g_get_prgname());
    }
    g_string_append(line, kind);
    g_string_append_vprintf(line, fmt, ap);
    g_string_append_c(line, '\n');
    /* One call, so that lines of several threads don't mix. */
    fputs(line->str, stderr);
    g_string_free(line, TRUE);
    errno = saved_errno;
}

void error_vreport(const char *fmt, va_list ap)
{
    report("", fmt, ap);
}

void warn_vreport(const char *fmt, va_list ap)
{
    report("warning: ", fmt, ap);
}

void info_vreport(const char *fmt, va_list ap)
{
    report("info: ", fmt, ap);
}

void error_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
}

void warn_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    warn_vreport(fmt, ap);
    va_end(ap);
}

void info_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    info_vreport(fmt, ap);
    va_end(ap);
}

int error_vprintf(const char *fmt, va_list ap)
{
    int saved_errno = errno;
    int printed = vfprintf(stderr, fmt, ap);

    errno = saved_errno;
    return printed;
}

int error_printf(const char *fmt, ...)
{
    va_list ap;
    int printed;

    va_start(ap, fmt);
    printed = error_vprintf(fmt, ap);
    va_end(ap);
    return printed;
}

void error_init(const char *argv0)
{
    if (argv0 != NULL) {
        const char *slash = strrchr(argv0, '/');

        g_set_prgname(slash != NULL ? slash + 1 : argv0);
    }
}
