//! From what C code passes to what `logic` takes, and from its results to what the exported functions
//! return, one function for each convention.

use core::ffi::{CStr, c_char, c_int};

pub(super) use crate::object::propagate::*;

use crate::logic::transfer::Read;
use abi::layout;
use host::error::{Error, Origin};
use platform::os::abort::misuse;

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

/// What a C pointer stands for; NULL, where it may not be, ends the process.
#[inline]
pub(super) fn required<T>(value: Option<T>, function: &str, argument: &str) -> T {
    value.unwrap_or_else(|| misuse(function, format_args!("{argument} is NULL")))
}

/// The label that C code passed, if any.
///
/// # Safety
/// `text` is NULL or a C string that lives for `'a`.
pub(super) unsafe fn optional_text<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so a C string.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}
