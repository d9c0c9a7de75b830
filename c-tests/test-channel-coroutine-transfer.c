/*
 * io/channel.h: transfers that go on until all is done, in coroutines (R-CHAN-24). One thread runs
 * both ends.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-transfers.h"
#include "websock-client.h"
#include "io/channel-command.h"
#include "io/channel-file.h"

static void test_socket(void)
{
    g_auto(Pair) pair = nonblocking_pair();

    pass(QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
    pass(QIO_CHANNEL(pair.server), QIO_CHANNEL(pair.client));
}

static void test_tcp(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    pass(QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
}

static void test_echo(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    QIOChannel *ends[2] = { QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server) };

    pass_both(ends);
}

static QIOChannel *file_on(int fd)
{
    g_unix_set_fd_nonblocking(fd, true, NULL);
    return QIO_CHANNEL(qio_channel_file_new_fd(fd));
}

static void test_file(void)
{
    int fds[2];
    QIOChannel *reader, *writer;

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    reader = file_on(fds[0]);
    writer = file_on(fds[1]);
    pass(writer, reader);
    object_unref(OBJECT(writer));
    object_unref(OBJECT(reader));
}

/* R-CHAN-52: a reader learns of the end while it waits: a pipe raises nothing but HUP then. */
static void test_end(void)
{
    int fds[2];
    char byte;
    QIOChannel *reader, *writer;
    End end = { .bytes = &byte, .size = 1 };

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    reader = file_on(fds[0]);
    writer = file_on(fds[1]);
    end.ioc = reader;
    start(&end, reads_to_the_end);
    loop_run();
    g_assert_false(end.ended);
    object_unref(OBJECT(writer));
    loop_until(&end.ended);
    g_assert_cmpint(end.result, ==, 0);
    g_assert_null(end.err);
    object_unref(OBJECT(reader));
}

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
/* A context that two threads serve, one after the other, and who reads in it. */
typedef struct Served {
    AioContext *ctx;
    End end;
} Served;

static gpointer begins(gpointer opaque)
{
    Served *served = opaque;

    qemu_set_current_aio_context(served->ctx);
    start(&served->end, reads_to_the_end);
    g_assert_false(served->end.ended);
    return NULL;
}

static gpointer goes_on(gpointer opaque)
{
    Served *served = opaque;

    qemu_set_current_aio_context(served->ctx);
    while (!served->end.ended) {
        aio_poll(served->ctx, true);
    }
    return NULL;
}

/* R-CHAN-12: the thread that the reader has begun in ends while it waits. */
static void test_other_thread(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    char bytes[2];
    Served served = {
        .ctx = aio_context_new(&error_abort),
        .end = { .ioc = QIO_CHANNEL(pair.client), .bytes = bytes, .size = 2 },
    };

    follow(served.end.ioc, true);
    g_thread_join(g_thread_new("begins", begins, &served));
    poke(pair.server);
    poke(pair.server);
    g_thread_join(g_thread_new("goes-on", goes_on, &served));
    g_assert_cmpint(served.end.result, ==, 1);
    g_assert_null(served.end.err);
    g_assert_cmpmem(bytes, 2, "xx", 2);
    aio_context_unref(served.ctx);
}
#endif

/* Its two pipes are waited for each by itself. */
static void test_command(void)
{
    const char *const argv[] = { "/bin/sh", "-c", "exec cat", NULL };
    QIOChannelCommand *command = qio_channel_command_new_spawn(argv, O_RDWR, &error_abort);
    QIOChannel *ioc = QIO_CHANNEL(command);

    qio_channel_set_blocking(ioc, false, &error_abort);
    pass(ioc, ioc);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
}

/* Transfers that a shutdown ends. */
static void test_shutdown(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    int little = 4096;
    char bytes[2];
    End reader = { .ioc = ioc, .bytes = bytes, .size = 2 };
    End writer = { .ioc = ioc, .bytes = bytes_new(SIZE), .size = SIZE };

    set_blocking(pair.client, false);
    setsockopt(pair.client->fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
    setsockopt(pair.server->fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
    start(&reader, reads_to_the_end);
    start(&writer, writes_all);
    loop_run();
    g_assert_false(reader.ended);
    g_assert_false(writer.ended);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
    loop_until(&reader.ended);
    loop_until(&writer.ended);
    g_assert_cmpint(reader.result, ==, 0);
    g_assert_null(reader.err);
    g_assert_cmpint(writer.result, ==, -1);
    error_free_or_abort(&writer.err);
    g_free(writer.bytes);
}

/* A write that fails because the peer is gone. */
static void test_peer_gone(void)
{
    Pair pair = nonblocking_pair();
    End writer = {
        .ioc = QIO_CHANNEL(pair.client), .bytes = bytes_new(SIZE), .size = SIZE,
    };

    start(&writer, writes_all);
    loop_run();
    g_assert_false(writer.ended);
    object_unref(OBJECT(pair.server));
    loop_until(&writer.ended);
    g_assert_cmpint(writer.result, ==, -1);
    error_free_or_abort(&writer.err);
    g_free(writer.bytes);
    object_unref(OBJECT(pair.client));
}

typedef struct Descriptors {
    End end;
    int *fds;
    size_t nfds;
} Descriptors;

static void coroutine_fn reads_descriptors(void *opaque)
{
    Descriptors *self = opaque;
    struct iovec iov = { .iov_base = self->end.bytes, .iov_len = self->end.size };

    self->end.result = qio_channel_readv_full_all(self->end.ioc, &iov, 1, &self->fds, &self->nfds,
                                                  &self->end.err);
    self->end.ended = true;
}

/* The descriptors come with the first part; the rest is waited for (R-CHAN-26). */
static void test_descriptors(void)
{
    g_auto(Pair) pair = nonblocking_pair();
    char bytes[2];
    struct iovec iov = { .iov_base = (void *)"ab", .iov_len = 1 };
    Descriptors reader = { .end = { .ioc = QIO_CHANNEL(pair.client), .bytes = bytes, .size = 2 } };

    qemu_coroutine_enter(qemu_coroutine_create(reads_descriptors, &reader));
    g_assert_cmpint(qio_channel_writev_full_all(QIO_CHANNEL(pair.server), &iov, 1,
                                                &pair.server->fd, 1, 0, &error_abort), ==, 0);
    loop_run();
    g_assert_false(reader.end.ended);
    g_assert_cmpint(qio_channel_write_all(QIO_CHANNEL(pair.server), "b", 1, &error_abort), ==, 0);
    loop_until(&reader.end.ended);
    g_assert_cmpint(reader.end.result, ==, 0);
    g_assert_cmpmem(bytes, 2, "ab", 2);
    g_assert_cmpuint(reader.nfds, ==, 1);
    close(reader.fds[0]);
    g_free(reader.fds);
}

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
static void start_reader(void *opaque)
{
    start(opaque, reads_all);
}

static void start_writer(void *opaque)
{
    start(opaque, writes_all);
}

/* Each end in a thread of its own, where its coroutine's context is. */
static void test_threads(void)
{
    LoopThread threads[2];
    g_auto(Pair) pair = nonblocking_pair();
    End writer = { .ioc = QIO_CHANNEL(pair.client), .bytes = bytes_new(SIZE), .size = SIZE };
    End reader = { .ioc = QIO_CHANNEL(pair.server), .bytes = g_malloc0(SIZE), .size = SIZE };

    follow(writer.ioc, true);
    follow(reader.ioc, true);
    for (int i = 0; i < 2; i++) {
        loop_thread_start(&threads[i]);
    }
    loop_thread_call(&threads[0], start_reader, &reader);
    loop_thread_call(&threads[1], start_writer, &writer);
    while (!qatomic_read(&reader.ended) || !qatomic_read(&writer.ended)) {
        g_thread_yield();
    }
    for (int i = 0; i < 2; i++) {
        loop_thread_stop(&threads[i]);
    }
    g_assert_cmpint(writer.result, ==, 0);
    g_assert_cmpint(reader.result, ==, 0);
    g_assert_cmpmem(reader.bytes, SIZE, writer.bytes, SIZE);
    g_free(writer.bytes);
    g_free(reader.bytes);
}
#endif

/* WebSockets: a wait for their master -------------------------------------------- */

#define PAYLOAD 60000

static void test_websock_read(void)
{
    Web web;
    g_autofree char *sent = bytes_new(PAYLOAD);
    End reader = { .bytes = g_malloc0(PAYLOAD), .size = PAYLOAD };

    web_open(&web);
    reader.ioc = web.ioc;
    start(&reader, reads_all);
    g_assert_false(reader.ended);
    g_assert_nonnull(web.ioc->read_coroutine);
    g_assert_null(QIO_CHANNEL(web.master)->read_coroutine);
    /* Nothing for a reader, who goes on waiting. */
    web_frame(&web, 0x89, "ping", 4);
    loop_run();
    g_assert_false(reader.ended);
    web_frame(&web, 0x82, sent, PAYLOAD / 2);
    loop_run();
    g_assert_false(reader.ended);
    web_frame(&web, 0x82, sent + PAYLOAD / 2, PAYLOAD / 2);
    loop_until(&reader.ended);
    g_assert_cmpint(reader.result, ==, 0);
    g_assert_cmpmem(reader.bytes, PAYLOAD, sent, PAYLOAD);
    g_free(reader.bytes);
    assert_unwaited(web.ioc);
    web_end(&web);
}

/* What came with the opening handshake wakes a reader that was there before. */
static void test_websock_early(void)
{
    Web web;
    char bytes[250];
    End reader = { .bytes = bytes, .size = sizeof(bytes) };
    g_autoptr(GByteArray) sent = g_byte_array_new();
    /* A frame with a mask of zeros. */
    static const uint8_t head[] = { 0x82, 0x80 | 126, 0, 250, 0, 0, 0, 0 };
    g_autofree char *payload = bytes_new(250);

    web_start(&web);
    reader.ioc = web.ioc;
    start(&reader, reads_all);
    g_assert_false(reader.ended);
    g_byte_array_append(sent, (const void *)REQUEST, strlen(REQUEST));
    g_byte_array_append(sent, head, sizeof(head));
    g_byte_array_append(sent, (void *)payload, 250);
    web_send(&web, sent->data, sent->len);
    loop_until(&reader.ended);
    g_assert_cmpint(reader.result, ==, 0);
    g_assert_cmpmem(bytes, 250, payload, 250);
    g_assert_cmpint(web.called, ==, 1);
    assert_unwaited(web.ioc);
    web_end(&web);
}

static gpointer receives(gpointer opaque)
{
    Web *web = opaque;
    size_t total = 0;
    char bytes[4096];
    ssize_t got;

    while ((got = recv(web->client, bytes, sizeof(bytes), 0)) > 0) {
        total += got;
    }
    return GSIZE_TO_POINTER(total);
}

static void test_websock_write(void)
{
    Web web;
    End writer = { .bytes = bytes_new(SIZE), .size = SIZE };
    GThread *thread;

    web_open(&web);
    writer.ioc = web.ioc;
    start(&writer, writes_all);
    g_assert_false(writer.ended);
    g_assert_nonnull(web.ioc->write_coroutine);
    thread = g_thread_new("receives", receives, &web);
    loop_until(&writer.ended);
    g_assert_cmpint(writer.result, ==, 0);
    assert_unwaited(web.ioc);
    loop_run();
    shutdown(web.master->fd, SHUT_WR);
    /* The payload and the heads of the frames, but for what was still queued. */
    g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(thread)), >, SIZE / 2);
    g_free(writer.bytes);
    web_end(&web);
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    TEST("/qio/channel/coroutine/socket", test_socket);
    TEST("/qio/channel/coroutine/tcp", test_tcp);
    TEST("/qio/channel/coroutine/echo", test_echo);
    TEST("/qio/channel/coroutine/file", test_file);
    TEST("/qio/channel/coroutine/end", test_end);
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    TEST("/qio/channel/coroutine/other-thread", test_other_thread);
#endif
    g_test_add_func("/qio/channel/coroutine/command", test_command);
    TEST("/qio/channel/coroutine/shutdown", test_shutdown);
    TEST("/qio/channel/coroutine/peer-gone", test_peer_gone);
    TEST("/qio/channel/coroutine/descriptors", test_descriptors);
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    TEST("/qio/channel/coroutine/threads", test_threads);
#endif
    TEST("/qio/channel/coroutine/websock/read", test_websock_read);
    TEST("/qio/channel/coroutine/websock/early", test_websock_early);
    TEST("/qio/channel/coroutine/websock/write", test_websock_write);
    return g_test_run();
}
