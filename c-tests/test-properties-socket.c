/*
 * Rows C1 to C13 of docs/spec/properties.md, as far as they are about sockets.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/resource.h>
#include <sys/syscall.h>

#include "socket-channels.h"
#include "error-queue.h"
#include "rounds.h"

/* C1 ---------------------------------------------------------------------------- */

/* A request of @count elements, each with its own bytes, some of them empty. */
typedef struct Request {
    struct iovec *iov;
    size_t count;
    uint8_t *bytes;
    size_t length;
} Request;

static Request make_request(size_t count)
{
    Request request = { g_new0(struct iovec, count), count, g_malloc0(3 * count), 0 };
    size_t i;

    for (i = 0; i < count; i++) {
        size_t length = i % 4;

        request.iov[i] = (struct iovec) { request.bytes + request.length, length };
        request.length += length;
    }
    return request;
}

static void free_request(Request *request)
{
    g_free(request->iov);
    g_free(request->bytes);
}

typedef struct Transfer {
    QIOChannelSocket *ioc;
    Request request;
} Transfer;

static gpointer writes_all(gpointer opaque)
{
    Transfer *transfer = opaque;

    g_assert_cmpint(qio_channel_writev_all(QIO_CHANNEL(transfer->ioc), transfer->request.iov,
                                           transfer->request.count, &error_abort), ==, 0);
    return NULL;
}

static void test_c1(void)
{
    static const size_t counts[] = { 1500, 100000 };
    size_t c, i, mode;

    for (c = 0; c < G_N_ELEMENTS(counts); c++) {
        for (mode = 0; mode < 4; mode++) {
            g_auto(Pair) pair = mode & 1 ? tcp_pair("127.0.0.1") : unix_pair();
            Transfer transfer = { pair.client, make_request(counts[c]) };
            Request got = make_request(counts[c]);
            GThread *writer;

            for (i = 0; i < transfer.request.length; i++) {
                transfer.request.bytes[i] = (uint8_t)(i * 31 >> 3);
            }
            set_blocking(pair.client, mode & 2);
            set_blocking(pair.server, mode & 2);
            writer = g_thread_new("writer", writes_all, &transfer);
            g_assert_cmpint(qio_channel_readv_all(QIO_CHANNEL(pair.server), got.iov, got.count,
                                                  &error_abort), ==, 0);
            g_thread_join(writer);
            g_assert_cmpmem(got.bytes, got.length, transfer.request.bytes,
                            transfer.request.length);
            free_request(&transfer.request);
            free_request(&got);
        }
    }
}

static void test_c1_datagram(void)
{
    static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
    Request request = make_request(1500);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(types); i++) {
        g_auto(Pair) pair = unix_pair_of(types[i]);
        Error *err = NULL;
        char byte;

        errno = 0;
        g_assert_cmpint(qio_channel_writev(QIO_CHANNEL(pair.client), request.iov, request.count,
                                           &err), ==, -1);
        g_assert_cmpint(errno, ==, EMSGSIZE);
        assert_error_has(&err, "write", strerror(EMSGSIZE));
        set_blocking(pair.server, false);
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair.server), &byte, 1, &error_abort),
                        ==, QIO_CHANNEL_ERR_BLOCK);
    }
    free_request(&request);
}

/* C2 ---------------------------------------------------------------------------- */

static void test_c2(void)
{
    g_auto(Pair) pair = unix_pair(), datagrams = unix_pair_of(SOCK_DGRAM);
    struct iovec empty[] = { { NULL, 0 }, { NULL, 0 } };
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    int given = 0, *fds = NULL;
    size_t nfds = 0;
    char bytes[2] = "";
    Error *err = NULL;

    queue_reset();
    /* Neither waits, although nothing is there. */
    g_assert_cmpint(qio_channel_read(ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_readv(ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_readv(ioc, empty, 2, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write(ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_writev(ioc, empty, 2, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write_all(ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_read_all(ioc, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(queue.transfers, ==, 0);

    /* Descriptors would not go anywhere. */
    errno = 0;
    g_assert_cmpint(qio_channel_writev_full(ioc, empty, 2, &given, 1, 0, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    assert_error_has(&err, "descriptors", strerror(EINVAL));
    g_assert_cmpint(queue.transfers, ==, 0);

    /* They are fetched without a byte. */
    g_assert_cmpint(qio_channel_writev_full(ioc, &(struct iovec) { bytes, 2 }, 1, &given, 1, 0,
                                            &error_abort), ==, 2);
    g_assert_cmpint(readv_full(pair.server, NULL, 0, &fds, &nfds, &error_abort), ==, 0);
    g_assert_cmpuint(nfds, ==, 1);
    close(fds[0]);
    g_free(fds);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair.server), bytes, 2, &error_abort), ==, 2);

    /* An empty datagram is a datagram. */
    queue.transfers = 0;
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(datagrams.client), "", 0, &error_abort), ==, 0);
    g_assert_cmpint(queue.transfers, ==, 1);
    set_blocking(datagrams.server, false);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(datagrams.server), bytes, 2, &error_abort),
                    ==, 0);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(datagrams.server), bytes, 2, &error_abort),
                    ==, QIO_CHANNEL_ERR_BLOCK);
}

/* C3 and C4 --------------------------------------------------------------------- */

/* One message with so many copies of @fd, as only the system itself can send it. */
static void send_raw(int to, int fd, size_t count)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(64 * sizeof(int))];
    } control;
    char byte = 'x';
    struct iovec iov = { &byte, 1 };
    struct msghdr message = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = CMSG_SPACE(count * sizeof(int)),
    };
    size_t i;

    memset(&control, 0, sizeof(control));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
    for (i = 0; i < count; i++) {
        ((int *)CMSG_DATA(&control.header))[i] = fd;
    }
    g_assert_cmpint(sendmsg(to, &message, 0), ==, 1);
}

static void test_c3(void)
{
    static const size_t counts[] = { 17, 20, 64 };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_auto(Pair) pair = unix_pair();
        char byte;
        struct iovec iov = { &byte, 1 };
        int stale = 0, *fds = &stale;
        size_t nfds = 5;
        Error *err = NULL;
        int before = open_files();

        send_raw(pair.client->fd, 0, counts[i]);
        g_assert_cmpint(readv_full(pair.server, &iov, 1, &fds, &nfds, &err), ==, -1);
        assert_error_has(&err, "16", NULL);
        g_assert_null(fds);
        g_assert_cmpuint(nfds, ==, 0);
        g_assert_cmpint(open_files(), ==, before);

        /* Who doesn't ask for them doesn't mind. */
        send_raw(pair.client->fd, 0, counts[i]);
        g_assert_cmpint(readv_full(pair.server, &iov, 1, NULL, NULL, &error_abort), ==, 1);
        send_raw(pair.client->fd, 0, counts[i]);
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair.server), &byte, 1, &error_abort),
                        ==, 1);
        g_assert_cmpint(open_files(), ==, before);
    }
}

/* Fewer because the process may have no more: the bytes and what arrived are delivered. */
static void test_c3_limit(void)
{
    g_auto(Pair) pair = unix_pair();
    struct rlimit before, limit;
    char byte = 0;
    struct iovec iov = { &byte, 1 };
    int *fds = NULL, next = dup(0);
    size_t nfds = 0, i, room, free;

    close(next);
    if (is_slow()) {
        g_test_skip("valgrind has a descriptor limit of its own");
        return;
    }
    send_raw(pair.client->fd, 0, 8);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    for (room = 0; room < 4; room += 3) {
        limit = before;
        limit.rlim_cur = next + room;
        for (i = free = 0; i < room; i++) {
            free += fcntl(next + i, F_GETFD) == -1;
        }
        if (room) {
            send_raw(pair.client->fd, 0, 8);
        }
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
        g_assert_cmpint(readv_full(pair.server, &iov, 1, &fds, &nfds, &error_abort), ==, 1);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
        g_assert_cmpint(byte, ==, 'x');
        g_assert_cmpuint(nfds, ==, free);
        for (i = 0; i < nfds; i++) {
            close(fds[i]);
        }
        g_free(fds);
    }
}

static void test_c4(void)
{
    int before, i;

    /* Refused; the stream ends; the stream breaks. */
    for (i = 0; i < 3; i++) {
        g_auto(Pair) pair = unix_pair();
        char bytes[4];
        struct iovec iov = { bytes, sizeof(bytes) };
        int *fds = NULL;
        size_t nfds = 0;
        Error *err = NULL;

        before = open_files();
        send_raw(pair.client->fd, 0, i == 0 ? 17 : 16);
        if (i == 1) {
            g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
            before--;
        } else if (i == 2) {
            queue.break_after = 1;
        }
        g_assert_cmpint(qio_channel_readv_full_all(QIO_CHANNEL(pair.server), &iov, 1, &fds,
                                                   &nfds, &err), ==, -1);
        error_free_or_abort(&err);
        g_assert_null(fds);
        g_assert_cmpuint(nfds, ==, 0);
        g_assert_cmpint(open_files(), ==, before);
        queue_reset();
    }
}

/* C5 ---------------------------------------------------------------------------- */

#ifdef QIO_HAS_PEERPID
/* R-91-5 */
static void test_c5(void)
{
    auto_socket closed = qio_channel_socket_new();
    unsigned int pid = 5;
    Error *err = NULL;

    errno = 0;
    g_assert_cmpint(qio_channel_get_peerpid(QIO_CHANNEL(closed), &pid, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_cmpuint(pid, ==, -1U);
    assert_error_has(&err, "peer", strerror(EBADF));
    pid = 5;
    g_assert_cmpint(qio_channel_get_peerpid(QIO_CHANNEL(closed), &pid, NULL), ==, -1);
    g_assert_cmpuint(pid, ==, -1U);
}
#endif

/* C6 ---------------------------------------------------------------------------- */

static gpointer drains(gpointer opaque)
{
    g_autofree char *sink = g_malloc(1 << 16);

    while (qio_channel_read(QIO_CHANNEL(opaque), sink, 1 << 16, &error_abort) > 0) {
    }
    return NULL;
}

/* Who isn't root may have some pages locked at once (RLIMIT_MEMLOCK), and the kernel keeps each until the peer has read it. */
static void write_once_lockable(QIOChannelSocket *ioc, void *memory, size_t size)
{
    Error *err = NULL;
    ssize_t written;

    while ((written = write_zero_copy(ioc, memory, size, &err)) == -1) {
        g_assert_nonnull(strstr(error_get_pretty(err), "MSG_ZEROCOPY"));
        g_clear_pointer(&err, error_free);
        g_usleep(1000);
    }
    g_assert_cmpint(written, ==, size);
}

static void test_c6(void)
{
    static const unsigned limits[] = { 0, 20, 1 };
    static char memory[64];
    int many = has_few_rounds() ? 5000 : 100000, n;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_auto(Pair) pair = tcp_pair("127.0.0.1");
        GThread *reader = g_thread_new("reader", drains, pair.server);

        queue_reset();
        queue.limit = limits[i];
        qio_channel_set_delay(QIO_CHANNEL(pair.client), false);
        for (n = 0; n < many; n++) {
            write_once_lockable(pair.client, memory, sizeof(memory));
        }
        g_assert_cmpint(pair.client->zero_copy_queued, ==, many);
        /* Loopback copies everything, and the flush knows, whoever read the notices. */
        g_assert_cmpint(flush(pair.client, &error_abort), ==, 1);
        g_assert_cmpint(pair.client->zero_copy_sent, ==, many);
        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
        g_thread_join(reader);
        queue_reset();
    }
}

/* C9 ---------------------------------------------------------------------------- */

typedef struct Blocked {
    QIOChannelSocket *ioc;
    void (*call)(QIOChannelSocket *ioc);
    pid_t thread;
} Blocked;

static gpointer blocks(gpointer opaque)
{
    Blocked *blocked = opaque;

    qatomic_set(&blocked->thread, (pid_t)syscall(SYS_gettid));
    blocked->call(blocked->ioc);
    return NULL;
}

/* Returns when the thread sleeps in the system. */
static void wait_until_blocked(Blocked *blocked)
{
    g_autofree char *path = NULL;
    char state = 0;

    while (!qatomic_read(&blocked->thread)) {
        g_thread_yield();
    }
    path = g_strdup_printf("/proc/self/task/%d/stat", (int)blocked->thread);
    while (state != 'S') {
        g_autofree char *text = NULL;

        g_thread_yield();
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        state = strrchr(text, ')')[2];
    }
}

static void reads_until_end(QIOChannelSocket *ioc)
{
    char byte;

    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), &byte, 1, &error_abort), ==, 0);
}

static void reads_all_until_end(QIOChannelSocket *ioc)
{
    char byte;

    set_blocking(ioc, false);
    g_assert_cmpint(qio_channel_read_all_eof(QIO_CHANNEL(ioc), &byte, 1, &error_abort), ==, 0);
}

static void waits(QIOChannelSocket *ioc)
{
    qio_channel_wait(QIO_CHANNEL(ioc), G_IO_IN);
}

static char zeros[1 << 16];

static void writes_until_failure(QIOChannelSocket *ioc)
{
    while (qio_channel_write(QIO_CHANNEL(ioc), zeros, sizeof(zeros), NULL) > 0) {
    }
    g_assert_cmpint(errno, ==, EPIPE);
}

/* So little that some may be locked at once where that is little (RLIMIT_MEMLOCK, often 64 KiB, of all of a user's programs). */
#define LOCKABLE 4096

/* Short of memory, so that the write waits for notices. Another program's tests may have locked the rest. */
static void writes_zero_copy_until_failure(QIOChannelSocket *ioc)
{
    while (write_zero_copy(ioc, zeros, LOCKABLE, NULL) > 0 || errno == ENOBUFS) {
    }
    g_assert_cmpint(errno, ==, EPIPE);
}

/* The peer doesn't read: what was sent is not done with, whether its buffer is full or no more memory may be locked. */
static void flushes_until_failure(QIOChannelSocket *ioc)
{
    ssize_t written;

    set_blocking(ioc, false);
    do {
        written = write_zero_copy(ioc, zeros, LOCKABLE, NULL);
    } while (written > 0);
    g_assert_cmpint(flush(ioc, NULL), ==, -1);
    g_assert_cmpint(errno, ==, ESHUTDOWN);
}

static const struct {
    const char *name;
    void (*call)(QIOChannelSocket *ioc);
    QIOChannelShutdown how;
    unsigned limit;
    bool locks;
} unblocked[] = {
    { "read", reads_until_end, QIO_CHANNEL_SHUTDOWN_READ },
    { "read", reads_until_end, QIO_CHANNEL_SHUTDOWN_BOTH },
    { "read_all", reads_all_until_end, QIO_CHANNEL_SHUTDOWN_READ },
    { "wait", waits, QIO_CHANNEL_SHUTDOWN_READ },
    { "wait", waits, QIO_CHANNEL_SHUTDOWN_BOTH },
    { "write", writes_until_failure, QIO_CHANNEL_SHUTDOWN_WRITE },
    { "write", writes_until_failure, QIO_CHANNEL_SHUTDOWN_BOTH },
    { "zero-copy write", writes_zero_copy_until_failure, QIO_CHANNEL_SHUTDOWN_WRITE, 4, true },
    { "zero-copy write", writes_zero_copy_until_failure, QIO_CHANNEL_SHUTDOWN_BOTH, 4, true },
    { "flush", flushes_until_failure, QIO_CHANNEL_SHUTDOWN_BOTH, 0, true },
};

static void test_c9(void)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(unblocked); i++) {
        g_auto(Pair) pair = tcp_pair("127.0.0.1");
        Blocked blocked = { pair.client, unblocked[i].call };
        GThread *thread;
        gint64 start, end;

        queue_reset();
        if (unblocked[i].locks && write_zero_copy(pair.client, zeros, LOCKABLE, NULL) == -1) {
            g_assert_cmpint(errno, ==, ENOBUFS);
            g_test_skip("no memory may be locked (RLIMIT_MEMLOCK)");
            continue;
        }
        queue.limit = unblocked[i].limit;
        thread = g_thread_new("blocked", blocks, &blocked);
        wait_until_blocked(&blocked);
        start = g_get_monotonic_time();
        g_assert_cmpint(qio_channel_shutdown(QIO_CHANNEL(pair.client), unblocked[i].how,
                                             &error_abort), ==, 0);
        g_thread_join(thread);
        end = g_get_monotonic_time();
        g_test_message("%s: %.1f ms after shutdown", unblocked[i].name, (end - start) / 1000.0);
        g_assert_cmpint(end - start, <, 5 * G_USEC_PER_SEC);
    }
    queue_reset();
}

/* C12 --------------------------------------------------------------------------- */

static void test_c12(void)
{
    auto_socket closed = qio_channel_socket_new();
    int mode;

    for (mode = 0; mode < 2; mode++) {
        Error *err = NULL;

        errno = 0;
#ifdef QIO_HAS_BOOL_SET_BLOCKING
        g_assert_false(qio_channel_set_blocking(QIO_CHANNEL(closed), mode, &err));
        g_assert_false(qio_channel_set_blocking(QIO_CHANNEL(closed), mode, NULL));
#else
        g_assert_cmpint(qio_channel_set_blocking(QIO_CHANNEL(closed), mode, &err), ==, -1);
        g_assert_cmpint(qio_channel_set_blocking(QIO_CHANNEL(closed), mode, NULL), ==, -1);
#endif
        g_assert_cmpint(errno, ==, EBADF);
        assert_error_has(&err, mode ? " blocking" : "non-blocking", strerror(EBADF));
    }
}

/* C13 --------------------------------------------------------------------------- */

static void test_c13(void)
{
    int with_error;

    for (with_error = 0; with_error < 2; with_error++) {
        SocketAddress addr = inet_address("127.0.0.1", "0");
        auto_socket server = listen_on(&addr);
        Pair pair = unix_pair();
        QIOChannel *ioc = QIO_CHANNEL(pair.client);
        char byte = 'x';
        struct iovec iov = { &byte, 1 };
        int *fds = NULL;
        size_t nfds = 0;
        Error *err = NULL, **errp = with_error ? &err : NULL;

        set_blocking(server, false);
        errno = 0;
        g_assert_null(qio_channel_socket_accept(server, errp));
        g_assert_cmpint(errno, ==, EAGAIN);
        error_free(g_steal_pointer(&err));

        set_blocking(pair.client, false);
        errno = 0;
        g_assert_cmpint(qio_channel_read(ioc, &byte, 1, errp), ==, QIO_CHANNEL_ERR_BLOCK);
        g_assert_cmpint(errno, ==, EAGAIN);
        g_assert_null(err);

        /* Descriptors are closed on the way out. */
        set_blocking(pair.client, true);
        send_raw(pair.server->fd, 0, 16);
        queue.break_after = 1;
        iov.iov_len = 1;
        errno = 0;
        g_assert_cmpint(qio_channel_readv_full_all(ioc, (struct iovec[]) { iov, iov }, 2, &fds,
                                                   &nfds, errp), ==, -1);
        g_assert_cmpint(errno, ==, ECONNRESET);
        error_free(g_steal_pointer(&err));
        queue_reset();

        object_unref(OBJECT(pair.server));
        errno = 0;
        g_assert_cmpint(qio_channel_write(ioc, &byte, 1, errp), ==, -1);
        g_assert_cmpint(errno, ==, EPIPE);
        error_free(g_steal_pointer(&err));
        errno = ENOSPC;
        object_unref(OBJECT(pair.client));
        g_assert_cmpint(errno, ==, ENOSPC);
    }
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    TEST("/qio/properties/C1/socket", test_c1);
    TEST("/qio/properties/C1/datagram", test_c1_datagram);
    TEST("/qio/properties/C2/socket", test_c2);
    TEST("/qio/properties/C3", test_c3);
    TEST("/qio/properties/C3/limit", test_c3_limit);
    TEST("/qio/properties/C4", test_c4);
#ifdef QIO_HAS_PEERPID
    TEST("/qio/properties/C5", test_c5);
#endif
    TEST("/qio/properties/C6", test_c6);
    TEST("/qio/properties/C9", test_c9);
    TEST("/qio/properties/C12/socket", test_c12);
    TEST("/qio/properties/C13/socket", test_c13);
    return g_test_run();
}
