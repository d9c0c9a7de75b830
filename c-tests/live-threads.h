/*
 * Tests that leave no thread behind
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_THREADS_H
#define LIVE_THREADS_H

#include <glib.h>

/* How many threads the process has. */
static inline int live_threads(void)
{
    GDir *dir = g_dir_open("/proc/self/task", 0, NULL);
    int count = 0;

    g_assert_nonnull(dir);
    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

#endif
