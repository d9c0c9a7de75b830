/*
 * The text of a dump, and the lines in it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DUMP_H
#define DUMP_H

#include "qio/debug.h"

#include <sys/mman.h>

/* What a descriptor of a memory file has. */
static inline char *memory_text(int fd)
{
    off_t length = lseek(fd, 0, SEEK_END);
    char *text = g_malloc0(length + 1);

    g_assert_cmpint(pread(fd, text, length, 0), ==, length);
    return text;
}

static inline char *dump_text(void)
{
    /* Kept, for those who have no descriptor left. */
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("dump", MFD_CLOEXEC);
    }
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
    g_assert_cmpint(qio_debug_dump(fd), ==, 0);
    return memory_text(fd);
}

/* The line that begins with a kind of object and its address; NULL if it isn't there. */
static inline char *dump_line_in(const char *text, const char *kind, const void *address)
{
    g_autofree char *start = g_strdup_printf("%s=%p ", kind, address);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (int i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], start)) {
            return g_strdup(lines[i]);
        }
    }
    return NULL;
}

static inline char *dump_line(const char *kind, const void *address)
{
    g_autofree char *text = dump_text();

    return dump_line_in(text, kind, address);
}

/* Whether the line, of which there must be one, has all these words in a row. */
static inline void assert_dumped(const char *kind, const void *address, const char *words)
{
    g_autofree char *line = dump_line(kind, address);

    g_assert_nonnull(line);
    if (!strstr(line, words)) {
        g_error("no '%s' in '%s'", words, line);
    }
}

static inline void assert_not_dumped(const char *kind, const void *address)
{
    g_autofree char *line = dump_line(kind, address);

    g_assert_null(line);
}

/* Both ends of it, and whole lines between. */
static inline void assert_whole(const char *text)
{
    const char *last;

    g_assert_true(g_str_has_prefix(text, "libqio: process="));
    g_assert_true(g_str_has_suffix(text, "\n"));
    last = g_strrstr(text, "\nlibqio: tasks=");
    g_assert_nonnull(last);
    g_assert_true(strchr(last + 1, '\n')[1] == '\0');
}

#endif /* DUMP_H */
