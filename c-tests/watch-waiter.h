/*
 * Threads that sleep until a watch fires.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WATCH_WAITER_H
#define WATCH_WAITER_H

#include "qemu/osdep.h"
#include "io/channel.h"

#include <pthread.h>

/* A thread that iterates a context of its own until its watch has fired. */
typedef struct Waiter {
    QIOChannel *ioc;
    GIOCondition condition;
    GMainContext *context;
    GSource *source;
    pthread_t thread;
    gint iterations;
    gint fired;
    GIOCondition seen;
} Waiter;

static inline gboolean waiter_fires(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    Waiter *waiter = data;

    waiter->seen = condition;
    g_atomic_int_set(&waiter->fired, 1);
    return G_SOURCE_REMOVE;
}

static inline void *waiter_runs(void *opaque)
{
    Waiter *waiter = opaque;

    while (!g_atomic_int_get(&waiter->fired)) {
        g_atomic_int_inc(&waiter->iterations);
        g_main_context_iteration(waiter->context, true);
    }
    return NULL;
}

/* How many contexts with this poll function sleep for as long as it takes. */
static gint asleep;

static inline gint sleeping_polls(GPollFD *fds, guint n, gint timeout)
{
    gint result;

    if (timeout < 0) {
        g_atomic_int_inc(&asleep);
    }
    result = g_poll(fds, n, timeout);
    if (timeout < 0) {
        g_atomic_int_add(&asleep, -1);
    }
    return result;
}

static inline void waiter_start(Waiter *waiter, QIOChannel *ioc, GIOCondition condition)
{
    *waiter = (Waiter) { .ioc = ioc, .condition = condition, .context = g_main_context_new() };
    g_main_context_set_poll_func(waiter->context, sleeping_polls);
    waiter->source = qio_channel_create_watch(ioc, condition);
    g_source_set_callback(waiter->source, (GSourceFunc)(void (*)(void))waiter_fires, waiter, NULL);
    g_source_attach(waiter->source, waiter->context);
    g_assert_cmpint(pthread_create(&waiter->thread, NULL, waiter_runs, waiter), ==, 0);
}

/* Until so many waiters sleep. */
static inline void await_asleep(gint count)
{
    while (g_atomic_int_get(&asleep) < count) {
        g_thread_yield();
    }
}

static inline void waiter_end(Waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    g_assert_cmpint(waiter->fired, ==, 1);
    g_source_destroy(waiter->source);
    g_source_unref(waiter->source);
    g_main_context_unref(waiter->context);
}

#endif
