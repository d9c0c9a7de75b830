//! `qapi/error.h`, but for the variadic functions, which are in `c/extras/error.c`.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;
#[cfg(warn_report_err_once)]
use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;

use crate::capi::exports::exports;
#[cfg(warn_report_err_once)]
use crate::capi::required;
use crate::error;
use crate::error_object::{LiveError, OwnedError};
use crate::report::{self, Severity};
use abi::layout::{ERROR_CLASS_GENERIC_ERROR, Error, ErrorClass, ErrorPlace};
use platform::os::abort::misuse;
use platform::os::errno::Errno;

exports! { "qapi/error.h";
    fn error_get_class(err: [*const Error]) -> ErrorClass {
        LiveError::from_ptr(err).map_or(ERROR_CLASS_GENERIC_ERROR, LiveError::class)
    }

    // What was in the slot is ours; it is empty from here on.
    fn error_free_or_abort(errp: [*mut *mut Error]) -> () {
        if OwnedError::from_ptr_full(errp.replace(ptr::null_mut())).is_none() {
            misuse(FUNCTION, format_args!("there is no error in @errp"));
        }
    }

    // The names are __FILE__ and __func__ (R-HOST-5).
    fn error_setg_file_open_internal(
        errp: (*mut *mut Error), src: (*const c_char), line: (c_int), func: (*const c_char),
        os_errno: (c_int), filename: (*const c_char),
    ) -> () {
        if !errp.is_null() {
            let filename = CStr::from_ptr(filename).to_bytes();
            let text = [b"Could not open '", filename, b"'"].concat();
            let text = CString::new(text).unwrap_or_default();
            error::set(errp, ErrorPlace { src, line, func }, Errno::new(os_errno), &text);
        }
    }

    fn warn_report_err(err: [*mut Error]) -> () {
        if let Some(err) = OwnedError::from_ptr_full(err) {
            report::error(Severity::Warning, &err);
        }
    }

    // Only this function touches the flag while it is shared.
    #[cfg(warn_report_err_once)]
    fn warn_report_err_once_cond(printed: [*mut bool], err: (*mut Error)) -> bool {
        let is_first = !AtomicBool::from_ptr(printed).swap(true, Ordering::Relaxed);
        if is_first {
            warn_report_err(err);
        } else {
            required::error::error_free(err);
        }
        is_first
    }
}
