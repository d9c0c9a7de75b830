//! `qapi/error.h`, but for the variadic functions, which are in `c/extras/error.c`.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;
#[cfg(warn_report_err_once)]
use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;

#[cfg(warn_report_err_once)]
use crate::capi::required;
use crate::error;
use crate::error_object::{LiveError, OwnedError};
use crate::report::{self, Severity};
use abi::layout::{Error, ErrorClass, ErrorPlace};
use platform::os::abort::misuse;
use platform::os::errno::Errno;

/// The class.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_get_class(err: *const Error) -> ErrorClass {
    // SAFETY: the caller's error, or NULL.
    match unsafe { LiveError::from_ptr(err) } {
        Some(err) => err.class(),
        None => misuse("error_get_class", format_args!("@err is NULL")),
    }
}

/// Frees the error that must be in `*errp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_free_or_abort(errp: *mut *mut Error) {
    if errp.is_null() {
        misuse("error_free_or_abort", format_args!("@errp is NULL"));
    }
    // SAFETY: the slot is the caller's; it is empty from here on.
    let err = unsafe { errp.replace(ptr::null_mut()) };
    // SAFETY: what was in the slot is ours now.
    if unsafe { OwnedError::from_ptr_full(err) }.is_none() {
        misuse(
            "error_free_or_abort",
            format_args!("there is no error in @errp"),
        );
    }
}

/// Sets an error about a file that could not be opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_setg_file_open_internal(
    errp: *mut *mut Error,
    src: *const c_char,
    line: c_int,
    func: *const c_char,
    os_errno: c_int,
    filename: *const c_char,
) {
    if errp.is_null() {
        return;
    }
    // SAFETY: the caller's file name.
    let filename = unsafe { CStr::from_ptr(filename) };
    let text = [b"Could not open '", filename.to_bytes(), b"'"].concat();
    let text = CString::new(text).unwrap_or_default();
    let place = ErrorPlace { src, line, func };
    // SAFETY: the names are __FILE__ and __func__ (R-HOST-5), and `errp` is the caller's.
    unsafe { error::set(errp, place, Errno::new(os_errno), &text) };
}

/// Reports an error as a warning and frees it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn warn_report_err(err: *mut Error) {
    // SAFETY: the caller gives its error away.
    match unsafe { OwnedError::from_ptr_full(err) } {
        Some(err) => report::error(Severity::Warning, &err),
        None => misuse("warn_report_err", format_args!("@err is NULL")),
    }
}

/// Reports an error as a warning, the first time, and frees it.
#[cfg(warn_report_err_once)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn warn_report_err_once_cond(printed: *mut bool, err: *mut Error) -> bool {
    if printed.is_null() {
        misuse(
            "warn_report_err_once_cond",
            format_args!("@printed is NULL"),
        );
    }
    // SAFETY: the caller's flag, which only this function touches while it is shared.
    let printed = unsafe { AtomicBool::from_ptr(printed) };
    if printed.swap(true, Ordering::Relaxed) {
        // SAFETY: the caller gives its error away.
        unsafe { required::error::error_free(err) };
        return false;
    }
    // SAFETY: as above.
    unsafe { warn_report_err(err) };
    true
}
