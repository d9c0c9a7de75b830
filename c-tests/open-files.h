/*
 * Tests that leave no descriptor open
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef OPEN_FILES_H
#define OPEN_FILES_H

#include <dirent.h>

/* How many descriptors the process has open. */
static inline int open_files(void)
{
    DIR *dir;
    int count = 0;

    /* GLib's own descriptor is made with the first channel, if not before, and stays. */
    g_main_context_default();
    dir = opendir("/proc/self/fd");
    g_assert_nonnull(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

typedef struct OpenFiles {
    int count;
} OpenFiles;

static inline void open_files_before(OpenFiles *before, gconstpointer test)
{
    /* GLib's own descriptor is made with the first channel, if not before, and stays. */
    g_main_context_default();
    before->count = open_files();
}

static inline void open_files_run(OpenFiles *before, gconstpointer test)
{
    ((void (*)(void))test)();
}

static inline void open_files_after(OpenFiles *before, gconstpointer test)
{
    /* A worker lets go of its task's context only after the callback may have run there. */
    for (int i = 0; i < 200 && open_files() != before->count; i++) {
        g_usleep(5000);
    }
    g_assert_cmpint(open_files(), ==, before->count);
}

/*
 * A test that fails if it ends with more or fewer open descriptors than it began with. Not for
 * tests with a child process: GLib keeps a descriptor to watch such.
 */
#define TEST(path, function) \
    g_test_add(path, OpenFiles, (gconstpointer)(void (*)(void))(function), \
               open_files_before, open_files_run, open_files_after)

#endif
