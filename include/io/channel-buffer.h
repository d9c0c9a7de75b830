/*
 * A channel over memory.
 *
 * Generated from crates/abi/src/layout/channel_buffer.rs and src/capi/channel_buffer.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_BUFFER_H
#define QIO_CHANNEL_BUFFER_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"

#define TYPE_QIO_CHANNEL_BUFFER "qio-channel-buffer"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelBuffer, QIO_CHANNEL_BUFFER)

/**
 * A channel over memory. Programs read and store all fields between calls, and may replace `data`
 * by other memory of g_malloc; the channel looks at them in each call.
 */
struct QIOChannelBuffer {
    /** The parent. */
    QIOChannel parent;
    /** Bytes allocated at `data`. */
    size_t capacity;
    /** Bytes of content, from the start of `data`. */
    size_t usage;
    /** Where the next read or write begins; may be beyond `usage`. */
    size_t offset;
    /** The content, in GLib memory; may be NULL if `capacity` is 0. */
    uint8_t *data;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_buffer_new:
 * @capacity: bytes to allocate; 0 for none as yet
 *
 * Makes a channel over zeroed memory that grows with what is written. Reads and writes begin at
 * `offset` and move it; a read ends at `usage`. A write beyond `usage` leaves zeros in between.
 * qio_channel_io_seek() moves `offset`. qio_channel_close() empties the channel, which stays
 * usable.
 *
 * Threads: any; the channel is for one at a time. Blocks: no.
 * Returns: (transfer full): the channel, never NULL.
 */
QIOChannelBuffer *qio_channel_buffer_new(size_t capacity);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_BUFFER_H */
