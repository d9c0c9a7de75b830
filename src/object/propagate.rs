//! What functions and methods return to C, by convention; see [`abi::propagate`].

use core::ffi::c_int;

use libc::ssize_t;

pub use abi::propagate::{
    bool_or_propagate, ok_or_propagate, position_or_propagate, ptr_or_propagate,
    status_or_propagate,
};

use super::channel_class::{Flushed, Transfer};
use abi::layout::{self, QIO_CHANNEL_ERR_BLOCK};
use host::error::{Error, Origin};
use platform::os::errno::{self, Errno};

/// A byte count, -1 with the error stored, or `QIO_CHANNEL_ERR_BLOCK` with errno EAGAIN (R-CHAN-3,
/// R-CHAN-5).
///
/// # Safety
/// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *`.
#[inline]
pub unsafe fn transfer_or_propagate(
    result: Result<Transfer, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> ssize_t {
    // SAFETY: as promised.
    match unsafe { ok_or_propagate(result, errp, origin) } {
        // No class counts further, see `Transfer`.
        Some(Transfer::Done(bytes)) => bytes.cast_signed(),
        Some(Transfer::WouldBlock) => {
            errno::set(Errno::new(libc::EAGAIN));
            QIO_CHANNEL_ERR_BLOCK as ssize_t
        }
        None => -1,
    }
}

/// 0, 1 if everything was copied after all, or -1 with the error stored (R-CHAN-39).
///
/// # Safety
/// As for [`transfer_or_propagate`].
pub unsafe fn flush_or_propagate(
    result: Result<Flushed, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> c_int {
    // SAFETY: as promised.
    match unsafe { ok_or_propagate(result, errp, origin) } {
        Some(Flushed::WithoutCopy) => 0,
        Some(Flushed::Copied) => 1,
        None => -1,
    }
}
