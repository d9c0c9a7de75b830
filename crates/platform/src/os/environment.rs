//! Variables of the environment.

use core::ffi::{CStr, c_char};
use std::ffi::CString;

unsafe extern "C" {
    fn secure_getenv(name: *const c_char) -> *const c_char;
}

/// The value of a variable. None for a program that has more rights than who started it: those are not
/// at that one's disposal.
pub fn variable(name: &CStr) -> Option<CString> {
    // SAFETY: a C string.
    let value = unsafe { secure_getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: a C string, which is copied before anybody can change the environment: callers are constructors.
    Some(unsafe { CStr::from_ptr(value) }.to_owned())
}
