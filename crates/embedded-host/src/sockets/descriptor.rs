//! Addresses that are descriptors (R-SOCK-20).

use core::ffi::{CStr, c_int};

use crate::error::Error;
use crate::monitor;
use abi::address::{Fd, shown};
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;
use platform::os::socket;

/// The socket that the address stands for: the monitor's duplicate of the one so named, or, without
/// a monitor, that very descriptor. Either is closed if it isn't a socket.
pub(crate) fn resolve(address: Fd<'_>) -> Result<Descriptor, Error> {
    let name = address.name().unwrap_or_default();
    let descriptor = match monitor::descriptor(name) {
        Some(named) => named?,
        None => {
            let number = number(name)?;
            // SAFETY: the program gives the descriptor away by naming it in the address.
            unsafe { Descriptor::from_raw(number) }
        }
    };
    if socket::is_socket(descriptor.as_raw()) {
        return Ok(descriptor);
    }
    let name = shown(Some(name));
    Err(Error::new(format!(
        "File descriptor '{name}' is not a socket"
    )))
}

/// The socket, with clients let in.
pub(super) fn listen(address: Fd<'_>, backlog: c_int) -> Result<Descriptor, Error> {
    let descriptor = resolve(address)?;
    socket::listen(descriptor.as_raw(), backlog).map_err(|errno| {
        let name = shown(address.name());
        Error::os(errno, format!("Failed to listen on fd socket '{name}'"))
    })?;
    Ok(descriptor)
}

/// The whole text as a decimal int.
fn number(name: &CStr) -> Result<c_int, Error> {
    let text = name.to_string_lossy();
    text.parse().map_err(|error: core::num::ParseIntError| {
        use core::num::IntErrorKind::{NegOverflow, PosOverflow};
        let errno = match error.kind() {
            PosOverflow | NegOverflow => Errno::new(libc::ERANGE),
            _ => Errno::NONE,
        };
        Error::os(errno, format!("Unable to parse FD number {text}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::{Address, View};
    use platform::os::{errno, fd};

    fn resolve_text(text: &CStr) -> Result<Descriptor, Error> {
        let address = Address::fd(text);
        let View::Fd(view) = address.view() else {
            panic!("not a descriptor")
        };
        resolve(view)
    }

    #[test]
    fn a_number_is_that_very_descriptor() {
        let socket = socket::create(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let fd = socket.into_raw();
        let text = std::ffi::CString::new(fd.to_string()).unwrap();
        assert_eq!(resolve_text(&text).unwrap().into_raw(), fd);
        // SAFETY: given back by the line above.
        drop(unsafe { Descriptor::from_raw(fd) });
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [c"", c"x", c"1x", c" 1", c"0x1", c"1.0"] {
            let error = resolve_text(text).unwrap_err();
            let text = text.to_string_lossy();
            assert_eq!(
                error.to_string(),
                format!("Unable to parse FD number {text}")
            );
        }
        let error = resolve_text(c"99999999999").unwrap_err();
        assert_eq!(error.errno(), Errno::new(libc::ERANGE));
    }

    #[test]
    fn what_is_no_socket_is_closed() {
        let mut ends = [-1; 2];
        // SAFETY: `ends` has room for two descriptors.
        let piped = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
        assert_eq!(piped, 0);
        // SAFETY: the pipe is ours; the other end is given away below.
        let writer = unsafe { Descriptor::from_raw(ends[1]) };

        let text = std::ffi::CString::new(ends[0].to_string()).unwrap();
        let error = resolve_text(&text).unwrap_err();
        let expected = format!("File descriptor '{}' is not a socket", ends[0]);
        assert_eq!(error.to_string(), expected);
        // SAFETY: the byte is readable. Rust programs ignore SIGPIPE.
        let written = unsafe { libc::write(writer.as_raw(), b"x".as_ptr().cast(), 1) };
        assert_eq!((written, errno::last().code()), (-1, libc::EPIPE));

        let error = resolve_text(c"-1").unwrap_err();
        assert_eq!(error.to_string(), "File descriptor '-1' is not a socket");
    }

    #[test]
    fn failing_to_listen_is_an_error() {
        // A connected socket can't listen.
        let (a, _b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let duplicate = fd::duplicate(a.as_raw()).unwrap().into_raw();
        let text = std::ffi::CString::new(duplicate.to_string()).unwrap();
        let address = Address::fd(&text);
        let View::Fd(view) = address.view() else {
            panic!("not a descriptor")
        };
        let error = listen(view, 1).unwrap_err();
        let expected = format!("Failed to listen on fd socket '{duplicate}': Invalid argument");
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.errno(), Errno::new(libc::EINVAL));
    }
}
