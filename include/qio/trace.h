/*
 * The trace events of io/, written as lines of text or told to functions of the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_TRACE_H
#define QIO_TRACE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/error.h"

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

/**
 * qio_trace_enable:
 * @patterns: (transfer none): patterns of event names, between commas: "qio_task_*,-qio_task_new"
 * @errp: (nullable): as in qapi/error.h
 *
 * From now on, a line is written for each of the events that @patterns chooses, as if the program had been
 * started with them in the environment variable QIO_TRACE:
 *
 *     TIME THREAD [THREAD-NAME] EVENT ARGUMENT=VALUE...
 *
 * TIME is that of CLOCK_MONOTONIC, in seconds; THREAD is the number that gettid() returns. Each pattern adds
 * the events whose names it matches, or takes them away if it begins with "-", in their order; "*" stands for
 * any characters, "?" for any one. Events that are on already stay on.
 *
 * Lines wait for up to 50 ms in a buffer of their thread; a thread of the library's, trace-writer, writes
 * them in the order of their times. exit() writes what waits; after _exit(), or a signal that ends the process,
 * it's lost. A forked child has the same events on, and none of its parent's lines.
 *
 * Until qio_trace_set_file() or QIO_TRACE_FILE say something else, lines go to what standard error is at this
 * moment.
 *
 * Threads: any. Blocks: no.
 * Returns: true, or false with @errp set and nothing changed: if a pattern matches no event of the profile, or
 * there is no standard error to write to
 */
bool qio_trace_enable(const char *patterns, Error **errp);

/**
 * qio_trace_disable:
 * @patterns: (transfer none): as of qio_trace_enable()
 * @errp: (nullable): as in qapi/error.h
 *
 * From now on, no line is written for the events that @patterns chooses. Functions that are registered
 * for them are called as before.
 *
 * Threads: any. Blocks: no.
 * Returns: true, or false with @errp set and nothing changed: if a pattern matches no event of the profile
 */
bool qio_trace_disable(const char *patterns, Error **errp);

/**
 * qio_trace_set_file:
 * @filename: (transfer none) (nullable): a file, which is made or appended to; NULL for what standard error is
 *     at this moment
 * @errp: (nullable): as in qapi/error.h
 *
 * From now on, lines go there. Those that wait are written to where lines went before.
 *
 * If a line can't be written, because the disk is full for instance, tracing stops: one line on standard error
 * says so, and nothing is written until a file is set anew.
 *
 * Threads: any. Blocks: as opening @filename, and writing what waits, does.
 * Returns: true, or false with @errp set and nothing changed
 */
bool qio_trace_set_file(const char *filename, Error **errp);

/**
 * qio_trace_flush:
 *
 * Writes the lines of all events that have fired, before _exit() for instance.
 *
 * Threads: any. Blocks: as writing does.
 */
void qio_trace_flush(void);

G_END_DECLS

#endif
