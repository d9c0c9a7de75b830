//! Error objects: what stands behind the `Error *` of C code (R-ERR-1).

use core::ffi::{CStr, c_char, c_void};
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::{self, NonNull};

use glib_sys::{GString, GTRUE, g_free, g_malloc, g_strconcat, g_strdup};
use glib_sys::{g_string_append_len, g_string_free, g_string_new};

use abi::layout::{Error, ErrorClass, ErrorObject, ErrorPlace};
use platform::os::errno;

/// An error object that somebody keeps alive. One thread at a time uses it (R-ERR-12).
#[repr(transparent)]
pub(crate) struct LiveError(ErrorObject);

impl LiveError {
    /// The error at `err`, or None for NULL.
    ///
    /// # Safety
    /// `err` is NULL or an error object of this host; it lives, used by this thread only, for `'a`.
    pub(crate) unsafe fn from_ptr<'a>(err: *const Error) -> Option<&'a Self> {
        // SAFETY: every `Error` of this host is an `ErrorObject`; liveness is the caller's promise.
        unsafe { err.cast::<Self>().as_ref() }
    }

    /// The message, valid until it is changed or the error freed.
    pub(crate) fn message_ptr(&self) -> *const c_char {
        self.0.msg.get()
    }

    /// A copy of the message.
    pub(crate) fn message(&self) -> Vec<u8> {
        // SAFETY: a live error has a message, and nobody changes it while it is copied.
        unsafe { bytes_of(self.message_ptr()) }
    }

    /// A copy of the hint, empty if there is none.
    pub(crate) fn hint(&self) -> Vec<u8> {
        // SAFETY: the hint is NULL or a string of the error's own.
        let Some(hint) = (unsafe { self.0.hint.get().as_ref() }) else {
            return Vec::new();
        };
        // SAFETY: the text of a GString ends with a NUL; nobody changes it while it is copied.
        unsafe { bytes_of(hint.str) }
    }

    /// The class.
    pub(crate) fn class(&self) -> ErrorClass {
        self.0.err_class
    }

    /// Where it was made: "FUNC() at FILE:LINE".
    pub(crate) fn origin(&self) -> Vec<u8> {
        let place = self.0.place();
        // SAFETY: the names live as long as the process (R-HOST-5).
        let (func, src) = unsafe { (bytes_of(place.func), bytes_of(place.src)) };
        [
            &func,
            &b"() at "[..],
            &src,
            format!(":{}", place.line).as_bytes(),
        ]
        .concat()
    }

    /// Message and origin on one line, for messages about misuse.
    pub(crate) fn description(&self) -> String {
        let text = [&self.message(), &b" ["[..], &self.origin(), b"]"].concat();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Puts `text` in front of the message.
    pub(crate) fn prepend(&self, text: &CStr) {
        const END: *const c_char = ptr::null();
        let old = self.0.msg.get();
        // SAFETY: two C strings and the end of the list; the result is a string of its own.
        self.0
            .msg
            .set(unsafe { g_strconcat(text.as_ptr(), old, END) });
        // SAFETY: the old message was the error's own, and nothing refers to it any more.
        unsafe { g_free(old.cast::<c_void>()) };
    }

    /// Adds `text` to the hint.
    pub(crate) fn append_hint(&self, text: &CStr) {
        let hint = self.0.hint.get();
        if hint.is_null() {
            self.0.hint.set(new_hint(text));
        } else {
            // SAFETY: the hint is the error's own; -1 stands for the length of the C string.
            unsafe { g_string_append_len(hint, text.as_ptr(), -1) };
        }
    }

    /// A new error with the same content.
    pub(crate) fn duplicate(&self) -> OwnedError {
        // SAFETY: the message is a C string.
        let message = unsafe { g_strdup(self.message_ptr()) };
        // SAFETY: `message` is nobody else's.
        let copy = unsafe { OwnedError::new(self.0.place(), self.class(), message) };
        // SAFETY: the hint is NULL or a string of the error's own.
        if let Some(hint) = unsafe { self.0.hint.get().as_ref() } {
            // SAFETY: the text of a GString ends with a NUL.
            let text = unsafe { CStr::from_ptr(hint.str) };
            copy.deref().0.hint.set(new_hint(text));
        }
        copy
    }
}

/// An error object of the caller's own.
pub(crate) struct OwnedError(NonNull<LiveError>);

impl OwnedError {
    /// An error without hint.
    ///
    /// # Safety
    /// `message` is a C string in GLib memory that nobody else owns; the names in `place` live as
    /// long as the process.
    pub(crate) unsafe fn new(place: ErrorPlace, class: ErrorClass, message: *mut c_char) -> Self {
        // SAFETY: GLib answers with memory for one object, or ends the process.
        let memory = unsafe { g_malloc(size_of::<ErrorObject>()) }.cast::<LiveError>();
        // SAFETY: the memory is fresh, large enough and aligned for everything.
        unsafe { memory.write(LiveError(ErrorObject::new(place, class, message))) };
        // SAFETY: GLib returns NULL for no bytes only.
        Self(unsafe { NonNull::new_unchecked(memory) })
    }

    /// Takes over the error at `err`. None for NULL.
    ///
    /// # Safety
    /// `err` is NULL or an error object of this host that nobody else owns.
    pub(crate) unsafe fn from_ptr_full(err: *mut Error) -> Option<Self> {
        NonNull::new(err.cast::<LiveError>()).map(Self)
    }

    /// Gives the error away.
    pub(crate) fn into_ptr(self) -> *mut Error {
        ManuallyDrop::new(self).0.as_ptr().cast::<Error>()
    }
}

impl Deref for OwnedError {
    type Target = LiveError;

    fn deref(&self) -> &LiveError {
        // SAFETY: the object lives as long as its owner.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for OwnedError {
    fn drop(&mut self) {
        // Callers free the error and go on with the errno of what failed.
        let errno = errno::last();
        // SAFETY: the object lives until the end of this function.
        let error = unsafe { self.0.as_ref() };
        let (message, hint) = (error.0.msg.get(), error.0.hint.get());
        if !hint.is_null() {
            // SAFETY: the hint is the error's own.
            unsafe { g_string_free(hint, GTRUE) };
        }
        // SAFETY: the message is the error's own.
        unsafe { g_free(message.cast::<c_void>()) };
        // SAFETY: so is the memory of the object, which holds nothing else.
        unsafe { g_free(self.0.as_ptr().cast::<c_void>()) };
        errno::set(errno);
    }
}

impl fmt::Debug for OwnedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description())
    }
}

fn new_hint(text: &CStr) -> *mut GString {
    // SAFETY: `text` is a C string.
    unsafe { g_string_new(text.as_ptr()) }
}

/// A copy of a C string.
///
/// # Safety
/// `text` is a C string that nobody changes during the call.
unsafe fn bytes_of(text: *const c_char) -> Vec<u8> {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use abi::layout::ERROR_CLASS_GENERIC_ERROR;

    /// An error with the given message.
    pub(crate) fn error(message: &CStr) -> OwnedError {
        let place = ErrorPlace {
            src: c"file.c".as_ptr(),
            line: 7,
            func: c"function".as_ptr(),
        };
        // SAFETY: the duplicate is nobody else's, the names are static.
        unsafe { OwnedError::new(place, ERROR_CLASS_GENERIC_ERROR, g_strdup(message.as_ptr())) }
    }

    #[test]
    fn it_knows_what_happened_and_where() {
        let err = error(c"it broke");
        assert_eq!(err.message(), b"it broke");
        assert_eq!(err.origin(), b"function() at file.c:7");
        assert_eq!(err.class(), ERROR_CLASS_GENERIC_ERROR);
        assert_eq!(err.hint(), b"");
    }

    #[test]
    fn prefixes_go_in_front_and_hints_add_up() {
        let err = error(c"it broke");
        err.prepend(c"at last: ");
        err.prepend(c"so: ");
        err.append_hint(c"Mend it.\n");
        err.append_hint(c"Or buy a new one.\n");
        assert_eq!(err.message(), b"so: at last: it broke");
        assert_eq!(err.hint(), b"Mend it.\nOr buy a new one.\n");
    }

    #[test]
    fn a_duplicate_shares_nothing() {
        let err = error(c"it broke");
        err.append_hint(c"Mend it.\n");
        let copy = err.duplicate();
        err.prepend(c"so: ");
        err.append_hint(c"Now.\n");
        drop(err);
        assert_eq!(copy.message(), b"it broke");
        assert_eq!(copy.hint(), b"Mend it.\n");
        assert_eq!(copy.origin(), b"function() at file.c:7");
    }

    #[test]
    fn freeing_keeps_errno() {
        let err = error(c"it broke");
        errno::set(errno::Errno::new(libc::EXDEV));
        drop(err);
        assert_eq!(errno::last().code(), libc::EXDEV);
    }
}
