/*
 * What the variadic functions of qapi/error.h have in common
 *
 * They are C because stable Rust can't define them (R-HDR-9). Each makes the
 * text and leaves the rest to src/variadic.rs. An unwanted error is
 * not even formatted, and errno stays as it was: callers look at it afterwards,
 * and "%m" must see it (R-ERR-2).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ERROR_TEXT_H
#define ERROR_TEXT_H

#include <errno.h>
#include <stdarg.h>
#include <glib.h>

typedef struct Error Error;

enum {
    ERROR_CLASS_GENERIC_ERROR = 0,
};

/* src/variadic.rs */
void qio_internal_error_set(Error **errp, const char *src, int line,
                            const char *func, unsigned int err_class,
                            char *message);

/* The text; the bare format in the rare case that it can't be made. */
static inline char *G_GNUC_PRINTF(1, 0) make_text(const char *fmt, va_list ap)
{
    char *text = g_strdup_vprintf(fmt, ap);

    return text ? text : g_strdup(fmt);
}

static inline void G_GNUC_PRINTF(7, 0)
set_error(Error **errp, const char *src, int line, const char *func,
          unsigned int err_class, int os_errno, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *message = make_text(fmt, ap);

    if (os_errno != 0) {
        char *text = message;

        message = g_strconcat(text, ": ", g_strerror(os_errno), NULL);
        g_free(text);
    }
    qio_internal_error_set(errp, src, line, func, err_class, message);
    errno = saved_errno;
}

#endif
