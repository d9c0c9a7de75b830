//! From the results of `logic` to what the exported functions return, one function for each
//! convention.

use core::ffi::c_int;

pub(super) use crate::object::propagate::*;

use crate::logic::transfer::Read;
use abi::layout;
use host::error::{Error, Origin};

/// 1 for everything, 0 for the end before any byte, or -1 with the error stored (R-CHAN-23).
///
/// # Safety
/// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *`.
#[inline]
pub(super) unsafe fn read_or_propagate(
    result: Result<Read, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> c_int {
    // SAFETY: as promised.
    match unsafe { ok_or_propagate(result, errp, origin) } {
        Some(Read::All) => 1,
        Some(Read::Nothing) => 0,
        None => -1,
    }
}
