/*
 * What there is at this moment: tasks, listeners, channels, coroutines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_DEBUG_H
#define QIO_DEBUG_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

G_BEGIN_DECLS

/**
 * qio_debug_dump:
 * @fd: a descriptor to write to, which stays the caller's: a file, a pipe, a socket, a terminal
 *
 * Writes a line of text for each task, listener, channel and coroutine that is there, between two lines that
 * begin with "libqio:". A task's, in one line, is
 *
 *     task=ADDRESS state=STATE for=SECONDS [name="TEXT"] age=SECONDS [thread=NUMBER] [worker=FUNCTION] func=FUNCTION
 *         source=ADDRESS [context=ADDRESS]
 *
 * docs/see-inside.md reads them. Each line is of one moment; what begins or ends meanwhile may be missing.
 *
 * It takes no lock and no memory, and looks into no object: it may be called in a signal handler, whatever that
 * has interrupted, in any callback, and in a forked child. A reader that doesn't read is waited for up to
 * 200 ms in all; that its pipe or socket is full, or broken, blocks nothing and raises no signal.
 *
 * A program that is started with QIO_DUMP_SIGNAL=USR1 in its environment writes a dump to standard error, or
 * to the file that QIO_DUMP_FILE names, whenever it gets the signal.
 *
 * Threads: any, also several at once. Blocks: no longer than that; a regular file as long as write() does.
 * Returns: 0 with errno as it was, or -1 with errno set: EAGAIN if the reader was given up, otherwise as write()
 */
int qio_debug_dump(int fd);

G_END_DECLS

#endif /* QIO_DEBUG_H */
