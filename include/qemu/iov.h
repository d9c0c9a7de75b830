/*
 * Vectors of buffers.
 *
 * A vector is an array of @iov_cnt struct iovec. Offsets and sizes are in bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef IOV_H
#define IOV_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include <sys/uio.h>

G_BEGIN_DECLS

/**
 * iov_size:
 * @iov: (array length=iov_cnt): a vector
 * @iov_cnt: its number of elements
 *
 * Threads: any; Blocks: no.
 * Returns: the sum of the elements' lengths.
 */
size_t iov_size(const struct iovec *iov, const unsigned int iov_cnt);

/**
 * iov_copy:
 * @dst_iov: (out) (array length=dst_iov_cnt): room for a vector
 * @dst_iov_cnt: how many elements it has room for
 * @iov: (array length=iov_cnt): a vector
 * @iov_cnt: its number of elements
 * @offset: where to begin
 * @bytes: how much to cover
 *
 * Makes a vector of a part of another one. The data is not copied: both show the same memory.
 * Elements of length 0 are left out. It may cover less than @bytes: if there isn't more, or if
 * @dst_iov is full.
 *
 * Threads: any; Blocks: no.
 * Returns: the number of elements filled in.
 */
unsigned int iov_copy(struct iovec *dst_iov, unsigned int dst_iov_cnt,
                      const struct iovec *iov, unsigned int iov_cnt,
                      size_t offset, size_t bytes);

/**
 * iov_discard_front:
 * @iov: (inout): the vector's first element
 * @iov_cnt: (inout): its number of elements
 * @bytes: how much to drop
 *
 * Drops @bytes from the front: moves @iov and @iov_cnt past the elements that are used up, those
 * of length 0 among them even if @bytes is 0, and shortens in place the one that is used in part.
 *
 * Threads: any; Blocks: no.
 * Returns: the bytes dropped, fewer than @bytes if there were no more.
 */
size_t iov_discard_front(struct iovec **iov, unsigned int *iov_cnt, size_t bytes);

/**
 * iov_discard_back:
 * @iov: (array length=iov_cnt): a vector
 * @iov_cnt: (inout): its number of elements
 * @bytes: how much to drop
 *
 * Drops @bytes from the end, in the same way.
 *
 * Threads: any; Blocks: no.
 * Returns: the bytes dropped, fewer than @bytes if there were no more.
 */
size_t iov_discard_back(struct iovec *iov, unsigned int *iov_cnt, size_t bytes);

/**
 * iov_from_buf:
 * iov_to_buf:
 * @iov: (array length=iov_cnt): a vector
 * @iov_cnt: its number of elements
 * @offset: where to begin in the vector
 * @buf: (array length=bytes): a buffer; must not overlap the vector's
 * @bytes: how much to copy
 *
 * Copies data from a buffer into a vector, or back.
 *
 * Threads: any; Blocks: no.
 * Returns: the bytes copied, fewer than @bytes if the vector ends before; 0 if @offset is beyond
 * its end.
 * Differs: an @offset beyond the end aborts before the qemu-10.0 profile.
 */
size_t iov_from_buf_full(const struct iovec *iov, unsigned int iov_cnt,
                         size_t offset, const void *buf, size_t bytes);
size_t iov_to_buf_full(const struct iovec *iov, const unsigned int iov_cnt,
                       size_t offset, void *buf, size_t bytes);

static inline size_t iov_from_buf(const struct iovec *iov, unsigned int iov_cnt,
                                  size_t offset, const void *buf, size_t bytes)
{
    return iov_from_buf_full(iov, iov_cnt, offset, buf, bytes);
}

static inline size_t iov_to_buf(const struct iovec *iov, const unsigned int iov_cnt,
                                size_t offset, void *buf, size_t bytes)
{
    return iov_to_buf_full(iov, iov_cnt, offset, buf, bytes);
}

/**
 * iov_memset:
 * @iov: (array length=iov_cnt): a vector
 * @iov_cnt: its number of elements
 * @offset: where to begin
 * @fillc: the byte to store
 * @bytes: how much to fill
 *
 * Fills a part of the vector with one byte.
 *
 * Threads: any; Blocks: no.
 * Returns: the bytes filled, as for iov_from_buf.
 * Differs: as for iov_from_buf.
 */
size_t iov_memset(const struct iovec *iov, const unsigned int iov_cnt,
                  size_t offset, int fillc, size_t bytes);

G_END_DECLS

#endif
