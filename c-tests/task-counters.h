/*
 * Callbacks that the tests of the properties of tasks share: counters, and a gate that workers wait at.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TASK_COUNTERS_H
#define TASK_COUNTERS_H

#include "qemu/osdep.h"
#include "io/task.h"

static inline void worker_returns(QIOTask *task, gpointer opaque)
{
}

static inline void func_counts(QIOTask *task, gpointer opaque)
{
    g_assert_false(qio_task_propagate_error(task, NULL));
    g_atomic_int_inc((int *)opaque);
}

static inline void destroy_counts(gpointer opaque)
{
    g_atomic_int_inc((int *)opaque);
}

static inline void run_until(int *counter, int goal, GMainContext *context)
{
    while (g_atomic_int_get(counter) < goal) {
        g_main_context_iteration(context, TRUE);
    }
}

typedef struct Gate {
    GMutex lock;
    GCond cond;
    gboolean open;
} Gate;

static inline void gate_open(Gate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->open = TRUE;
    g_cond_broadcast(&gate->cond);
    g_mutex_unlock(&gate->lock);
}

static inline void worker_waits_at_gate(QIOTask *task, gpointer opaque)
{
    Gate *gate = opaque;

    g_mutex_lock(&gate->lock);
    while (!gate->open) {
        g_cond_wait(&gate->cond, &gate->lock);
    }
    g_mutex_unlock(&gate->lock);
}

#endif
