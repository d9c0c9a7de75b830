//! Failures inside this host, which become error objects when they are stored for C.

use core::ffi::{CStr, c_char};
use core::ptr;

use abi::error::ErrorObject;
use abi::layout::{self, ERROR_CLASS_GENERIC_ERROR, ErrorPlace};
use glib_sys::{g_strconcat, g_strdup, g_strerror};
use platform::os::errno::Errno;

use crate::destination;
use crate::error_object::OwnedError;
use crate::report::{self, Severity};

pub(crate) use abi::error::{Origin, catch};

/// Why an operation failed.
pub(crate) type Error = abi::error::Error<OwnedError>;

// SAFETY: every `Error` of this host is an `OwnedError` given away.
unsafe impl ErrorObject for OwnedError {
    unsafe fn from_ptr_full(err: *mut layout::Error) -> Option<Self> {
        // SAFETY: as promised.
        unsafe { Self::from_ptr_full(err) }
    }

    fn into_ptr(self) -> *mut layout::Error {
        self.into_ptr()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.message()).into_owned()
    }

    unsafe fn set(errp: *mut *mut layout::Error, origin: &Origin, errno: Errno, text: &CStr) {
        let place = ErrorPlace {
            src: origin.file.as_ptr(),
            line: origin.c_line(),
            func: origin.function.as_ptr(),
        };
        // SAFETY: the names in an `Origin` are static; `errp` as promised.
        unsafe { set(errp, place, errno, text) };
    }

    unsafe fn propagate(self, errp: *mut *mut layout::Error) {
        // SAFETY: as promised.
        unsafe { destination::propagate(errp, self) };
    }

    fn report(self) {
        report::error(Severity::Error, &self);
    }
}

/// Makes an error of `text` and the text of `errno`, if there is one, and gives it to `errp`.
///
/// # Safety
/// As [`destination::set`]; the names in `place` live as long as the process.
pub(crate) unsafe fn set(
    errp: *mut *mut layout::Error,
    place: ErrorPlace,
    errno: Errno,
    text: &CStr,
) {
    let message = if errno == Errno::NONE {
        // SAFETY: a C string.
        unsafe { g_strdup(text.as_ptr()) }
    } else {
        const END: *const c_char = ptr::null();
        // SAFETY: takes a number only; the text stays as it is for the process.
        let reason = unsafe { g_strerror(errno.code()) };
        // SAFETY: three C strings and the end of the list.
        unsafe { g_strconcat(text.as_ptr(), c": ".as_ptr(), reason, END) }
    };
    // SAFETY: the message is new and in GLib memory; the names are as promised.
    let error = unsafe { OwnedError::new(place, ERROR_CLASS_GENERIC_ERROR, message) };
    // SAFETY: as promised.
    unsafe { destination::set(errp, error) };
}

/// The error with a hint, which ends with a newline by convention (R-ERR-7).
pub(crate) fn with_hint(error: Error, hint: &CStr, origin: &Origin) -> Error {
    let errno = error.errno();
    let object = error.into_object(origin);
    if let Some(object) = &object {
        object.append_hint(hint);
    }
    Error::object(object, errno)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::origin;

    #[test]
    fn message_and_errno_stay() {
        let error = Error::os(Errno::new(libc::EPERM), "no entry");
        let text = error.to_string();
        let hinted = with_hint(error, c"Ask for the key.\n", &origin!(c"qio_test"));
        assert_eq!(hinted.errno(), Errno::new(libc::EPERM));
        assert_eq!(hinted.to_string(), text);

        let object = hinted.into_object(&origin!(c"qio_test")).unwrap();
        assert_eq!(object.hint(), b"Ask for the key.\n");
    }
}
