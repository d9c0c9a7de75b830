/*
 * File channels over new files and pipes.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FILE_CHANNELS_H
#define FILE_CHANNELS_H

#include "qemu/osdep.h"
#include "io/channel-file.h"
#include "qapi/error.h"

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled, errp) (qio_channel_set_blocking(ioc, enabled, errp) ? 0 : -1)
#else
#define SET_BLOCKING qio_channel_set_blocking
#endif

/* A new file with a text, opened to read and write. */
static inline QIOChannel *file_new(const char *text)
{
    FILE *file = tmpfile();
    int fd = dup(fileno(file));

    fclose(file);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
    return QIO_CHANNEL(qio_channel_file_new_fd(fd));
}

static inline int fd_of(QIOChannel *ioc)
{
    return QIO_CHANNEL_FILE(ioc)->fd;
}

static inline void pipe_new(QIOChannel **reader, QIOChannel **writer)
{
    int fds[2];

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    *reader = QIO_CHANNEL(qio_channel_file_new_fd(fds[0]));
    *writer = QIO_CHANNEL(qio_channel_file_new_fd(fds[1]));
}

#endif
