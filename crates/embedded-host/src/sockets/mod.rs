//! Sockets by address: listening, connecting, datagrams, and addresses as text.
//!
//! A function that makes a socket returns it blocking and close-on-exec; on failure nothing it
//! opened stays open.

pub mod connect;
pub mod datagram;
pub mod descriptor;
mod inet_pairs;
pub mod inet_text;
mod inet_words;
mod keep_alive;
mod listen;
pub mod names;
pub mod text;
pub mod unix;
mod vsock;

use core::ffi::CStr;

use crate::error::Error;
use abi::address::{View, shown};
use platform::os::fd::Descriptor;
use platform::os::resolve::ResolveError;

use unix::UnixAddress;

/// A socket that clients can connect to (R-SOCK-7).
pub fn listen(address: View<'_>, backlog: i32) -> Result<Descriptor, Error> {
    match address {
        View::Inet(inet) => listen::inet(inet, backlog),
        View::Unix(unix) => unix::listen(&UnixAddress::from(unix), backlog),
        View::Vsock(vsock) => vsock::listen(vsock, backlog),
        View::Fd(fd) => descriptor::listen(fd, backlog),
    }
}

/// A connected socket (R-SOCK-14).
pub fn connect(address: View<'_>) -> Result<Descriptor, Error> {
    match address {
        View::Inet(inet) => connect::inet(inet),
        View::Unix(unix) => unix::connect(&UnixAddress::from(unix)),
        View::Vsock(vsock) => vsock::connect(vsock),
        View::Fd(fd) => descriptor::resolve(fd),
    }
}

/// What the resolver says of an address (R-SOCK-8).
fn resolution_failed(host: Option<&CStr>, port: Option<&CStr>, reason: ResolveError) -> Error {
    Error::new(format!(
        "address resolution failed for {}:{}: {reason}",
        shown(host),
        shown(port)
    ))
}
