//! The program's error objects, known by its functions only.

use core::ffi::{CStr, c_char};
use core::ptr::NonNull;

use abi::error::ErrorObject;
use abi::layout;
use platform::os::errno::Errno;

use super::imports;

pub use abi::error::{Origin, catch, stored};

/// Why an operation failed.
pub type Error = abi::error::Error<HostError>;

/// An owned error object of the host.
#[derive(Debug)]
pub struct HostError(NonNull<layout::Error>);

// SAFETY: error objects carry no thread affinity (R-ERR-12).
unsafe impl Send for HostError {}
// SAFETY: shared access only reads the message.
unsafe impl Sync for HostError {}

// SAFETY: the pointer is all there is, and the host's functions store such pointers only.
unsafe impl ErrorObject for HostError {
    unsafe fn from_ptr_full(err: *mut layout::Error) -> Option<Self> {
        NonNull::new(err).map(Self)
    }

    fn into_ptr(self) -> *mut layout::Error {
        core::mem::ManuallyDrop::new(self).0.as_ptr()
    }

    fn text(&self) -> String {
        // SAFETY: the object is live and its message is a C string until it is changed or freed.
        let text = unsafe { CStr::from_ptr(imports::error_get_pretty(self.0.as_ptr())) };
        text.to_string_lossy().into_owned()
    }

    /// The text is never a format (R-HOST-8).
    unsafe fn set(errp: *mut *mut layout::Error, origin: &Origin, errno: Errno, text: &CStr) {
        const FORMAT: *const c_char = c"%s".as_ptr();
        let (file, line) = (origin.file.as_ptr(), origin.c_line());
        let (function, text) = (origin.function.as_ptr(), text.as_ptr());
        if errno == Errno::NONE {
            // SAFETY: `errp` as promised; "%s" takes the one text given.
            unsafe { imports::error_setg_internal(errp, file, line, function, FORMAT, text) };
        } else {
            let code = errno.code();
            // SAFETY: as above.
            unsafe {
                imports::error_setg_errno_internal(errp, file, line, function, code, FORMAT, text);
            }
        }
    }

    unsafe fn propagate(self, errp: *mut *mut layout::Error) {
        // SAFETY: `errp` as promised; the object is given away.
        unsafe { imports::error_propagate(errp, self.into_ptr()) }
    }

    fn report(self) {
        // SAFETY: the object is live; the call takes it over.
        unsafe { imports::error_report_err(self.into_ptr()) }
    }
}

impl Clone for HostError {
    fn clone(&self) -> Self {
        // SAFETY: the object is live; the copy is a new object, never NULL.
        Self(unsafe { NonNull::new_unchecked(imports::error_copy(self.0.as_ptr())) })
    }
}

impl Drop for HostError {
    fn drop(&mut self) {
        // SAFETY: the object is live and owned by `self`.
        unsafe { imports::error_free(self.0.as_ptr()) }
    }
}

#[cfg(test)]
mod tests {
    use core::ffi::c_int;
    use core::ptr;

    use abi::origin;
    use platform::os::errno;

    use super::*;

    const ORIGIN: Origin = origin!(c"qio_test");

    /// What `err` leaves in an empty slot.
    fn stored(err: Error) -> Option<HostError> {
        let mut slot = ptr::null_mut();
        // SAFETY: a local, empty slot.
        unsafe { err.store(&raw mut slot, &ORIGIN) };
        // SAFETY: what is in the slot is the test's.
        unsafe { HostError::from_ptr_full(slot) }
    }

    /// The text of the errno as the C library has it.
    fn strerror(code: c_int) -> String {
        // SAFETY: known codes have static texts.
        let text = unsafe { CStr::from_ptr(libc::strerror(code)) };
        text.to_string_lossy().into_owned()
    }

    #[test]
    fn unwanted_errors_still_set_errno() {
        errno::set(Errno::NONE);
        // SAFETY: NULL stands for nowhere.
        unsafe { Error::os(Errno::new(libc::EXDEV), "moving").store(ptr::null_mut(), &ORIGIN) };
        assert_eq!(errno::last(), Errno::new(libc::EXDEV));
        // SAFETY: as above.
        unsafe { Error::new("moving").store(ptr::null_mut(), &ORIGIN) };
        assert_eq!(errno::last(), Errno::new(libc::EXDEV));
    }

    #[test]
    fn texts_are_stored_as_they_are() {
        assert_eq!(
            stored(Error::new("100 %s sure")).unwrap().text(),
            "100 %s sure"
        );
        assert_eq!(
            stored(Error::new("before\0after")).unwrap().text(),
            "before"
        );
    }

    #[test]
    fn errno_is_appended_and_left_to_the_caller() {
        errno::set(Errno::NONE);
        let err = Error::os(Errno::new(libc::ENOENT), "Failed to look");
        let text = err.to_string();
        let message = stored(err).unwrap().text();
        assert_eq!(errno::last(), Errno::new(libc::ENOENT));
        assert_eq!(
            message,
            format!("Failed to look: {}", strerror(libc::ENOENT))
        );
        assert_eq!(message, text);
    }

    #[test]
    fn errors_of_the_host_pass_untouched() {
        let first = Error::new("it broke").into_object(&ORIGIN).unwrap();
        let address = first.0;
        let again = stored(Error::object(Some(first), Errno::new(libc::EPIPE))).unwrap();
        assert_eq!(again.0, address);
        assert_eq!(errno::last(), Errno::new(libc::EPIPE));
    }

    #[test]
    fn a_failure_without_an_error_gets_one() {
        let stale = Errno::new(libc::EPIPE);
        assert_eq!(
            stored(Error::object(None, stale)).unwrap().text(),
            "Unknown error"
        );
        assert_eq!(errno::last(), stale);
        let error = Error::untold(Errno::NONE, "It broke");
        assert_eq!(error.to_string(), "It broke");
        assert_eq!(stored(error).unwrap().text(), "It broke");
        // Nobody wants it.
        errno::set(Errno::NONE);
        // SAFETY: NULL stands for nowhere.
        unsafe { Error::untold(stale, "It broke").store(ptr::null_mut(), &ORIGIN) };
        assert_eq!(errno::last(), stale);
    }

    #[test]
    fn catch_takes_error_and_errno() {
        let (value, err): (_, Option<Error>) = catch(|errp| {
            // SAFETY: `errp` is the empty slot that `catch` gives.
            unsafe { Error::os(Errno::new(libc::EBADF), "it broke").store(errp, &ORIGIN) };
            -1
        });
        let err = err.unwrap();
        assert_eq!((value, err.errno()), (-1, Errno::new(libc::EBADF)));
        assert_eq!(
            err.to_string(),
            format!("it broke: {}", strerror(libc::EBADF))
        );

        let (value, err): (_, Option<Error>) = catch(|_| 5);
        assert_eq!(value, 5);
        assert!(err.is_none());
    }

    #[test]
    fn clones_are_objects_of_their_own() {
        let first = Error::new("it broke").into_object(&ORIGIN).unwrap();
        let copy = first.clone();
        assert_ne!(copy.0, first.0);
        drop(first);
        assert_eq!(copy.text(), "it broke");
    }
}
