//! `qemu/iov.h`: see there what the functions do.

use core::ffi::{c_int, c_uint, c_void};

use libc::iovec;

use crate::iov::{self, Vector};

/// The sum of the elements' lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_size(iov: *const iovec, iov_cnt: c_uint) -> usize {
    // SAFETY: by the header, a vector that stays for the call.
    let vector = unsafe { Vector::new(iov, iov_cnt) };
    vector.size()
}

/// Makes a vector of a part of another one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_copy(
    dst_iov: *mut iovec,
    dst_iov_cnt: c_uint,
    iov: *const iovec,
    iov_cnt: c_uint,
    offset: usize,
    bytes: usize,
) -> c_uint {
    // SAFETY: by the header, a vector that stays for the call.
    let vector = unsafe { Vector::new(iov, iov_cnt) };
    // SAFETY: by the header, room for so many elements.
    unsafe { vector.describe(dst_iov, dst_iov_cnt, offset, bytes) }
}

/// Drops bytes from the front of a vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_discard_front(
    iov: *mut *mut iovec,
    iov_cnt: *mut c_uint,
    bytes: usize,
) -> usize {
    // SAFETY: by the header, a vector of the caller's.
    unsafe { iov::discard_front(iov, iov_cnt, bytes) }
}

/// Drops bytes from the end of a vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_discard_back(
    iov: *mut iovec,
    iov_cnt: *mut c_uint,
    bytes: usize,
) -> usize {
    // SAFETY: by the header, a vector of the caller's.
    unsafe { iov::discard_back(iov, iov_cnt, bytes) }
}

/// Copies a buffer into a vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_from_buf_full(
    iov: *const iovec,
    iov_cnt: c_uint,
    offset: usize,
    buf: *const c_void,
    bytes: usize,
) -> usize {
    // SAFETY: by the header, a vector that stays for the call.
    let vector = unsafe { Vector::new(iov, iov_cnt) };
    // SAFETY: by the header, so many bytes that don't overlap the vector's.
    unsafe { vector.fill_from("iov_from_buf_full", offset, buf.cast(), bytes) }
}

/// Copies a part of a vector into a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_to_buf_full(
    iov: *const iovec,
    iov_cnt: c_uint,
    offset: usize,
    buf: *mut c_void,
    bytes: usize,
) -> usize {
    // SAFETY: by the header, a vector that stays for the call.
    let vector = unsafe { Vector::new(iov, iov_cnt) };
    // SAFETY: by the header, room for so many bytes that don't overlap the vector's.
    unsafe { vector.copy_to("iov_to_buf_full", offset, buf.cast(), bytes) }
}

/// Fills a part of a vector with one byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iov_memset(
    iov: *const iovec,
    iov_cnt: c_uint,
    offset: usize,
    fillc: c_int,
    bytes: usize,
) -> usize {
    // SAFETY: by the header, a vector that stays for the call.
    let vector = unsafe { Vector::new(iov, iov_cnt) };
    let [byte, ..] = fillc.to_le_bytes();
    // SAFETY: by the header, the memory is there to be filled.
    unsafe { vector.fill("iov_memset", offset, byte, bytes) }
}
