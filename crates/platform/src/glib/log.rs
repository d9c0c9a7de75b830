//! GLib's log, which the program may redirect.

use core::ffi::CStr;

use glib_sys as ffi;

/// Warns of a mistake of the program that it survives.
pub fn warning(text: &CStr) {
    // SAFETY: "%s" takes the one text given.
    unsafe {
        ffi::g_log(
            c"qio".as_ptr(),
            ffi::G_LOG_LEVEL_WARNING,
            c"%s".as_ptr(),
            text.as_ptr(),
        );
    }
}
