/*
 * io/channel.h, io/channel-util.h: handlers in event loop contexts (R-CHAN-51, R-CHAN-60,
 * R-CHAN-96, R-UTIL-4 to 9).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "scripted-channel.h"
#include "io/channel-buffer.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/channel-null.h"
#include "io/channel-util.h"

typedef struct Calls {
    int reads, writes;
} Calls;

static void reads(void *opaque)
{
    ((Calls *)opaque)->reads++;
}

static void writes(void *opaque)
{
    ((Calls *)opaque)->writes++;
}

/* Both directions in one context. */
static void set_in(QIOChannel *ioc, AioContext *ctx, IOHandler *rd, IOHandler *wr, void *opaque)
{
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_set_aio_fd_handler(ioc, ctx, rd, wr, opaque);
#else
    qio_channel_set_aio_fd_handler(ioc, ctx, rd, ctx, wr, opaque);
#endif
}

/* One round of a context calls these. */
static void expect(AioContext *ctx, Calls *calls, int nreads, int nwrites)
{
    *calls = (Calls) { 0 };
    g_assert_cmpint(aio_poll(ctx, false), ==, nreads + nwrites > 0);
    g_assert_cmpint(calls->reads, ==, nreads);
    g_assert_cmpint(calls->writes, ==, nwrites);
}

/* R-CHAN-82 */
static void test_socket(void)
{
    AioContext *ctx = aio_context_new(&error_abort);
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Calls calls;

    set_in(ioc, ctx, reads, NULL, &calls);
    expect(ctx, &calls, 0, 0);
    poke(pair.server);
    expect(ctx, &calls, 1, 0);
    set_in(ioc, ctx, reads, writes, &calls);
    expect(ctx, &calls, 1, 1);
    set_in(ioc, ctx, NULL, writes, &calls);
    expect(ctx, &calls, 0, 1);
    set_in(ioc, ctx, NULL, NULL, NULL);
    expect(ctx, &calls, 0, 0);
    /* No reference: who sets handlers keeps the channel. */
    g_assert_cmpint(OBJECT(ioc)->ref, ==, 1);
    aio_context_unref(ctx);
}

/* R-UTIL-8: a hang-up calls who reads. */
static void test_file(void)
{
    AioContext *ctx = aio_context_new(&error_abort);
    int fds[2];
    QIOChannel *reader, *writer;
    Calls calls;

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    reader = QIO_CHANNEL(qio_channel_file_new_fd(fds[0]));
    writer = QIO_CHANNEL(qio_channel_file_new_fd(fds[1]));
    set_in(reader, ctx, reads, NULL, &calls);
    expect(ctx, &calls, 0, 0);
    set_in(writer, ctx, NULL, writes, &calls);
    expect(ctx, &calls, 0, 1);
    set_in(writer, ctx, NULL, NULL, &calls);
    object_unref(OBJECT(writer));
    /* The end is something to read. */
    expect(ctx, &calls, 1, 0);
    set_in(reader, ctx, NULL, NULL, &calls);
    expect(ctx, &calls, 0, 0);
    object_unref(OBJECT(reader));
    aio_context_unref(ctx);
}

/* Each handler on its side's pipe. */
static void test_command(void)
{
    const char *const argv[] = { "/bin/sh", "-c", "exec cat", NULL };
    AioContext *ctx = aio_context_new(&error_abort);
    QIOChannelCommand *command = qio_channel_command_new_spawn(argv, O_RDWR, &error_abort);
    QIOChannel *ioc = QIO_CHANNEL(command);
    Calls calls;

    set_in(ioc, ctx, reads, writes, &calls);
    expect(ctx, &calls, 0, 1);
    set_in(ioc, ctx, reads, NULL, &calls);
    expect(ctx, &calls, 0, 0);
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &error_abort), ==, 1);
    calls = (Calls) { 0 };
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(calls.reads, ==, 1);
    set_in(ioc, ctx, NULL, writes, &calls);
    expect(ctx, &calls, 0, 1);
    set_in(ioc, ctx, NULL, NULL, &calls);
    expect(ctx, &calls, 0, 0);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    aio_context_unref(ctx);
}

/* Is never waited for: nothing happens. */
static void test_null(void)
{
    AioContext *ctx = aio_context_new(&error_abort);
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_null_new());
    Calls calls;

    set_in(ioc, ctx, reads, writes, &calls);
    expect(ctx, &calls, 0, 0);
    set_in(ioc, ctx, NULL, NULL, NULL);
    object_unref(OBJECT(ioc));
    aio_context_unref(ctx);
}

/* A class of the program's own gets what the caller passed (R-CHAN-51). */
static struct Passed {
    AioContext *read_ctx, *write_ctx;
    IOHandler *io_read, *io_write;
    void *opaque;
    int times;
} passed;

#ifndef QIO_HAS_TWO_AIO_CONTEXTS
static void notes(QIOChannel *ioc, AioContext *ctx, IOHandler *io_read, IOHandler *io_write,
                  void *opaque)
{
    passed = (struct Passed) { ctx, ctx, io_read, io_write, opaque, passed.times + 1 };
}
#else
static void notes(QIOChannel *ioc, AioContext *read_ctx, IOHandler *io_read, AioContext *write_ctx,
                  IOHandler *io_write, void *opaque)
{
    passed = (struct Passed) {
        read_ctx, write_ctx, io_read, io_write, opaque, passed.times + 1
    };
}
#endif

static void assert_passed(AioContext *read_ctx, IOHandler *io_read, AioContext *write_ctx,
                          IOHandler *io_write, void *opaque)
{
    g_assert_true(passed.read_ctx == read_ctx);
    g_assert_true(passed.write_ctx == write_ctx);
    g_assert_true(passed.io_read == io_read);
    g_assert_true(passed.io_write == io_write);
    g_assert_true(passed.opaque == opaque);
    g_assert_cmpint(passed.times, ==, 1);
    passed.times = 0;
}

static void test_verbatim(void)
{
    AioContext *a = aio_context_new(&error_abort);
    QIOChannel *ioc = bare_new(0);

    QIO_CHANNEL_GET_CLASS(ioc)->io_set_aio_fd_handler = notes;
    set_in(ioc, a, reads, writes, &passed);
    assert_passed(a, reads, a, writes, &passed);
    set_in(ioc, a, NULL, NULL, NULL);
    assert_passed(a, NULL, a, NULL, NULL);
    set_in(ioc, NULL, NULL, writes, &passed);
    assert_passed(NULL, NULL, NULL, writes, &passed);
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    AioContext *b = aio_context_new(&error_abort);

    qio_channel_set_aio_fd_handler(ioc, a, reads, b, writes, &passed);
    assert_passed(a, reads, b, writes, &passed);
    qio_channel_set_aio_fd_handler(ioc, a, reads, NULL, NULL, &passed);
    assert_passed(a, reads, NULL, NULL, &passed);
    qio_channel_set_aio_fd_handler(ioc, NULL, reads, b, NULL, NULL);
    assert_passed(NULL, reads, b, NULL, NULL);
    aio_context_unref(b);
#endif
    QIO_CHANNEL_GET_CLASS(ioc)->io_set_aio_fd_handler = NULL;
    object_unref(OBJECT(ioc));
    aio_context_unref(a);
}

/* What a coroutine that waits passes on (R-CHAN-45, R-CHAN-49, R-801-4). */
static void test_waiting(void)
{
    QIOChannel *ioc = bare_new(0);
    AioContext *ctx = iohandler_get_aio_context();
    Waiter reader, writer;
    struct Passed first, both;

    QIO_CHANNEL_GET_CLASS(ioc)->io_set_aio_fd_handler = notes;
    waiter_start(&reader, ioc, G_IO_IN, 2);
    first = passed;
    g_assert_nonnull(first.io_read);
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    assert_passed(ctx, first.io_read, ctx, NULL, first.opaque);
#else
    assert_passed(ctx, first.io_read, NULL, NULL, first.opaque);
#endif
    waiter_start(&writer, ioc, G_IO_OUT, 1);
    both = passed;
    g_assert_nonnull(both.io_write);
    assert_passed(ctx, both.io_read, ctx, both.io_write, both.opaque);
    g_assert_true(both.io_read == first.io_read);
    /* Woken, the writer leaves the reader's. */
    both.io_write(both.opaque);
    g_assert_true(writer.ended);
    assert_passed(ctx, first.io_read, ctx, NULL, first.opaque);
    /* Woken, the reader takes its own away, and sets it anew. */
    first.io_read(first.opaque);
    g_assert_cmpint(reader.woken, ==, 1);
    g_assert_cmpint(passed.times, ==, 2);
    passed.times = 0;
    first.io_read(first.opaque);
    g_assert_true(reader.ended);
#ifndef QIO_HAS_TWO_AIO_CONTEXTS
    assert_passed(ctx, NULL, ctx, NULL, passed.opaque);
#else
    assert_passed(ctx, NULL, NULL, NULL, passed.opaque);
#endif
    /* A handler that comes late does nothing. */
    first.io_read(first.opaque);
    g_assert_cmpint(passed.times, ==, 0);
    QIO_CHANNEL_GET_CLASS(ioc)->io_set_aio_fd_handler = NULL;
    object_unref(OBJECT(ioc));
}

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
/* Each direction in a context of its own (R-UTIL-4, R-UTIL-8). */
static void test_two_contexts(void)
{
    AioContext *a = aio_context_new(&error_abort), *b = aio_context_new(&error_abort);
    g_auto(Pair) pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Calls calls;

    qio_channel_set_aio_fd_handler(ioc, a, reads, b, writes, &calls);
    poke(pair.server);
    expect(a, &calls, 1, 0);
    expect(b, &calls, 0, 1);
    /* NULL leaves a direction alone. */
    qio_channel_set_aio_fd_handler(ioc, a, NULL, NULL, NULL, NULL);
    expect(a, &calls, 0, 0);
    expect(b, &calls, 0, 1);
    qio_channel_set_aio_fd_handler(ioc, a, reads, b, NULL, &calls);
    expect(a, &calls, 1, 0);
    expect(b, &calls, 0, 0);
    qio_channel_set_aio_fd_handler(ioc, a, NULL, a, NULL, NULL);
    expect(a, &calls, 0, 0);
    aio_context_unref(a);
    aio_context_unref(b);
}

/* R-UTIL-5, R-UTIL-6, R-UTIL-4, check 15 */
static void test_util_one_descriptor(void)
{
    AioContext *a = aio_context_new(&error_abort), *b = aio_context_new(&error_abort);
    g_auto(Pair) pair = unix_pair();
    int fd = pair.client->fd;
    Calls calls;

    poke(pair.server);
    qio_channel_util_set_aio_fd_handler(fd, a, reads, fd, a, writes, &calls);
    expect(a, &calls, 1, 1);
    /* With one context, what isn't given goes. */
    qio_channel_util_set_aio_fd_handler(fd, a, reads, fd, NULL, NULL, &calls);
    expect(a, &calls, 1, 0);
    qio_channel_util_set_aio_fd_handler(fd, NULL, NULL, fd, a, writes, &calls);
    expect(a, &calls, 0, 1);
    /* With two it stays. */
    qio_channel_util_set_aio_fd_handler(fd, b, reads, fd, NULL, NULL, &calls);
    expect(a, &calls, 0, 1);
    expect(b, &calls, 1, 0);
    /* Nothing is said of either. */
    qio_channel_util_set_aio_fd_handler(fd, NULL, NULL, fd, NULL, NULL, NULL);
    expect(a, &calls, 0, 1);
    expect(b, &calls, 1, 0);
    qio_channel_util_set_aio_fd_handler(fd, b, NULL, fd, a, NULL, NULL);
    expect(a, &calls, 0, 0);
    expect(b, &calls, 0, 0);
    aio_context_unref(a);
    aio_context_unref(b);
}

static void test_util_two_descriptors(void)
{
    AioContext *ctx = aio_context_new(&error_abort);
    g_auto(Pair) pair = unix_pair();
    int rd = pair.client->fd, wr = pair.server->fd;
    Calls calls;

    poke(pair.server);
    poke(pair.client);
    /* Each has its own handler only. */
    qio_channel_util_set_aio_fd_handler(rd, ctx, reads, wr, ctx, writes, &calls);
    expect(ctx, &calls, 1, 1);
    qio_channel_util_set_aio_fd_handler(rd, ctx, NULL, wr, NULL, NULL, &calls);
    expect(ctx, &calls, 0, 1);
    qio_channel_util_set_aio_fd_handler(rd, NULL, NULL, wr, ctx, NULL, &calls);
    expect(ctx, &calls, 0, 0);
    aio_context_unref(ctx);
}
#endif

static void misuse_no_method(void)
{
    set_in(QIO_CHANNEL(qio_channel_buffer_new(0)), iohandler_get_aio_context(), reads, NULL, NULL);
}

static void test_no_method(void)
{
    g_test_trap_subprocess("/qio/channel/aio/subprocess/no-method", 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_channel_set_aio_fd_handler*io_set_aio_fd_handler*");
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    scripted_register();
    TEST("/qio/channel/aio/socket", test_socket);
    TEST("/qio/channel/aio/file", test_file);
    g_test_add_func("/qio/channel/aio/command", test_command);
    TEST("/qio/channel/aio/null", test_null);
    TEST("/qio/channel/aio/verbatim", test_verbatim);
    TEST("/qio/channel/aio/waiting", test_waiting);
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    TEST("/qio/channel/aio/two-contexts", test_two_contexts);
    TEST("/qio/channel/aio/util/one-descriptor", test_util_one_descriptor);
    TEST("/qio/channel/aio/util/two-descriptors", test_util_two_descriptors);
#endif
    g_test_add_func("/qio/channel/aio/no-method", test_no_method);
    g_test_add_func("/qio/channel/aio/subprocess/no-method", misuse_no_method);
    return g_test_run();
}
