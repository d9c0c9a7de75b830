/*
 * The monitor functions for programs without a monitor
 *
 * All four are weak, so that a program's own definitions replace them, and
 * stand in an object with nothing else, so that the linker can leave it out
 * (R-MON-1). Keep them C: a Rust function would be bound inside the library.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <glib.h>
#include "qio-profile.h"

typedef struct Coroutine Coroutine;
typedef struct Error Error;
typedef struct Monitor Monitor;

/* c/required/error.c */
void error_setg_internal(Error **errp, const char *src, int line,
                         const char *func, const char *fmt, ...)
    G_GNUC_PRINTF(5, 6);

__attribute__((weak)) Monitor *monitor_cur(void)
{
    return NULL;
}

__attribute__((weak)) Monitor *monitor_set_cur(Coroutine *co, Monitor *mon)
{
    return NULL;
}

__attribute__((weak)) int monitor_get_fd(Monitor *mon, const char *fdname,
                                         Error **errp)
{
    error_setg_internal(errp, __FILE__, __LINE__, __func__,
                        "only QEMU supports file descriptor passing");
    return -1;
}

__attribute__((weak)) G_GNUC_PRINTF(2, 0)
int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
{
#ifdef QIO_HAS_MONITOR_VPRINTF_FAILS
    return -1;
#else
    fputs("monitor_vprintf: there is no monitor to print to\n", stderr);
    abort();
#endif
}
