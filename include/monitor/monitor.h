/*
 * The monitor that is running the current command
 *
 * libqio has no monitor. It only asks whether there is one, when a socket
 * address names a file descriptor. A program may define any of the four
 * functions itself, with the prototypes below: its definitions replace the
 * library's everywhere, also for calls made inside the library. What a Monitor
 * is, only the program knows; the library never looks into one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MONITOR_H
#define MONITOR_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qemu/main-loop.h"

G_BEGIN_DECLS

/**
 * monitor_cur:
 *
 * The monitor on whose behalf the calling thread runs.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): the monitor. The library's: NULL.
 */
Monitor *monitor_cur(void);

/**
 * monitor_set_cur:
 * @co: (nullable): the coroutine it is set for
 * @mon: (transfer none) (nullable): the monitor
 *
 * Makes @mon the current monitor. The library's does nothing.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): the previous one. The library's: NULL.
 */
Monitor *monitor_set_cur(Coroutine *co, Monitor *mon);

/**
 * monitor_get_fd:
 * @mon: (transfer none): the monitor
 * @fdname: the name under which the descriptor was handed to the monitor
 * @errp: (nullable): as in qapi/error.h
 *
 * Looks up a file descriptor by name.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): a descriptor of the caller's own, or -1 with @errp
 * set. The library's always fails.
 */
int monitor_get_fd(Monitor *mon, const char *fdname, Error **errp);

/**
 * monitor_vprintf:
 * @mon: (transfer none): the monitor
 * @fmt: printf format of the text
 * @ap: its arguments
 *
 * Prints to a monitor. The library's prints nothing and fails; up to the qemu-10.2 profile it
 * aborts.
 *
 * Threads: any; Blocks: no.
 * Returns: the number of bytes printed, or -1.
 */
int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
    G_GNUC_PRINTF(2, 0);

G_END_DECLS

#endif
