/*
 * Coroutines that wait for channels, and event loops that serve them.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef COROUTINE_CHANNELS_H
#define COROUTINE_CHANNELS_H

#include "socket-channels.h"
#include "qemu/aio-wait.h"
#include "qemu/atomic.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"

/* A coroutine that waits for a channel, again and again. */
typedef struct Waiter {
    QIOChannel *ioc;
    GIOCondition condition;
    Coroutine *co;
    /* How often to wait; how often it has; whether it has ended. */
    int rounds;
    int woken;
    bool ended;
} Waiter;

static inline void coroutine_fn waiter_run(void *opaque)
{
    Waiter *waiter = opaque;

    for (int i = 0; i < waiter->rounds; i++) {
        qio_channel_yield(waiter->ioc, waiter->condition);
        g_assert_true(qemu_coroutine_self() == waiter->co);
        qatomic_set(&waiter->woken, waiter->woken + 1);
    }
    waiter->co = NULL;
    qatomic_set(&waiter->ended, true);
}

/* Begins to wait. */
static inline void waiter_start(Waiter *waiter, QIOChannel *ioc, GIOCondition condition, int rounds)
{
    *waiter = (Waiter) { .ioc = ioc, .condition = condition, .rounds = rounds };
    waiter->co = qemu_coroutine_create(waiter_run, waiter);
    qemu_coroutine_enter(waiter->co);
}

/* Runs what is ready in the main loop. */
static inline void loop_run(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

static inline void loop_until(const bool *flag)
{
    while (!qatomic_read(flag)) {
        main_loop_wait(false);
    }
}

static inline void loop_until_woken(Waiter *waiter, int times)
{
    while (qatomic_read(&waiter->woken) < times) {
        main_loop_wait(false);
    }
    g_assert_cmpint(waiter->woken, ==, times);
}

static inline void follow(QIOChannel *ioc, bool enabled)
{
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_set_follow_coroutine_ctx(ioc, enabled);
#endif
}

/* Nobody waits for the channel. */
static inline void assert_unwaited(QIOChannel *ioc)
{
    g_assert_null(ioc->read_coroutine);
    g_assert_null(ioc->write_coroutine);
}

/* Two connected sockets that don't block, with little room between them. */
static inline Pair nonblocking_pair(void)
{
    Pair pair = unix_pair();

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    return pair;
}

/* Writes until there is no room. */
static inline size_t fill(QIOChannelSocket *ioc)
{
    static const char bytes[4096];
    size_t total = 0;
    ssize_t sent;

    while ((sent = send(ioc->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
        total += sent;
    }
    g_assert_cmpint(errno, ==, EAGAIN);
    return total;
}

/* Reads so much. */
static inline void drain(QIOChannelSocket *ioc, size_t size)
{
    char bytes[4096];

    while (size) {
        ssize_t got = recv(ioc->fd, bytes, MIN(size, sizeof(bytes)), MSG_DONTWAIT);

        g_assert_cmpint(got, >, 0);
        size -= got;
    }
}

static inline void poke(QIOChannelSocket *ioc)
{
    g_assert_cmpint(send(ioc->fd, "x", 1, MSG_NOSIGNAL), ==, 1);
}

/* A thread that serves a context of its own. */
typedef struct LoopThread {
    AioContext *ctx;
    GThread *thread;
    bool stops;
} LoopThread;

static inline gpointer loop_thread_run(gpointer opaque)
{
    LoopThread *self = opaque;

    qemu_set_current_aio_context(self->ctx);
    while (!qatomic_read(&self->stops)) {
        aio_poll(self->ctx, true);
    }
    return NULL;
}

static inline void loop_thread_start(LoopThread *self)
{
    *self = (LoopThread) { .ctx = aio_context_new(&error_abort) };
    self->thread = g_thread_new("loop", loop_thread_run, self);
}

static inline void loop_thread_stop(LoopThread *self)
{
    qatomic_set(&self->stops, true);
    aio_notify(self->ctx);
    g_thread_join(self->thread);
    aio_context_unref(self->ctx);
}

/* Calls @cb in the thread, and returns when it has been. */
typedef struct LoopCall {
    QEMUBHFunc *cb;
    void *opaque;
    GAsyncQueue *done;
} LoopCall;

static inline void loop_call_run(void *opaque)
{
    LoopCall *call = opaque;

    call->cb(call->opaque);
    g_async_queue_push(call->done, call);
}

static inline void loop_thread_call(LoopThread *self, QEMUBHFunc *cb, void *opaque)
{
    LoopCall call = { .cb = cb, .opaque = opaque, .done = g_async_queue_new() };

    aio_bh_schedule_oneshot(self->ctx, loop_call_run, &call);
    g_async_queue_pop(call.done);
    g_async_queue_unref(call.done);
}

static inline void coroutine_tests_init(int *argc, char ***argv)
{
    socket_tests_init(argc, argv);
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
}

#endif
