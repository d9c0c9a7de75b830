/*
 * What the tests of tasks have in common: callbacks that leave a log of what ran.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TASK_LOG_H
#define TASK_LOG_H

#include "qemu/osdep.h"
#include "io/task.h"
#include "qapi/error.h"
#include "probe-object.h"

#ifdef QIO_HAS_TASK_FREE
#define COMPLETE_FREES 0
#else
#define COMPLETE_FREES 1
#endif

/* Completes a task by hand and frees it by the rules of the profile. */
static inline void complete_and_free(QIOTask *task)
{
    qio_task_complete(task);
#if !COMPLETE_FREES
    qio_task_free(task);
#endif
}

/* What callbacks leave behind, in the order in which they ran. */
typedef struct Log {
    GString *text;
    GThread *func_thread;
    GThread *worker_thread;
    Object *source;
    gpointer result;
    Error *err;
    GMainLoop *loop;
    int calls;
} Log;

static inline void log_init(Log *log)
{
    *log = (Log) { .text = g_string_new(NULL) };
}

static inline void log_clear(Log *log)
{
    g_string_free(log->text, TRUE);
    error_free(log->err);
}

static inline void func_logs(QIOTask *task, gpointer opaque)
{
    Log *log = opaque;

    g_string_append(log->text, "func ");
    log->calls++;
    log->func_thread = g_thread_self();
    log->source = qio_task_get_source(task);
    log->result = qio_task_get_result_pointer(task);
    qio_task_propagate_error(task, &log->err);
    if (log->loop) {
        g_main_loop_quit(log->loop);
    }
}

static inline void destroy_logs(gpointer opaque)
{
    Log *log = opaque;

    g_string_append(log->text, "task-data ");
}

#endif
