/*
 * There is no monitor (R-MON-1, R-MON-2). Nothing else is in this object, so that programs can
 * define any of these themselves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "monitor/monitor.h"
#include "qapi/error.h"

__attribute__((weak)) Monitor *monitor_cur(void)
{
    return NULL;
}

__attribute__((weak)) Monitor *monitor_set_cur(Coroutine *co, Monitor *mon)
{
    return NULL;
}

__attribute__((weak)) int monitor_get_fd(Monitor *mon, const char *fdname, Error **errp)
{
    error_setg(errp, "only QEMU supports file descriptor passing");
    return -1;
}

__attribute__((weak)) int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
{
#ifdef QIO_HAS_MONITOR_VPRINTF_FAILS
    return -1;
#else
    abort();
#endif
}
