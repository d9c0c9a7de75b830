//! `qemu/error-report.h`, but for the variadic functions, which are in `c/extras/error.c`.

use core::ffi::{CStr, c_char};

use crate::report;

/// Tells GLib the program's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn error_init(argv0: *const c_char) {
    if argv0.is_null() {
        return;
    }
    // SAFETY: the caller's C string.
    report::set_program_name(unsafe { CStr::from_ptr(argv0) });
}

/// `real_time_iso8601` of `qemu/error-report.h`.
#[cfg(iso8601_time)]
#[unsafe(no_mangle)]
pub extern "C" fn real_time_iso8601() -> *mut c_char {
    // SAFETY: a function without arguments.
    let now = unsafe { glib_sys::g_date_time_new_now_utc() };
    // SAFETY: the time that was made, and a C string.
    let text = unsafe { glib_sys::g_date_time_format(now, c"%Y-%m-%dT%H:%M:%S.%fZ".as_ptr()) };
    // SAFETY: the reference is this function's.
    unsafe { glib_sys::g_date_time_unref(now) };
    text
}
