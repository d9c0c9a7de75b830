/*
 * Channels from bare descriptors.
 *
 * Generated from src/capi/channel_util.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_UTIL_H
#define QIO_CHANNEL_UTIL_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_new_fd:
 * @fd: (transfer full): any descriptor, which stays the caller's on failure
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a channel over a descriptor, and closes that with the channel: a QIOChannelSocket over a
 * socket, a QIOChannelFile over anything else. What isn't open gives a QIOChannelFile, whose
 * transfers fail. A socket that listens is none of the channel's making: its path is not removed.
 * The blocking mode stays as it is.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
 */
QIOChannel *qio_channel_new_fd(int fd,
                               Error **errp);

#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
/**
 * qio_channel_util_set_aio_fd_handler:
 * @read_fd: a descriptor to read from
 * @read_ctx: (transfer none) (nullable): where @io_read runs; NULL leaves @read_fd alone
 * @io_read: (nullable): called when @read_fd is readable, hung up or in error; NULL removes
 * @write_fd: a descriptor to write to, perhaps the same
 * @write_ctx: (transfer none) (nullable): where @io_write runs; NULL leaves @write_fd alone
 * @io_write: (nullable): called when @write_fd is writable or in error; NULL removes
 * @opaque: (closure) (nullable): data for both
 *
 * Sets handlers in event loop contexts, for those who write channels. With one descriptor and one
 * context both are set together. Otherwise each is set by itself, which takes away what the same
 * context had for the other direction of the same descriptor.
 *
 * Threads: any; who removes handlers in the thread of their context can be sure that they don't run
 * afterwards. Blocks: no.
 * Context: the handlers run in the threads that poll their contexts.
 * Since: qemu-8.2 profile.
 */
void qio_channel_util_set_aio_fd_handler(int read_fd,
                                         AioContext *read_ctx,
                                         IOHandler *io_read,
                                         int write_fd,
                                         AioContext *write_ctx,
                                         IOHandler *io_write,
                                         void *opaque);
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_UTIL_H */
