//! `errno`, which is part of the contract with C callers (R-CHAN-5).

use core::fmt;

/// An errno value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(i32);

impl Errno {
    /// No system call failed.
    pub const NONE: Self = Self(0);

    /// Try again later.
    pub const EAGAIN: Self = Self(libc::EAGAIN);
    /// Not an open descriptor.
    pub const EBADF: Self = Self(libc::EBADF);
    /// No child of this process.
    pub const ECHILD: Self = Self(libc::ECHILD);
    /// The connection has ended.
    pub const ECONNABORTED: Self = Self(libc::ECONNABORTED);
    /// Interrupted by a signal.
    pub const EINTR: Self = Self(libc::EINTR);
    /// A wrong argument.
    pub const EINVAL: Self = Self(libc::EINVAL);
    /// The transfer has failed.
    pub const EIO: Self = Self(libc::EIO);
    /// The message is too long.
    pub const EMSGSIZE: Self = Self(libc::EMSGSIZE);
    /// No memory for the socket.
    pub const ENOBUFS: Self = Self(libc::ENOBUFS);
    /// The socket has no peer.
    pub const ENOTCONN: Self = Self(libc::ENOTCONN);
    /// It has taken too long.
    pub const ETIMEDOUT: Self = Self(libc::ETIMEDOUT);
    /// The peer has closed its reading end.
    pub const EPIPE: Self = Self(libc::EPIPE);
    /// Protocol error.
    pub const EPROTO: Self = Self(libc::EPROTO);
    /// This end was shut down.
    pub const ESHUTDOWN: Self = Self(libc::ESHUTDOWN);

    /// The errno of the given value.
    pub const fn new(code: i32) -> Self {
        Self(code)
    }

    /// The value, as in `<errno.h>`.
    pub const fn code(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // std appends " (os error N)", which C programs don't show.
        let text = std::io::Error::from_raw_os_error(self.0).to_string();
        f.write_str(text.split(" (os error").next().unwrap_or(&text))
    }
}

/// The calling thread's errno.
pub fn last() -> Errno {
    // SAFETY: the address is the calling thread's own errno.
    Errno(unsafe { *libc::__errno_location() })
}

/// Sets the calling thread's errno.
pub fn set(errno: Errno) {
    // SAFETY: the address is the calling thread's own errno.
    unsafe { *libc::__errno_location() = errno.0 };
}
