/*
 * A channel over the standard input and output of a child process.
 *
 * Generated from crates/abi/src/layout/channel_command.rs and src/capi/channel_command.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_COMMAND_H
#define QIO_CHANNEL_COMMAND_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"

#define TYPE_QIO_CHANNEL_COMMAND "qio-channel-command"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelCommand, QIO_CHANNEL_COMMAND)

/** A channel over the standard input and output of a child process. */
struct QIOChannelCommand {
    /** The parent. */
    QIOChannel parent;
    /** The pipe to the child's standard input, -1 if there is none or it is closed. */
    int writefd;
    /** The pipe from the child's standard output, -1 if there is none or it is closed. */
    int readfd;
    /** The child; 0 once it was reaped, or left to be reaped when it ends. */
    GPid pid;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_command_new_spawn:
 * @argv: (transfer none) (array zero-terminated=1): the program's file name, which is not
 *        searched for along the PATH, and its arguments
 * @flags: O_RDONLY to read the program's output, O_WRONLY to write its input, O_RDWR for both;
 *         other bits are ignored
 * @errp: (nullable): as in qapi/error.h
 *
 * Starts a program, and makes a channel over the pipes to it. It inherits environment, working
 * directory and standard error, but no other descriptor; input or output without a pipe is
 * /dev/null. No end of a pipe gets one of the numbers 0 to 2, also where these are closed.
 *
 * Writing to a program that has ended, or has closed its input, is an error with EPIPE, never a
 * signal.
 *
 * qio_channel_close() closes the pipes and waits for the program up to 1 second. Then it returns 0
 * all the same, and the program is reaped when it ends; closing never sends it a signal. If the
 * last reference goes without a close, the program gets SIGTERM, and SIGKILL after 10 ms. `pid` is
 * 0 after either. Where the process has its children reaped by the system (SIGCHLD ignored, or
 * SA_NOCLDWAIT) that is how the end is noticed; a program that the process itself has reaped is an error
 * with ECHILD.
 *
 * Threads: any. Blocks: until the program has started or could not be.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
 */
QIOChannelCommand *qio_channel_command_new_spawn(const char *const *argv,
                                                        int flags,
                                                        Error **errp);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_COMMAND_H */
