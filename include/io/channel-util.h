/*
 * Channels from bare descriptors.
 *
 * Generated from src/capi/channel_util.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_UTIL_H
#define QIO_CHANNEL_UTIL_H

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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_UTIL_H */
