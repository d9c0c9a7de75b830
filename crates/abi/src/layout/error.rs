//! The error object of the embedded host. C code knows it by name only, as [`super::Error`]; in a
//! hosted build its fields aren't used.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_uint};
use core::ptr;

use glib_sys::GString;

use super::more;

/// `ErrorClass` of `qapi/error.h`.
pub type ErrorClass = c_uint;

/// `ERROR_CLASS_GENERIC_ERROR`, the class of nearly all errors.
pub const ERROR_CLASS_GENERIC_ERROR: ErrorClass = 0;
/// `ERROR_CLASS_DEVICE_NOT_FOUND`.
pub const ERROR_CLASS_DEVICE_NOT_FOUND: ErrorClass = 3;

/// Where in the program an error was made. The strings live as long as the process (R-HOST-5).
#[derive(Clone, Copy)]
pub struct ErrorPlace {
    /// Source file.
    pub src: *const c_char,
    /// Line in it.
    pub line: c_int,
    /// The function that failed.
    pub func: *const c_char,
}

/// A message and what belongs to it.
#[repr(C)]
pub struct ErrorObject {
    /// The message: GLib memory, owned, never NULL.
    pub msg: Cell<*mut c_char>,
    /// The class; fixed for life.
    pub err_class: ErrorClass,
    /// Source file of the failure; fixed for life.
    #[cfg(not(error_src_len))]
    pub src: *const c_char,
    /// The function that failed; fixed for life.
    pub func: *const c_char,
    /// Source file of the failure; fixed for life.
    #[cfg(error_src_len)]
    pub src: *const c_char,
    /// Bytes of `src`, or -1 where it ends with its NUL, as it always does here.
    #[cfg(error_src_len)]
    pub src_len: c_int,
    /// Line in `src`; fixed for life.
    pub line: c_int,
    /// What a person may do about it: owned, NULL if there is nothing to say.
    pub hint: Cell<*mut GString>,
}

assert_layout!(ErrorObject, size = 48, {
    msg @ 0,
    err_class @ 8,
    src @ 16 + more(cfg!(error_src_len), 8),
    func @ 24 - more(cfg!(error_src_len), 8),
    #[cfg(error_src_len)] src_len @ 32,
    line @ 32 + more(cfg!(error_src_len), 4),
    hint @ 40,
});

impl ErrorObject {
    /// An error without hint that owns `msg`.
    pub fn new(place: ErrorPlace, err_class: ErrorClass, msg: *mut c_char) -> Self {
        Self {
            msg: Cell::new(msg),
            err_class,
            src: place.src,
            #[cfg(error_src_len)]
            src_len: -1,
            func: place.func,
            line: place.line,
            hint: Cell::new(ptr::null_mut()),
        }
    }

    /// Where it was made.
    pub fn place(&self) -> ErrorPlace {
        ErrorPlace {
            src: self.src,
            line: self.line,
            func: self.func,
        }
    }
}
