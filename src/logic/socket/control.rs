//! Socket channels beside transfers: addresses, blocking mode, options, shutdown, close.

use abi::address::Address;
use host::error::Error;

use super::writers;
use crate::object::channel::{Channel, Feature};
use crate::object::guarded;
use crate::object::socket::{End, Socket};
use crate::object::waiting::{self, ToWake};
use abi::origin;
use platform::os::connection::{self, Direction};
use platform::os::fd;

/// The address of this end, or of the peer, from the name that is stored (R-CHAN-69).
pub fn address(socket: &Socket, end: End) -> Result<Address, Error> {
    host::socket::address_of(&socket.name(end))
}

/// Makes reads and writes wait, or not (R-CHAN-76).
pub fn set_blocking(socket: &Socket, enabled: bool) -> Result<(), Error> {
    socket.record_blocking(enabled);
    let fd = socket.fd();
    fd::set_blocking(fd, enabled).map_err(|errno| {
        let mode = if enabled { "blocking" } else { "non-blocking" };
        Error::os(errno, format!("Can't set file descriptor {fd} {mode}"))
    })
}

/// Has the system gather small writes, or not (R-CHAN-77).
pub fn set_delay(socket: &Socket, enabled: bool) {
    // Saves a call that can only fail (W-21).
    if !socket.is_never_tcp() {
        let _ = connection::set_no_delay(socket.fd(), !enabled);
    }
}

/// Has the system hold back incomplete segments, or not (R-CHAN-77).
pub fn set_cork(socket: &Socket, enabled: bool) {
    if !socket.is_never_tcp() {
        let _ = connection::set_cork(socket.fd(), enabled);
    }
}

/// Ends directions. Any thread may do that at any time, so nothing is waited for (R-CHAN-37, R-CHAN-78). Those that
/// wait to write to a UNIX socket are woken here (W-30).
pub fn shutdown(socket: &Socket, direction: Direction) -> Result<(), Error> {
    connection::shutdown(socket.fd(), direction)
        .map_err(|errno| Error::os(errno, "Could not shut the socket down"))?;
    if direction != Direction::Read {
        writers::shut_down(socket);
    }
    Ok(())
}

/// Ends both directions of a connection that has run out of time. Waits for nothing, and calls nothing of the
/// program: the coroutine that waits to write is to be woken later (C9).
pub fn shut_down_for_good(socket: &Socket) -> Option<ToWake> {
    // It may have ended by itself.
    let _ = shutdown(socket, Direction::Both);
    let channel: &Channel = socket.upcast();
    channel.take_to_wake(waiting::Direction::Write)
}

/// Asks for a send buffer of so many bytes (R-CHAN-70).
pub fn set_send_buffer(socket: &Socket, bytes: usize) -> Result<(), Error> {
    connection::set_send_buffer(socket.fd(), bytes)
        .map_err(|errno| Error::os(errno, "Could not set the send buffer size of the socket"))
}

/// The process at the other end of a UNIX socket (R-CHAN-81).
pub fn peer_process(socket: &Socket) -> Result<u32, Error> {
    connection::peer_process(socket.fd()).map_err(|errno| {
        Error::os(
            errno,
            "Could not get the peer's credentials from the socket",
        )
    })
}

/// Closes the socket; a closed channel stays closed (R-CHAN-79).
pub fn close(socket: &Socket) -> Result<(), Error> {
    // Whoever keeps a deadline leaves the descriptor alone from here on.
    let kept = guarded::remove(socket.as_ptr().cast());
    let Some(descriptor) = socket.take() else {
        return Ok(());
    };
    trace::qio_channel_socket_close(socket.into(), descriptor.as_raw());
    writers::forget(socket);
    let channel: &Channel = socket.upcast();
    if channel.has_feature(Feature::LISTEN) {
        // The channel is closed all the same, so this can't be the result (W-17).
        if let Err(error) = host::socket::clean_up_listening(descriptor.as_raw()) {
            error.report(&origin!(c"qio_channel_socket_close"));
        }
    }
    let closed = descriptor.close();
    // A client that takes its place finds the descriptor free.
    drop(kept);
    closed.map_err(|errno| Error::os(errno, "Could not close the socket"))
}

/// What the last reference leaves (R-CHAN-80).
pub fn finalize(socket: &Socket) {
    // A failing close has no caller to report to.
    let _: Result<(), Error> = close(socket);
    socket.reset_zero_copy();
    writers::forget(socket);
}
