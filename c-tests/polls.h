/*
 * What a test does at the moment at which a loop waits: poll() and ppoll() in front of the C library's. GLib calls the first, from
 * 2.82 on the second, where it is.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef POLLS_H
#define POLLS_H

#include <dlfcn.h>
#include <poll.h>

typedef enum PollWait { POLL_AT_ONCE, POLL_SOME_TIME, POLL_FOR_EVER } PollWait;

/* The test's own, called before each. */
static void before_poll(const struct pollfd *fds, nfds_t count, PollWait wait);

int poll(struct pollfd *fds, nfds_t count, int limit)
{
    static int (*real)(struct pollfd *, nfds_t, int);

    if (!real) {
        real = dlsym(RTLD_NEXT, "poll");
    }
    before_poll(fds, count, limit < 0 ? POLL_FOR_EVER : limit ? POLL_SOME_TIME : POLL_AT_ONCE);
    return real(fds, count, limit);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask)
{
    static int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

    if (!real) {
        real = dlsym(RTLD_NEXT, "ppoll");
    }
    before_poll(fds, count, !limit ? POLL_FOR_EVER : limit->tv_sec || limit->tv_nsec ? POLL_SOME_TIME : POLL_AT_ONCE);
    return real(fds, count, limit, mask);
}

#endif
