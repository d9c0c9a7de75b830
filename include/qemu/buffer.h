/*
 * Growing buffers
 *
 * Threads: one at a time for each buffer; Blocks: no.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_BUFFER_H
#define QEMU_BUFFER_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

G_BEGIN_DECLS

/**
 * Buffer:
 * @name: (nullable): what it is called
 * @capacity: bytes that there is memory for
 * @offset: bytes of content
 * @avg_size: private
 * @buffer: (nullable): the content, in GLib memory
 *
 * Bytes that grow at the end and are taken from the front. Zero-filled it is
 * empty. Pointers into the buffer are good until the next call that may change
 * its size.
 */
typedef struct Buffer Buffer;

struct Buffer {
    char *name;
    size_t capacity;
    size_t offset;
    uint64_t avg_size;
    uint8_t *buffer;
};

/**
 * buffer_init:
 * @buffer: (out): a buffer without content
 * @name: a printf format for the name, with arguments after it
 *
 * Makes an empty buffer with a name.
 */
void buffer_init(Buffer *buffer, const char *name, ...) G_GNUC_PRINTF(2, 3);

/**
 * buffer_shrink:
 * @buffer: any buffer
 *
 * Gives memory back if much more is there than has been needed of late, as
 * buffer_advance() and buffer_reset() do.
 */
void buffer_shrink(Buffer *buffer);

/**
 * buffer_reserve:
 * @buffer: any buffer
 * @len: bytes to come
 *
 * Makes room for @len bytes after the content. Capacities are powers of two from
 * 4096 on.
 */
void buffer_reserve(Buffer *buffer, size_t len);

/**
 * buffer_reset:
 * @buffer: any buffer
 *
 * Makes it empty; memory is kept for a while.
 */
void buffer_reset(Buffer *buffer);

/**
 * buffer_free:
 * @buffer: any buffer
 *
 * Releases name and content; the buffer is zero-filled then.
 */
void buffer_free(Buffer *buffer);

/**
 * buffer_append:
 * @buffer: a buffer with room, see buffer_reserve(); without it the call aborts
 * @data: (array length=len): what to copy to the end of the content
 * @len: bytes at @data
 */
void buffer_append(Buffer *buffer, const void *data, size_t len);

/**
 * buffer_advance:
 * @buffer: any buffer
 * @len: bytes to take; more than there are abort
 *
 * Removes bytes from the front; the others move there.
 */
void buffer_advance(Buffer *buffer, size_t len);

/**
 * buffer_end:
 * @buffer: any buffer
 *
 * Returns: (transfer none): where the content ends, and reserved room begins
 */
uint8_t *buffer_end(Buffer *buffer);

/**
 * buffer_empty:
 * @buffer: any buffer
 *
 * Returns: whether there is no content
 */
gboolean buffer_empty(Buffer *buffer);

/**
 * buffer_move_empty:
 * @to: a buffer without content; with content the call aborts
 * @from: any buffer
 *
 * Gives the memory of @from, with the content, to @to. @from is empty then.
 */
void buffer_move_empty(Buffer *to, Buffer *from);

/**
 * buffer_move:
 * @to: any buffer
 * @from: any buffer
 *
 * Moves the content of @from to the end of that of @to. @from is empty then.
 */
void buffer_move(Buffer *to, Buffer *from);

G_END_DECLS

#endif
