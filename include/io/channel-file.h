/*
 * A channel over a file, a pipe or any other descriptor.
 *
 * Generated from crates/abi/src/layout/channel_file.rs and src/capi/channel_file.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_FILE_H
#define QIO_CHANNEL_FILE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"

#define TYPE_QIO_CHANNEL_FILE "qio-channel-file"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelFile, QIO_CHANNEL_FILE)

/** A channel over any descriptor. Programs read `fd`. */
struct QIOChannelFile {
    /** The parent. */
    QIOChannel parent;
    /** The descriptor, -1 when closed; re-read at each call. */
    int fd;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_file_new_fd:
 * @fd: (transfer full): any descriptor; also what isn't one: transfers fail then
 *
 * Makes a channel over a descriptor, and closes that with the channel. The blocking mode stays as
 * it is. If @fd has positions, the channel has QIO_CHANNEL_FEATURE_SEEKABLE (from the qemu-9.0
 * profile on).
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): the channel, never NULL.
 */
QIOChannelFile *qio_channel_file_new_fd(int fd);

#if defined(QIO_HAS_FILE_NEW_DUPFD)
/**
 * qio_channel_file_new_dupfd:
 * @fd: (transfer none): any descriptor
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a channel over a duplicate of a descriptor, which is close-on-exec and shares position and
 * blocking mode with @fd.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
 * Since: qemu-9.0 profile.
 */
QIOChannelFile *qio_channel_file_new_dupfd(int fd,
                                                  Error **errp);
#endif

/**
 * qio_channel_file_new_path:
 * @path: (transfer none): the file; /dev/fdset/N is a descriptor of the program's set N
 * @flags: O_* bits; the descriptor is close-on-exec in any case
 * @mode: the permissions of a file that is made, less the umask; matters with O_CREAT only
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a channel over a file that it opens.
 *
 * Threads: any. Blocks: as opening @path does.
 * Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
 */
QIOChannelFile *qio_channel_file_new_path(const char *path,
                                                 int flags,
                                                 mode_t mode,
                                                 Error **errp);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_FILE_H */
