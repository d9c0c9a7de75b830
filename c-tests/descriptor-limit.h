/*
 * A process that can't open one descriptor more.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DESCRIPTOR_LIMIT_H
#define DESCRIPTOR_LIMIT_H

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct Limit {
    struct rlimit before;
    int fds[256];
    int nfds;
} Limit;

static inline void limit_begin(Limit *limit)
{
    struct rlimit low;
    int fd;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit->before), ==, 0);
    low = limit->before;
    low.rlim_cur = G_N_ELEMENTS(limit->fds);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
    limit->nfds = 0;
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1) {
        limit->fds[limit->nfds++] = fd;
    }
    g_assert_cmpint(errno, ==, EMFILE);
}

/* Makes room for so many. */
static inline void limit_free(Limit *limit, int count)
{
    while (count-- > 0) {
        close(limit->fds[--limit->nfds]);
    }
}

static inline void limit_restore(Limit *limit)
{
    limit_free(limit, limit->nfds);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit->before), ==, 0);
}

/* The same; nothing that could have been taken has been free meanwhile. */
static inline void limit_end(Limit *limit)
{
    g_assert_cmpint(open("/dev/null", O_RDONLY | O_CLOEXEC), ==, -1);
    limit_restore(limit);
}

#endif
