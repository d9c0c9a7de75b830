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
