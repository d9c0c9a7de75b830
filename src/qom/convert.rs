//! From the results of `logic` to what class methods return.

use core::ffi::c_int;

use libc::{off_t, ssize_t};

use crate::object::channel_class::Transfer;
use abi::layout::{self, QIO_CHANNEL_ERR_BLOCK};
use host::error::{Error, Origin};
use platform::os::errno::{self, Errno};

/// A byte count, -1 with the error stored, or `QIO_CHANNEL_ERR_BLOCK` with errno EAGAIN (R-CHAN-3,
/// R-CHAN-5).
///
/// # Safety
/// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *`.
#[inline]
pub unsafe fn transfer(
    result: Result<Transfer, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> ssize_t {
    match result {
        // No system call moves more than fits.
        Ok(Transfer::Done(bytes)) => ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
        Ok(Transfer::WouldBlock) => {
            errno::set(Errno::new(libc::EAGAIN));
            QIO_CHANNEL_ERR_BLOCK as ssize_t
        }
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, origin) };
            -1
        }
    }
}

/// 0, or -1 with the error stored.
///
/// # Safety
/// As for [`transfer`].
pub unsafe fn status(
    result: Result<(), Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, origin) };
            -1
        }
    }
}

/// A position, or -1 with the error stored.
///
/// # Safety
/// As for [`transfer`].
pub unsafe fn position(
    result: Result<off_t, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> off_t {
    match result {
        Ok(position) => position,
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, origin) };
            -1
        }
    }
}
