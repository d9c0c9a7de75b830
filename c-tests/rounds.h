/*
 * How often tests repeat what goes wrong rarely.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_TEST_ROUNDS_H
#define QIO_TEST_ROUNDS_H

#include <glib.h>

/* Under valgrind and sanitizers, which are slow, and of hosts, profiles and machines in all but one: what is repeated depends on
 * none of these. The parts c and release of scripts/check have all rounds. */
static inline gboolean has_few_rounds(void)
{
    return g_getenv("QIO_TEST_SLOW") != NULL || g_getenv("QIO_TEST_FEW_ROUNDS") != NULL;
}

/* Under valgrind alone, which its test setup announces: it is fifty times slower, runs one thread at a time, and its memory
 * is not the one that mallinfo2() knows. Time says nothing there. */
static inline gboolean is_slow(void)
{
    return g_getenv("QIO_TEST_SLOW") != NULL;
}

#endif
