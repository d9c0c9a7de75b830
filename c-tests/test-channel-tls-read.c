/*
 * io/channel-tls.h: reading, the end of connections, watches.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-peer.h"
#include "tls-wire.h"
#include "watch-seen.h"
#include "watch-waiter.h"

static ssize_t read_flags(QIOChannelTLS *ioc, const struct iovec *iov, size_t niov, int flags,
                          Error **errp)
{
#ifndef QIO_HAS_READV_FLAGS
    return qio_channel_readv_full(QIO_CHANNEL(ioc), iov, niov, NULL, NULL, errp);
#else
    return qio_channel_readv_full(QIO_CHANNEL(ioc), iov, niov, NULL, NULL, flags, errp);
#endif
}

/* R-TLS-35 */
static void test_vector(void)
{
    char a[2], b[5], c[10];
    struct iovec iov[] = {
        { .iov_base = NULL, .iov_len = 0 },
        { .iov_base = a, .iov_len = sizeof(a) },
        { .iov_base = NULL, .iov_len = 0 },
        { .iov_base = b, .iov_len = sizeof(b) },
        { .iov_base = c, .iov_len = sizeof(c) },
    };
    Peer peer;

    peer_open(&peer);
    g_assert_cmpint(read_flags(peer.ioc, iov, 5, 0, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpint(read_flags(peer.ioc, iov, 1, 0, &error_abort), ==, 0);
    g_assert_cmpint(read_flags(peer.ioc, NULL, 0, 0, &error_abort), ==, 0);
    peer_send(&peer, "0123456789", 10);
#ifndef QIO_HAS_TLS_CHECK_PENDING
    /* These sessions can't tell whether there is more. */
    g_assert_cmpint(read_flags(peer.ioc, iov, 5, 0, &error_abort), ==, 2);
    g_assert_cmpint(read_flags(peer.ioc, iov + 2, 3, 0, &error_abort), ==, 5);
    g_assert_cmpint(read_flags(peer.ioc, iov + 4, 1, 0, &error_abort), ==, 3);
#else
    g_assert_cmpint(read_flags(peer.ioc, iov, 5, 0, &error_abort), ==, 10);
#endif
    g_assert_cmpmem(a, 2, "01", 2);
    g_assert_cmpmem(b, 5, "23456", 5);
    g_assert_cmpmem(c, 3, "789", 3);
    g_assert_cmpint(read_flags(peer.ioc, iov, 5, 0, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    peer_end(&peer);
}

/* R-TLS-36: who has something to return doesn't wait. */
static void test_blocking_vector(void)
{
    char a[4], b[4];
    struct iovec iov[] = { { .iov_base = a, .iov_len = 4 }, { .iov_base = b, .iov_len = 4 } };
    Peer peer;

    peer_open(&peer);
    set_blocking(peer.master, true);
    peer_send(&peer, "four", 4);
    g_assert_cmpint(read_flags(peer.ioc, iov, 2, 0, &error_abort), ==, 4);
    g_assert_cmpmem(a, 4, "four", 4);
    peer_send(&peer, "six", 3);
    g_assert_cmpint(read_flags(peer.ioc, iov, 2, 0, &error_abort), ==, 3);
    peer_end(&peer);
}

/* R-TLS-31: the peer has said so. */
static void test_end(void)
{
    char byte;
    int i;
    Peer peer;

    peer_open(&peer);
    peer_send(&peer, "x", 1);
    peer_bye(&peer);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), &byte, 1, &error_abort), ==, 1);
    for (i = 0; i < 3; i++) {
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), &byte, 1, &error_abort), ==, 0);
    }
    /* A wait would not end otherwise: the peer has not closed its socket. */
    qio_channel_wait(QIO_CHANNEL(peer.ioc), G_IO_IN);
    peer_cut(&peer);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), &byte, 1, &error_abort), ==, 0);
    peer_end(&peer);
}

#ifndef QIO_HAS_SESSION_ERRP
#define CUT_TEXT "Cannot read from TLS channel: Software caused connection abort"
#else
#define CUT_TEXT "Cannot read from TLS channel: The TLS connection was non-properly terminated."
#endif

/* The peer goes without a word, behind @text. */
static void check_strict(const char *text)
{
    char a[2], b[2];
    struct iovec iov[] = { { .iov_base = a, .iov_len = 2 }, { .iov_base = b, .iov_len = 2 } };
    Error *err = NULL;
    Peer peer;

    peer_open(&peer);
    if (*text) {
        peer_send(&peer, text, strlen(text));
    }
    peer_cut(&peer);
    if (*text) {
        size_t have = 0;

        while (have < strlen(text)) {
            ssize_t got = read_flags(peer.ioc, iov, 2, 0, &error_abort);

            g_assert_cmpint(got, >, 0);
            have += got;
        }
    }
    g_assert_cmpint(read_flags(peer.ioc, iov, 2, 0, &err), ==, -1);
    g_assert_cmpstr(error_get_pretty(err), ==, CUT_TEXT);
    error_free(err);
    g_assert_cmpint(read_flags(peer.ioc, iov, 2, 0, NULL), ==, -1);
    /* From now on it is what was wanted. */
    qio_channel_shutdown(QIO_CHANNEL(peer.ioc), QIO_CHANNEL_SHUTDOWN_READ, NULL);
    g_assert_cmpint(read_flags(peer.ioc, iov, 2, 0, &error_abort), ==, 0);
    peer_end(&peer);
}

static void test_cut(void)
{
    check_strict("");
    check_strict("1");
    check_strict("12");
    check_strict("123");
}

static void check_relaxed(const char *text, bool shut, int flags)
{
    char a[2], b[2];
    struct iovec iov[] = { { .iov_base = a, .iov_len = 2 }, { .iov_base = b, .iov_len = 2 } };
    size_t have = 0;
    ssize_t got;
    Peer peer;
    int i;

    peer_open(&peer);
    if (*text) {
        peer_send(&peer, text, strlen(text));
    }
    peer_cut(&peer);
    if (shut) {
        qio_channel_shutdown(QIO_CHANNEL(peer.ioc), QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
    }
    while ((got = read_flags(peer.ioc, iov, 2, flags, &error_abort)) > 0) {
        have += got;
    }
    g_assert_cmpint(got, ==, 0);
    /* What had arrived is read all the same. */
    g_assert_cmpuint(have, ==, strlen(text));
    for (i = 0; i < 2; i++) {
        g_assert_cmpint(read_flags(peer.ioc, iov, 2, 0, &error_abort), ==, 0);
    }
    peer_end(&peer);
}

static void test_relaxed_by_shutdown(void)
{
    check_relaxed("", true, 0);
    check_relaxed("1", true, 0);
    check_relaxed("12", true, 0);
    check_relaxed("1234", true, 0);
}

#ifdef QIO_HAS_TLS_BYE
static void test_relaxed_by_flag(void)
{
    check_relaxed("", false, QIO_CHANNEL_READ_FLAG_RELAXED_EOF);
    check_relaxed("1", false, QIO_CHANNEL_READ_FLAG_RELAXED_EOF);
    check_relaxed("12", false, QIO_CHANNEL_READ_FLAG_RELAXED_EOF);
    check_relaxed("1234", false, QIO_CHANNEL_READ_FLAG_RELAXED_EOF);
}
#endif

static void *read_one(void *opaque)
{
    Peer *peer = opaque;
    char byte;

    /* R-TLS-44: a shutdown is meant to end this. */
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer->ioc), &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer->ioc), &byte, 1, &error_abort), ==, 0);
    return NULL;
}

/* R-TLS-61 */
static void test_relaxed_under_a_reader(void)
{
    pthread_t thread;
    Peer peer;
    int rounds;

    for (rounds = 0; rounds < 20; rounds++) {
        peer_open(&peer);
        set_blocking(peer.master, true);
        g_assert_cmpint(pthread_create(&thread, NULL, read_one, &peer), ==, 0);
        peer_send(&peer, "x", 1);
        /* Sometimes before the reader waits again, mostly while it does. */
        if (rounds % 2) {
            g_usleep(1000);
        }
        g_assert_cmpint(qio_channel_shutdown(QIO_CHANNEL(peer.ioc), QIO_CHANNEL_SHUTDOWN_READ,
                                             &error_abort), ==, 0);
        pthread_join(thread, NULL);
        peer_end(&peer);
    }
}

/* R-TLS-8, R-TLS-34, R-TLS-64 */
static void test_broken(void)
{
    Wire *wires[2];
    Error *err = NULL;
    char byte;
    Tls tls;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    tls_write(&tls, CLIENT, "x", 1, &error_abort);
    wires[1]->broken = true;
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &err), ==, -1);
#ifndef QIO_HAS_SESSION_ERRP
    g_assert_cmpstr(error_get_pretty(err), ==, "Cannot read from TLS channel: Input/output error");
#else
    g_assert_cmpstr(error_get_pretty(err), ==, "the wire is broken");
#endif
    error_free(err);
    tls_end(&tls);
}

/* A record that was changed on its way. */
static void test_forged(void)
{
    Wire *wires[2];
    char text[8];
    Tls tls;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    tls_write(&tls, CLIENT, "genuine", 7, &error_abort);
    wires[1]->in->data[wires[1]->in->len - 3] ^= 1;
    expect_failure(tls_read(&tls, SERVER, text, 7, &err));
    expect_failure(tls_read(&tls, SERVER, text, 7, &err));
    tls_end(&tls);
}

/* New keys are no data: a blocking reader sees none of them. */
static void test_new_keys(void)
{
    char text[8];
    Peer peer;
    int i;

    peer_open_with(&peer, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK");
    set_blocking(peer.master, true);
    for (i = 0; i < 5; i++) {
        g_assert_cmpint(gnutls_session_key_update(peer.session, GNUTLS_KU_PEER), ==, 0);
        peer_send(&peer, "data", 4);
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), text, 8, &error_abort), ==, 4);
        g_assert_cmpint(qio_channel_write(QIO_CHANNEL(peer.ioc), "back", 4, &error_abort), ==, 4);
        while (gnutls_record_recv(peer.session, text, 8) < 0) {
        }
    }
    peer_end(&peer);
}

/* A reader in small steps, woken by a watch. */
typedef struct Steps {
    QIOChannelTLS *ioc;
    GByteArray *got;
    size_t step;
    int calls;
} Steps;

static gboolean take_step(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Steps *steps = opaque;
    char bytes[512];
    ssize_t got;

    g_assert_true(ioc == QIO_CHANNEL(steps->ioc));
    g_assert_cmpint(condition, ==, G_IO_IN);
    steps->calls++;
    got = qio_channel_read(ioc, bytes, steps->step, &error_abort);
    if (got > 0) {
        g_byte_array_append(steps->got, (guint8 *)bytes, got);
    }
    return G_SOURCE_CONTINUE;
}

static void check_steps(Tls *tls, GMainContext *context)
{
    const size_t size = 16384;
    Steps steps = { .ioc = tls->ends[SERVER], .got = g_byte_array_new(), .step = 100 };
    g_autofree char *bytes = g_malloc(size);
    GSource *source;
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = i * 7 / 3;
    }
    source = qio_channel_add_watch_source(QIO_CHANNEL(steps.ioc), G_IO_IN, take_step, &steps, NULL,
                                          context);
    g_assert_cmpint(tls_write(tls, CLIENT, bytes, size, &error_abort), ==, size);
    while (steps.got->len < size) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmpmem(steps.got->data, steps.got->len, bytes, size);
    /* One more may find nothing; nobody is woken for ever. */
    for (i = 0; g_main_context_iteration(context, false); i++) {
        g_assert_cmpuint(i, <, 5);
    }
    g_assert_cmpint(steps.calls, >=, 164);
    g_assert_cmpint(steps.calls, <=, 166);
    g_source_destroy(source);
    g_source_unref(source);
    g_byte_array_unref(steps.got);
}

/* R-TLS-52, R-TLS-53, R-TLS-54 */
static void test_watch_steps(void)
{
    GMainContext *context = g_main_context_new();
    Wire *wires[2];
    Tls tls;

    tls_open(&tls);
    check_steps(&tls, NULL);
    check_steps(&tls, context);
    tls_end(&tls);
    /* A master of which nobody knows what it polls. */
    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    check_steps(&tls, NULL);
    check_steps(&tls, context);
    tls_end(&tls);
    g_main_context_unref(context);
}

static void check_conditions(Tls *tls)
{
    QIOChannel *ioc = QIO_CHANNEL(tls->ends[SERVER]);
    Seen in = { .ioc = ioc }, out = { .ioc = ioc }, both = { .ioc = ioc }, hup = { .ioc = ioc };
    char byte;

    /* Nothing to read: only OUT is ready. */
    qio_channel_add_watch(ioc, G_IO_OUT, sees, &out, ends);
    qio_channel_add_watch(ioc, G_IO_IN | G_IO_OUT, sees, &both, ends);
    tls_run();
    g_assert_cmpint(out.condition, ==, G_IO_OUT);
    g_assert_cmpint(both.condition, ==, G_IO_OUT);
    /* Bytes that wait in the session. */
    tls_write(tls, CLIENT, "123", 3, &error_abort);
    g_assert_cmpint(tls_read(tls, SERVER, &byte, 1, &error_abort), ==, 1);
    qio_channel_add_watch(ioc, G_IO_OUT, sees, &out, ends);
    qio_channel_add_watch(ioc, G_IO_IN | G_IO_OUT, sees, &both, ends);
    qio_channel_add_watch(ioc, G_IO_IN, sees, &in, ends);
    qio_channel_add_watch(ioc, G_IO_HUP, sees, &hup, ends);
    tls_run();
    g_assert_cmpint(out.condition, ==, G_IO_OUT);
    g_assert_cmpint(both.condition, ==, G_IO_IN | G_IO_OUT);
    g_assert_cmpint(in.condition, ==, G_IO_IN);
    g_assert_cmpint(hup.calls, ==, 0);
    g_assert_cmpint(out.ended + both.ended + in.ended, ==, 5);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(tls_read(tls, SERVER, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(tls_read(tls, SERVER, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(tls_read(tls, SERVER, &byte, 1, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    qio_channel_add_watch(ioc, G_IO_IN, sees, &in, ends);
    tls_run();
    g_assert_cmpint(in.calls, ==, 1);
    g_assert_true(g_source_remove_by_user_data(&in));
    g_assert_true(g_source_remove_by_user_data(&hup));
}

/* R-WATCH-11: over either kind of master's watch. */
static void test_watch_conditions(void)
{
    Wire *wires[2];
    Tls tls;

    tls_open(&tls);
    check_conditions(&tls);
    tls_end(&tls);
    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    check_conditions(&tls);
    tls_end(&tls);
}

/* As chardevs do: the end is only seen when all has been read. */
static gboolean see_hup(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Steps *steps = opaque;

    g_assert_cmpuint(steps->got->len, ==, 5000);
    steps->step = 0;
    return G_SOURCE_REMOVE;
}

static gboolean take_until_end(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Steps *steps = opaque;
    char bytes[64];
    ssize_t got = qio_channel_read(ioc, bytes, sizeof(bytes), &error_abort);

    if (got > 0) {
        g_byte_array_append(steps->got, (guint8 *)bytes, got);
    }
    return got != 0;
}

/* R-TLS-56 */
static void test_watch_hup(void)
{
    Steps steps = { .got = g_byte_array_new(), .step = 64 };
    g_autofree char *bytes = g_malloc0(5000);
    GSource *hup;
    Peer peer;

    peer_open(&peer);
    hup = qio_channel_create_watch(QIO_CHANNEL(peer.ioc), G_IO_HUP);
    g_source_set_priority(hup, G_PRIORITY_DEFAULT + 1);
    g_source_set_callback(hup, (GSourceFunc)(void (*)(void))see_hup, &steps, NULL);
    g_source_attach(hup, NULL);
    g_source_unref(hup);
    qio_channel_add_watch(QIO_CHANNEL(peer.ioc), G_IO_IN, take_until_end, &steps, NULL);
    peer_send(&peer, bytes, 5000);
    peer_bye(&peer);
    peer_cut(&peer);
    while (steps.step) {
        g_main_context_iteration(NULL, true);
    }
    tls_run();
    g_byte_array_unref(steps.got);
    peer_end(&peer);
}

/* R-TLS-55: until the source has gone, attached or not. */
static void test_watch_keeps(void)
{
    static const GIOCondition conditions[] = { G_IO_IN, G_IO_OUT, G_IO_HUP };
    size_t i;
    Tls tls;

    tls_open(&tls);
    for (i = 0; i < G_N_ELEMENTS(conditions); i++) {
        GSource *source = qio_channel_create_watch(QIO_CHANNEL(tls.ends[SERVER]), conditions[i]);

        g_assert_cmpint(OBJECT(tls.ends[SERVER])->ref, ==, 2);
        if (i % 2) {
            g_source_attach(source, NULL);
            g_source_destroy(source);
        }
        g_source_unref(source);
        g_assert_cmpint(OBJECT(tls.ends[SERVER])->ref, ==, 1);
    }
    tls_end(&tls);
}

/* What a reader leaves in the session is seen by who watches in another thread (R-TLS-62). */
static void test_watch_elsewhere(void)
{
    Wire *wires[2];
    Waiter waiter;
    char byte;
    Tls tls;

    /* Nothing but the channel can wake who watches over a wire. */
    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    waiter_start(&waiter, QIO_CHANNEL(tls.ends[SERVER]), G_IO_IN);
    await_asleep(1);
    tls_write(&tls, CLIENT, "ab", 2, &error_abort);
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &error_abort), ==, 1);
    waiter_end(&waiter);
    g_assert_cmpint(waiter.seen, ==, G_IO_IN);
    g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &error_abort), ==, 1);
    g_assert_cmpint(byte, ==, 'b');
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    wire_register();
    g_test_add_func("/qio/channel/tls/read/vector", test_vector);
    g_test_add_func("/qio/channel/tls/read/vector/blocking", test_blocking_vector);
    g_test_add_func("/qio/channel/tls/read/end", test_end);
    g_test_add_func("/qio/channel/tls/read/cut", test_cut);
    g_test_add_func("/qio/channel/tls/read/relaxed/shutdown", test_relaxed_by_shutdown);
#ifdef QIO_HAS_TLS_BYE
    g_test_add_func("/qio/channel/tls/read/relaxed/flag", test_relaxed_by_flag);
#endif
    g_test_add_func("/qio/channel/tls/read/relaxed/reader", test_relaxed_under_a_reader);
    g_test_add_func("/qio/channel/tls/read/broken", test_broken);
    g_test_add_func("/qio/channel/tls/read/forged", test_forged);
    g_test_add_func("/qio/channel/tls/read/new-keys", test_new_keys);
    g_test_add_func("/qio/channel/tls/watch/steps", test_watch_steps);
    g_test_add_func("/qio/channel/tls/watch/conditions", test_watch_conditions);
    g_test_add_func("/qio/channel/tls/watch/hup", test_watch_hup);
    g_test_add_func("/qio/channel/tls/watch/keeps", test_watch_keeps);
    g_test_add_func("/qio/channel/tls/watch/elsewhere", test_watch_elsewhere);
    return tls_tests_run();
}
