/*
 * Row C8 of docs/spec/properties.md: each way to transfer, to watch and to wait, where no descriptor
 * is left. Which classes do the rest at the limit is test-properties-limit.c's.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "descriptor-limit.h"
#include "open-files.h"
#include "io/channel-file.h"
#include "io/channel-util.h"
#include "io/channel-watch.h"

/* Reads five bytes, in one of the ways that go on until all is there; 0 or 1. */
static int read_in_way(QIOChannel *ioc, int way, char *bytes)
{
    struct iovec iov = { bytes, 5 };
    int *fds = NULL, result;
    size_t nfds = 0;

    switch (way) {
    case 0:
        return qio_channel_read_all(ioc, bytes, 5, &error_abort);
    case 1:
        return qio_channel_read_all_eof(ioc, bytes, 5, &error_abort);
    case 2:
        return qio_channel_readv_all(ioc, &iov, 1, &error_abort);
    case 3:
        return qio_channel_readv_all_eof(ioc, &iov, 1, &error_abort);
    case 4:
        result = qio_channel_readv_full_all(ioc, &iov, 1, &fds, &nfds, &error_abort);
        break;
    default:
#ifdef QIO_HAS_TLS_BYE
        result = qio_channel_readv_full_all_eof(ioc, &iov, 1, &fds, &nfds, 0, &error_abort);
#else
        result = qio_channel_readv_full_all_eof(ioc, &iov, 1, &fds, &nfds, &error_abort);
#endif
    }
    g_assert_cmpuint(nfds, ==, 0);
    g_assert_null(fds);
    return result;
}

/* Writes five bytes in one of the ways. */
static void write_in_way(QIOChannel *ioc, int way)
{
    struct iovec iov = { (char *)"hello", 5 };

    switch (way) {
    case 0:
        g_assert_cmpint(qio_channel_write_all(ioc, "hello", 5, &error_abort), ==, 0);
        break;
    case 1:
        g_assert_cmpint(qio_channel_writev_all(ioc, &iov, 1, &error_abort), ==, 0);
        break;
    case 2:
        g_assert_cmpint(qio_channel_writev_full_all(ioc, &iov, 1, NULL, 0, 0, &error_abort), ==, 0);
        break;
    case 3:
        g_assert_cmpint(qio_channel_write(ioc, "hello", 5, &error_abort), ==, 5);
        break;
    case 4:
        g_assert_cmpint(qio_channel_writev(ioc, &iov, 1, &error_abort), ==, 5);
        break;
    default:
        g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, NULL, 0, 0, &error_abort), ==, 5);
    }
}

typedef struct Later {
    QIOChannel *ioc;
    int way;
} Later;

static gpointer writes_later(gpointer opaque)
{
    Later *later = opaque;

    g_usleep(1000);
    write_in_way(later->ioc, later->way);
    return NULL;
}

/* What isn't there yet is waited for; the end is the end. */
static void test_transfers(void)
{
    Pair pair = nonblocking_pair();
    char bytes[5];
    Limit limit;

    limit_begin(&limit);
    for (int way = 0; way < 6; way++) {
        Later later = { QIO_CHANNEL(pair.client), way };
        GThread *thread = g_thread_new("writes", writes_later, &later);
        int expected = way == 1 || way == 3 || way == 5;

        memset(bytes, 0, 5);
        g_assert_cmpint(read_in_way(QIO_CHANNEL(pair.server), way, bytes), ==, expected);
        g_assert_cmpmem(bytes, 5, "hello", 5);
        g_thread_join(thread);
    }
    g_assert_cmpint(qio_channel_shutdown(QIO_CHANNEL(pair.client), QIO_CHANNEL_SHUTDOWN_WRITE,
                                         &error_abort), ==, 0);
    for (int way = 1; way < 6; way += 2) {
        g_assert_cmpint(read_in_way(QIO_CHANNEL(pair.server), way, bytes), ==, 0);
    }
    limit_end(&limit);
    pair_end(&pair);
}

#ifdef QIO_HAS_POSITIONAL_IO
static void test_positions(void)
{
    FILE *file = tmpfile();
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_file_new_fd(dup(fileno(file))));
    char bytes[5];
    struct iovec iov = { bytes, 5 };
    Limit limit;

    limit_begin(&limit);
    g_assert_cmpint(qio_channel_pwrite(ioc, (char *)"hello", 5, 3, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_pread(ioc, bytes, 5, 3, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_pwritev(ioc, &iov, 1, 8, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_preadv(ioc, &iov, 1, 8, &error_abort), ==, 5);
    g_assert_cmpmem(bytes, 5, "hello", 5);
#ifdef QIO_HAS_POSITIONAL_ALL
    g_assert_cmpint(qio_channel_pwrite_all(ioc, "hello", 5, 3, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_pwritev_all(ioc, &iov, 1, 8, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_pread_all(ioc, bytes, 5, 3, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_pread_all_eof(ioc, bytes, 5, 13, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_preadv_all(ioc, &iov, 1, 8, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_preadv_all_eof(ioc, &iov, 1, 8, &error_abort), ==, 1);
    g_assert_cmpmem(bytes, 5, "hello", 5);
#endif
    limit_end(&limit);
    object_unref(OBJECT(ioc));
    fclose(file);
}
#endif

static gboolean counts(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    ++*(int *)opaque;
    return G_SOURCE_REMOVE;
}

/* Each kind of watch, in the default context and in one that the program has. */
static void test_watches(void)
{
    Pair pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    g_autoptr(GMainContext) own = g_main_context_new();
    Limit limit;

    limit_begin(&limit);
    for (int i = 0; i < 2; i++) {
        GMainContext *context = i ? own : NULL;
        GSource *sources[] = {
            qio_channel_create_fd_watch(ioc, pair.client->fd, G_IO_OUT),
            qio_channel_create_socket_watch(ioc, pair.client->fd, G_IO_OUT),
            qio_channel_create_fd_pair_watch(ioc, pair.client->fd, pair.client->fd, G_IO_OUT),
            qio_channel_create_watch(ioc, G_IO_OUT),
        };
        GSource *added;
        int calls = 0;

        for (size_t n = 0; n < G_N_ELEMENTS(sources); n++) {
            g_source_set_callback(sources[n], (GSourceFunc)(void (*)(void))counts, &calls, NULL);
            g_source_attach(sources[n], context);
        }
        g_assert_cmpuint(qio_channel_add_watch_full(ioc, G_IO_OUT, counts, &calls, NULL, context), >, 0);
        added = qio_channel_add_watch_source(ioc, G_IO_OUT, counts, &calls, NULL, context);
        while (calls < 6) {
            g_main_context_iteration(context, true);
        }
        g_source_unref(added);
        for (size_t n = 0; n < G_N_ELEMENTS(sources); n++) {
            g_source_unref(sources[n]);
        }
    }
    limit_end(&limit);
    pair_end(&pair);
}

/* A descriptor of the program's becomes a channel without another one; what isn't one is an error. */
static void test_descriptors(void)
{
    int fds[2];
    QIOChannel *ioc;
    Error *err = NULL;
    Limit limit;

    g_assert_cmpint(pipe(fds), ==, 0);
    limit_begin(&limit);
    ioc = qio_channel_new_fd(fds[1], &error_abort);
    g_assert_cmpint(qio_channel_write_all(ioc, "x", 1, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_OUT);
    object_unref(OBJECT(ioc));
    limit.fds[limit.nfds] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(limit.fds[limit.nfds++], ==, fds[1]);
    g_assert_null(qio_channel_socket_new_fd(fds[1], &err));
    g_assert_nonnull(err);
    error_free(err);
    limit_restore(&limit);
    close(fds[0]);
}

static void ignores(void *opaque)
{
}

/* Handlers and coroutines, in contexts that were made before. */
static void test_handlers(void)
{
    Pair pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    AioContext *own = aio_context_new(&error_abort);
    Waiter waiter;
    Limit limit;

    limit_begin(&limit);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SHUTDOWN);
#ifdef QIO_HAS_WAIT_COND
    qio_channel_wait_cond(ioc, G_IO_OUT);
#endif
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    qio_channel_util_set_aio_fd_handler(pair.client->fd, own, ignores, pair.client->fd, own, ignores, ioc);
    qio_channel_util_set_aio_fd_handler(pair.client->fd, own, NULL, pair.client->fd, own, NULL, NULL);
    qio_channel_set_aio_fd_handler(ioc, own, ignores, own, ignores, ioc);
    qio_channel_set_aio_fd_handler(ioc, own, NULL, own, NULL, NULL);
    qio_channel_set_follow_coroutine_ctx(ioc, true);
    qio_channel_set_follow_coroutine_ctx(ioc, false);
#else
    qio_channel_set_aio_fd_handler(ioc, own, ignores, ignores, ioc);
    qio_channel_set_aio_fd_handler(ioc, own, NULL, NULL, NULL);
    qio_channel_attach_aio_context(ioc, own);
    waiter_start(&waiter, ioc, G_IO_OUT, 1);
    while (!waiter.ended) {
        aio_poll(own, true);
    }
    qio_channel_detach_aio_context(ioc);
#endif
    waiter_start(&waiter, ioc, G_IO_OUT, 1);
    loop_until(&waiter.ended);
    waiter_start(&waiter, ioc, G_IO_IN, 1);
#ifdef QIO_HAS_WAKE_READ
    qio_channel_wake_read(ioc);
#else
    poke(pair.server);
#endif
    loop_until(&waiter.ended);
    limit_end(&limit);
    assert_unwaited(ioc);
    pair_end(&pair);
    aio_context_unref(own);
}

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    TEST("/qio/properties/C8/transfers/all", test_transfers);
#ifdef QIO_HAS_POSITIONAL_IO
    TEST("/qio/properties/C8/transfers/positions", test_positions);
#endif
    TEST("/qio/properties/C8/transfers/watches", test_watches);
    TEST("/qio/properties/C8/transfers/descriptors", test_descriptors);
    TEST("/qio/properties/C8/transfers/handlers", test_handlers);
    return g_test_run();
}
