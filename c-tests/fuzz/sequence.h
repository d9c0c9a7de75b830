/*
 * What the targets that run sequences of operations have in common: a run leaves no descriptor behind, and the library
 * can be asked about itself at any point of it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_SEQUENCE_H
#define FUZZ_SEQUENCE_H

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qio/debug.h"
#include "qio/stats.h"
#include "input.h"
#include "../open-files.h"

/* Something that has to happen sooner or later; that it never does is a run without an end. */
#define WAIT_UNTIL(condition) \
    while (!(condition)) { \
        g_usleep(50); \
    }

/* Where the dump goes. */
static inline int nowhere(void)
{
    static int fd = -1;

    if (fd < 0) {
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
    }
    return fd;
}

static inline QIOStats stats_now(void)
{
    QIOStats stats = { .size = sizeof(stats) };

    qio_stats(&stats);
    g_assert_cmpuint(stats.size, ==, sizeof(stats));
    return stats;
}

/* Dump and statistics, which must not disturb anything. */
static inline void look_inside(void)
{
    static QIOStats last;
    QIOStats stats = stats_now();

    g_assert_cmpuint(stats.tasks_submitted, ==,
                     stats.tasks_queued + stats.tasks_running + stats.tasks_finished + stats.tasks_completed);
    g_assert_cmpuint(stats.tasks_submitted, >=, last.tasks_submitted);
    g_assert_cmpuint(stats.tasks_completed, >=, last.tasks_completed);
    g_assert_cmpuint(stats.accepts, >=, last.accepts);
    g_assert_cmpuint(stats.failures, >=, last.failures);
    last = stats;
    g_assert_cmpint(qio_debug_dump(nowhere()), ==, 0);
}

/* The descriptors of before, and of after: a worker lets go of a context a moment after its task's end. */
static inline int descriptors_before(void)
{
    nowhere();
    return open_files();
}

static inline void descriptors_are(int before)
{
    for (int i = 0; i < 2000 && open_files() != before; i++) {
        g_usleep(1000);
    }
    g_assert_cmpint(open_files(), ==, before);
}

#endif
