/*
 * The trace events of io/, told to functions of the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_TRACE_H
#define QIO_TRACE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

/**
 * QIOTraceSink:
 * @event: the name of an event, such as "qio_task_new"; NULL ends a list
 * @kinds: a letter for each of its arguments: p void *, s const char *, i int, u uint32_t, z size_t,
 *     b uint8_t
 * @function: (nullable): a function of these arguments, cast to the type of this member
 *
 * A function that is called when an event fires: before the operation goes on, in its thread. It may be
 * any thread, and several at once. Objects are named by their addresses; they may be gone already. Texts
 * are valid until the function returns, and may be NULL where the events' table says so. The function may
 * not call io/.
 */
typedef struct QIOTraceSink {
    const char *event;
    const char *kinds;
    void (*function)(void);
} QIOTraceSink;

G_BEGIN_DECLS

/**
 * qio_trace_register:
 * @sinks: (array) (transfer none) (nullable): functions, up to an event of NULL; read until the call returns
 *
 * From now on, the functions of @sinks are called for their events, each in the place of the one that was
 * there. A @function of NULL takes it away; a call that is under way may go on for a while.
 *
 * The events and their arguments are those of the profile (docs/spec). What it hasn't got, or has with other
 * kinds of arguments, is left out.
 *
 * Threads: any. Blocks: no.
 * Returns: how many of @sinks are called, or taken away
 */
size_t qio_trace_register(const QIOTraceSink *sinks);

G_END_DECLS

#endif
