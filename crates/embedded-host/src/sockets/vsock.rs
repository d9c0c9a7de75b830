//! Virtio sockets (R-SOCK-13).

use core::ffi::{CStr, c_int};

use super::failed;
use crate::error::Error;
use abi::address::{Vsock, host_and_port, shown};
use platform::os::fd::Descriptor;
use platform::os::socket;
use platform::os::socket_name::SocketName;

/// A socket that clients can connect to.
pub(super) fn listen(address: Vsock<'_>, backlog: c_int) -> Result<Descriptor, Error> {
    let name = name(address)?;
    let socket = create()?;
    let place = host_and_port(address.cid(), address.port());
    socket::bind(socket.as_raw(), &name)
        .map_err(failed(format!("Failed to bind socket to {place}")))?;
    socket::listen(socket.as_raw(), backlog)
        .map_err(failed(format!("Failed to listen on socket {place}")))?;
    Ok(socket)
}

/// A connected socket.
pub(super) fn connect(address: Vsock<'_>) -> Result<Descriptor, Error> {
    let name = name(address)?;
    let socket = create()?;
    let place = host_and_port(address.cid(), address.port());
    socket::connect(socket.as_raw(), &name)
        .map_err(failed(format!("Failed to connect to '{place}'")))?;
    Ok(socket)
}

fn create() -> Result<Descriptor, Error> {
    socket::create(libc::AF_VSOCK, libc::SOCK_STREAM, 0)
        .map_err(failed("Failed to create a socket"))
}

fn name(address: Vsock<'_>) -> Result<SocketName, Error> {
    let cid = number(address.cid(), "cid")?;
    let port = number(address.port(), "port")?;
    Ok(SocketName::vsock(cid, port))
}

/// The whole text as a decimal number of 32 bits.
fn number(text: Option<&CStr>, what: &str) -> Result<u32, Error> {
    let text = shown(text);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| Error::new(format!("Failed to parse {what} '{text}'")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::{Address, View};

    fn named(cid: &CStr, port: &CStr) -> Result<SocketName, Error> {
        let address = Address::vsock(cid, port);
        let View::Vsock(vsock) = address.view() else {
            panic!("not a virtio address")
        };
        name(vsock)
    }

    #[test]
    fn both_numbers_have_32_bits() {
        let name = named(c"4294967295", c"0").unwrap();
        assert_eq!(name.vsock_name(), Some((u32::MAX, 0)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [c"", c"x", c"-1", c"+1", c" 1", c"1 ", c"0x1", c"4294967296"] {
            let shown = text.to_string_lossy();
            let cid = named(text, c"1").unwrap_err().to_string();
            assert_eq!(cid, format!("Failed to parse cid '{shown}'"));
            let port = named(c"1", text).unwrap_err().to_string();
            assert_eq!(port, format!("Failed to parse port '{shown}'"));
        }
    }
}
