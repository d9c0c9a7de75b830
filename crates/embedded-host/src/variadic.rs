//! What the C-variadic functions of `c/*/error.c` call once they have made the text (R-HDR-9).
//!
//! These are symbols inside the library and no part of its interface: no header declares them.
//!
//! # Safety
//!
//! `c/*/error.c` passes on what its own callers gave it, under the contract of `capi`, and C strings
//! that live for the call.

use core::ffi::{CStr, c_char, c_int};

use super::destination::{self, Destination};
use super::error_object::{LiveError, OwnedError};
use super::report::{self, Severity};
use abi::layout::{Error, ErrorClass, ErrorPlace};
use platform::os::abort::misuse;

/// Makes an error of `message`, which it takes over, and gives it to `errp`.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qio_internal_error_set(
    errp: *mut *mut Error,
    src: *const c_char,
    line: c_int,
    func: *const c_char,
    class: ErrorClass,
    message: *mut c_char,
) {
    let place = ErrorPlace { src, line, func };
    // SAFETY: the C side has just made `message`; the names are __FILE__ and __func__ (R-HOST-5).
    let err = unsafe { OwnedError::new(place, class, message) };
    // SAFETY: `errp` is the C caller's.
    unsafe { destination::set(errp, err) };
}

/// Puts `text` in front of the message of `*errp`; `function` must have an error there.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qio_internal_error_prepend(
    function: *const c_char,
    errp: *const *mut Error,
    text: *const c_char,
) {
    // SAFETY: a literal of the C side.
    let function = unsafe { CStr::from_ptr(function) }.to_string_lossy();
    // SAFETY: `errp` is the C caller's, and not NULL.
    let err = unsafe { error_at(&function, errp) };
    // SAFETY: a text that the C side made.
    err.prepend(unsafe { CStr::from_ptr(text) });
}

/// Adds `text` to the hint of `*errp`, where an error must be (R-ERR-7).
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qio_internal_error_append_hint(
    errp: *const *mut Error,
    text: *const c_char,
) {
    const FUNCTION: &str = "error_append_hint";
    match Destination::of(errp.cast_mut()) {
        Destination::Abort => misuse(FUNCTION, format_args!("@errp is &error_abort")),
        Destination::Exit => misuse(FUNCTION, format_args!("@errp is &error_fatal")),
        Destination::Nowhere | Destination::Warning | Destination::Slot(_) => {}
    }
    // SAFETY: `errp` is the C caller's, and not NULL.
    let err = unsafe { error_at(FUNCTION, errp) };
    // SAFETY: a text that the C side made.
    err.append_hint(unsafe { CStr::from_ptr(text) });
}

/// Prints a line: an error for `severity` 0, a warning for 1, an info for 2.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qio_internal_report(severity: c_int, text: *const c_char) {
    let severity = match severity {
        0 => Severity::Error,
        1 => Severity::Warning,
        _ => Severity::Info,
    };
    // SAFETY: a text that the C side made.
    report::line(severity, unsafe { CStr::from_ptr(text) }.to_bytes());
}

/// Prints `text` as it is; returns the number of bytes, or -1.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qio_internal_print(text: *const c_char) -> c_int {
    // SAFETY: a text that the C side made.
    let text = unsafe { CStr::from_ptr(text) }.to_bytes();
    if report::print(text) {
        c_int::try_from(text.len()).unwrap_or(c_int::MAX)
    } else {
        -1
    }
}

/// The error that `function` needs to find in `*errp`.
///
/// # Safety
/// `errp` points to NULL or a live error that stays one for `'a`.
unsafe fn error_at<'a>(function: &str, errp: *const *mut Error) -> &'a LiveError {
    // SAFETY: the caller's promise.
    let err = unsafe { errp.read() };
    // SAFETY: as promised.
    let Some(err) = (unsafe { LiveError::from_ptr(err) }) else {
        misuse(function, format_args!("there is no error to change"));
    };
    err
}
