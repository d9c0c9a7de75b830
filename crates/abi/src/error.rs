//! Errors on their way to C.
//!
//! A failure is an [`Error`] in a `Result`: a text with an optional errno, or an error object that
//! somebody made already and that is passed on untouched (R-CHAN-105). At the C face it is stored
//! into the caller's `errp` exactly once, with [`crate::propagate`].
//!
//! What an error object is differs between the two sides of the host's symbols: the program's, known
//! by its functions only, or the embedded host's own. [`ErrorObject`] is what both can do.

use core::ffi::{CStr, c_int};
use core::fmt;
use core::ptr;
use std::ffi::CString;

use platform::os::errno::{self, Errno};

use crate::layout;

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

impl Origin {
    /// The line, for C.
    #[must_use]
    pub fn c_line(&self) -> c_int {
        c_int::try_from(self.line).unwrap_or(0)
    }
}

/// A C string of what `concat!` takes.
#[macro_export]
macro_rules! c_text {
    ($text:expr) => {
        const {
            match ::core::ffi::CStr::from_bytes_with_nul(concat!($text, "\0").as_bytes()) {
                Ok(text) => text,
                Err(_) => c"?",
            }
        }
    };
}

/// The [`Origin`] here, for the C function of the given name.
#[macro_export]
macro_rules! origin {
    ($function:expr) => {
        $crate::error::Origin {
            file: $crate::c_text!(file!()),
            line: line!(),
            function: $function,
        }
    };
}

/// An owned `Error *`.
///
/// # Safety
/// `from_ptr_full` and `into_ptr` are each other's inverse, and `set` and `propagate` store nothing
/// but such pointers.
pub unsafe trait ErrorObject: Sized + fmt::Debug {
    /// Takes over an error object. None for NULL.
    ///
    /// # Safety
    /// `err` is NULL or an error object that nobody else owns.
    unsafe fn from_ptr_full(err: *mut layout::Error) -> Option<Self>;

    /// Gives the object away.
    fn into_ptr(self) -> *mut layout::Error;

    /// The message.
    fn text(&self) -> String;

    /// Makes an error of `text`, to which the text of `errno` is appended unless it is
    /// [`Errno::NONE`], and gives it to `errp`.
    ///
    /// # Safety
    /// `errp` is `&error_abort`, `&error_fatal`, or points to an empty `Error *`.
    unsafe fn set(errp: *mut *mut layout::Error, origin: &Origin, errno: Errno, text: &CStr);

    /// Moves the error to a C destination, by the rules of `error_propagate`.
    ///
    /// # Safety
    /// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an `Error *`.
    unsafe fn propagate(self, errp: *mut *mut layout::Error);

    /// Prints the message, and any hint, on the host's error channel.
    fn report(self);
}

/// Why an operation failed. One word, so that results with it are returned in registers.
#[derive(Debug)]
pub struct Error<O>(Box<Failure<O>>);

#[derive(Debug)]
struct Failure<O> {
    kind: Kind<O>,
    /// The errno that C callers find after the failing call (R-CHAN-5); 0 if no system call failed.
    errno: Errno,
}

#[derive(Debug)]
enum Kind<O> {
    /// A message, with the errno's text to be appended if there is one.
    Text(String),
    /// Made by somebody else, passed on as it is.
    Object(O),
    /// A message, whatever the errno: nobody knows whether it belongs to the failure.
    Untold(String),
}

impl<O> Error<O> {
    /// A failure without a system error.
    pub fn new(message: impl Into<String>) -> Self {
        Self::os(Errno::NONE, message)
    }

    /// A failed system call; ": " and the errno's text are appended when it is stored (R-CHAN-6).
    pub fn os(errno: Errno, message: impl Into<String>) -> Self {
        let kind = Kind::Text(message.into());
        Self(Box::new(Failure { kind, errno }))
    }

    /// An error that has its object already; `errno` is what C callers find afterwards. Who failed
    /// without one is not let pass for a success.
    pub fn object(object: Option<O>, errno: Errno) -> Self {
        match object {
            Some(object) => Self(Box::new(Failure {
                kind: Kind::Object(object),
                errno,
            })),
            None => Self::untold(errno, "Unknown error"),
        }
    }

    /// A failure of which nothing is known. C callers find `errno` afterwards, but the message doesn't
    /// tell it.
    pub fn untold(errno: Errno, message: impl Into<String>) -> Self {
        let kind = Kind::Untold(message.into());
        Self(Box::new(Failure { kind, errno }))
    }

    /// The errno of the failing call, [`Errno::NONE`] if there was none.
    pub fn errno(&self) -> Errno {
        self.0.errno
    }
}

impl<O: ErrorObject> Error<O> {
    /// Stores the error where the C caller wants it and leaves `errno` as the failing call did.
    ///
    /// # Safety
    /// `errp` is NULL, `&error_abort`, `&error_fatal`, or points to an empty `Error *`.
    pub unsafe fn store(self, errp: *mut *mut layout::Error, origin: &Origin) {
        let Failure { kind, errno } = *self.0;
        match kind {
            // SAFETY: `errp` as promised; the object is given away.
            Kind::Object(object) => unsafe { object.propagate(errp) },
            // NULL: the text isn't wanted, and not made.
            Kind::Text(_) | Kind::Untold(_) if errp.is_null() => {}
            Kind::Text(message) => {
                let text = c_text(message);
                // SAFETY: `errp` as promised, and not NULL.
                unsafe { O::set(errp, origin, errno, &text) };
            }
            Kind::Untold(message) => {
                let text = c_text(message);
                // SAFETY: as above.
                unsafe { O::set(errp, origin, Errno::NONE, &text) };
            }
        }
        if errno != Errno::NONE {
            errno::set(errno);
        }
    }

    /// Prints the error on the host's error channel, for want of anybody to tell.
    pub fn report(self, origin: &Origin) {
        if let Some(object) = self.into_object(origin) {
            object.report();
        }
    }

    /// The error as an object, for those who keep it.
    pub fn into_object(self, origin: &Origin) -> Option<O> {
        let mut slot = ptr::null_mut();
        // SAFETY: `slot` is a local, empty error slot.
        unsafe { self.store(&raw mut slot, origin) };
        // SAFETY: whatever was stored is ours.
        unsafe { O::from_ptr_full(slot) }
    }
}

impl<O: ErrorObject> fmt::Display for Error<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Text(message) if self.0.errno == Errno::NONE => f.write_str(message),
            Kind::Untold(message) => f.write_str(message),
            Kind::Text(message) => write!(f, "{message}: {}", self.0.errno),
            Kind::Object(object) => f.write_str(&object.text()),
        }
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

/// Calls a C function that reports through `errp`, and takes what it stored.
///
/// `call` gets an empty slot. The errno it leaves is kept.
#[inline]
pub fn catch<T, O: ErrorObject>(
    call: impl FnOnce(*mut *mut layout::Error) -> T,
) -> (T, Option<Error<O>>) {
    let mut slot = ptr::null_mut();
    let value = call(&raw mut slot);
    if slot.is_null() {
        return (value, None);
    }
    // SAFETY: what was stored into our slot is ours.
    (value, unsafe { stored(slot) })
}

/// The error of an object that a call has stored just now.
///
/// # Safety
/// `err` is NULL or an error object that nobody else owns.
#[cold]
pub unsafe fn stored<O: ErrorObject>(err: *mut layout::Error) -> Option<Error<O>> {
    let errno = errno::last();
    // SAFETY: as promised.
    let object = unsafe { O::from_ptr_full(err) };
    object.map(|object| Error::object(Some(object), errno))
}
