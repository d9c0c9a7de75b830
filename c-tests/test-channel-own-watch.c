/*
 * io/channel.h: a program's own class, whose watches are its own.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"

static GSource *(*socket_create_watch)(QIOChannel *ioc, GIOCondition condition);
static int own_watches;

static GSource *creates_own_watch(QIOChannel *ioc, GIOCondition condition)
{
    g_atomic_int_inc(&own_watches);
    return socket_create_watch(ioc, condition);
}

static void own_watch_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *class = QIO_CHANNEL_CLASS(klass);

    socket_create_watch = class->io_create_watch;
    class->io_create_watch = creates_own_watch;
}

static gboolean counts(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    ++*(int *)opaque;
    return G_SOURCE_REMOVE;
}

/* Once the reader has made its watch. */
static gpointer pokes_later(gpointer opaque)
{
    while (g_atomic_int_get(&own_watches) < 3) {
        g_usleep(100);
    }
    g_assert_cmpint(send(*(int *)opaque, "x", 1, MSG_NOSIGNAL), ==, 1);
    return NULL;
}

/*
 * A subclass with watches of its own, R-CHAN-41: they are what is watched and waited for, also by
 * calls that go on until all is done. Coroutines wait for handlers, R-CHAN-45.
 */
static void test_own_watch(void)
{
    static const TypeInfo info = {
        .name = "test-own-watch-socket",
        .parent = TYPE_QIO_CHANNEL_SOCKET,
        .class_init = own_watch_class_init,
    };
    QIOChannel *ioc;
    Waiter waiter;
    GThread *thread;
    int fds[2], fired = 0;
    char byte;

    type_register_static(&info);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
    ioc = QIO_CHANNEL(object_new("test-own-watch-socket"));
    QIO_CHANNEL_SOCKET(ioc)->fd = fds[0];

    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(g_atomic_int_get(&own_watches), ==, 1);

    qio_channel_add_watch(ioc, G_IO_OUT, counts, &fired, NULL);
    g_assert_cmpint(g_atomic_int_get(&own_watches), ==, 2);
    loop_run();
    g_assert_cmpint(fired, ==, 1);

    thread = g_thread_new("poke", pokes_later, &fds[1]);
    g_assert_cmpint(qio_channel_read_all(ioc, &byte, 1, &error_abort), ==, 0);
    g_thread_join(thread);
    g_assert_cmpint(g_atomic_int_get(&own_watches), ==, 3);

    waiter_start(&waiter, ioc, G_IO_IN, 1);
    loop_run();
    g_assert_false(waiter.ended);
    thread = g_thread_new("poke", pokes_later, &fds[1]);
    loop_until(&waiter.ended);
    g_thread_join(thread);
    g_assert_cmpint(g_atomic_int_get(&own_watches), ==, 3);
    assert_unwaited(ioc);

    g_assert_cmpint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
    close(fds[1]);
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    /* Not a TEST: the first of a program's own class makes the context in which such are waited for. */
    g_test_add_func("/qio/channel/own-watch", test_own_watch);
    return g_test_run();
}
