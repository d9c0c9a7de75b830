//! From `Result` to what C functions return, one function for each convention.
//!
//! A failure goes to `errp` as it is: an error object that somebody made already moves on untouched,
//! and errno is left as the failing call left it (R-CHAN-5). A success touches neither.
//!
//! # Safety
//!
//! All of them: `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *`.

use core::ffi::c_int;
use core::ptr;

use crate::error::{Error, ErrorObject, Origin};
use crate::layout;

/// The value, or None with the error stored.
///
/// # Safety
/// As above.
#[inline]
pub unsafe fn ok_or_propagate<T, O: ErrorObject>(
    result: Result<T, Error<O>>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            // SAFETY: as promised.
            unsafe { propagate(error, errp, origin) };
            None
        }
    }
}

/// Stores the error.
///
/// # Safety
/// As above.
#[cold]
unsafe fn propagate<O: ErrorObject>(
    error: Error<O>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) {
    // SAFETY: as promised.
    unsafe { error.store(errp, origin) }
}

/// 0, or -1 with the error stored.
///
/// # Safety
/// As above.
#[inline]
pub unsafe fn status_or_propagate<O: ErrorObject>(
    result: Result<(), Error<O>>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> c_int {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.map_or(-1, |()| 0)
}

/// True, or false with the error stored.
///
/// # Safety
/// As above.
#[inline]
pub unsafe fn bool_or_propagate<O: ErrorObject>(
    result: Result<(), Error<O>>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> bool {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.is_some()
}

/// A pointer, or NULL with the error stored.
///
/// # Safety
/// As above.
#[inline]
pub unsafe fn ptr_or_propagate<T, O: ErrorObject>(
    result: Result<*mut T, Error<O>>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> *mut T {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.unwrap_or(ptr::null_mut())
}

/// A position of 0 or more, or -1 with the error stored.
///
/// # Safety
/// As above.
#[inline]
pub unsafe fn position_or_propagate<O: ErrorObject>(
    result: Result<i64, Error<O>>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> i64 {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.unwrap_or(-1)
}
