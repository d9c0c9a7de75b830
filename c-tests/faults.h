/*
 * System calls that fail, or do less than they could, when a test wants them to. The functions here
 * stand before the C library's.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "qemu/osdep.h"

#include <dlfcn.h>
#include <poll.h>
#include <sys/uio.h>

/* The call that is disturbed; how often that happened; how often it was made in this thread. */
static const char *fault_call;
static int fault_errno;
static int fault_times;
static size_t fault_bytes;
static int fault_hits;
/* How often poll was called with a descriptor, by whichever thread; what to say instead of it. */
static int polls;
static int poll_says_times;
static short poll_says;

/* A call fails the next times, or from now on if that is 0. */
static inline void fault_set(const char *call, int error, int times)
{
    fault_call = call;
    fault_errno = error;
    fault_times = times;
    fault_bytes = 0;
    fault_hits = 0;
}

/* A transfer of more bytes transfers so many. */
static inline void fault_limit(const char *call, size_t bytes)
{
    fault_set(call, 0, 0);
    fault_bytes = bytes;
}

static inline void fault_clear(void)
{
    fault_call = NULL;
}

static inline bool fault_strikes(const char *call)
{
    if (!fault_call || strcmp(fault_call, call) || fault_bytes ||
        (fault_times && fault_hits >= fault_times)) {
        return false;
    }
    fault_hits++;
    errno = fault_errno;
    return true;
}

/* The next calls of poll say this of their first descriptor. */
static inline void poll_will_say(short revents, int times)
{
    poll_says = revents;
    poll_says_times = times;
}

/* Until some thread polls, or has polled so often. */
static inline void await_polls(int count)
{
    while (g_atomic_int_get(&polls) < count) {
        g_thread_yield();
    }
}

static inline void *fault_next(const char *call)
{
    void *next = dlsym(RTLD_NEXT, call);

    g_assert_nonnull(next);
    return next;
}

/* The first elements, as far as the limit lets them through. */
static inline int fault_shorten(const char *call, const struct iovec *iov, int niov,
                                struct iovec *shorter)
{
    size_t left = fault_bytes;
    int n;

    if (!fault_call || strcmp(fault_call, call) || !fault_bytes) {
        return -1;
    }
    fault_hits++;
    for (n = 0; n < niov && n < 64 && left; n++) {
        shorter[n] = iov[n];
        shorter[n].iov_len = MIN(left, iov[n].iov_len);
        left -= shorter[n].iov_len;
    }
    return n;
}

/*
 * With 64-bit offsets C code calls preadv64 and so on where the library calls preadv: the assembler
 * names say which is meant.
 */
#define FAULTY_VECTOR(name) \
    ssize_t name(int fd, const struct iovec *iov, int niov) \
    { \
        ssize_t (*next)(int, const struct iovec *, int) = fault_next(#name); \
        return fault_strikes(#name) ? -1 : next(fd, iov, niov); \
    }

#define FAULTY_VECTOR_AT(name) \
    ssize_t faulty_##name(int fd, const struct iovec *iov, int niov, off_t offset) __asm__(#name); \
    ssize_t faulty_##name(int fd, const struct iovec *iov, int niov, off_t offset) \
    { \
        ssize_t (*next)(int, const struct iovec *, int, off_t) = fault_next(#name); \
        struct iovec shorter[64]; \
        int n; \
        if (fault_strikes(#name)) { \
            return -1; \
        } \
        n = fault_shorten(#name, iov, niov, shorter); \
        return n < 0 ? next(fd, iov, niov, offset) : next(fd, shorter, n, offset); \
    }

FAULTY_VECTOR(readv)
FAULTY_VECTOR(writev)
FAULTY_VECTOR_AT(preadv)
FAULTY_VECTOR_AT(pwritev)

int close(int fd)
{
    int (*next)(int) = fault_next("close");
    bool strikes = fault_strikes("close");
    int error = errno, result = next(fd);

    /* The descriptor is gone in either case. */
    if (strikes) {
        errno = error;
        return -1;
    }
    return result;
}

int faulty_fcntl(int fd, int command, ...) __asm__("fcntl");
int faulty_fcntl(int fd, int command, ...)
{
    int (*next)(int, int, ...) = fault_next("fcntl");
    va_list arguments;
    void *argument;

    va_start(arguments, command);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    return fault_strikes("fcntl") ? -1 : next(fd, command, argument);
}

int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
    int (*next)(struct pollfd *, nfds_t, int) = fault_next("poll");

    if (nfds) {
        g_atomic_int_inc(&polls);
    }
    if (nfds && poll_says_times) {
        poll_says_times--;
        fds[0].revents = poll_says;
        return 1;
    }
    return nfds && fault_strikes("poll") ? -1 : next(fds, nfds, timeout);
}

#endif
