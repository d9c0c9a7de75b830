//! Results as C callers get them: a value, and the failure in `errp`.

use core::ptr;

use crate::error::{Error, Origin};
use abi::layout;

/// The value, or None with the error stored.
///
/// # Safety
/// `errp` is as in `qapi/error.h`.
pub(super) unsafe fn ok_or_propagate<T>(
    result: Result<T, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> Option<T> {
    result
        // SAFETY: as promised.
        .map_err(|error| unsafe { error.store(errp, origin) })
        .ok()
}

/// Whether it went well; if not, the error is stored.
///
/// # Safety
/// As [`ok_or_propagate`].
pub(super) unsafe fn bool_or_propagate(
    result: Result<(), Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> bool {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.is_some()
}

/// The pointer, or NULL with the error stored.
///
/// # Safety
/// As [`ok_or_propagate`].
pub(super) unsafe fn ptr_or_propagate<T>(
    result: Result<*mut T, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> *mut T {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.unwrap_or(ptr::null_mut())
}
