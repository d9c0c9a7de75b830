/*
 * Mistakes of a program: each ends it, with a line that says which.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MISTAKES_H
#define MISTAKES_H

#include <glib.h>

typedef struct Mistake {
    const char *name;
    void (*make)(void);
    const char *stderr_pattern;
} Mistake;

/* A copy of the program, for this test alone, ends by a failure and says so. */
static inline void assert_aborts(const char *stderr_pattern)
{
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(stderr_pattern);
}

static inline void test_mistake(gconstpointer opaque)
{
    const Mistake *mistake = opaque;

    if (g_test_subprocess()) {
        mistake->make();
        return;
    }
    assert_aborts(mistake->stderr_pattern);
}

/* A test of each of an array, below @path. */
#define ADD_MISTAKES(path, mistakes) do { \
    for (size_t number = 0; number < G_N_ELEMENTS(mistakes); number++) { \
        g_autofree char *test = g_strdup_printf(path "/%s", mistakes[number].name); \
        g_test_add_data_func(test, &mistakes[number], test_mistake); \
    } \
} while (0)

#endif
