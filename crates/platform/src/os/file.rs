//! Files: transfers at the descriptor's position or another one, and moving it.
//!
//! A signal never ends a transfer (R-CHAN-13).

use core::ffi::c_int;
use core::mem::MaybeUninit;

use libc::off_t;

use super::errno::{self, Errno};
use super::iov::{self, Access, IoVec, IoVecMut};
use super::retry::transfer;
use super::sigpipe;

/// The number of elements, for C.
#[inline]
fn count<A: Access>(iov: &[IoVec<'_, A>]) -> c_int {
    // More than fit are refused by the kernel, as are many fewer.
    c_int::try_from(iov.len()).unwrap_or(c_int::MAX)
}

/// Reads what there is into the memory at `iov`; 0 is the end.
#[inline]
pub fn readv(fd: c_int, iov: &[IoVecMut<'_>]) -> Result<usize, Errno> {
    // SAFETY: the elements describe memory that is writable now, as who made them promised.
    transfer(|| unsafe { libc::readv(fd, iov::as_ptr(iov), count(iov)) })
}

/// Writes what fits of the bytes at `iov`. A pipe whose reading end is closed is EPIPE and no signal.
#[inline]
pub fn writev(fd: c_int, iov: &[IoVec<'_>]) -> Result<usize, Errno> {
    // SAFETY: the elements describe memory that is readable now, as who made them promised.
    sigpipe::without(|| transfer(|| unsafe { libc::writev(fd, iov::as_ptr(iov), count(iov)) }))
}

/// As [`readv`], at `offset`.
pub fn preadv(fd: c_int, iov: &[IoVecMut<'_>], offset: off_t) -> Result<usize, Errno> {
    // SAFETY: as in `readv`.
    transfer(|| unsafe { libc::preadv(fd, iov::as_ptr(iov), count(iov), offset) })
}

/// As [`writev`], at `offset`, which pipes and sockets don't have.
pub fn pwritev(fd: c_int, iov: &[IoVec<'_>], offset: off_t) -> Result<usize, Errno> {
    // SAFETY: as in `writev`.
    transfer(|| unsafe { libc::pwritev(fd, iov::as_ptr(iov), count(iov), offset) })
}

/// Device and number of an open file: whether a descriptor is still the same one's.
pub fn identity(fd: c_int) -> Result<(u64, u64), Errno> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the call stores to a local variable.
    if unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
        return Err(errno::last());
    }
    // SAFETY: stored, as the call succeeded.
    let stat = unsafe { stat.assume_init() };
    Ok((stat.st_dev, stat.st_ino))
}

/// Locks a file, which its other open descriptions then can't: EAGAIN.
pub fn lock(fd: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    match unsafe { libc::flock(fd, libc::LOCK_EX | libc::LOCK_NB) } {
        0 => Ok(()),
        _ => Err(errno::last()),
    }
}

/// Makes the file so long.
pub fn truncate(fd: c_int, length: off_t) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    match unsafe { libc::ftruncate(fd, length) } {
        0 => Ok(()),
        _ => Err(errno::last()),
    }
}

/// Moves the position, and says where it is.
pub fn seek(fd: c_int, offset: off_t, whence: c_int) -> Result<off_t, Errno> {
    // SAFETY: takes numbers only.
    match unsafe { libc::lseek(fd, offset, whence) } {
        -1 => Err(errno::last()),
        position => Ok(position),
    }
}
