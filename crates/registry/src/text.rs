//! How addresses, functions, times and texts are written.

use core::ffi::{c_int, c_void};
use core::fmt::{self, Write};

use super::names;
use platform::os::socket_name::{SocketName, UnixName};
use platform::os::{queue, socket};

/// The address of what a pointer points to.
pub(crate) fn number(pointer: *const c_void) -> u64 {
    // Pointers have 64 bits here.
    pointer.addr() as u64
}

/// An address, as `%p` writes it.
pub(crate) struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("(nil)"),
            address => write!(f, "{address:#x}"),
        }
    }
}

/// A function: its name, or its address.
pub(crate) struct Function(pub u64);

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = usize::try_from(self.0).unwrap_or(0);
        match names::with(address, |name| write!(f, "{}", Text(name))) {
            Some(result) => result,
            None => write!(f, "{}", Address(self.0)),
        }
    }
}

/// An errno value: its name, or the number.
pub(crate) struct ErrnoName(pub u64);

/// Those that an accept, or opening a file, may fail with.
const ERRNOS: [(i32, &str); 21] = [
    (libc::ENOENT, "ENOENT"),
    (libc::EACCES, "EACCES"),
    (libc::EISDIR, "EISDIR"),
    (libc::ENXIO, "ENXIO"),
    (libc::EROFS, "EROFS"),
    (libc::ENOTDIR, "ENOTDIR"),
    (libc::EMFILE, "EMFILE"),
    (libc::ENFILE, "ENFILE"),
    (libc::ENOBUFS, "ENOBUFS"),
    (libc::ENOMEM, "ENOMEM"),
    (libc::EPERM, "EPERM"),
    (libc::EBADF, "EBADF"),
    (libc::EINVAL, "EINVAL"),
    (libc::ENOTSOCK, "ENOTSOCK"),
    (libc::EOPNOTSUPP, "EOPNOTSUPP"),
    (libc::ECONNABORTED, "ECONNABORTED"),
    (libc::EPROTO, "EPROTO"),
    (libc::ENETDOWN, "ENETDOWN"),
    (libc::ENETUNREACH, "ENETUNREACH"),
    (libc::EHOSTUNREACH, "EHOSTUNREACH"),
    (libc::ETIMEDOUT, "ETIMEDOUT"),
];

impl fmt::Display for ErrnoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = i32::try_from(self.0).unwrap_or(0);
        match ERRNOS.iter().find(|(number, _)| *number == code) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "{code}"),
        }
    }
}

/// Nanoseconds, written as seconds.
pub(crate) struct Seconds(pub u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0 / 1_000_000;
        write!(f, "{}.{:03}s", milliseconds / 1_000, milliseconds % 1_000)
    }
}

/// Bytes that came from the program: what isn't printable ASCII, or would end a quotation, is escaped.
pub(crate) struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b' '..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

/// What is called so, if it has a name, and how many nanoseconds old it is, between other pairs of a line.
pub(crate) struct NameAndAge<'a>(pub &'a [u8], pub u64);

impl fmt::Display for NameAndAge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() {
            write!(f, " name=\"{}\"", Text(self.0))?;
        }
        write!(f, " age={}", Seconds(self.1))
    }
}

/// What the kernel knows of the socket behind a descriptor: both names, and what has not been read on either
/// side. Nothing of what is no socket.
pub(crate) struct Ends(pub c_int);

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(local) = socket::local_name(self.0) else {
            return Ok(());
        };
        write!(f, " local={}", Name(&local))?;
        let Ok(peer) = socket::peer_name(self.0) else {
            return Ok(());
        };
        write!(f, " peer={}", Name(&peer))?;
        if let Some(bytes) = queue::unread(self.0) {
            write!(f, " unread={bytes}")?;
        }
        if let Some(bytes) = queue::unsent(self.0) {
            write!(f, " unsent={bytes}")?;
        }
        Ok(())
    }
}

/// What a socket is called.
pub(crate) struct Name<'a>(pub &'a SocketName);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = self.0.internet() {
            return write!(f, "{address}");
        }
        if let Some((cid, port)) = self.0.vsock_name() {
            return write!(f, "vsock:{cid}:{port}");
        }
        match self.0.unix_name() {
            Some(UnixName::Path(path)) => write!(f, "unix:{}", Text(path)),
            Some(UnixName::Abstract { name, .. }) => write!(f, "unix:@{}", Text(name)),
            Some(UnixName::Unnamed) => f.write_str("unix:"),
            None => write!(f, "family:{}", self.0.family()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_texts_are_as_the_page_says() {
        assert_eq!(Seconds(61_002_999_999).to_string(), "61.002s");
        assert_eq!(Address(0).to_string(), "(nil)");
        assert_eq!(Function(0x11).to_string(), "0x11");
        assert_eq!(Text(b"a \"b\"\n").to_string(), "a \\\"b\\\"\\x0a");
    }
}
