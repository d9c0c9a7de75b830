/*
 * The variadic functions of qapi/error.h that io/ needs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../error-text.h"

void G_GNUC_PRINTF(5, 6)
error_setg_internal(Error **errp, const char *src, int line, const char *func,
                    const char *fmt, ...)
{
    va_list ap;

    if (errp == NULL) {
        return;
    }
    va_start(ap, fmt);
    set_error(errp, src, line, func, ERROR_CLASS_GENERIC_ERROR, 0, fmt, ap);
    va_end(ap);
}

void G_GNUC_PRINTF(6, 7)
error_setg_errno_internal(Error **errp, const char *src, int line,
                          const char *func, int os_errno, const char *fmt, ...)
{
    va_list ap;

    if (errp == NULL) {
        return;
    }
    va_start(ap, fmt);
    set_error(errp, src, line, func, ERROR_CLASS_GENERIC_ERROR, os_errno,
              fmt, ap);
    va_end(ap);
}
