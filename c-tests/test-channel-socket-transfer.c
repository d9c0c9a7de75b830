/*
 * io/channel-socket.h: bytes, and descriptors beside them.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>

#include "socket-channels.h"

#define FDS_MAX 16

/* How often the system was asked, and how often it is interrupted next. */
static int system_calls;
static int interruptions;

static bool interrupted(void)
{
    system_calls++;
    if (interruptions == 0) {
        return false;
    }
    interruptions--;
    errno = EINTR;
    return true;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, const struct msghdr *, int);

    if (!real) {
        real = (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
    }
    return interrupted() ? -1 : real(fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, struct msghdr *, int);

    if (!real) {
        real = (ssize_t (*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
    }
    return interrupted() ? -1 : real(fd, message, flags);
}

/* Bytes ------------------------------------------------------------------------ */

static void test_vectors(void)
{
    g_auto(Pair) pair = tcp_pair("::1");
    char first[] = "ab", second[] = "cdef", got[4] = "", rest[4] = "";
    struct iovec out[] = { { first, 2 }, { NULL, 0 }, { second, 4 } };
    struct iovec in[] = { { NULL, 0 }, { got, 3 }, { rest, 4 } };
    struct iovec before[3];

    memcpy(before, out, sizeof(out));
    g_assert_cmpint(qio_channel_writev(QIO_CHANNEL(pair.client), out, 3, &error_abort), ==, 6);
    /* Only read: R-CHAN-15. */
    g_assert_cmpmem(out, sizeof(out), before, sizeof(before));
    memcpy(before, in, sizeof(in));
    g_assert_cmpint(qio_channel_readv(QIO_CHANNEL(pair.server), in, 3, &error_abort), ==, 6);
    g_assert_cmpmem(in, sizeof(in), before, sizeof(before));
    g_assert_cmpmem(got, 3, "abc", 3);
    g_assert_cmpmem(rest, 3, "def", 3);
}

static void test_would_block(void)
{
    g_auto(Pair) pair = unix_pair();
    g_autofree char *bytes = g_malloc0(1 << 20);
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    Error *err = NULL;
    ssize_t result;

    set_blocking(pair.client, false);
    errno = 0;
    g_assert_cmpint(qio_channel_read(ioc, bytes, 1, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);
    do {
        errno = 0;
        result = qio_channel_write(ioc, bytes, 1 << 20, &err);
    } while (result > 0);
    g_assert_cmpint(result, ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);
}

static void test_end(void)
{
    g_auto(Pair) pair = unix_pair();
    Error *err = NULL;

    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.server), &error_abort), ==, 0);
    assert_at_end(pair.client);
    /* An error, not a signal: R-CHAN-14. */
    signal(SIGPIPE, SIG_DFL);
    errno = 0;
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair.client), "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    assert_error_has(&err, "write", strerror(EPIPE));
}

static void test_interrupted(void)
{
    g_auto(Pair) pair = unix_pair();

    interruptions = 5;
    assert_connected(&pair);
    g_assert_cmpint(interruptions, ==, 0);
}

static void test_closed(void)
{
    auto_socket ioc = qio_channel_socket_new();
    int i;

    for (i = 0; i < 2; i++) {
        char byte = 0;
        Error *err = NULL;

        /* Also for nothing: the length is i. */
        errno = 0;
        g_assert_cmpint(qio_channel_read(QIO_CHANNEL(ioc), &byte, i, &err), ==, -1);
        g_assert_cmpint(errno, ==, EBADF);
        assert_error_has(&err, strerror(EBADF), NULL);
        errno = 0;
        g_assert_cmpint(qio_channel_write(QIO_CHANNEL(ioc), &byte, i, &err), ==, -1);
        g_assert_cmpint(errno, ==, EBADF);
        assert_error_has(&err, strerror(EBADF), NULL);
    }
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(ioc), "x", 1, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
}

/* Empty elements in front, more than the system takes, don't look like the end. */
static void test_many_empty_elements(void)
{
    enum { EMPTY = 3000 };
    g_auto(Pair) pair = unix_pair();
    g_autofree struct iovec *iov = g_new0(struct iovec, EMPTY + 2);
    char bytes[] = "xy";

    iov[EMPTY] = (struct iovec) { bytes, 1 };
    iov[EMPTY + 1] = (struct iovec) { bytes + 1, 1 };
    g_assert_cmpint(qio_channel_writev(QIO_CHANNEL(pair.client), iov, EMPTY + 2, &error_abort),
                    ==, 2);
    bytes[0] = bytes[1] = 0;
    g_assert_cmpint(qio_channel_readv(QIO_CHANNEL(pair.server), iov, EMPTY + 2, &error_abort),
                    ==, 2);
    g_assert_cmpstr(bytes, ==, "xy");
}

/* A stream takes what fits, in one call; W-3. */
static void test_many_elements(void)
{
    enum { MANY = 1500 };
    g_auto(Pair) pair = unix_pair();
    g_autofree struct iovec *iov = g_new0(struct iovec, MANY);
    g_autofree char *bytes = g_malloc0(MANY);
    size_t i;

    for (i = 0; i < MANY; i++) {
        bytes[i] = (char)(i * 7);
        iov[i] = (struct iovec) { bytes + i, 1 };
    }
    g_assert_cmpint(qio_channel_writev(QIO_CHANNEL(pair.client), iov, MANY, &error_abort),
                    ==, IOV_MAX);
    memset(bytes, 0, MANY);
    g_assert_cmpint(qio_channel_readv(QIO_CHANNEL(pair.server), iov, MANY, &error_abort),
                    ==, IOV_MAX);
    for (i = 0; i < MANY; i++) {
        g_assert_cmpint(bytes[i], ==, i < IOV_MAX ? (char)(i * 7) : 0);
    }
}

#ifdef QIO_HAS_READV_FLAGS
static void test_peek(void)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);
    auto_socket server = listen_on(&addr);
    g_auto(Pair) pair = connect_to(server);
    g_auto(Pair) given = unix_pair();
    char text[5] = "";
    struct iovec iov = { text, 4 };
    size_t nfds = 0, i;
    int *fds = NULL, sent = pair.client->fd;
    Error *err = NULL;

    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair.client), "1234", 4, &error_abort), ==, 4);
    for (i = 0; i < 3; i++) {
        memset(text, 0, sizeof(text));
        g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(pair.server), &iov, 1, NULL, NULL,
                                               QIO_CHANNEL_READ_FLAG_MSG_PEEK, &error_abort),
                        ==, 4);
        g_assert_cmpstr(text, ==, "1234");
    }
    g_assert_cmpint(qio_channel_readv(QIO_CHANNEL(pair.server), &iov, 1, &error_abort), ==, 4);

    /* Each look at descriptors makes new ones. */
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(pair.client), &iov, 1, &sent, 1, 0,
                                            &error_abort), ==, 4);
    for (i = 0; i < 2; i++) {
        g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(pair.server), &iov, 1, &fds, &nfds,
                                               QIO_CHANNEL_READ_FLAG_MSG_PEEK, &error_abort),
                        ==, 4);
        g_assert_cmpuint(nfds, ==, 1);
        close(fds[0]);
        g_free(fds);
    }
    g_assert_cmpint(qio_channel_readv(QIO_CHANNEL(pair.server), &iov, 1, &error_abort), ==, 4);

    /* Not where the socket came from elsewhere. */
    g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(given.client), &iov, 1, NULL, NULL,
                                           QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err), ==, -1);
    error_free_or_abort(&err);
    pair_end(&pair);
    pair = (Pair) { NULL };
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(server), &error_abort), ==, 0);
    remove_socket_path(path);
}
#endif

/* Descriptors ------------------------------------------------------------------ */

static ssize_t send_copies(Pair *pair, int fd, size_t count, Error **errp)
{
    int fds[FDS_MAX + 1];
    char byte = 'f';
    struct iovec iov = { &byte, 1 };
    size_t i;

    g_assert_cmpuint(count, <=, G_N_ELEMENTS(fds));
    for (i = 0; i < count; i++) {
        fds[i] = fd;
    }
    return qio_channel_writev_full(QIO_CHANNEL(pair->client), &iov, 1, fds, count, 0, errp);
}

static void assert_same_file(int a, int b)
{
    struct stat left, right;

    g_assert_cmpint(fstat(a, &left), ==, 0);
    g_assert_cmpint(fstat(b, &right), ==, 0);
    g_assert_cmpuint(left.st_ino, ==, right.st_ino);
    g_assert_cmpuint(left.st_dev, ==, right.st_dev);
}

/* Every number of descriptors, received with every choice of pointers. */
static void test_fds(void)
{
    static const size_t counts[] = { 0, 1, 3, FDS_MAX };
    size_t c;
    int pointers;

    for (c = 0; c < G_N_ELEMENTS(counts); c++) {
        for (pointers = 0; pointers < 4; pointers++) {
            g_auto(Pair) pair = unix_pair();
            int pattern = 77, *fds = &pattern;
            size_t nfds = 99, i, j;
            char byte = 0;
            struct iovec iov = { &byte, 1 };
            int **at_fds = pointers & 1 ? &fds : NULL;
            size_t *at_nfds = pointers & 2 ? &nfds : NULL;
            int null = open("/dev/null", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

            g_assert_cmpint(send_copies(&pair, null, counts[c], &error_abort), ==, 1);
            g_assert_cmpint(readv_full(pair.server, &iov, 1, at_fds, at_nfds, &error_abort),
                            ==, 1);
            g_assert_cmpint(byte, ==, 'f');
            if (pointers != 3) {
                /* No place for them: closed, and nothing is stored. */
                g_assert_true(fds == &pattern);
                g_assert_cmpuint(nfds, ==, 99);
                close(null);
                continue;
            }
            g_assert_cmpuint(nfds, ==, counts[c]);
            g_assert_true((fds == NULL) == (nfds == 0));
            for (i = 0; i < nfds; i++) {
                assert_same_file(fds[i], null);
                assert_plain_descriptor(fds[i]);
                g_assert_cmpint(fds[i], !=, null);
                for (j = 0; j < i; j++) {
                    g_assert_cmpint(fds[i], !=, fds[j]);
                }
            }
            for (i = 0; i < nfds; i++) {
                close(fds[i]);
            }
            g_free(fds);
            close(null);
        }
    }
}

/* Refused before anything is sent, with both numbers: R-CHAN-73. */
static void test_too_many_fds(void)
{
    g_auto(Pair) pair = unix_pair();
    Error *err = NULL;
    char byte;

    errno = 0;
    g_assert_cmpint(send_copies(&pair, 0, FDS_MAX + 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    assert_error_has(&err, "16", "17");
    set_blocking(pair.server, false);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(pair.server), &byte, 1, &error_abort),
                    ==, QIO_CHANNEL_ERR_BLOCK);
}

static void test_null_fds(void)
{
    g_auto(Pair) pair = unix_pair();
    char byte = 'x';
    struct iovec iov = { &byte, 1 };
    Error *err = NULL;
    int none;

    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(pair.client), &iov, 1, NULL, 2, 0, &err),
                    ==, -1);
    assert_error_has(&err, "2", NULL);
    /* An array of none is fine. */
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(pair.client), &iov, 1, &none, 0, 0,
                                            &error_abort), ==, 1);
}

/* A channel that can't pass descriptors isn't even asked. */
static void test_fds_elsewhere(void)
{
    g_auto(Pair) pair = tcp_pair("127.0.0.1");
    char byte = 'x';
    struct iovec iov = { &byte, 1 };
    Error *err = NULL;
    int fd = 0, *fds = NULL;
    size_t nfds = 0;

    system_calls = 0;
    g_assert_cmpint(send_copies(&pair, 0, 1, &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(qio_channel_writev_full(QIO_CHANNEL(pair.client), &iov, 1, &fd, 0, 0, &err),
                    ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(readv_full(pair.server, &iov, 1, &fds, &nfds, &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(readv_full(pair.server, &iov, 1, NULL, &nfds, &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(system_calls, ==, 0);
}

/* The first read finds nothing; what it was given stays as it was or becomes none. */
static void test_fds_would_block(void)
{
    g_auto(Pair) pair = unix_pair();
    char byte;
    struct iovec iov = { &byte, 1 };
    int *fds = NULL;
    size_t nfds = 0;

    set_blocking(pair.server, false);
    g_assert_cmpint(readv_full(pair.server, &iov, 1, &fds, &nfds, &error_abort),
                    ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    g_assert_cmpint(send_copies(&pair, 0, 1, &error_abort), ==, 1);
    g_assert_cmpint(readv_full(pair.server, &iov, 1, &fds, &nfds, &error_abort), ==, 1);
    g_assert_cmpuint(nfds, ==, 1);
    close(fds[0]);
    g_free(fds);
}

/* Descriptors and then the end, R-CHAN-27. */
static void test_fds_then_end(void)
{
    g_auto(Pair) pair = unix_pair();
    char bytes[2];
    struct iovec iov = { bytes, 2 };
    int *fds = NULL;
    size_t nfds = 0;
    Error *err = NULL;

    g_assert_cmpint(send_copies(&pair, 0, 2, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(pair.client), &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_readv_full_all(QIO_CHANNEL(pair.server), &iov, 1, &fds, &nfds,
                                               &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
}

static void test_fds_all(void)
{
    g_auto(Pair) pair = unix_pair();
    char out[] = "bytes", in[6] = "";
    struct iovec iov = { out, 6 }, back = { in, 6 };
    int given[2] = { pair.client->fd, pair.server->fd }, *fds = NULL;
    size_t nfds = 0;

    g_assert_cmpint(qio_channel_writev_full_all(QIO_CHANNEL(pair.client), &iov, 1, given, 2, 0,
                                                &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_readv_full_all(QIO_CHANNEL(pair.server), &back, 1, &fds, &nfds,
                                               &error_abort), ==, 0);
    g_assert_cmpstr(in, ==, "bytes");
    g_assert_cmpuint(nfds, ==, 2);
    assert_same_file(fds[0], given[0]);
    assert_same_file(fds[1], given[1]);
    close(fds[0]);
    close(fds[1]);
    g_free(fds);
}

#ifdef QIO_HAS_FD_PRESERVE_BLOCKING
static void test_preserve_blocking(void)
{
    g_auto(Pair) pair = unix_pair();
    char byte;
    struct iovec iov = { &byte, 1 };
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC | O_NONBLOCK), *fds = NULL;
    size_t nfds = 0;

    g_assert_cmpint(send_copies(&pair, null, 1, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_readv_full(QIO_CHANNEL(pair.server), &iov, 1, &fds, &nfds,
                                           QIO_CHANNEL_READ_FLAG_FD_PRESERVE_BLOCKING,
                                           &error_abort), ==, 1);
    g_assert_cmpint(fcntl(fds[0], F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    close(fds[0]);
    g_free(fds);
    close(null);
}
#endif

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    TEST("/qio/channel-socket/transfer/vectors", test_vectors);
    TEST("/qio/channel-socket/transfer/would-block", test_would_block);
    TEST("/qio/channel-socket/transfer/end", test_end);
    TEST("/qio/channel-socket/transfer/interrupted", test_interrupted);
    TEST("/qio/channel-socket/transfer/closed", test_closed);
    TEST("/qio/channel-socket/transfer/many-elements", test_many_elements);
    TEST("/qio/channel-socket/transfer/many-empty-elements", test_many_empty_elements);
#ifdef QIO_HAS_READV_FLAGS
    TEST("/qio/channel-socket/transfer/peek", test_peek);
#endif
    TEST("/qio/channel-socket/fds/pointers", test_fds);
    TEST("/qio/channel-socket/fds/too-many", test_too_many_fds);
    TEST("/qio/channel-socket/fds/null", test_null_fds);
    TEST("/qio/channel-socket/fds/elsewhere", test_fds_elsewhere);
    TEST("/qio/channel-socket/fds/would-block", test_fds_would_block);
    TEST("/qio/channel-socket/fds/then-end", test_fds_then_end);
    TEST("/qio/channel-socket/fds/all", test_fds_all);
#ifdef QIO_HAS_FD_PRESERVE_BLOCKING
    TEST("/qio/channel-socket/fds/preserve-blocking", test_preserve_blocking);
#endif
    return g_test_run();
}
