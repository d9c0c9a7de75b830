/*
 * Growing buffers, as other structures embed them.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_BUFFER_H
#define QEMU_BUFFER_H

/*
 * Bytes that grow at the end and are taken from the front. Zero-filled it is empty; the memory is
 * GLib's.
 */
typedef struct Buffer Buffer;

struct Buffer {
    /* Label of traces. */
    char *name;
    /* Allocated bytes. */
    size_t capacity;
    /* Bytes in use. */
    size_t offset;
    /* Private. */
    uint64_t avg_size;
    /* The memory. */
    uint8_t *buffer;
};

#endif
