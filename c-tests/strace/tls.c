/*
 * Moves data through TLS by a loop over the calls of sessions, or by libqio, as transfer.c does it
 * through sockets. Handshakes are outside of the marks.
 *
 * usage: tls by-hand|by-library
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-ends.h"

enum { PIECE = 1000, TIMES = 3 };

static bool by_library;
static char memory[1 << 20], copy[1 << 20];

static void round_trips(void)
{
    static const size_t sizes[] = { 1, 64, 4096, 16384, 16385, 65536 };
    Secure ends[2];
    size_t i, n;

    connect_ends(ends, by_library, true);
    mark("begin round-trips");
    for (i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (n = 0; n < 3; n++) {
            put(&ends[0], memory, sizes[i]);
            g_assert_true(get(&ends[1], copy, sizes[i]));
            put(&ends[1], memory, sizes[i]);
            g_assert_true(get(&ends[0], copy, sizes[i]));
        }
    }
    mark("end");
    disconnect_ends(ends);
}

/* Small pieces make one record, and go where they are wanted without another read. */
static void vectors(void)
{
    Secure ends[2];
    struct iovec iov[8];
    size_t i;

    connect_ends(ends, by_library, true);
    for (i = 0; i < G_N_ELEMENTS(iov); i++) {
        iov[i] = (struct iovec) { copy + i * 100, 100 };
    }
    mark("begin vectors");
    if (by_library) {
        g_assert_cmpint(qio_channel_writev_all(ends[0].ioc, iov, 8, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_readv_all(ends[1].ioc, iov, 8, &error_abort), ==, 0);
    } else {
        hand_encrypt_all(ends[0].session, ends[0].fd, copy, 800);
        for (i = 0; i < G_N_ELEMENTS(iov); i++) {
            g_assert_true(hand_decrypt_all(ends[1].session, ends[1].fd, iov[i].iov_base, 100));
        }
    }
    mark("end");
    disconnect_ends(ends);
}

/* What there is: nothing, less than asked for, and the end. */
static void single_calls(void)
{
    Secure ends[2];

    connect_ends(ends, by_library, false);
    /* The records behind the handshake. */
    put(&ends[1], memory, 1);
    g_assert_true(get(&ends[0], copy, 1));
    mark("begin single");
    if (by_library) {
        g_assert_cmpint(qio_channel_read(ends[1].ioc, copy, 100, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
        g_assert_cmpint(qio_channel_write(ends[0].ioc, memory, 64, &error_abort), ==, 64);
        g_assert_cmpint(qio_channel_read(ends[1].ioc, copy, 100, &error_abort), ==, 64);
    } else {
        g_assert_cmpint(hand_decrypt(ends[1].session, copy, 100), ==, -1);
        g_assert_cmpint(hand_encrypt(ends[0].session, memory, 64), ==, 64);
        g_assert_cmpint(hand_decrypt(ends[1].session, copy, 100), ==, 64);
    }
    mark("end");
#ifdef QIO_HAS_TLS_BYE
    mark("begin bye");
    if (by_library) {
        qio_channel_tls_bye(QIO_CHANNEL_TLS(ends[0].ioc), &error_abort);
    } else {
        g_assert_cmpint(qcrypto_tls_session_bye(ends[0].session, &error_abort), ==, 0);
    }
    g_assert_false(get(&ends[1], copy, 100));
    mark("end");
#endif
    disconnect_ends(ends);
}

/* What a peer does that has one of the ends. */
static Secure *peers_end;

static void send_to_sleeper(int fd, size_t bytes)
{
    int i;

    for (i = 0; i < TIMES; i++) {
        await_sleeping_parent();
        put(peers_end, memory, bytes);
    }
}

static void receive_from_sleeper(int fd, size_t bytes)
{
    await_sleeping_parent();
    g_assert_true(get(peers_end, copy, bytes));
}

static void waiting_reads(void)
{
    Secure ends[2];
    pid_t peer;

    connect_ends(ends, by_library, false);
    peers_end = &ends[0];
    peer = peer_start(send_to_sleeper, ends[0].fd, PIECE);
    mark("begin waiting-reads");
    g_assert_true(get(&ends[1], copy, TIMES * PIECE));
    mark("end");
    peer_end(peer);
    disconnect_ends(ends);
}

/* Waits once, amid a record. */
static void waiting_write(void)
{
    Secure ends[2];
    ssize_t bytes;
    pid_t peer;

    connect_ends(ends, by_library, false);
    bytes = send(ends[0].fd, memory, sizeof(memory), 0);
    g_assert_cmpint(bytes, >, 0);
    disconnect_ends(ends);
    connect_ends(ends, by_library, false);
    bytes += bytes / 4;
    peers_end = &ends[1];
    peer = peer_start(receive_from_sleeper, ends[1].fd, bytes);
    mark("begin waiting-write");
    put(&ends[0], memory, bytes);
    mark("end");
    peer_end(peer);
    disconnect_ends(ends);
}

int main(int argc, char **argv)
{
    g_assert_cmpint(argc, ==, 2);
    by_library = !strcmp(argv[1], "by-library");
    g_assert_true(by_library || !strcmp(argv[1], "by-hand"));
    module_call_init(MODULE_INIT_QOM);
    creds_begin();
    /* Where something waits to write here, it is to a UNIX socket. */
    hand_hears_shutdown = true;
    /* Made with the first channel otherwise, and then descriptors differ (C8). */
    g_assert_nonnull(g_main_context_default());
    /* The first message that GLib translates makes it read files. */
    g_assert_nonnull(g_strerror(EPIPE));
    round_trips();
    vectors();
    single_calls();
    waiting_reads();
    waiting_write();
    creds_finish();
    return 0;
}
