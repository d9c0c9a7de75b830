//! Sockets by address: listening, connecting, datagrams, and addresses as text.
//!
//! A function that makes a socket returns it blocking and close-on-exec; on failure nothing it
//! opened stays open.

pub(crate) mod connect;
pub(crate) mod datagram;
pub(crate) mod descriptor;
mod inet_keyval;
mod inet_legacy;
mod inet_text;
mod listen;
pub(crate) mod names;
pub(crate) mod text;
pub(crate) mod unix;
mod vsock;

use std::ffi::CString;

use crate::error::Error;
use abi::address::View;
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;

use unix::UnixAddress;

/// A socket that clients can connect to (R-SOCK-7).
pub(crate) fn listen(address: View<'_>, backlog: i32) -> Result<Descriptor, Error> {
    match address {
        View::Inet(inet) => listen::inet(inet, backlog),
        View::Unix(unix) => unix::listen(&UnixAddress::from(unix), backlog),
        View::Vsock(vsock) => vsock::listen(vsock, backlog),
        View::Fd(fd) => descriptor::listen(fd, backlog),
    }
}

/// A connected socket (R-SOCK-14).
pub(crate) fn connect(address: View<'_>) -> Result<Descriptor, Error> {
    match address {
        View::Inet(inet) => connect::inet(inet),
        View::Unix(unix) => unix::connect(&UnixAddress::from(unix)),
        View::Vsock(vsock) => vsock::connect(vsock),
        View::Fd(fd) => descriptor::resolve(fd),
    }
}

/// What to make of the errno of a step.
fn failed(message: impl Into<String>) -> impl FnOnce(Errno) -> Error {
    move |errno| Error::os(errno, message)
}

/// A C string of bytes that come from C strings, and so have no NUL.
fn c_text(bytes: &[u8]) -> CString {
    CString::new(bytes).unwrap_or_default()
}
