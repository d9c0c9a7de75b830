/*
 * io/channel.h: coroutines that wait for channels (R-CHAN-42 to 50, R-CHAN-52).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "io/channel-buffer.h"

static void test_read(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter waiter;

    waiter_start(&waiter, ioc, G_IO_IN, 3);
    for (int i = 0; i < 3; i++) {
        loop_run();
        g_assert_cmpint(waiter.woken, ==, i);
        g_assert_nonnull(ioc->read_coroutine);
        g_assert_null(ioc->write_coroutine);
        poke(pair.server);
        loop_until_woken(&waiter, i + 1);
        drain(pair.client, 1);
    }
    /* It had begun to wait before it was drained. */
    g_assert_true(waiter.ended);
    assert_unwaited(ioc);
    /* Nothing is left that would run. */
    poke(pair.server);
    loop_run();
    g_assert_cmpint(OBJECT(ioc)->ref, ==, 1);
}

static void test_write(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    size_t size = fill(pair.client);
    Waiter waiter;

    waiter_start(&waiter, ioc, G_IO_OUT, 1);
    loop_run();
    g_assert_false(waiter.ended);
    g_assert_nonnull(ioc->write_coroutine);
    g_assert_null(ioc->read_coroutine);
    drain(pair.server, size);
    loop_until(&waiter.ended);
    g_assert_cmpint(waiter.woken, ==, 1);
    assert_unwaited(ioc);
}

/* Each is woken for its direction only, and leaves the other one's handler in place. */
static void test_both(void)
{
    for (int first = 0; first < 2; first++) {
        g_auto(Pair) pair = nonblocking_pair();
        QIOChannel *ioc = QIO_CHANNEL(pair.client);
        size_t size = fill(pair.client);
        Waiter reader, writer;

        waiter_start(&reader, ioc, G_IO_IN, 2);
        waiter_start(&writer, ioc, G_IO_OUT, 2);
        loop_run();
        g_assert_cmpint(reader.woken, ==, 0);
        g_assert_cmpint(writer.woken, ==, 0);
        for (int i = 0; i < 2; i++) {
            if (i == first) {
                poke(pair.server);
                loop_until_woken(&reader, 1);
                drain(pair.client, 1);
            } else {
                drain(pair.server, size);
                loop_until_woken(&writer, 2);
                g_assert_true(writer.ended);
            }
            loop_run();
        }
        g_assert_cmpint(reader.woken, ==, 1);
        poke(pair.server);
        loop_until(&reader.ended);
        assert_unwaited(ioc);
    }
}

/* R-CHAN-52 */
static void test_hang_up(void)
{
    g_auto(Pair) pair = unix_pair();
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_IN, 1);
    loop_run();
    g_assert_false(waiter.ended);
    shutdown(pair.server->fd, SHUT_RDWR);
    loop_until(&waiter.ended);
}

/* Who enters the coroutine makes yield return, as the public documentation says (R-CHAN-48, R-801-4). */
static void test_entered(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter reader, writer;
    size_t size = fill(pair.client);

    waiter_start(&reader, ioc, G_IO_IN, 3);
    waiter_start(&writer, ioc, G_IO_OUT, 2);
    for (int i = 0; i < 2; i++) {
        qemu_coroutine_enter(reader.co);
        g_assert_cmpint(reader.woken, ==, i + 1);
        g_assert_true(ioc->read_coroutine == reader.co);
    }
    qemu_coroutine_enter(writer.co);
    g_assert_cmpint(writer.woken, ==, 1);
    qemu_coroutine_enter(writer.co);
    g_assert_true(writer.ended);
    g_assert_null(ioc->write_coroutine);
    /* The handlers know nothing of it. */
    drain(pair.server, size);
    loop_run();
    g_assert_cmpint(reader.woken, ==, 2);
    poke(pair.server);
    loop_until(&reader.ended);
    assert_unwaited(ioc);
    loop_run();
}

static gboolean count(gpointer opaque)
{
    ++*(int *)opaque;
    return true;
}

/* The main loop goes on meanwhile. */
static void test_others_run(void)
{
    g_auto(Pair) pair = unix_pair();
    Waiter waiter;
    int times = 0;
    guint id = g_timeout_add(1, count, &times);

    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_IN, 1);
    while (times < 3) {
        main_loop_wait(false);
    }
    g_assert_false(waiter.ended);
    poke(pair.server);
    loop_until(&waiter.ended);
    g_source_remove(id);
}

/* Unless it follows the coroutine, a channel is served by the main loop proper only (R-COR-5). */
static void test_main_loop_only(void)
{
    g_auto(Pair) pair = unix_pair();
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_IN, 1);
    poke(pair.server);
    for (int i = 0; i < 3; i++) {
        aio_poll(qemu_get_aio_context(), false);
    }
    g_assert_false(waiter.ended);
    loop_until(&waiter.ended);
}

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
/* Also nested loops serve it then (R-COR-5, R-82-4). */
static void test_follow(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter waiter;

    follow(ioc, true);
    waiter_start(&waiter, ioc, G_IO_IN, 2);
    g_assert_true(ioc->read_ctx == qemu_get_aio_context());
    poke(pair.server);
    while (!waiter.woken) {
        aio_poll(qemu_get_aio_context(), true);
    }
    drain(pair.client, 1);
    /* What counts is the flag when the wait began. */
    follow(ioc, false);
    poke(pair.server);
    while (!waiter.ended) {
        aio_poll(qemu_get_aio_context(), true);
    }
    drain(pair.client, 1);
    waiter_start(&waiter, ioc, G_IO_IN, 1);
    g_assert_true(ioc->read_ctx == iohandler_get_aio_context());
    poke(pair.server);
    loop_until(&waiter.ended);
}

typedef struct Start {
    Waiter *waiter;
    QIOChannel *ioc;
    GIOCondition condition;
    int rounds;
} Start;

static void start_waiter(void *opaque)
{
    Start *start = opaque;

    waiter_start(start->waiter, start->ioc, start->condition, start->rounds);
}

/* A reader and a writer of one channel, each in a thread of its own (check 5). */
static void test_two_contexts(void)
{
    LoopThread threads[2];
    Waiter waiters[2];
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    size_t size = fill(pair.client);

    follow(ioc, true);
    for (int i = 0; i < 2; i++) {
        loop_thread_start(&threads[i]);
        loop_thread_call(&threads[i], start_waiter, &(Start) {
            .waiter = &waiters[i], .ioc = ioc, .condition = i ? G_IO_OUT : G_IO_IN, .rounds = 1,
        });
    }
    g_assert_true(ioc->read_ctx == threads[0].ctx);
    g_assert_true(ioc->write_ctx == threads[1].ctx);
    drain(pair.server, size);
    while (!qatomic_read(&waiters[1].ended)) {
        g_thread_yield();
    }
    g_assert_false(qatomic_read(&waiters[0].ended));
    poke(pair.server);
    while (!qatomic_read(&waiters[0].ended)) {
        g_thread_yield();
    }
    for (int i = 0; i < 2; i++) {
        loop_thread_stop(&threads[i]);
    }
    assert_unwaited(ioc);
}

static gpointer wakes_reader(gpointer opaque)
{
    qio_channel_wake_read(opaque);
    return NULL;
}

/* R-82-4 */
static void test_wake_read(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter reader, writer;

    fill(pair.client);
    /* Nobody waits, and it isn't remembered. */
    qio_channel_wake_read(ioc);
    waiter_start(&writer, ioc, G_IO_OUT, 1);
    qio_channel_wake_read(ioc);
    waiter_start(&reader, ioc, G_IO_IN, 3);
    loop_run();
    g_assert_cmpint(reader.woken, ==, 0);
    /* In the same context: at once. */
    qio_channel_wake_read(ioc);
    g_assert_cmpint(reader.woken, ==, 1);
    /* From another thread: in the coroutine's. */
    g_thread_join(g_thread_new("wakes", wakes_reader, ioc));
    g_assert_cmpint(reader.woken, ==, 1);
    g_assert_null(ioc->read_coroutine);
    loop_until_woken(&reader, 2);
    poke(pair.server);
    loop_until(&reader.ended);
    g_assert_false(writer.ended);
    qemu_coroutine_enter(writer.co);
    assert_unwaited(ioc);
}

/* A reader in a thread of its own, woken from here. */
static void test_wake_read_there(void)
{
    LoopThread thread;
    Waiter waiter;
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);

    follow(ioc, true);
    loop_thread_start(&thread);
    loop_thread_call(&thread, start_waiter, &(Start) {
        .waiter = &waiter, .ioc = ioc, .condition = G_IO_IN, .rounds = 100,
    });
    for (int i = 0; i < 100; i++) {
        qio_channel_wake_read(ioc);
        while (qatomic_read(&waiter.woken) <= i ||
               !(qatomic_read(&waiter.ended) || qatomic_read(&ioc->read_coroutine))) {
            g_thread_yield();
        }
        g_assert_cmpint(qatomic_read(&waiter.woken), ==, i + 1);
    }
    loop_thread_stop(&thread);
    g_assert_true(waiter.ended);
    assert_unwaited(ioc);
}
#else
/* Waits in the context that it is attached to. */
static void test_attach(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter waiter;

    g_assert_null(ioc->ctx);
    qio_channel_attach_aio_context(ioc, qemu_get_aio_context());
    g_assert_true(ioc->ctx == qemu_get_aio_context());
    waiter_start(&waiter, ioc, G_IO_IN, 1);
    poke(pair.server);
    while (!waiter.ended) {
        aio_poll(qemu_get_aio_context(), true);
    }
    drain(pair.client, 1);
    /* The main loop. */
    qio_channel_attach_aio_context(ioc, NULL);
    g_assert_null(ioc->ctx);
    waiter_start(&waiter, ioc, G_IO_IN, 1);
    poke(pair.server);
    for (int i = 0; i < 3; i++) {
        aio_poll(qemu_get_aio_context(), false);
    }
    g_assert_false(waiter.ended);
    loop_until(&waiter.ended);
}

/* Those who wait stay suspended until somebody enters them. */
static void test_detach(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    AioContext *ctx = aio_context_new(&error_abort);
    size_t size = fill(pair.client);
    Waiter reader, writer;

    qio_channel_attach_aio_context(ioc, ctx);
    waiter_start(&reader, ioc, G_IO_IN, 2);
    waiter_start(&writer, ioc, G_IO_OUT, 1);
    qio_channel_detach_aio_context(ioc);
    g_assert_null(ioc->ctx);
    assert_unwaited(ioc);
    poke(pair.server);
    drain(pair.server, size);
    g_assert_false(aio_poll(ctx, false));
    loop_run();
    g_assert_cmpint(reader.woken, ==, 0);
    g_assert_cmpint(writer.woken, ==, 0);
    qio_channel_attach_aio_context(ioc, qemu_get_aio_context());
    /* Entered, the reader waits in the new context. */
    qemu_coroutine_enter(reader.co);
    g_assert_cmpint(reader.woken, ==, 1);
    qemu_coroutine_enter(writer.co);
    g_assert_true(writer.ended);
    /* Which the writer has not taken away. */
    while (!reader.ended) {
        aio_poll(qemu_get_aio_context(), true);
    }
    assert_unwaited(ioc);
    qio_channel_detach_aio_context(ioc);
    aio_context_unref(ctx);
}

/* A channel that can't have handlers has none to be taken away. */
static void test_detach_without_handlers(void)
{
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_buffer_new(0));

    qio_channel_attach_aio_context(ioc, qemu_get_aio_context());
    qio_channel_detach_aio_context(ioc);
    g_assert_null(ioc->ctx);
    object_unref(OBJECT(ioc));
}
#endif

#ifdef QIO_HAS_WAIT_COND
static gpointer pokes(gpointer opaque)
{
    poke(opaque);
    return NULL;
}

static void coroutine_fn waits_once(void *opaque)
{
    Waiter *waiter = opaque;

    qio_channel_wait_cond(waiter->ioc, G_IO_IN);
    waiter->ended = true;
}

static void test_wait_cond(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Waiter waiter = { .ioc = ioc };
    GThread *thread;

    /* Outside of coroutines it blocks, for any condition. */
    thread = g_thread_new("pokes", pokes, pair.server);
    qio_channel_wait_cond(ioc, G_IO_IN);
    g_thread_join(thread);
    qio_channel_wait_cond(ioc, G_IO_IN | G_IO_OUT);
    drain(pair.client, 1);
    qemu_coroutine_enter(qemu_coroutine_create(waits_once, &waiter));
    g_assert_false(waiter.ended);
    g_assert_nonnull(ioc->read_coroutine);
    poke(pair.server);
    loop_until(&waiter.ended);
}
#endif

/* Mistakes ------------------------------------------------------------------------ */

static void misuse_outside(void)
{
    Pair pair = unix_pair();

    qio_channel_yield(QIO_CHANNEL(pair.client), G_IO_IN);
}

static void wait_for(GIOCondition condition)
{
    Pair pair = unix_pair();
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(pair.client), condition, 1);
}

static void misuse_both(void)
{
    wait_for(G_IO_IN | G_IO_OUT);
}

static void misuse_other(void)
{
    wait_for(G_IO_HUP);
}

static void misuse_none(void)
{
    wait_for(0);
}

static void wait_twice(GIOCondition condition)
{
    Pair pair = nonblocking_pair();
    Waiter first, second;

    fill(pair.client);
    waiter_start(&first, QIO_CHANNEL(pair.client), condition, 1);
    waiter_start(&second, QIO_CHANNEL(pair.client), condition, 1);
}

static void misuse_second_reader(void)
{
    wait_twice(G_IO_IN);
}

static void misuse_second_writer(void)
{
    wait_twice(G_IO_OUT);
}

static void misuse_no_method(void)
{
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(qio_channel_buffer_new(0)), G_IO_IN, 1);
}

static void misuse_null(void)
{
    qio_channel_yield(NULL, G_IO_IN);
}

#ifndef QIO_HAS_TWO_AIO_CONTEXTS
static void misuse_attach(void)
{
    Pair pair = unix_pair();
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_IN, 1);
    qio_channel_attach_aio_context(QIO_CHANNEL(pair.client), qemu_get_aio_context());
}
#else
/* R-82-8 */
static void misuse_unref(void)
{
    Pair pair = unix_pair();
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_IN, 1);
    object_unref(OBJECT(pair.client));
}

static gpointer enters(gpointer opaque)
{
    qemu_coroutine_enter(opaque);
    return NULL;
}

/* R-CHAN-47 */
static void misuse_elsewhere(void)
{
    Pair pair = unix_pair();
    Waiter waiter;

    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_IN, 1);
    g_thread_join(g_thread_new("enters", enters, waiter.co));
}
#endif

static const struct {
    const char *path;
    void (*func)(void);
    const char *text;
} mistakes[] = {
    { "/qio/channel/yield/subprocess/outside", misuse_outside, "*qio_channel_yield*coroutine*" },
    { "/qio/channel/yield/subprocess/both", misuse_both, "*qio_channel_yield*condition*" },
    { "/qio/channel/yield/subprocess/other", misuse_other, "*qio_channel_yield*condition*" },
    { "/qio/channel/yield/subprocess/none", misuse_none, "*qio_channel_yield*condition*" },
    { "/qio/channel/yield/subprocess/reader", misuse_second_reader, "*qio_channel_yield*another*" },
    { "/qio/channel/yield/subprocess/writer", misuse_second_writer, "*qio_channel_yield*another*" },
    { "/qio/channel/yield/subprocess/method", misuse_no_method, "*io_set_aio_fd_handler*" },
    { "/qio/channel/yield/subprocess/null", misuse_null, "*qio_channel_yield*ioc*NULL*" },
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    { "/qio/channel/yield/subprocess/attach", misuse_attach, "*attach_aio_context*coroutine*" },
#else
    { "/qio/channel/yield/subprocess/unref", misuse_unref, "*coroutine*" },
    { "/qio/channel/yield/subprocess/elsewhere", misuse_elsewhere, "*AioContext*" },
#endif
};

static void test_mistakes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_test_trap_subprocess(mistakes[i].path, 0, 0);
        g_test_trap_assert_failed();
        g_test_trap_assert_stderr(mistakes[i].text);
    }
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    TEST("/qio/channel/yield/read", test_read);
    TEST("/qio/channel/yield/write", test_write);
    TEST("/qio/channel/yield/both", test_both);
    TEST("/qio/channel/yield/hang-up", test_hang_up);
    TEST("/qio/channel/yield/entered", test_entered);
    TEST("/qio/channel/yield/others-run", test_others_run);
    TEST("/qio/channel/yield/main-loop-only", test_main_loop_only);
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    TEST("/qio/channel/yield/attach", test_attach);
    TEST("/qio/channel/yield/detach", test_detach);
    TEST("/qio/channel/yield/detach-without-handlers", test_detach_without_handlers);
#else
    TEST("/qio/channel/yield/follow", test_follow);
    TEST("/qio/channel/yield/two-contexts", test_two_contexts);
    TEST("/qio/channel/wake-read", test_wake_read);
    TEST("/qio/channel/wake-read/there", test_wake_read_there);
#endif
#ifdef QIO_HAS_WAIT_COND
    TEST("/qio/channel/wait-cond", test_wait_cond);
#endif
    g_test_add_func("/qio/channel/yield/mistakes", test_mistakes);
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_test_add_func(mistakes[i].path, mistakes[i].func);
    }
    return g_test_run();
}
