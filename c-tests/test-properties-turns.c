/*
 * Row C14 of docs/spec/properties.md: no watch and no handler has its loop turn for what it isn't for.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "error-queue.h"
#include "io/channel-watch.h"

#include <poll.h>

/* Polls of a context for as long as it is watched. */
static int polls;

static gint counts_polls(GPollFD *fds, guint n, gint timeout)
{
    polls++;
    return g_poll(fds, n, timeout);
}

static gboolean stops(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

/* Iterates a context for 100 milliseconds; how often it polls. */
static int turns(GMainContext *context)
{
    GSource *timer = g_timeout_source_new(100);
    bool stopped = false;

    g_source_set_callback(timer, stops, &stopped, NULL);
    g_source_attach(timer, context);
    polls = 0;
    g_main_context_set_poll_func(context, counts_polls);
    while (!stopped) {
        g_main_context_iteration(context, true);
    }
    g_main_context_set_poll_func(context, NULL);
    g_source_unref(timer);
    return polls;
}

/* A loop that spins turns some ten thousand times in that time. */
#define FEW 100

static gboolean sees(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    *(GIOCondition *)data |= condition;
    return G_SOURCE_CONTINUE;
}

static GSource *watch_of(GMainContext *context, GSource *source, GIOCondition *seen)
{
    *seen = 0;
    g_source_set_callback(source, (GSourceFunc)(void (*)(void))sees, seen, NULL);
    g_source_attach(source, context);
    return source;
}

static void source_end(GSource *source)
{
    g_source_destroy(source);
    g_source_unref(source);
}

/* A watch that nothing is to be told to, and whose loop is to sleep. */
static void assert_sleeps(GSource *source)
{
    GMainContext *context = g_main_context_new();
    GIOCondition seen;

    watch_of(context, source, &seen);
    g_assert_cmpint(turns(context), <=, FEW);
    g_assert_cmphex(seen, ==, 0);
    source_end(source);
    g_main_context_unref(context);
}

static const GIOCondition unasked_of_hang_up[] = { 0, G_IO_PRI, G_IO_ERR, G_IO_PRI | G_IO_ERR, 1 << 10 };

static void test_hung_up(void)
{
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);

    g_assert_cmpint(shutdown(pair.server->fd, SHUT_RDWR), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(unasked_of_hang_up); i++) {
        GIOCondition condition = unasked_of_hang_up[i];

        assert_sleeps(qio_channel_create_watch(ioc, condition));
        assert_sleeps(qio_channel_create_fd_watch(ioc, pair.client->fd, condition));
        assert_sleeps(qio_channel_create_socket_watch(ioc, pair.client->fd, condition));
        assert_sleeps(qio_channel_create_fd_pair_watch(ioc, pair.client->fd, pair.client->fd, condition));
    }
}

/* The end to write to of a pipe that nobody reads is in error, not hung up. */
static void test_error(void)
{
    g_autoptr(QIOChannelSocket) ioc = qio_channel_socket_new();
    int fds[2], quiet[2];

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(quiet, O_CLOEXEC), ==, 0);
    close(fds[0]);
    assert_sleeps(qio_channel_create_fd_watch(QIO_CHANNEL(ioc), fds[1], 0));
    assert_sleeps(qio_channel_create_fd_watch(QIO_CHANNEL(ioc), fds[1], G_IO_HUP));
    assert_sleeps(qio_channel_create_fd_watch(QIO_CHANNEL(ioc), fds[1], G_IO_PRI));
    /* The side that isn't asked for raises it: input, or the other side's end, is waited for. */
    assert_sleeps(qio_channel_create_fd_pair_watch(QIO_CHANNEL(ioc), quiet[0], fds[1], G_IO_IN));
    assert_sleeps(qio_channel_create_fd_pair_watch(QIO_CHANNEL(ioc), quiet[0], fds[1], G_IO_IN | G_IO_HUP));
    close(fds[1]);
    /* A number that isn't open. */
    assert_sleeps(qio_channel_create_fd_watch(QIO_CHANNEL(ioc), fds[1], G_IO_HUP));
    close(quiet[0]);
    close(quiet[1]);
}

/* A side that is asked for is heard at once, whatever the other one raises. */
static void test_other_side(void)
{
    GMainContext *context = g_main_context_new();
    g_autoptr(QIOChannelSocket) ioc = qio_channel_socket_new();
    int input[2], output[2];
    GIOCondition seen;
    GSource *source;

    g_assert_cmpint(pipe2(input, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(output, O_CLOEXEC), ==, 0);
    close(output[0]);
    source = qio_channel_create_fd_pair_watch(QIO_CHANNEL(ioc), input[0], output[1], G_IO_IN | G_IO_HUP);
    watch_of(context, source, &seen);
    g_assert_cmpint(turns(context), <=, FEW);
    g_assert_cmpint(write(input[1], "x", 1), ==, 1);
    /* It still rests, and is polled all the same. */
    while (!seen) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmphex(seen, ==, G_IO_IN);
    source_end(source);
    close(input[0]);
    close(input[1]);
    close(output[1]);
    g_main_context_unref(context);
}

/* What a watch is for is told although the descriptor raised other things before. */
static void test_told_later(void)
{
    GMainContext *context = g_main_context_new();
    g_autoptr(QIOChannelSocket) ioc = qio_channel_socket_new();
    int hung[2], failed[2];
    GIOCondition seen;
    GSource *source;

    g_assert_cmpint(pipe2(hung, O_CLOEXEC), ==, 0);
    close(hung[1]);
    source = watch_of(context, qio_channel_create_fd_watch(QIO_CHANNEL(ioc), hung[0], G_IO_ERR), &seen);
    g_assert_cmpint(turns(context), <=, FEW);
    g_assert_cmpint(pipe2(failed, O_CLOEXEC), ==, 0);
    close(failed[0]);
    g_assert_cmpint(dup2(failed[1], hung[0]), ==, hung[0]);
    while (!seen) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmphex(seen, ==, G_IO_ERR);
    source_end(source);
    close(hung[0]);
    close(failed[1]);
    g_main_context_unref(context);
}

/* Zero-copy writes -------------------------------------------------------------- */

/* A connection with a write that the kernel has told of, and nobody has read that. */
static Pair unread_notice(void)
{
    Pair pair = tcp_pair("127.0.0.1");
    struct pollfd polled = { pair.client->fd, 0, 0 };
    char bytes[100];

    queue_reset();
    g_assert_cmpint(write_zero_copy(pair.client, memset(bytes, 1, sizeof(bytes)), sizeof(bytes), &error_abort),
                    ==, sizeof(bytes));
    g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(pair.server), bytes, sizeof(bytes), &error_abort), ==, 0);
    g_assert_cmpint(poll(&polled, 1, -1), ==, 1);
    g_assert_cmphex(polled.revents, ==, POLLERR);
    return pair;
}

/* The flush reports what a watch has taken: what goes to the same machine is copied after all. */
static void notice_end(Pair *pair)
{
    g_assert_cmpint(flush(pair->client, &error_abort), ==, 1);
    g_assert_cmpint(pair->client->zero_copy_sent, ==, 1);
    g_assert_cmpint(flush(pair->client, &error_abort), ==, FLUSHED_IDLE);
}

static void test_zero_copy_watch(void)
{
    static const GIOCondition conditions[] = { 0, G_IO_IN, G_IO_IN | G_IO_HUP, G_IO_PRI, G_IO_HUP };

    for (size_t i = 0; i < G_N_ELEMENTS(conditions); i++) {
        g_auto(Pair) pair = unread_notice();
        QIOChannel *ioc = QIO_CHANNEL(pair.client);

        assert_sleeps(qio_channel_create_watch(ioc, conditions[i]));
        notice_end(&pair);
    }
    for (size_t i = 1; i < G_N_ELEMENTS(conditions); i++) {
        g_auto(Pair) pair = unread_notice();

        assert_sleeps(qio_channel_create_fd_watch(QIO_CHANNEL(pair.client), pair.client->fd, conditions[i]));
        notice_end(&pair);
    }
}

/* A watch for errors still gets them. */
static void test_zero_copy_errors(void)
{
    GMainContext *context = g_main_context_new();
    g_auto(Pair) pair = unread_notice();
    GIOCondition seen;
    GSource *source = qio_channel_create_watch(QIO_CHANNEL(pair.client), G_IO_ERR);

    watch_of(context, source, &seen);
    g_main_context_iteration(context, true);
    g_assert_cmphex(seen, ==, G_IO_ERR);
    source_end(source);
    notice_end(&pair);
    g_main_context_unref(context);
}

/* A flush in one thread, a watch in another: neither takes from the other what that waits for. */
static gpointer flushes(gpointer data)
{
    Pair *pair = data;

    return GINT_TO_POINTER(flush(pair->client, &error_abort));
}

static void test_zero_copy_threads(void)
{
    for (int round = 0; round < 50; round++) {
        GMainContext *context = g_main_context_new();
        g_auto(Pair) pair = unread_notice();
        GIOCondition seen;
        GSource *source = qio_channel_create_watch(QIO_CHANNEL(pair.client), G_IO_IN);
        GThread *thread;

        watch_of(context, source, &seen);
        thread = g_thread_new("flushes", flushes, &pair);
        g_main_context_iteration(context, false);
        g_main_context_iteration(context, false);
        g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, 1);
        g_assert_cmpint(pair.client->zero_copy_sent, ==, 1);
        source_end(source);
        g_main_context_unref(context);
    }
}

/* Coroutines -------------------------------------------------------------------- */

/* One that reads and gets nothing. */
typedef struct Reader {
    QIOChannel *ioc;
    int tries;
    bool ended;
} Reader;

static void coroutine_fn reader_run(void *opaque)
{
    Reader *reader = opaque;
    char byte;
    ssize_t got;

    do {
        reader->tries++;
        got = qio_channel_read(reader->ioc, &byte, 1, &error_abort);
        if (got == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_yield(reader->ioc, G_IO_IN);
        }
    } while (got == QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(got, ==, 1);
    reader->ended = true;
}

static void test_zero_copy_coroutine(void)
{
    g_auto(Pair) pair = unread_notice();
    Reader reader = { QIO_CHANNEL(pair.client) };

    set_blocking(pair.client, false);
    qemu_coroutine_enter(qemu_coroutine_create(reader_run, &reader));
    g_assert_cmpint(turns(NULL), <=, FEW);
    g_assert_cmpint(reader.tries, <=, 2);
    poke(pair.server);
    loop_until(&reader.ended);
    notice_end(&pair);
}

/* A coroutine that waits to write to a full UNIX socket, whoever shuts it down. */
static void test_full(gconstpointer data)
{
    int who = GPOINTER_TO_INT(data);
    g_auto(Pair) pair = nonblocking_pair();
    Waiter waiter;

    fill(pair.client);
    waiter_start(&waiter, QIO_CHANNEL(pair.client), G_IO_OUT, 1);
    loop_run();
    g_assert_cmpint(waiter.woken, ==, 0);
    switch (who) {
    case 0:
        qio_channel_shutdown(QIO_CHANNEL(pair.client), QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort);
        break;
    case 1:
        /* The kernel tells nobody of this. */
        qio_channel_shutdown(QIO_CHANNEL(pair.client), QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort);
        break;
    default:
        qio_channel_shutdown(QIO_CHANNEL(pair.server), QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort);
    }
    loop_until(&waiter.ended);
    assert_unwaited(QIO_CHANNEL(pair.client));
}

/* The same for a thread that waits, and for watches: before and after the shutdown. */
static gpointer waits_to_write(gpointer data)
{
    qio_channel_wait(data, G_IO_OUT);
    return NULL;
}

static void test_full_wait(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    GThread *thread;

    fill(pair.client);
    thread = g_thread_new("waits", waits_to_write, ioc);
    g_usleep(2000);
    qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort);
    g_thread_join(thread);
    qio_channel_wait(ioc, G_IO_OUT);
    qio_channel_wait(ioc, G_IO_IN | G_IO_OUT);
}

static void test_full_watch(void)
{
    GMainContext *context = g_main_context_new();
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    GIOCondition seen[3];
    GSource *sources[3];
    char byte;

    fill(pair.client);
    sources[0] = watch_of(context, qio_channel_create_watch(ioc, G_IO_OUT), &seen[0]);
    sources[1] = watch_of(context, qio_channel_create_watch(ioc, G_IO_IN), &seen[1]);
    g_assert_cmpint(turns(context), <=, FEW);
    g_assert_cmphex(seen[0], ==, 0);
    qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort);
    sources[2] = watch_of(context, qio_channel_create_watch(ioc, G_IO_IN | G_IO_OUT), &seen[2]);
    while (!seen[0] || !seen[2]) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmphex(seen[0], ==, G_IO_OUT);
    g_assert_cmphex(seen[1], ==, 0);
    g_assert_cmphex(seen[2], ==, G_IO_OUT);
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, NULL), ==, -1);
    /* The other direction is as it was. */
    poke(pair.server);
    while (!seen[1]) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &error_abort), ==, 1);
    for (int i = 0; i < 3; i++) {
        source_end(sources[i]);
    }
    g_main_context_unref(context);
}

/* What was known of a socket is not known of the next one in its place. */
static void test_full_again(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannelSocket *ioc = pair.client;
    int fds[2];
    Waiter waiter;

    qio_channel_shutdown(QIO_CHANNEL(ioc), QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(ioc), &error_abort), ==, 0);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    ioc->fd = fds[0];
    fill(ioc);
    waiter_start(&waiter, QIO_CHANNEL(ioc), G_IO_OUT, 1);
    loop_run();
    g_assert_cmpint(waiter.woken, ==, 0);
    qio_channel_shutdown(QIO_CHANNEL(ioc), QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort);
    loop_until(&waiter.ended);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    g_test_add_func("/qio/properties/C14/hung-up", test_hung_up);
    g_test_add_func("/qio/properties/C14/error", test_error);
    g_test_add_func("/qio/properties/C14/other-side", test_other_side);
    g_test_add_func("/qio/properties/C14/told-later", test_told_later);
    g_test_add_func("/qio/properties/C14/zero-copy/watch", test_zero_copy_watch);
    g_test_add_func("/qio/properties/C14/zero-copy/errors", test_zero_copy_errors);
    g_test_add_func("/qio/properties/C14/zero-copy/threads", test_zero_copy_threads);
    g_test_add_func("/qio/properties/C14/zero-copy/coroutine", test_zero_copy_coroutine);
    g_test_add_data_func("/qio/properties/C14/full/shut-down-here", GINT_TO_POINTER(0), test_full);
    g_test_add_data_func("/qio/properties/C14/full/shut-down-here-for-writing", GINT_TO_POINTER(1), test_full);
    g_test_add_data_func("/qio/properties/C14/full/shut-down-there", GINT_TO_POINTER(2), test_full);
    g_test_add_func("/qio/properties/C14/full/wait", test_full_wait);
    g_test_add_func("/qio/properties/C14/full/watch", test_full_watch);
    g_test_add_func("/qio/properties/C14/full/again", test_full_again);
    return g_test_run();
}
