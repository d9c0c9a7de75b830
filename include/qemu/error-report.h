/*
 * Messages for the person in front of the program
 *
 * A report is one line on stderr: the program's name and ": " if
 * g_get_prgname() knows it, "warning: " or "info: " for these two kinds, the
 * message, a newline. It is written in one piece. errno is left alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_ERROR_REPORT_H
#define QEMU_ERROR_REPORT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

G_BEGIN_DECLS

/**
 * error_report:
 * @fmt: printf format of the message: one phrase, no newline, no final stop
 * @...: its arguments
 *
 * Reports an error.
 *
 * Threads: any; Blocks: no.
 */
void error_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/**
 * error_vreport:
 * @fmt: as for error_report()
 * @ap: its arguments
 *
 * error_report() with a va_list.
 *
 * Threads: any; Blocks: no.
 */
void error_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);

/**
 * warn_report:
 * @fmt: as for error_report()
 * @...: its arguments
 *
 * Reports a warning.
 *
 * Threads: any; Blocks: no.
 */
void warn_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/**
 * warn_vreport:
 * @fmt: as for error_report()
 * @ap: its arguments
 *
 * warn_report() with a va_list.
 *
 * Threads: any; Blocks: no.
 */
void warn_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);

/**
 * info_report:
 * @fmt: as for error_report()
 * @...: its arguments
 *
 * Reports something worth knowing.
 *
 * Threads: any; Blocks: no.
 */
void info_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/**
 * info_vreport:
 * @fmt: as for error_report()
 * @ap: its arguments
 *
 * info_report() with a va_list.
 *
 * Threads: any; Blocks: no.
 */
void info_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);

/**
 * error_printf:
 * @fmt: printf format of the text
 * @...: its arguments
 *
 * Prints a text on stderr as it is, without prefix or newline.
 *
 * Threads: any; Blocks: no.
 * Returns: the number of bytes printed, or -1 if that failed.
 */
int error_printf(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/**
 * error_vprintf:
 * @fmt: printf format of the text
 * @ap: its arguments
 *
 * error_printf() with a va_list.
 *
 * Threads: any; Blocks: no.
 * Returns: the number of bytes printed, or -1 if that failed.
 */
int error_vprintf(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);

#ifdef QIO_HAS_ISO8601_TIME
/**
 * real_time_iso8601:
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the time of day in UTC, to the microsecond, as ISO 8601 has it; free with
 *     g_free()
 * Since: qemu-11.1 profile, provisionally.
 */
char *real_time_iso8601(void);
#endif

/**
 * error_init:
 * @argv0: (nullable): the program's argv[0]
 *
 * Makes what follows the last slash of @argv0 the program's name, as
 * g_get_prgname() tells it and reports begin with it. NULL leaves the name
 * alone. GLib's own log messages stay with GLib.
 *
 * Threads: main thread, before others report; Blocks: no.
 */
void error_init(const char *argv0);

G_END_DECLS

#endif
