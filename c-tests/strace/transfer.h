/*
 * What the programs whose system calls are compared have in common: two ways to move bytes through a
 * socket, marks around each case, and a peer that acts when this process waits.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "qemu/osdep.h"
#include "io/channel-socket.h"
#include "qapi/error.h"
#include "qemu/module.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { ELEMENTS_MAX = 64 };

/* One end of a connection. Without a channel it is used by hand. */
typedef struct End {
    int fd;
    QIOChannel *ioc;
} End;

/* What a program does that knows its sockets: one call, again if a signal interrupts it. */
static inline ssize_t hand_send(int fd, const struct iovec *iov, size_t niov)
{
    struct msghdr message = { .msg_iov = (struct iovec *)iov, .msg_iovlen = niov };
    ssize_t sent;

    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

static inline ssize_t hand_receive(int fd, const struct iovec *iov, size_t niov)
{
    struct msghdr message = { .msg_iov = (struct iovec *)iov, .msg_iovlen = niov };
    ssize_t received;

    do {
        received = recvmsg(fd, &message, 0);
    } while (received < 0 && errno == EINTR);
    return received;
}

/*
 * Whether the loop has to hear that another thread shut its UNIX socket down while it waits to write.
 * The kernel doesn't tell (C9), so such a loop polls a descriptor by which it is woken, too.
 */
static bool hand_hears_shutdown;

static inline void hand_poll(struct pollfd *entries, nfds_t n)
{
    while (poll(entries, n, -1) < 0) {
        g_assert_cmpint(errno, ==, EINTR);
    }
}

static inline void hand_wait(int fd, short events)
{
    struct pollfd entries[] = { { .fd = fd, .events = events }, { .events = POLLIN } };
    uint64_t count;

    if (!hand_hears_shutdown || !(events & POLLOUT)) {
        hand_poll(entries, 1);
    } else if (poll(entries, 1, 0) == 0) {
        entries[1].fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        g_assert_cmpint(read(entries[1].fd, &count, sizeof(count)), ==, -1);
        hand_poll(entries, 2);
        close(entries[1].fd);
    }
}

/*
 * Transfers everything; false at the end of the data. @once is hand_send() or hand_receive(). Empty
 * elements are left out.
 */
static inline bool hand_all(int fd, const struct iovec *iov, size_t niov, short events,
                            ssize_t (*once)(int, const struct iovec *, size_t))
{
    struct iovec rest[ELEMENTS_MAX], *left = rest;
    size_t count = 0, i;

    g_assert_cmpuint(niov, <=, ELEMENTS_MAX);
    for (i = 0; i < niov; i++) {
        if (iov[i].iov_len) {
            rest[count++] = iov[i];
        }
    }
    while (count) {
        ssize_t done = once(fd, left, count);

        if (done < 0 && errno == EAGAIN) {
            hand_wait(fd, events);
            continue;
        }
        g_assert_cmpint(done, >=, 0);
        if (done == 0) {
            return false;
        }
        while (count && (size_t)done >= left->iov_len) {
            done -= left->iov_len;
            left++;
            count--;
        }
        if (done) {
            left->iov_base = (char *)left->iov_base + done;
            left->iov_len -= done;
        }
    }
    return true;
}

static inline void write_elements(End *end, const struct iovec *iov, size_t niov)
{
    if (end->ioc) {
        g_assert_cmpint(qio_channel_writev_all(end->ioc, iov, niov, &error_abort), ==, 0);
    } else {
        g_assert_true(hand_all(end->fd, iov, niov, POLLOUT, hand_send));
    }
}

/* False at the end of the data. */
static inline bool read_elements(End *end, const struct iovec *iov, size_t niov)
{
    if (end->ioc) {
        int result = qio_channel_readv_all_eof(end->ioc, iov, niov, &error_abort);

        g_assert_cmpint(result, >=, 0);
        return result;
    }
    return hand_all(end->fd, iov, niov, POLLIN, hand_receive);
}

static inline void write_bytes(End *end, const char *bytes, size_t length)
{
    struct iovec iov = { (char *)bytes, length };

    if (end->ioc) {
        g_assert_cmpint(qio_channel_write_all(end->ioc, bytes, length, &error_abort), ==, 0);
    } else {
        g_assert_true(hand_all(end->fd, &iov, 1, POLLOUT, hand_send));
    }
}

static inline void read_bytes(End *end, char *bytes, size_t length)
{
    struct iovec iov = { bytes, length };

    if (end->ioc) {
        g_assert_cmpint(qio_channel_read_all(end->ioc, bytes, length, &error_abort), ==, 0);
    } else {
        g_assert_true(hand_all(end->fd, &iov, 1, POLLIN, hand_receive));
    }
}

static inline void wait_for(End *end, GIOCondition condition)
{
    if (end->ioc) {
        qio_channel_wait(end->ioc, condition);
    } else {
        hand_wait(end->fd, condition);
    }
}

/* A call that fails and leaves its trace among the others. */
static inline void mark(const char *text)
{
    g_assert_cmpint(write(-1, text, strlen(text)), ==, -1);
}

static inline void no_wait(int fd)
{
    g_assert_cmpint(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), ==, 0);
}

/*
 * Until the parent sleeps in a system call. A process that its tracer has stopped is in another state.
 */
static inline void await_sleeping_parent(void)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", getppid());

    for (;;) {
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        if (strrchr(text, ')')[2] == 'S') {
            return;
        }
        sched_yield();
    }
}

/* A process that does something with one end; it must end by itself, in peace. */
static inline pid_t peer_start(void (*act)(int fd, size_t bytes), int fd, size_t bytes)
{
    pid_t child = fork();

    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        act(fd, bytes);
        _exit(0);
    }
    return child;
}

static inline void peer_end(pid_t child)
{
    int status;

    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

#endif
