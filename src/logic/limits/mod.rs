//! What a server takes of its clients, and no more: how many, how many of one peer, how fast they are accepted.
//! All of it is off until somebody asks.
//!
//! - this file has the limits themselves, those of the process among them;
//! - [`environment`] reads those from `QIO_LIMITS`;
//! - [`limiter`] counts the clients of one listener;
//! - [`shown`] has its limits for a forked child, without a lock;
//! - [`bucket`] is the accept rate;
//! - [`peer`] says which clients are of one peer;
//! - [`deadline`] ends a handshake that takes too long;
//! - [`idle`] ends a connection on which nothing moves.
//!
//! The public structs have no room for any of it, so a listener's are in its private state, and a client's in
//! a table by the address of its channel ([`guarded`]). Who has no limits pays for a look at a flag.

pub mod bucket;
pub mod deadline;
pub mod environment;
pub mod idle;
pub mod limiter;
pub mod peer;
pub mod properties;
mod shown;

use std::sync::OnceLock;

use crate::object::channel::Channel;
use crate::object::guarded;
use crate::object::socket::Socket;
use host::error::Error;
use limiter::Client;
use platform::os::errno::Errno;
use platform::os::socket::peer_name;

/// Limits of a listener. 0 stands for none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Clients at the same time.
    pub max_clients: u32,
    /// Clients of one peer at the same time.
    pub max_clients_per_peer: u32,
    /// Leading bits of an IPv4 address that make a peer; 0 is all.
    pub peer_ipv4_prefix: u32,
    /// The same of an IPv6 address.
    pub peer_ipv6_prefix: u32,
    /// Clients accepted in a second, on average.
    pub accept_rate: u32,
    /// Clients accepted at once after a pause; 0 is what a second allows.
    pub accept_burst: u32,
    /// Milliseconds for a handshake of a client.
    pub handshake_timeout: u32,
    /// Milliseconds for which a client may be idle.
    pub idle_timeout: u32,
}

impl Limits {
    /// None at all.
    pub const NONE: Self = Self {
        max_clients: 0,
        max_clients_per_peer: 0,
        peer_ipv4_prefix: 0,
        peer_ipv6_prefix: 0,
        accept_rate: 0,
        accept_burst: 0,
        handshake_timeout: 0,
        idle_timeout: 0,
    };

    /// Whether anything is limited.
    pub fn is_any(&self) -> bool {
        let limits = [
            self.max_clients,
            self.max_clients_per_peer,
            self.accept_rate,
            self.handshake_timeout,
            self.idle_timeout,
        ];
        limits.iter().any(|limit| *limit != 0)
    }
}

/// The channel is that of a client, until it is closed (R-LIMIT-5).
pub fn enter(channel: &Socket, client: Client) {
    let limits = client.limits();
    let before = guarded::enter(channel, |_, kept| {
        kept.handshake_timeout = limits.handshake_timeout;
        kept.client.replace(Box::new(client))
    });
    drop(before);
    if limits.idle_timeout != 0 {
        idle::set(channel, limits.idle_timeout);
    }
}

/// Sets how long the handshake of a channel may take, in milliseconds; 0 is any time (R-LIMIT-12).
pub fn set_handshake_timeout(channel: &Channel, milliseconds: u32) -> Result<(), Error> {
    if channel.set_handshake_timeout(milliseconds) {
        return Ok(());
    }
    Err(Error::new(
        "The channel has no handshake: only TLS and WebSocket channels have one",
    ))
}

/// Sets how long a connection may be idle, in milliseconds; 0 is for ever (R-LIMIT-14).
pub fn set_idle_timeout(channel: &Channel, milliseconds: u32) -> Result<(), Error> {
    let Some(socket) = channel.socket() else {
        return Err(Error::new(
            "The channel travels through no socket that could be idle",
        ));
    };
    // Nor of a socket that listens there is a peer, however the channel came by it.
    if peer_name(socket.fd()).is_err() {
        return Err(Error::os(
            Errno::ENOTCONN,
            "The socket has no connection that could be idle",
        ));
    }
    idle::set(socket, milliseconds);
    Ok(())
}

static OF_PROCESS: OnceLock<Limits> = OnceLock::new();

/// Sets the limits of listeners whose program sets none. Once, before there is any.
pub fn set_of_process(limits: Limits) {
    let _ = OF_PROCESS.set(limits);
}

/// The limits of listeners whose program sets none (R-LIMIT-3).
pub fn of_process() -> Limits {
    OF_PROCESS.get().copied().unwrap_or(Limits::NONE)
}
