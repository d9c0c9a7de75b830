/*
 * Failures of accept4: the next call fails once with accept_errno. The function here stands before the
 * C library's.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ACCEPT_FAILURES_H
#define ACCEPT_FAILURES_H

#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

static int accept_errno;
/* How often it was called. */
static int accepts;

int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
    static int (*real)(int, struct sockaddr *, socklen_t *, int);

    accepts++;
    if (accept_errno) {
        errno = accept_errno;
        accept_errno = 0;
        return -1;
    }
    if (!real) {
        real = dlsym(RTLD_NEXT, "accept4");
    }
    return real(fd, name, len, flags);
}

#endif
