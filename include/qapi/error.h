/*
 * Error objects and where they go
 *
 * A function that can fail takes a last parameter "Error **errp" and, when it
 * fails, gives an error to it exactly once; when it succeeds it leaves it
 * alone. The caller says with @errp what is to become of the error:
 *
 *   NULL            not wanted; it costs nothing
 *   &local          "Error *local = NULL": stored there, the caller owns it
 *   &error_abort    a failure is a programming error: message, then abort()
 *   &error_fatal    a failure ends the program: message, then exit(1)
 *   &error_warn     a failure is worth a warning (qemu-8.0.1 to
 *                   qemu-10.1.3)
 *
 * The functions below call such a parameter @errp "as in qapi/error.h". Any
 * thread may call any of them, as long as no two use one Error at a time;
 * none blocks except for writing to stderr.
 *
 * Setting, prepending, hinting, freeing and reporting leave errno alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_ERROR_H
#define QAPI_ERROR_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-types-error.h"

G_BEGIN_DECLS

/**
 * Error:
 *
 * Message, class, place of creation and an optional hint for humans. The
 * struct is private; qemu/typedefs.h names it.
 */

/**
 * ErrorClass:
 *
 * What kind of error it is, for programs that have to tell. New code uses
 * @ERROR_CLASS_GENERIC_ERROR only.
 */
typedef enum ErrorClass {
    ERROR_CLASS_GENERIC_ERROR = QAPI_ERROR_CLASS_GENERICERROR,
    ERROR_CLASS_COMMAND_NOT_FOUND = QAPI_ERROR_CLASS_COMMANDNOTFOUND,
    ERROR_CLASS_DEVICE_NOT_ACTIVE = QAPI_ERROR_CLASS_DEVICENOTACTIVE,
    ERROR_CLASS_DEVICE_NOT_FOUND = QAPI_ERROR_CLASS_DEVICENOTFOUND,
    ERROR_CLASS_KVM_MISSING_CAP = QAPI_ERROR_CLASS_KVMMISSINGCAP,
} ErrorClass;

/**
 * error_abort:
 *
 * Its address is the destination of errors that must not happen: what failed
 * and where is printed on stderr, then the process aborts. The variable itself
 * stays NULL.
 */
extern Error *error_abort;

/**
 * error_fatal:
 *
 * Its address is the destination of errors that end the program: the error is
 * reported as by error_report_err(), then exit(1) is called, which runs the
 * atexit handlers. The variable itself stays NULL.
 */
extern Error *error_fatal;

#ifdef QIO_HAS_ERROR_WARN
/**
 * error_warn:
 *
 * Its address is the destination of errors that are only worth a warning: the
 * error is reported as by warn_report_err() and freed. The variable itself
 * stays NULL.
 *
 * Since: qemu-8.0.1 profile. Differs: absent from qemu-10.2.0 on.
 */
extern Error *error_warn;
#endif

/**
 * error_setg:
 * @errp: (nullable): as in qapi/error.h; must not hold an error yet
 * @fmt: printf format of the message: one phrase, no newline, no final stop
 * @...: its arguments
 *
 * Makes an error of class ERROR_CLASS_GENERIC_ERROR and gives it to @errp. With
 * NULL nothing is formatted. Aborts, naming both errors, if @errp holds one
 * already.
 *
 * Threads: any; Blocks: no.
 */
#define error_setg(errp, fmt, ...)                                      \
    error_setg_internal((errp), __FILE__, __LINE__, __func__,           \
                        (fmt), ## __VA_ARGS__)

/**
 * error_setg_internal:
 * @errp: (nullable): as for error_setg()
 * @src: source file of the failure; must live as long as the process
 * @line: line in @src
 * @func: function that failed; must live as long as the process
 * @fmt: printf format of the message
 * @...: its arguments
 *
 * What error_setg() calls.
 *
 * Threads: any; Blocks: no.
 */
void error_setg_internal(Error **errp, const char *src, int line,
                         const char *func, const char *fmt, ...)
    G_GNUC_PRINTF(5, 6);

/**
 * error_setg_errno:
 * @errp: (nullable): as for error_setg()
 * @os_errno: an errno value, positive, or 0
 * @fmt: printf format of the message
 * @...: its arguments
 *
 * Like error_setg(); unless @os_errno is 0, ": " and the text of that errno
 * follow the message.
 *
 * Threads: any; Blocks: no.
 */
#define error_setg_errno(errp, os_errno, fmt, ...)                      \
    error_setg_errno_internal((errp), __FILE__, __LINE__, __func__,     \
                              (os_errno), (fmt), ## __VA_ARGS__)

/**
 * error_setg_errno_internal:
 * @errp: (nullable): as for error_setg()
 * @src: as for error_setg_internal()
 * @line: as for error_setg_internal()
 * @func: as for error_setg_internal()
 * @os_errno: an errno value, positive, or 0
 * @fmt: printf format of the message
 * @...: its arguments
 *
 * What error_setg_errno() calls.
 *
 * Threads: any; Blocks: no.
 */
void error_setg_errno_internal(Error **errp, const char *src, int line,
                               const char *func, int os_errno,
                               const char *fmt, ...)
    G_GNUC_PRINTF(6, 7);

/**
 * error_setg_file_open:
 * @errp: (nullable): as for error_setg()
 * @os_errno: an errno value, positive
 * @filename: the file that could not be opened
 *
 * Like error_setg_errno() with the message "Could not open 'FILENAME'".
 *
 * Threads: any; Blocks: no.
 */
#define error_setg_file_open(errp, os_errno, filename)                  \
    error_setg_file_open_internal((errp), __FILE__, __LINE__, __func__, \
                                  (os_errno), (filename))

/**
 * error_setg_file_open_internal:
 * @errp: (nullable): as for error_setg()
 * @src: as for error_setg_internal()
 * @line: as for error_setg_internal()
 * @func: as for error_setg_internal()
 * @os_errno: an errno value, positive
 * @filename: the file that could not be opened
 *
 * What error_setg_file_open() calls.
 *
 * Threads: any; Blocks: no.
 */
void error_setg_file_open_internal(Error **errp, const char *src, int line,
                                   const char *func, int os_errno,
                                   const char *filename);

/**
 * error_set:
 * @errp: (nullable): as for error_setg()
 * @err_class: the class
 * @fmt: printf format of the message
 * @...: its arguments
 *
 * Like error_setg(), with a class other than the generic one.
 *
 * Threads: any; Blocks: no.
 */
#define error_set(errp, err_class, fmt, ...)                            \
    error_set_internal((errp), __FILE__, __LINE__, __func__,            \
                       (err_class), (fmt), ## __VA_ARGS__)

/**
 * error_set_internal:
 * @errp: (nullable): as for error_setg()
 * @src: as for error_setg_internal()
 * @line: as for error_setg_internal()
 * @func: as for error_setg_internal()
 * @err_class: the class
 * @fmt: printf format of the message
 * @...: its arguments
 *
 * What error_set() calls.
 *
 * Threads: any; Blocks: no.
 */
void error_set_internal(Error **errp, const char *src, int line,
                        const char *func, ErrorClass err_class,
                        const char *fmt, ...)
    G_GNUC_PRINTF(6, 7);

/**
 * error_get_pretty:
 * @err: (transfer none): an error
 *
 * The message, without hint.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the message, valid until @err is changed or freed.
 */
const char *error_get_pretty(const Error *err);

/**
 * error_get_class:
 * @err: (transfer none): an error
 *
 * The class.
 *
 * Threads: any; Blocks: no.
 * Returns: the class @err was made with.
 */
ErrorClass error_get_class(const Error *err);

/**
 * error_copy:
 * @err: (transfer none): an error
 *
 * A second error with the same message, class, place of creation and hint.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the copy; free with error_free().
 */
Error *error_copy(const Error *err);

/**
 * error_free:
 * @err: (transfer full) (nullable): an error
 *
 * Frees @err. NULL is fine.
 *
 * Threads: any; Blocks: no.
 */
void error_free(Error *err);

/**
 * error_free_or_abort:
 * @errp: where an error must be stored
 *
 * Frees the error in *@errp and sets *@errp to NULL. Aborts if there is none:
 * for tests that expect a failure.
 *
 * Threads: any; Blocks: no.
 */
void error_free_or_abort(Error **errp);

/**
 * error_propagate:
 * @dst_errp: (nullable): as in qapi/error.h; may hold an error already
 * @local_err: (transfer full) (nullable): the error to pass on
 *
 * Gives @local_err to @dst_errp. NULL does nothing, whatever @dst_errp is. An
 * error that @dst_errp holds already stays, and @local_err is freed. With
 * &error_abort the place that is printed is where @local_err was made.
 *
 * Threads: any; Blocks: no.
 */
void error_propagate(Error **dst_errp, Error *local_err);

/**
 * error_propagate_prepend:
 * @dst_errp: (nullable): as for error_propagate()
 * @local_err: (transfer full) (nullable): the error to pass on
 * @fmt: printf format of what goes in front of the message
 * @...: its arguments
 *
 * Like error_prepend() on @local_err followed by error_propagate(). Nothing is
 * formatted unless the error survives.
 *
 * Threads: any; Blocks: no.
 */
void error_propagate_prepend(Error **dst_errp, Error *local_err,
                             const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

/**
 * error_prepend:
 * @errp: (nullable): NULL, or where an error is stored
 * @fmt: printf format of what goes in front of the message
 * @...: its arguments
 *
 * Puts a text in front of the message of *@errp, with nothing in between. NULL
 * does nothing. Aborts if *@errp is NULL. In a function that got @errp from its
 * caller, ERRP_GUARD() has to come first.
 *
 * Threads: any; Blocks: no.
 */
void error_prepend(Error *const *errp, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);

/**
 * error_vprepend:
 * @errp: (nullable): as for error_prepend()
 * @fmt: printf format of what goes in front of the message
 * @ap: its arguments
 *
 * error_prepend() with a va_list.
 *
 * Threads: any; Blocks: no.
 */
void error_vprepend(Error *const *errp, const char *fmt, va_list ap)
    G_GNUC_PRINTF(2, 0);

/**
 * error_append_hint:
 * @errp: (nullable): NULL, or where an error is stored
 * @fmt: printf format of the hint; end it with a newline
 * @...: its arguments
 *
 * Appends to the hint of *@errp, which is printed below the message when the
 * error is reported. NULL does nothing. Aborts if *@errp is NULL or @errp is
 * &error_abort or &error_fatal. In a function that got @errp from its caller,
 * ERRP_GUARD() has to come first.
 *
 * Threads: any; Blocks: no.
 */
void error_append_hint(Error *const *errp, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);

/**
 * error_report_err:
 * @err: (transfer full): an error
 *
 * Prints the message as by error_report(), then the hint, and frees @err.
 *
 * Threads: any; Blocks: no.
 */
void error_report_err(Error *err);

/**
 * error_reportf_err:
 * @err: (transfer full): an error
 * @fmt: printf format of what goes in front of the message
 * @...: its arguments
 *
 * Like error_report_err(), with a text in front of the message.
 *
 * Threads: any; Blocks: no.
 */
void error_reportf_err(Error *err, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);

/**
 * warn_report_err:
 * @err: (transfer full): an error
 *
 * Prints the message as by warn_report(), then the hint, and frees @err.
 *
 * Threads: any; Blocks: no.
 */
void warn_report_err(Error *err);

/**
 * warn_reportf_err:
 * @err: (transfer full): an error
 * @fmt: printf format of what goes in front of the message
 * @...: its arguments
 *
 * Like warn_report_err(), with a text in front of the message.
 *
 * Threads: any; Blocks: no.
 */
void warn_reportf_err(Error *err, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);

#ifdef QIO_HAS_WARN_REPORT_ERR_ONCE
/**
 * warn_report_err_once_cond:
 * @printed: whether it was reported before; set by the call
 * @err: (transfer full): an error
 *
 * warn_report_err() if *@printed is false, else just frees @err. Of several
 * threads that share @printed, one reports.
 *
 * Threads: any; Blocks: no.
 * Returns: true if it reported.
 * Since: qemu-10.0 profile.
 */
bool warn_report_err_once_cond(bool *printed, Error *err);

/**
 * warn_report_err_once:
 * @err: (transfer full): an error
 *
 * Reports the first error that comes by this line of the program, as by
 * warn_report_err(), and frees the later ones.
 *
 * Threads: any; Blocks: no.
 * Returns: true if it reported.
 * Since: qemu-10.0 profile.
 */
#define warn_report_err_once(err)                                       \
    __extension__ ({                                                    \
        static bool warn_report_err_once_printed_;                      \
        warn_report_err_once_cond(&warn_report_err_once_printed_,       \
                                  (err));                               \
    })

#ifndef QIO_HAS_ERROR_AUTOPTR_REFUSED
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Error, error_free)
#endif
#endif

/**
 * ErrorPropagator:
 * @local_err: an error on its way
 * @errp: (nullable): where it goes when the variable leaves its scope
 *
 * For "g_auto(ErrorPropagator)"; ERRP_GUARD() is the handy form.
 */
typedef struct ErrorPropagator {
    Error *local_err;
    Error **errp;
} ErrorPropagator;

static inline void error_propagator_deliver(ErrorPropagator *propagator)
{
    error_propagate(propagator->errp, propagator->local_err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ErrorPropagator, error_propagator_deliver)

/**
 * ERRP_GUARD:
 *
 * A statement for the top of a function whose last parameter is named errp:
 * below it errp is not NULL, and *errp tells whether there was an error, which
 * may be given a prefix or a hint. If the caller passed NULL or &error_fatal,
 * errp is made to point to a local variable, whose content goes to the caller's
 * destination when the function ends, by whatever path. All other destinations
 * stay as they are: &error_abort, so that an abort shows the failing function on
 * the stack, and &error_warn, with which *errp stays NULL whatever happens.
 */
#define ERRP_GUARD()                                                    \
    g_auto(ErrorPropagator) errp_guard_ = { NULL, errp };               \
    errp = (errp == NULL || errp == &error_fatal)                       \
           ? &errp_guard_.local_err : errp

G_END_DECLS

#endif
