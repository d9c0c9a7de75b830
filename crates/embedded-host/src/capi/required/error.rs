//! `qapi/error.h`, but for the variadic functions, which are in `c/required/error.c`.

use core::ffi::c_char;

use crate::destination;
use crate::error_object::{LiveError, OwnedError};
use crate::report::{self, Severity};
use abi::layout::Error;
use platform::os::abort::misuse;

/// The message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_get_pretty(err: *const Error) -> *const c_char {
    // SAFETY: the caller's error, or NULL.
    match unsafe { LiveError::from_ptr(err) } {
        Some(err) => err.message_ptr(),
        None => misuse("error_get_pretty", format_args!("@err is NULL")),
    }
}

/// A second error with the same content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_copy(err: *const Error) -> *mut Error {
    // SAFETY: the caller's error, or NULL.
    match unsafe { LiveError::from_ptr(err) } {
        Some(err) => err.duplicate().into_ptr(),
        None => misuse("error_copy", format_args!("@err is NULL")),
    }
}

/// Frees an error; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_free(err: *mut Error) {
    // SAFETY: the caller gives its error away.
    drop(unsafe { OwnedError::from_ptr_full(err) });
}

/// Passes an error on; the first one that gets there stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_propagate(dst_errp: *mut *mut Error, local_err: *mut Error) {
    // SAFETY: the caller gives its error away.
    if let Some(err) = unsafe { OwnedError::from_ptr_full(local_err) } {
        // SAFETY: `dst_errp` is the caller's.
        unsafe { destination::propagate(dst_errp, err) };
    }
}

/// Reports an error and frees it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_report_err(err: *mut Error) {
    // SAFETY: the caller gives its error away.
    match unsafe { OwnedError::from_ptr_full(err) } {
        Some(err) => report::error(Severity::Error, &err),
        None => misuse("error_report_err", format_args!("@err is NULL")),
    }
}
