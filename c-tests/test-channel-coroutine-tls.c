/*
 * io/channel-tls.h: transfers in coroutines, which wait for the channel below (R-TLS-59, R-TLS-60).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-transfers.h"
#include "tls-channels.h"

static void test_pass(void)
{
    Tls tls;

    tls_open(&tls);
    pass(QIO_CHANNEL(tls.ends[CLIENT]), QIO_CHANNEL(tls.ends[SERVER]));
    pass(QIO_CHANNEL(tls.ends[SERVER]), QIO_CHANNEL(tls.ends[CLIENT]));
    tls_end(&tls);
}

static void test_both(void)
{
    Tls tls;

    tls_open(&tls);
    pass_both((QIOChannel *[]) { QIO_CHANNEL(tls.ends[CLIENT]), QIO_CHANNEL(tls.ends[SERVER]) });
    tls_end(&tls);
}

/* The coroutine waits for the channel that it used; only that channel's flag counts (R-CHAN-44). */
static void test_waits(void)
{
    Tls tls;
    QIOChannel *ioc;
    Waiter waiter;

    tls_open(&tls);
    ioc = QIO_CHANNEL(tls.ends[SERVER]);
    follow(ioc, true);
    waiter_start(&waiter, ioc, G_IO_IN, 1);
    g_assert_nonnull(ioc->read_coroutine);
    g_assert_null(tls.below[SERVER]->read_coroutine);
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    g_assert_true(ioc->read_ctx == qemu_get_aio_context());
#endif
    tls_write(&tls, CLIENT, "x", 1, &error_abort);
    loop_until(&waiter.ended);
    assert_unwaited(ioc);
    tls_end(&tls);
}

static void test_end(void)
{
    Tls tls;
    char bytes[250];
    End end = { .bytes = bytes, .size = sizeof(bytes) };

    tls_open(&tls);
    end.ioc = QIO_CHANNEL(tls.ends[SERVER]);
    start(&end, reads_all);
    loop_run();
    g_assert_false(end.ended);
    qio_channel_shutdown(QIO_CHANNEL(tls.ends[CLIENT]), QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort);
    loop_until(&end.ended);
    g_assert_cmpint(end.result, ==, -1);
    error_free_or_abort(&end.err);
    tls_end(&tls);
}

typedef struct Job {
    QIOChannel *ioc;
    char *bytes;
    bool ended;
} Job;

static void coroutine_fn write_it(void *opaque)
{
    Job *job = opaque;
    size_t at;

    for (at = 0; at < SIZE; at += SIZE / 10) {
        g_assert_cmpint(qio_channel_write_all(job->ioc, job->bytes + at, SIZE / 10, &error_abort),
                        ==, 0);
    }
    job->ended = true;
}

/* In pieces that leave decrypted bytes in the session. */
static void coroutine_fn read_it(void *opaque)
{
    Job *job = opaque;
    size_t at;

    for (at = 0; at < SIZE; at += SIZE / 1000) {
        g_assert_cmpint(qio_channel_read_all(job->ioc, job->bytes + at, SIZE / 1000, &error_abort),
                        ==, 0);
    }
    job->ended = true;
}

static void start_job(Job *job, CoroutineEntry *entry)
{
    qemu_coroutine_enter(qemu_coroutine_create(entry, job));
}

/* Both directions at once, so that each channel is waited for twice. */
static void test_pieces(void)
{
    g_autofree char *sent = g_malloc(SIZE);
    Job writers[2], readers[2];
    Tls tls;
    int i;

    for (i = 0; i < SIZE; i++) {
        sent[i] = i / 7;
    }
    tls_open(&tls);
    for (i = 0; i < 2; i++) {
        readers[i] = (Job) { .ioc = QIO_CHANNEL(tls.ends[i]), .bytes = g_malloc0(SIZE) };
        writers[i] = (Job) { .ioc = QIO_CHANNEL(tls.ends[i]), .bytes = sent };
        start_job(&readers[i], read_it);
        g_assert_false(readers[i].ended);
    }
    for (i = 0; i < 2; i++) {
        start_job(&writers[i], write_it);
        g_assert_false(writers[i].ended);
    }
    for (i = 0; i < 2; i++) {
        loop_until(&writers[i].ended);
        loop_until(&readers[i].ended);
        g_assert_true(memcmp(readers[i].bytes, sent, SIZE) == 0);
        g_free(readers[i].bytes);
        assert_unwaited(QIO_CHANNEL(tls.ends[i]));
    }
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    g_test_add_func("/qio/channel/coroutine/tls/pass", test_pass);
    g_test_add_func("/qio/channel/coroutine/tls/both", test_both);
    g_test_add_func("/qio/channel/coroutine/tls/waits", test_waits);
    g_test_add_func("/qio/channel/coroutine/tls/end", test_end);
    g_test_add_func("/qio/channel/coroutine/tls/pieces", test_pieces);
    return tls_tests_run();
}
