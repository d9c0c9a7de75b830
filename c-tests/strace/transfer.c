/*
 * Moves data through sockets by a loop over the system calls, or by libqio, between marks that
 * compare.py finds in the system calls that strace wrote down.
 *
 * usage: transfer by-hand|by-library
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "transfer.h"

#include <netinet/in.h>

enum { PEER_BYTES = 1000, PEER_TIMES = 3 };

static bool by_library;
static char memory[1 << 20], copy[1 << 20];

typedef struct Pair {
    End a;
    End b;
} Pair;

static End end_of(int fd)
{
    End end = { .fd = fd };

    if (by_library) {
        end.ioc = QIO_CHANNEL(qio_channel_socket_new_fd(fd, &error_abort));
    }
    return end;
}

static void end_close(End *end)
{
    if (end->ioc) {
        g_assert_cmpint(qio_channel_close(end->ioc, &error_abort), ==, 0);
        object_unref(OBJECT(end->ioc));
    } else {
        close(end->fd);
    }
    end->fd = -1;
}

static Pair unix_pair(int type)
{
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv), ==, 0);
    return (Pair) { end_of(sv[0]), end_of(sv[1]) };
}

static Pair tcp_pair(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client, server;

    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    g_assert_cmpint(getsockname(listener, (struct sockaddr *)&address, &length), ==, 0);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(client, (struct sockaddr *)&address, length), ==, 0);
    server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    g_assert_cmpint(server, >=, 0);
    close(listener);
    return (Pair) { end_of(client), end_of(server) };
}

static void pair_close(Pair *pair)
{
    end_close(&pair->a);
    end_close(&pair->b);
}

/* So many elements of about the same size, which may be 0. */
static size_t split(struct iovec *iov, size_t niov, char *bytes, size_t length)
{
    size_t i, from = 0;

    for (i = 0; i < niov; i++) {
        size_t to = length * (i + 1) / niov;

        iov[i] = (struct iovec) { bytes + from, to - from };
        from = to;
    }
    return niov;
}

static void round_trips(Pair pair, const char *name)
{
    static const size_t sizes[] = { 1, 64, 4096, 16384 };
    size_t i, n;

    mark(name);
    for (i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (n = 0; n < 3; n++) {
            write_bytes(&pair.a, memory, sizes[i]);
            read_bytes(&pair.b, copy, sizes[i]);
            write_bytes(&pair.b, memory, sizes[i]);
            read_bytes(&pair.a, copy, sizes[i]);
        }
    }
    mark("end");
    pair_close(&pair);
}

static void vectors(void)
{
    static const size_t counts[][2] = { { 1, 4 }, { 4, 1 }, { 5, 7 }, { 40, 33 }, { 64, 64 } };
    static const size_t sizes[] = { 3, 1000, 65536 };
    struct iovec out[ELEMENTS_MAX], in[ELEMENTS_MAX];
    Pair pair = unix_pair(SOCK_STREAM);
    size_t i, n;

    mark("begin vectors");
    for (i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (n = 0; n < G_N_ELEMENTS(counts); n++) {
            write_elements(&pair.a, out, split(out, counts[n][0], memory, sizes[i]));
            g_assert_true(read_elements(&pair.b, in, split(in, counts[n][1], copy, sizes[i])));
        }
    }
    mark("end");
    pair_close(&pair);
}

/* What there is comes in pieces: a read gets one message. */
static void pieces(void)
{
    static const size_t counts[] = { 1, 3, 12, 40 };
    Pair pair = unix_pair(SOCK_SEQPACKET);
    struct iovec in[ELEMENTS_MAX];
    size_t i, n;

    for (i = 0; i < G_N_ELEMENTS(counts); i++) {
        for (n = 0; n < 8; n++) {
            g_assert_cmpint(send(pair.a.fd, memory, 1000, 0), ==, 1000);
        }
        mark("begin pieces");
        g_assert_true(read_elements(&pair.b, in, split(in, counts[i], copy, 8 * 1000)));
        mark("end");
    }
    pair_close(&pair);
}

/* What the channel has: less than asked for, nothing, and the end. */
static void single_calls(void)
{
    struct iovec iov[2] = { { copy, 50 }, { copy + 50, 5000 } };
    Pair pair = unix_pair(SOCK_STREAM);
    Error *err = NULL;

    no_wait(pair.b.fd);
    g_assert_cmpint(send(pair.a.fd, memory, 200, 0), ==, 200);
    mark("begin single");
    if (by_library) {
        g_assert_cmpint(qio_channel_write(pair.a.ioc, memory, 64, &error_abort), ==, 64);
        g_assert_cmpint(qio_channel_read(pair.b.ioc, copy, 100, &error_abort), ==, 100);
        g_assert_cmpint(qio_channel_readv(pair.b.ioc, iov, 2, &error_abort), ==, 164);
        g_assert_cmpint(qio_channel_readv(pair.b.ioc, iov, 2, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
        g_assert_cmpint(qio_channel_writev(pair.a.ioc, iov, 2, &error_abort), ==, 5050);
        g_assert_cmpint(qio_channel_shutdown(pair.a.ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_write(pair.a.ioc, memory, 64, &err), ==, -1);
        error_free(err);
    } else {
        g_assert_cmpint(hand_send(pair.a.fd, &(struct iovec) { memory, 64 }, 1), ==, 64);
        g_assert_cmpint(hand_receive(pair.b.fd, &(struct iovec) { copy, 100 }, 1), ==, 100);
        g_assert_cmpint(hand_receive(pair.b.fd, iov, 2), ==, 164);
        g_assert_cmpint(hand_receive(pair.b.fd, iov, 2), ==, -1);
        g_assert_cmpint(hand_send(pair.a.fd, iov, 2), ==, 5050);
        g_assert_cmpint(shutdown(pair.a.fd, SHUT_WR), ==, 0);
        g_assert_cmpint(hand_send(pair.a.fd, &(struct iovec) { memory, 64 }, 1), ==, -1);
    }
    g_assert_true(read_elements(&pair.b, iov, 2));
    g_assert_false(read_elements(&pair.b, iov, 2));
    mark("end");
    pair_close(&pair);
}

static void hand_send_descriptors(int fd, const struct iovec *iov, const int *fds, size_t nfds)
{
    char control[CMSG_SPACE(16 * sizeof(int))] = "";
    struct msghdr message = {
        .msg_iov = (struct iovec *)iov, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = CMSG_SPACE(nfds * sizeof(int)),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    *header = (struct cmsghdr) {
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(nfds * sizeof(int)),
    };
    memcpy(CMSG_DATA(header), fds, nfds * sizeof(int));
    g_assert_cmpint(sendmsg(fd, &message, MSG_NOSIGNAL), ==, iov->iov_len);
}

/* What is received is blocking (R-CHAN-72). */
static void hand_receive_descriptors(int fd, const struct iovec *iov, int *fds, size_t nfds)
{
    char control[CMSG_SPACE(16 * sizeof(int))] = "";
    struct msghdr message = {
        .msg_iov = (struct iovec *)iov, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof(control),
    };
    struct cmsghdr *header;
    size_t i;

    g_assert_cmpint(recvmsg(fd, &message, MSG_CMSG_CLOEXEC), ==, iov->iov_len);
    header = CMSG_FIRSTHDR(&message);
    g_assert_cmpuint(header->cmsg_len, ==, CMSG_LEN(nfds * sizeof(int)));
    memcpy(fds, CMSG_DATA(header), nfds * sizeof(int));
    for (i = 0; i < nfds; i++) {
        int flags = fcntl(fds[i], F_GETFL);

        if (flags & O_NONBLOCK) {
            fcntl(fds[i], F_SETFL, flags & ~O_NONBLOCK);
        }
    }
}

static void descriptors(void)
{
    struct iovec iov = { copy, 64 };
    Pair pair = unix_pair(SOCK_STREAM), sent = unix_pair(SOCK_STREAM);
    int fds[2] = { sent.a.fd, sent.b.fd }, received[2] = { -1, -1 };

    no_wait(sent.b.fd);
    mark("begin descriptors");
    if (by_library) {
        int *array = NULL;
        size_t length = 0;

        g_assert_cmpint(qio_channel_writev_full_all(pair.a.ioc, &iov, 1, fds, 2, 0, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_readv_full_all(pair.b.ioc, &iov, 1, &array, &length, &error_abort), ==, 0);
        g_assert_cmpuint(length, ==, 2);
        memcpy(received, array, sizeof(received));
        g_free(array);
    } else {
        hand_send_descriptors(pair.a.fd, &iov, fds, 2);
        hand_receive_descriptors(pair.b.fd, &iov, received, 2);
    }
    mark("end");
    close(received[0]);
    close(received[1]);
    pair_close(&sent);
    pair_close(&pair);
}

static void send_to_sleeper(int fd, size_t bytes)
{
    int i;

    for (i = 0; i < PEER_TIMES; i++) {
        await_sleeping_parent();
        g_assert_cmpint(send(fd, memory, bytes, 0), ==, bytes);
    }
}

/* Reads that have to wait, several times. */
static void waiting_reads(void)
{
    struct iovec in[3];
    Pair pair = unix_pair(SOCK_STREAM);
    pid_t peer;

    no_wait(pair.b.fd);
    peer = peer_start(send_to_sleeper, pair.a.fd, PEER_BYTES);
    mark("begin waiting-reads");
    g_assert_true(read_elements(&pair.b, in, split(in, 3, copy, PEER_TIMES * PEER_BYTES)));
    mark("end");
    peer_end(peer);
    peer = peer_start(send_to_sleeper, pair.a.fd, PEER_BYTES);
    mark("begin waiting");
    wait_for(&pair.b, G_IO_IN);
    read_bytes(&pair.b, copy, PEER_BYTES);
    wait_for(&pair.b, G_IO_OUT);
    wait_for(&pair.b, G_IO_IN | G_IO_HUP);
    read_bytes(&pair.b, copy, PEER_BYTES);
    wait_for(&pair.b, G_IO_IN);
    read_bytes(&pair.b, copy, PEER_BYTES);
    mark("end");
    peer_end(peer);
    pair_close(&pair);
}

static void receive_from_sleeper(int fd, size_t bytes)
{
    await_sleeping_parent();
    g_assert_cmpint(recv(fd, copy, bytes, MSG_WAITALL), ==, bytes);
}

/* How many bytes a socket takes while nobody reads them. */
static size_t capacity(void)
{
    Pair pair = unix_pair(SOCK_STREAM);
    ssize_t bytes;

    no_wait(pair.a.fd);
    bytes = send(pair.a.fd, memory, sizeof(memory), 0);
    g_assert_cmpint(bytes, >, 0);
    g_assert_cmpint(bytes, <, sizeof(memory) / 2);
    pair_close(&pair);
    return bytes;
}

/* A write that has to wait once: what is left fits as soon as the system says that there is room. */
static void waiting_write(void)
{
    size_t bytes = capacity();
    struct iovec out[5];
    Pair pair = unix_pair(SOCK_STREAM);
    pid_t peer;

    bytes += bytes / 4;
    no_wait(pair.a.fd);
    peer = peer_start(receive_from_sleeper, pair.b.fd, bytes);
    mark("begin waiting-write");
    write_elements(&pair.a, out, split(out, 5, memory, bytes));
    mark("end");
    peer_end(peer);
    pair_close(&pair);
}

/* A blocking write waits by itself. */
static void blocking_write(void)
{
    Pair pair = unix_pair(SOCK_STREAM);
    pid_t peer = peer_start(receive_from_sleeper, pair.b.fd, sizeof(memory));

    mark("begin blocking-write");
    write_bytes(&pair.a, memory, sizeof(memory));
    mark("end");
    peer_end(peer);
    pair_close(&pair);
}

int main(int argc, char **argv)
{
    g_assert_cmpint(argc, ==, 2);
    by_library = !strcmp(argv[1], "by-library");
    g_assert_true(by_library || !strcmp(argv[1], "by-hand"));
    module_call_init(MODULE_INIT_QOM);
    /* Where something waits to write here, it is to a UNIX socket. */
    hand_hears_shutdown = true;
    /* Made with the first channel otherwise, and then descriptors differ (C8). */
    g_assert_nonnull(g_main_context_default());
    /* The first message that GLib translates makes it read files. */
    g_assert_nonnull(g_strerror(EPIPE));
    round_trips(unix_pair(SOCK_STREAM), "begin unix");
    round_trips(tcp_pair(), "begin tcp");
    vectors();
    pieces();
    single_calls();
    descriptors();
    waiting_reads();
    waiting_write();
    blocking_write();
    return 0;
}
