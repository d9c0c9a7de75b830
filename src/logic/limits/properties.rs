//! The limits of a listener, and deadlines of channels, as properties of objects (R-LIMIT-17).

use core::ffi::CStr;

use super::{Limits, set_idle_timeout};
use crate::logic::listener;
use crate::object::listener::Listener;
use crate::object::property::Uint32;
use crate::object::socket::Socket;
use abi::layout::{QIOChannelSocket, QIONetListener};
use host::error::Error;

/// A limit: its name, what it means, the field, and the largest number.
macro_rules! limit {
    ($name:literal, $description:literal, $field:ident, $most:expr) => {
        Uint32 {
            name: $name,
            description: $description,
            get: Some(|listener| listener::limits(listener).$field),
            set: |listener, value| change(listener, $name, value, $most, |of| of.$field = value),
        }
    };
}

/// Of listeners.
pub const OF_LISTENERS: &[Uint32<QIONetListener>] = &[
    limit!(
        c"max-clients",
        c"clients at the same time, 0 for any number",
        max_clients,
        u32::MAX
    ),
    limit!(
        c"max-clients-per-peer",
        c"clients of one peer at the same time, 0 for any number",
        max_clients_per_peer,
        u32::MAX
    ),
    limit!(
        c"peer-ipv4-prefix",
        c"leading bits of an IPv4 address that make a peer, 0 for all",
        peer_ipv4_prefix,
        32
    ),
    limit!(
        c"peer-ipv6-prefix",
        c"leading bits of an IPv6 address that make a peer, 0 for all",
        peer_ipv6_prefix,
        128
    ),
    limit!(
        c"accept-rate",
        c"clients accepted in a second on average, 0 for any number",
        accept_rate,
        u32::MAX
    ),
    limit!(
        c"accept-burst",
        c"clients accepted at once after a quiet time, 0 for as many as accept-rate",
        accept_burst,
        u32::MAX
    ),
    limit!(
        c"handshake-timeout-ms",
        c"milliseconds that a client's handshake may take, 0 for any time",
        handshake_timeout,
        u32::MAX
    ),
    limit!(
        c"idle-timeout-ms",
        c"milliseconds that a client may be idle, 0 for ever",
        idle_timeout,
        u32::MAX
    ),
];

/// Of socket channels.
pub const OF_SOCKETS: &[Uint32<QIOChannelSocket>] = &[Uint32 {
    name: c"idle-timeout-ms",
    description: c"milliseconds that the connection may be idle from now on, 0 for ever",
    get: None,
    set: |socket: &Socket, value| set_idle_timeout(socket.upcast(), value),
}];

/// The name and the description of what channels that make a handshake have.
pub const HANDSHAKE_TIMEOUT: (&CStr, &CStr) = (
    c"handshake-timeout-ms",
    c"milliseconds that the handshake may take, 0 for any time",
);

/// Changes one of the limits in force.
fn change(
    listener: &Listener,
    name: &CStr,
    value: u32,
    most: u32,
    set: impl FnOnce(&mut Limits),
) -> Result<(), Error> {
    if value > most {
        let name = name.to_string_lossy();
        return Err(Error::new(format!(
            "Property '{name}' takes 0 to {most}, not {value}"
        )));
    }
    listener::change_limits(listener, set);
    Ok(())
}
