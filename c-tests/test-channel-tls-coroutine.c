/*
 * Coroutines that read from and write to TLS channels (R-TLS-59, R-TLS-60).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "tls-channels.h"

enum { SIZE = 1000000 };

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

static void start(Job *job, CoroutineEntry *entry)
{
    qemu_coroutine_enter(qemu_coroutine_create(entry, job));
}

/* Both directions at once, so that each channel is waited for twice. */
static void test_transfers(void)
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
        start(&readers[i], read_it);
        g_assert_false(readers[i].ended);
    }
    for (i = 0; i < 2; i++) {
        start(&writers[i], write_it);
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
    g_test_add_func("/qio/channel/tls/coroutine/transfers", test_transfers);
    return tls_tests_run();
}
