/*
 * How a forked child ends whose parent has other threads, and what its parent waits for. What stood on the stacks of those
 * threads alone is no leak of the child: valgrind, which looks for leaks where a process ends, doesn't where it becomes
 * another program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef C_TESTS_FORKED_CHILD_H
#define C_TESTS_FORKED_CHILD_H

#include <sys/wait.h>
#include <unistd.h>

static inline void child_end(bool is_well)
{
    if (is_well) {
        execl("/bin/true", "true", NULL);
    }
    _exit(1);
}

static inline void child_await(pid_t child)
{
    int status;

    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

#endif
