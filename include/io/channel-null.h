/*
 * A channel that is always at its end and forgets what is written.
 *
 * Generated from crates/abi/src/layout/channel_null.rs and src/capi/channel_null.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_NULL_H
#define QIO_CHANNEL_NULL_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "io/channel.h"

#define TYPE_QIO_CHANNEL_NULL "qio-channel-null"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelNull, QIO_CHANNEL_NULL)

/** A channel that is always at its end and forgets what is written. */
struct QIOChannelNull {
    /** The parent. */
    QIOChannel parent;
    /** Whether the channel was closed. */
    bool closed;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_null_new:
 *
 * Makes a channel from which nothing can be read, and that takes whatever is written. Once closed,
 * it does neither.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): the channel, never NULL.
 */
QIOChannelNull *qio_channel_null_new(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_NULL_H */
