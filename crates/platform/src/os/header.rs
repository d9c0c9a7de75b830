//! The header of a socket message, which sendmsg(2) and recvmsg(2) take.

use core::mem;

use libc::msghdr;

use super::iov::{self, Access, IoVec};

/// A header without name and control data.
#[inline]
pub(super) fn header<A: Access>(iov: &[IoVec<'_, A>]) -> msghdr {
    // SAFETY: all zeros are a valid `msghdr`: NULL pointers of length 0.
    let mut header: msghdr = unsafe { mem::zeroed() };
    // The kernel only reads the array (R-CHAN-15).
    header.msg_iov = iov::as_ptr(iov).cast_mut();
    header.msg_iovlen = iov.len();
    header
}
