/*
 * Vectors of buffers (R-IOV-1 to R-IOV-3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"

size_t iov_size(const struct iovec *iov, const unsigned int iov_cnt)
{
    size_t size = 0;

    for (unsigned int i = 0; i < iov_cnt; i++) {
        size += iov[i].iov_len;
    }
    return size;
}

unsigned int iov_copy(struct iovec *dst_iov, unsigned int dst_iov_cnt,
                      const struct iovec *iov, unsigned int iov_cnt,
                      size_t offset, size_t bytes)
{
    unsigned int filled = 0;

    for (unsigned int i = 0; i < iov_cnt && filled < dst_iov_cnt && bytes > 0; i++) {
        size_t skipped = MIN(offset, iov[i].iov_len);
        size_t len = MIN(iov[i].iov_len - skipped, bytes);

        offset -= skipped;
        if (len > 0) {
            dst_iov[filled].iov_base = (char *)iov[i].iov_base + skipped;
            dst_iov[filled].iov_len = len;
            filled++;
            bytes -= len;
        }
    }
    return filled;
}

size_t iov_discard_front(struct iovec **iov, unsigned int *iov_cnt, size_t bytes)
{
    size_t left = bytes;

    while (*iov_cnt > 0 && (*iov)->iov_len <= left) {
        left -= (*iov)->iov_len;
        (*iov)++;
        (*iov_cnt)--;
    }
    if (*iov_cnt > 0) {
        (*iov)->iov_base = (char *)(*iov)->iov_base + left;
        (*iov)->iov_len -= left;
        left = 0;
    }
    return bytes - left;
}

size_t iov_discard_back(struct iovec *iov, unsigned int *iov_cnt, size_t bytes)
{
    size_t left = bytes;

    while (*iov_cnt > 0 && iov[*iov_cnt - 1].iov_len <= left) {
        left -= iov[*iov_cnt - 1].iov_len;
        (*iov_cnt)--;
    }
    if (*iov_cnt > 0) {
        iov[*iov_cnt - 1].iov_len -= left;
        left = 0;
    }
    return bytes - left;
}

/* Calls @act for each piece of the vector from @offset on, with what was done before it. */
static size_t for_each_piece(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
                             size_t bytes, void *opaque,
                             void (*act)(void *piece, size_t len, size_t done, void *opaque))
{
    size_t done = 0;

    for (unsigned int i = 0; i < iov_cnt && (offset > 0 || done < bytes); i++) {
        size_t skipped = MIN(offset, iov[i].iov_len);
        size_t len = MIN(iov[i].iov_len - skipped, bytes - done);

        offset -= skipped;
        if (len > 0) {
            act((char *)iov[i].iov_base + skipped, len, done, opaque);
            done += len;
        }
    }
#ifdef QIO_HAS_IOV_OFFSET_ASSERT
    assert(offset == 0);
#endif
    return done;
}

static void piece_fill(void *piece, size_t len, size_t done, void *buf)
{
    memcpy(piece, (const char *)buf + done, len);
}

static void piece_read(void *piece, size_t len, size_t done, void *buf)
{
    memcpy((char *)buf + done, piece, len);
}

static void piece_set(void *piece, size_t len, size_t done, void *fillc)
{
    memset(piece, *(int *)fillc, len);
}

size_t iov_from_buf_full(const struct iovec *iov, unsigned int iov_cnt,
                         size_t offset, const void *buf, size_t bytes)
{
    return for_each_piece(iov, iov_cnt, offset, bytes, (void *)buf, piece_fill);
}

size_t iov_to_buf_full(const struct iovec *iov, const unsigned int iov_cnt,
                       size_t offset, void *buf, size_t bytes)
{
    return for_each_piece(iov, iov_cnt, offset, bytes, buf, piece_read);
}

size_t iov_memset(const struct iovec *iov, const unsigned int iov_cnt,
                  size_t offset, int fillc, size_t bytes)
{
    return for_each_piece(iov, iov_cnt, offset, bytes, &fillc, piece_set);
}
