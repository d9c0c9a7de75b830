/*
 * Errors and wait between the two worlds, inside libqio-gio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GIO_ERROR_H
#define GIO_ERROR_H

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qio/gio.h"

/* Of an errno, 0 if nobody knows. */
GIOErrorEnum code_of_errno(int number);

/* Of a task that has failed. */
GIOErrorEnum code_of_task(QIOTask *task);

/* Takes over @err. */
void error_to_gerror(Error *err, GIOErrorEnum code, GError **error);

/* Takes over @error. */
void error_from_gerror(GError *error, Error **errp);

#endif
