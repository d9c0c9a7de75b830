/*
 * An Error as a GError and back: the text stays, and the code is that of errno.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "error.h"
#include "qio/ext.h"

/* As GIO has it, which knows no closed descriptors. */
GIOErrorEnum code_of_errno(int number)
{
    switch (number) {
    case 0:
        return G_IO_ERROR_FAILED;
    case EBADF:
        return G_IO_ERROR_CLOSED;
    default:
        return g_io_error_from_errno(number);
    }
}

GIOErrorEnum code_of_task(QIOTask *task)
{
    switch (qio_task_get_outcome(task)) {
    case QIO_TASK_CANCELLED:
        return G_IO_ERROR_CANCELLED;
    case QIO_TASK_TIMED_OUT:
        return G_IO_ERROR_TIMED_OUT;
    default:
        return G_IO_ERROR_FAILED;
    }
}

void error_to_gerror(Error *err, GIOErrorEnum code, GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, code, error_get_pretty(err));
    error_free(err);
}

/* What callers of a channel look at, where GIO's code says it. */
static int errno_of(const GError *error)
{
    static const struct {
        GIOErrorEnum code;
        int number;
    } codes[] = {
        { G_IO_ERROR_BROKEN_PIPE, EPIPE }, /* which is G_IO_ERROR_CONNECTION_CLOSED too */
        { G_IO_ERROR_CLOSED, EBADF },
        { G_IO_ERROR_CONNECTION_REFUSED, ECONNREFUSED },
        { G_IO_ERROR_NOT_CONNECTED, ENOTCONN },
        { G_IO_ERROR_NO_SPACE, ENOSPC },
        { G_IO_ERROR_PERMISSION_DENIED, EACCES },
        { G_IO_ERROR_TIMED_OUT, ETIMEDOUT },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_error_matches(error, G_IO_ERROR, codes[i].code)) {
            return codes[i].number;
        }
    }
    return EIO;
}

void error_from_gerror(GError *error, Error **errp)
{
    int code = errno_of(error);

    error_setg(errp, "%s", error->message);
    g_error_free(error);
    errno = code;
}
