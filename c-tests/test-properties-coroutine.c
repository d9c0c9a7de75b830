/*
 * Row C11 of docs/spec/properties.md.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "scripted-channel.h"

#define WAKERS 4

/* Under valgrind, which the test setup announces, fewer do. */
static int rounds(void)
{
    return g_getenv("QIO_TEST_SLOW") ? 300 : 5000;
}

/* What a coroutine that waits has set as handlers. */
static IOHandler *handler;
static void *handler_data;

#ifndef QIO_HAS_TWO_AIO_CONTEXTS
static void notes(QIOChannel *ioc, AioContext *ctx, IOHandler *io_read, IOHandler *io_write,
                  void *opaque)
#else
static void notes(QIOChannel *ioc, AioContext *read_ctx, IOHandler *io_read, AioContext *write_ctx,
                  IOHandler *io_write, void *opaque)
#endif
{
    if (io_read) {
        handler = io_read;
        handler_data = opaque;
    }
}

/* A coroutine that waits once a round. */
typedef struct Race {
    LoopThread loop;
    QIOChannel *ioc;
    int woken;
    bool ended;
    /* The coroutine's leave to wait again; the wakers' to begin, and their reports. */
    GAsyncQueue *again, *begin, *done;
} Race;

static void coroutine_fn race_run(void *opaque)
{
    Race *race = opaque;

    for (int i = rounds(); i > 0; i--) {
        qio_channel_yield(race->ioc, G_IO_IN);
        qatomic_inc(&race->woken);
        g_async_queue_pop(race->again);
    }
    qatomic_set(&race->ended, true);
}

static void race_start(void *opaque)
{
    qemu_coroutine_enter(qemu_coroutine_create(race_run, opaque));
}

static gpointer waker_run(gpointer opaque)
{
    Race *race = opaque;
    static int wakers;
    bool calls_handler = qatomic_fetch_inc(&wakers) % 2;

#ifndef QIO_HAS_WAKE_READ
    calls_handler = true;
#endif
    while (g_async_queue_pop(race->begin) == race) {
        if (calls_handler) {
            handler(handler_data);
        } else {
#ifdef QIO_HAS_WAKE_READ
            qio_channel_wake_read(race->ioc);
#endif
        }
        g_async_queue_push(race->done, race);
    }
    return NULL;
}

/* However many wake it at once, from whatever threads, it is woken once (R-801-4). */
static void test_once(void)
{
    Race race = {
        .ioc = bare_new(0), .again = g_async_queue_new(), .begin = g_async_queue_new(),
        .done = g_async_queue_new(),
    };
    QIOChannelClass *class = QIO_CHANNEL_GET_CLASS(race.ioc);
    GThread *threads[WAKERS];

    class->io_set_aio_fd_handler = notes;
    loop_thread_start(&race.loop);
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_attach_aio_context(race.ioc, race.loop.ctx);
#endif
    follow(race.ioc, true);
    for (int i = 0; i < WAKERS; i++) {
        threads[i] = g_thread_new("waker", waker_run, &race);
    }
    loop_thread_call(&race.loop, race_start, &race);
    for (int round = 1; round <= rounds(); round++) {
        while (!qatomic_read(&race.ioc->read_coroutine)) {
            g_thread_yield();
        }
        for (int i = 0; i < WAKERS; i++) {
            g_async_queue_push(race.begin, &race);
        }
        for (int i = 0; i < WAKERS; i++) {
            g_async_queue_pop(race.done);
        }
        while (qatomic_read(&race.woken) < round) {
            g_thread_yield();
        }
        g_assert_cmpint(qatomic_read(&race.woken), ==, round);
        g_async_queue_push(race.again, &race);
    }
    while (!qatomic_read(&race.ended)) {
        g_thread_yield();
    }
    for (int i = 0; i < WAKERS; i++) {
        g_async_queue_push(race.begin, &threads);
    }
    for (int i = 0; i < WAKERS; i++) {
        g_thread_join(threads[i]);
    }
    loop_thread_stop(&race.loop);
    assert_unwaited(race.ioc);
    class->io_set_aio_fd_handler = NULL;
    object_unref(OBJECT(race.ioc));
    g_async_queue_unref(race.again);
    g_async_queue_unref(race.begin);
    g_async_queue_unref(race.done);
}

/* Handlers that run for a coroutine which is going to be entered don't wake it again. */
static void coroutine_fn polls(void *opaque)
{
    Waiter *waiter = opaque;

    for (int i = 0; i < 3; i++) {
        aio_poll(qemu_get_aio_context(), false);
        g_assert_cmpint(waiter->woken, ==, 0);
    }
}

static void test_once_from_a_coroutine(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter waiter;

#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_attach_aio_context(ioc, qemu_get_aio_context());
#endif
    follow(ioc, true);
    waiter_start(&waiter, ioc, G_IO_IN, 2);
    poke(pair.server);
    qemu_coroutine_enter(qemu_coroutine_create(polls, &waiter));
    g_assert_cmpint(waiter.woken, ==, 1);
    qemu_coroutine_enter(waiter.co);
    g_assert_true(waiter.ended);
}

#ifdef QIO_HAS_WAKE_READ
/* Descriptors and threads race, and nothing is lost: all that is sent arrives. */
typedef struct Stream {
    LoopThread loop;
    QIOChannel *ioc;
    size_t size;
    bool ended;
} Stream;

static void coroutine_fn stream_run(void *opaque)
{
    Stream *stream = opaque;
    char bytes[64];

    for (;;) {
        ssize_t got = qio_channel_read(stream->ioc, bytes, sizeof(bytes), &error_abort);

        if (got == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_yield(stream->ioc, G_IO_IN);
        } else if (got == 0) {
            break;
        } else {
            stream->size += got;
        }
    }
    qatomic_set(&stream->ended, true);
}

static void stream_start(void *opaque)
{
    qemu_coroutine_enter(qemu_coroutine_create(stream_run, opaque));
}

static gpointer stream_wakes(gpointer opaque)
{
    Stream *stream = opaque;

    while (!qatomic_read(&stream->ended)) {
        qio_channel_wake_read(stream->ioc);
        g_thread_yield();
    }
    return NULL;
}

static void test_race_with_the_descriptor(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    Stream stream = { .ioc = QIO_CHANNEL(pair.client) };
    GThread *threads[2];

    follow(stream.ioc, true);
    loop_thread_start(&stream.loop);
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_attach_aio_context(stream.ioc, stream.loop.ctx);
#endif
    loop_thread_call(&stream.loop, stream_start, &stream);
    for (int i = 0; i < 2; i++) {
        threads[i] = g_thread_new("wakes", stream_wakes, &stream);
    }
    set_blocking(pair.server, true);
    for (int i = 0; i < rounds(); i++) {
        poke(pair.server);
    }
    shutdown(pair.server->fd, SHUT_WR);
    for (int i = 0; i < 2; i++) {
        g_thread_join(threads[i]);
    }
    loop_thread_stop(&stream.loop);
    g_assert_cmpuint(stream.size, ==, rounds());
    assert_unwaited(stream.ioc);
}

/* What must stay (R-801-4, R-82-4). */
static void test_not_remembered(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter waiter;

    qio_channel_wake_read(ioc);
    waiter_start(&waiter, ioc, G_IO_IN, 2);
    loop_run();
    g_assert_cmpint(waiter.woken, ==, 0);
    qio_channel_wake_read(ioc);
    loop_run();
    g_assert_cmpint(waiter.woken, ==, 1);
    qio_channel_wake_read(ioc);
    g_assert_true(waiter.ended);
}
#endif

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    scripted_register();
    TEST("/qio/properties/C11/once", test_once);
    TEST("/qio/properties/C11/once-from-a-coroutine", test_once_from_a_coroutine);
#ifdef QIO_HAS_WAKE_READ
    TEST("/qio/properties/C11/descriptor", test_race_with_the_descriptor);
    TEST("/qio/properties/C11/not-remembered", test_not_remembered);
#endif
    return g_test_run();
}
