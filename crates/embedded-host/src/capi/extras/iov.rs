//! `qemu/iov.h`: see there what the functions do.

use core::ffi::{c_int, c_uint, c_void};

use libc::iovec;

use crate::capi::exports::exports;
use crate::iov::{self, Vector};

exports! { "qemu/iov.h";
    fn iov_size(iov: (*const iovec), iov_cnt: (c_uint)) -> usize {
        Vector::new(iov, iov_cnt).size()
    }

    fn iov_copy(
        dst_iov: (*mut iovec), dst_iov_cnt: (c_uint),
        iov: (*const iovec), iov_cnt: (c_uint), offset: (usize), bytes: (usize),
    ) -> c_uint {
        Vector::new(iov, iov_cnt).describe(dst_iov, dst_iov_cnt, offset, bytes)
    }

    fn iov_discard_front(iov: (*mut *mut iovec), iov_cnt: (*mut c_uint), bytes: (usize)) -> usize {
        iov::discard_front(iov, iov_cnt, bytes)
    }

    fn iov_discard_back(iov: (*mut iovec), iov_cnt: (*mut c_uint), bytes: (usize)) -> usize {
        iov::discard_back(iov, iov_cnt, bytes)
    }

    // The bytes at `buf` don't overlap the vector's.
    fn iov_from_buf_full(
        iov: (*const iovec), iov_cnt: (c_uint), offset: (usize), buf: (*const c_void), bytes: (usize),
    ) -> usize {
        Vector::new(iov, iov_cnt).fill_from(FUNCTION, offset, buf.cast(), bytes)
    }

    fn iov_to_buf_full(
        iov: (*const iovec), iov_cnt: (c_uint), offset: (usize), buf: (*mut c_void), bytes: (usize),
    ) -> usize {
        Vector::new(iov, iov_cnt).copy_to(FUNCTION, offset, buf.cast(), bytes)
    }

    fn iov_memset(
        iov: (*const iovec), iov_cnt: (c_uint), offset: (usize), fillc: (c_int), bytes: (usize),
    ) -> usize {
        let [byte, ..] = fillc.to_le_bytes();
        Vector::new(iov, iov_cnt).fill(FUNCTION, offset, byte, bytes)
    }
}
