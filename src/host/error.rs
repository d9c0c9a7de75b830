//! Errors on their way to C.
//!
//! Inside libqio a failure is an [`Error`] in a `Result`: a text with an optional errno, or an
//! error object that the host made and that is passed on untouched (R-CHAN-105). At the C face it
//! is stored into the caller's `errp` exactly once, with [`Error::store`].

use core::ffi::{CStr, c_char, c_int};
use core::fmt;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use std::ffi::CString;

use super::imports;
use crate::layout;
use crate::os::errno::{self, Errno};

/// Where an error was made, as the host keeps it. The strings live as long as the process
/// (R-HOST-5).
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Source file.
    pub file: &'static CStr,
    /// Line in it.
    pub line: u32,
    /// The C function that failed.
    pub function: &'static CStr,
}

/// The [`Origin`] here, for the C function of the given name.
#[macro_export]
macro_rules! origin {
    ($function:literal) => {
        $crate::host::error::Origin {
            file: const {
                match ::core::ffi::CStr::from_bytes_with_nul(concat!(file!(), "\0").as_bytes()) {
                    Ok(file) => file,
                    Err(_) => c"?",
                }
            },
            line: line!(),
            function: $function,
        }
    };
}

/// An owned error object of the host.
#[derive(Debug)]
pub struct HostError(NonNull<layout::Error>);

// SAFETY: error objects carry no thread affinity (R-ERR-12).
unsafe impl Send for HostError {}
// SAFETY: shared access only reads the message.
unsafe impl Sync for HostError {}

impl HostError {
    /// Takes over an error object. None for NULL.
    ///
    /// # Safety
    /// `err` is NULL or an error object that nobody else owns.
    pub unsafe fn from_ptr_full(err: *mut layout::Error) -> Option<Self> {
        NonNull::new(err).map(Self)
    }

    /// Gives the object away.
    pub fn into_ptr(self) -> *mut layout::Error {
        let ptr = self.0.as_ptr();
        let _ = core::mem::ManuallyDrop::new(self);
        ptr
    }

    /// Moves the error to a C destination, by the rules of `error_propagate`.
    ///
    /// # Safety
    /// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an `Error *`.
    pub unsafe fn propagate(self, errp: *mut *mut layout::Error) {
        // SAFETY: `errp` as promised; the object is given away.
        unsafe { imports::error_propagate(errp, self.into_ptr()) }
    }

    /// The message.
    pub fn message(&self) -> String {
        // SAFETY: the object is live and its message is a C string until it is changed or freed.
        let text = unsafe { CStr::from_ptr(imports::error_get_pretty(self.0.as_ptr())) };
        text.to_string_lossy().into_owned()
    }

    /// Prints the message, and any hint, on the host's error channel.
    pub fn report(self) {
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

/// Why an operation failed.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    /// The errno that C callers find after the failing call (R-CHAN-5); 0 if no system call failed.
    errno: Errno,
}

#[derive(Debug)]
enum Kind {
    /// A message, with the errno's text to be appended if there is one.
    Text(String),
    /// Made by the host, passed on as it is.
    Host(HostError),
    /// The failing side left no error object.
    Silent,
}

impl Error {
    /// A failure without a system error.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Text(message.into()),
            errno: Errno::NONE,
        }
    }

    /// A failed system call; ": " and the errno's text are appended when it is stored.
    pub fn os(errno: Errno, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Text(message.into()),
            errno,
        }
    }

    /// An error of the host; `errno` is what C callers find afterwards.
    pub fn host(error: Option<HostError>, errno: Errno) -> Self {
        Self {
            kind: error.map_or(Kind::Silent, Kind::Host),
            errno,
        }
    }

    /// The errno of the failing call, [`Errno::NONE`] if there was none.
    pub fn errno(&self) -> Errno {
        self.errno
    }

    /// Stores the error where the C caller wants it and leaves `errno` as the failing call did.
    ///
    /// # Safety
    /// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *`.
    pub unsafe fn store(self, errp: *mut *mut layout::Error, origin: &Origin) {
        let errno = self.errno;
        // SAFETY: the caller's promise about `errp`.
        unsafe { self.store_text(errp, origin) };
        if errno != Errno::NONE {
            errno::set(errno);
        }
    }

    /// # Safety
    /// As [`Error::store`].
    unsafe fn store_text(self, errp: *mut *mut layout::Error, origin: &Origin) {
        match self.kind {
            // SAFETY: `errp` as promised; the object is given away.
            Kind::Host(err) => unsafe { err.propagate(errp) },
            Kind::Silent => {}
            // Nobody wants to read it: no text is made.
            Kind::Text(_) if errp.is_null() => {}
            Kind::Text(message) => {
                let message = c_text(message);
                let (file, line) = (
                    origin.file.as_ptr(),
                    c_int::try_from(origin.line).unwrap_or(0),
                );
                let (function, text) = (origin.function.as_ptr(), message.as_ptr());
                const FORMAT: *const c_char = c"%s".as_ptr();
                if self.errno == Errno::NONE {
                    // SAFETY: `errp` as promised; "%s" takes the one text given.
                    unsafe {
                        imports::error_setg_internal(errp, file, line, function, FORMAT, text);
                    }
                } else {
                    let code = self.errno.code();
                    // SAFETY: as above.
                    unsafe {
                        imports::error_setg_errno_internal(
                            errp, file, line, function, code, FORMAT, text,
                        );
                    }
                }
            }
        }
    }

    /// Prints the error on the host's error channel, for want of anybody to tell.
    pub fn report(self, origin: &Origin) {
        if let Some(error) = self.into_host(origin) {
            error.report();
        }
    }

    /// The error as an object of the host, for those who keep it.
    pub fn into_host(self, origin: &Origin) -> Option<HostError> {
        let mut slot = ptr::null_mut();
        // SAFETY: `slot` is a local, empty error slot.
        unsafe { self.store(&raw mut slot, origin) };
        // SAFETY: whatever was stored is ours.
        unsafe { HostError::from_ptr_full(slot) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Text(message) if self.errno == Errno::NONE => f.write_str(message),
            Kind::Text(message) => write!(f, "{message}: {}", self.errno),
            Kind::Host(err) => f.write_str(&err.message()),
            Kind::Silent => f.write_str("unknown error"),
        }
    }
}

/// Where a C caller wants the error: nowhere, in a variable, or at the end of the process.
///
/// For calls that end in a class method, which gets it as it is and stores the error itself.
#[derive(Clone, Copy)]
pub struct Errp<'a>(*mut *mut layout::Error, PhantomData<&'a *mut layout::Error>);

/// A failure whose error has been stored where the caller wanted it, errno included.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored(());

impl<'a> Errp<'a> {
    /// Nobody wants to read the error.
    pub const NOWHERE: Self = Self(ptr::null_mut(), PhantomData);

    /// The destination that a C caller gave.
    ///
    /// # Safety
    /// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *` that lives
    /// for `'a`.
    pub unsafe fn from_ptr(errp: *mut *mut layout::Error) -> Self {
        Self(errp, PhantomData)
    }

    /// The pointer, for a class method.
    pub fn as_ptr(self) -> *mut *mut layout::Error {
        self.0
    }

    /// Stores an error of the library; at most one for each call from C (R-CHAN-4).
    #[cold]
    pub fn store(self, error: Error, origin: &Origin) -> Stored {
        // SAFETY: promised when `self` was made.
        unsafe { error.store(self.0, origin) };
        Stored(())
    }

    /// The callee that got [`Errp::as_ptr`] has failed, and so has stored its error.
    pub fn stored_by_callee(self) -> Stored {
        Stored(())
    }

    /// Gives `call` a destination of its own, and returns what was stored there beside its value.
    pub fn catch<T>(call: impl FnOnce(Errp<'_>) -> T) -> (T, Option<Error>) {
        // SAFETY: the slot is empty and lives for the call.
        catch(|errp| call(unsafe { Errp::from_ptr(errp) }))
    }
}

/// A C string of `text`; bytes after a NUL, which no C reader would see, are dropped.
fn c_text(text: String) -> CString {
    let mut bytes = text.into_bytes();
    if let Some(end) = bytes.iter().position(|&b| b == 0) {
        bytes.truncate(end);
    }
    CString::new(bytes).unwrap_or_default()
}

/// Calls a host function that reports through `errp`, and takes what it stored.
///
/// `call` gets an empty slot. The errno it leaves is kept.
pub fn catch<T>(call: impl FnOnce(*mut *mut layout::Error) -> T) -> (T, Option<Error>) {
    let mut slot = ptr::null_mut();
    let value = call(&raw mut slot);
    if slot.is_null() {
        return (value, None);
    }
    let errno = errno::last();
    // SAFETY: what the host stored into our slot is ours.
    let stored = unsafe { HostError::from_ptr_full(slot) };
    (value, stored.map(|err| Error::host(Some(err), errno)))
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
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
            stored(Error::new("100 %s sure")).unwrap().message(),
            "100 %s sure"
        );
        assert_eq!(
            stored(Error::new("before\0after")).unwrap().message(),
            "before"
        );
    }

    #[test]
    fn errno_is_appended_and_left_to_the_caller() {
        errno::set(Errno::NONE);
        let err = Error::os(Errno::new(libc::ENOENT), "Failed to look");
        let text = err.to_string();
        let message = stored(err).unwrap().message();
        assert_eq!(errno::last(), Errno::new(libc::ENOENT));
        assert_eq!(
            message,
            format!("Failed to look: {}", strerror(libc::ENOENT))
        );
        assert_eq!(message, text);
    }

    #[test]
    fn errors_of_the_host_pass_untouched() {
        let first = Error::new("it broke").into_host(&ORIGIN).unwrap();
        let address = first.0;
        let again = stored(Error::host(Some(first), Errno::new(libc::EPIPE))).unwrap();
        assert_eq!(again.0, address);
        assert_eq!(errno::last(), Errno::new(libc::EPIPE));
        assert!(stored(Error::host(None, Errno::NONE)).is_none());
    }

    #[test]
    fn catch_takes_error_and_errno() {
        let (value, err) = catch(|errp| {
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

        let (value, err) = catch(|_| 5);
        assert_eq!(value, 5);
        assert!(err.is_none());
    }

    #[test]
    fn clones_are_objects_of_their_own() {
        let first = Error::new("it broke").into_host(&ORIGIN).unwrap();
        let copy = first.clone();
        assert_ne!(copy.0, first.0);
        drop(first);
        assert_eq!(copy.message(), "it broke");
    }
}
