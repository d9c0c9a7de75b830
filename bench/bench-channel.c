/*
 * Plain socket channels against the loop over sendmsg() and recvmsg() that they stand for.
 *
 * usage: bench-channel [instructions]
 *
 * With an argument nothing is measured: 64 bytes go to and fro 10,000 times, for
 *     valgrind --tool=callgrind --toggle-collect=qio_channel_writev_all \
 *         --toggle-collect=qio_channel_readv_all bench-channel instructions
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/socket.h>
#include "io/channel-socket.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "pairs.h"

enum { PAIRS = 15, LARGEST = 1 << 20, COUNTED = 10000 };

/* One end of a connection, and both ways to use it. */
typedef struct End {
    int fd;
    QIOChannel *ioc;
} End;

typedef void (*Transfer)(End *end, struct iovec *iov, size_t niov);

static void library_write(End *end, struct iovec *iov, size_t niov)
{
    qio_channel_writev_all(end->ioc, iov, niov, &error_abort);
}

static void library_read(End *end, struct iovec *iov, size_t niov)
{
    qio_channel_readv_all(end->ioc, iov, niov, &error_abort);
}

/* Until all is transferred, in a copy of the elements, as a careful program does it. */
static inline void by_hand(int fd, const struct iovec *iov, size_t niov, bool writes)
{
    struct iovec copy[8];
    struct msghdr message = { .msg_iov = copy, .msg_iovlen = niov };

    g_assert(niov <= G_N_ELEMENTS(copy));
    memcpy(copy, iov, niov * sizeof(*iov));
    while (message.msg_iovlen) {
        ssize_t done = writes ? sendmsg(fd, &message, MSG_NOSIGNAL) : recvmsg(fd, &message, 0);

        if (done < 0) {
            struct pollfd entry = { .fd = fd, .events = writes ? POLLOUT : POLLIN };

            g_assert(errno == EINTR || errno == EAGAIN);
            if (errno == EAGAIN) {
                poll(&entry, 1, -1);
            }
            continue;
        }
        g_assert(done > 0);
        while (message.msg_iovlen && (size_t)done >= message.msg_iov->iov_len) {
            done -= message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (done) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + done;
            message.msg_iov->iov_len -= done;
        }
    }
}

static void hand_write(End *end, struct iovec *iov, size_t niov)
{
    by_hand(end->fd, iov, niov, true);
}

static void hand_read(End *end, struct iovec *iov, size_t niov)
{
    by_hand(end->fd, iov, niov, false);
}

/* So many transfers of a size from one end to the other. */
typedef struct Run {
    End *from;
    End *to;
    Transfer write;
    Transfer read;
    size_t size;
    int times;
} Run;

static char sent[LARGEST], received[LARGEST];

static void transfer(const Run *run, Transfer way, End *end, char *bytes)
{
    struct iovec iov = { bytes, run->size };

    way(end, &iov, 1);
}

/* What was written fits into the socket until it is read. */
static void run_in_turn(Run *run)
{
    int i;

    for (i = 0; i < run->times; i++) {
        transfer(run, run->write, run->from, sent);
        transfer(run, run->read, run->to, received);
    }
}

static gpointer writing_thread(gpointer data)
{
    Run *run = data;
    int i;

    for (i = 0; i < run->times; i++) {
        transfer(run, run->write, run->from, sent);
    }
    return NULL;
}

static void run_in_two_threads(Run *run)
{
    GThread *writer = g_thread_new("writer", writing_thread, run);
    int i;

    for (i = 0; i < run->times; i++) {
        transfer(run, run->read, run->to, received);
    }
    g_thread_join(writer);
}

static Cost measure(Run run, Transfer write, Transfer read, void (*all)(Run *run))
{
    Cost begin = cost_begin();

    run.write = write;
    run.read = read;
    all(&run);
    return cost_end(begin);
}

static void compare(Run run, size_t size, size_t total, void (*all)(Run *run))
{
    int pairs = pair_count(PAIRS), i;
    g_autofree double *library = g_new(double, pairs), *hand = g_new(double, pairs);
    g_autofree double *rate = g_new(double, pairs), *cpu = g_new(double, pairs);

    run.size = size;
    run.times = total / size;
    measure(run, library_write, library_read, all);
    measure(run, hand_write, hand_read, all);
    for (i = 0; i < pairs; i++) {
        Cost a, b;

        /* Each is first as often as the other. */
        if (i % 2) {
            b = measure(run, hand_write, hand_read, all);
            a = measure(run, library_write, library_read, all);
        } else {
            a = measure(run, library_write, library_read, all);
            b = measure(run, hand_write, hand_read, all);
        }
        library[i] = run.times * (double)size / a.wall / 1e6;
        hand[i] = run.times * (double)size / b.wall / 1e6;
        rate[i] = b.wall / a.wall;
        cpu[i] = b.cpu / a.cpu;
    }
    printf("%-8s %8zu %12.1f %12.1f %12.3f %12.3f\n", all == run_in_turn ? "one" : "two", size,
           median(library, pairs), median(hand, pairs), median(rate, pairs), median(cpu, pairs));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 64, 4096, 65536, LARGEST };
    End ends[2];
    int sv[2], i;

    module_call_init(MODULE_INIT_QOM);
    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0);
    for (i = 0; i < 2; i++) {
        ends[i].fd = sv[i];
        ends[i].ioc = QIO_CHANNEL(qio_channel_socket_new_fd(sv[i], &error_abort));
    }
    if (argc > 1) {
        run_in_turn(&(Run) { &ends[0], &ends[1], library_write, library_read, 64, COUNTED });
        return 0;
    }
    printf("Socket channels against a loop by hand, medians of %d pairs.\n"
           "ratios: the loop's time over libqio's; 1 is as fast.\n\n", pair_count(PAIRS));
    printf("%-8s %8s %12s %12s %12s %12s\n", "threads", "bytes", "libqio MB/s", "by hand MB/s",
           "rate ratio", "CPU ratio");
    for (i = 0; i < 3; i++) {
        compare((Run) { &ends[0], &ends[1] }, sizes[i], sizes[i] == 64 ? 8 << 20 : 256 << 20,
                run_in_turn);
    }
    for (i = 0; i < 4; i++) {
        compare((Run) { &ends[0], &ends[1] }, sizes[i], sizes[i] == 64 ? 8 << 20 : 256 << 20,
                run_in_two_threads);
    }
    return 0;
}
