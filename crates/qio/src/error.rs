//! Why an operation failed.

use std::fmt;
use std::io;

use host::error::Error as Failure;
use platform::os::errno::Errno;

/// What operations return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed: a text, and the system's error number if a system call failed.
///
/// It becomes a [`std::io::Error`] of the kind that the number stands for, and is one's source.
///
/// ```
/// # use qio::FileChannel;
/// let error = FileChannel::open("/nonexistent/file").unwrap_err();
/// assert_eq!(error.raw_os_error(), Some(2));
/// assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::NotFound);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    message: String,
    errno: Option<i32>,
    kind: io::ErrorKind,
}

impl Error {
    /// A failure of the program's own, for what its closures return.
    pub fn new(kind: io::ErrorKind, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            errno: None,
            kind,
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.kind
    }

    /// The system's number for it (`errno`), if there is one.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.errno
    }

    /// What the layers below have failed with.
    pub(crate) fn of(failure: &Failure) -> Self {
        let mut error = Self::of_errno(failure.errno());
        error.message = failure.to_string();
        error
    }

    pub(crate) fn with_kind(self, kind: io::ErrorKind) -> Self {
        Self { kind, ..self }
    }

    pub(crate) fn of_errno(errno: Errno) -> Self {
        let number = (errno != Errno::NONE).then(|| errno.code());
        let system = number.map(io::Error::from_raw_os_error);
        Self {
            message: system.as_ref().map(ToString::to_string).unwrap_or_default(),
            errno: number,
            kind: system.map_or(io::ErrorKind::Other, |error| error.kind()),
        }
    }

    pub(crate) fn would_block() -> Self {
        Self::of_errno(Errno::new(libc::EAGAIN))
    }
}

/// A result of the layers below as one of this crate.
pub(crate) fn told<T>(result: std::result::Result<T, Failure>) -> Result<T> {
    result.map_err(|failure| Error::of(&failure))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.kind, error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let (kind, errno) = (error.kind(), error.raw_os_error());
        // One of ours that a closure has passed through.
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(other) => Self {
                message: other.to_string(),
                errno,
                kind,
            },
        }
    }
}

impl From<std::ffi::NulError> for Error {
    fn from(_: std::ffi::NulError) -> Self {
        Self::new(
            io::ErrorKind::InvalidInput,
            "A name that C gets has a NUL byte in it",
        )
    }
}
