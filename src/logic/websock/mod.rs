//! Either end of a WebSocket, over any other channel.
//!
//! - [`handshake`]: request and response, in the default context; [`accepting`]: a server's,
//!   [`connecting`]: a client's.
//! - [`state`]: the two directions, [`receiving`] and [`sending`], what they share ([`stream`]), and how
//!   far the connection is ([`phase`]).
//! - [`transport`]: single transfers with the master.
//! - [`watch`]: sources, which carry watches of their own on the master; [`super::waiters`] wakes them.
//! - [`wait`]: the same without a source.
//! - `rfc6455`, a crate of its own: the protocol, without channels; [`traced`]: what of it is traced.
//!
//! Nothing is read ahead: reads and watches take from the master what they need, so what a peer
//! sends beyond one buffer waits in the transport (R-WS-40). Queued output goes out in the
//! background, in the default context.

mod accepting;
mod class;
mod connecting;
mod handshake;
mod phase;
mod receiving;
mod sending;
mod state;
mod stream;
mod traced;
mod transport;
mod wait;
mod watch;

pub use handshake::handshake;

use core::ffi::CStr;
use std::sync::Arc;

use crate::logic::{control, layered};
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use crate::object::websock::Websock;
use crate::object::{Finalizing, Ref};
use abi::layout;
use host::error::Error;
use platform::os::errno::Errno;
use platform::os::iov::{IoVec, IoVecMut};
use rfc6455::client::{Request, Wish};
use state::State;

/// A channel over `master` (R-WS-1).
pub fn create(master: &Channel) -> Ref<layout::QIOChannelWebsock> {
    let websock = Ref::<layout::QIOChannelWebsock>::create();
    layered::set_master(&websock, master);
    trace::qio_channel_websock_new_server(websock.as_ptr().into(), master.as_ptr().into());
    websock
}

/// A client's channel over `master`; what is wrong with the wish, if it can't be asked for.
pub fn create_client(
    master: &Channel,
    wish: &Wish<'_>,
) -> Result<Ref<layout::QIOChannelWebsock>, Error> {
    let request = Request::new(wish).map_err(Error::new)?;
    let websock = Ref::<layout::QIOChannelWebsock>::create();
    if let Some(state) = websock.state::<Arc<State>>() {
        state.set_client(request);
    }
    layered::set_master(&websock, master);
    let (ioc, master) = (websock.as_ptr().into(), master.as_ptr().into());
    trace::qio_channel_websock_new_client(ioc, master, wish.host, wish.path);
    Ok(websock)
}

/// The subprotocol that the server of a client's channel has chosen.
pub fn protocol(websock: &Websock) -> Option<&CStr> {
    websock.state::<Arc<State>>()?.protocol()
}

/// The status with which the peer has closed the stream; 0 if it has not.
pub fn peer_status(websock: &Websock) -> u16 {
    websock
        .state::<Arc<State>>()
        .map_or(0, |state| state.peer_status())
}

/// How long the handshake may take, in milliseconds; 0 while the program has not set it.
fn handshake_timeout(websock: &Websock) -> u32 {
    websock
        .state::<Arc<State>>()
        .map_or(0, |state| state.timeout.get())
}

/// Sets how long the opening handshake may take, in milliseconds (R-LIMIT-12).
fn set_handshake_timeout(websock: &Websock, milliseconds: u32) {
    if let Some(state) = websock.state::<Arc<State>>() {
        state.timeout.set(milliseconds);
    }
}

/// Prepares a new instance.
pub fn init(websock: &Websock) {
    websock.set_state(Arc::new(State::new(websock.as_ptr().into())));
}

/// Finalises an instance: its sources before its master (R-WS-49).
fn finalize(websock: Finalizing<'_, layout::QIOChannelWebsock>) {
    if let Some(state) = websock.state::<Arc<State>>() {
        state.stop();
    }
    websock.release();
}

/// The two things all operations need; an instance that C code made by hand has no master.
fn parts(websock: &Websock) -> Result<(&Arc<State>, &Channel), Error> {
    match (websock.state::<Arc<State>>(), websock.master()) {
        (Some(state), Some(master)) => Ok((state, master)),
        _ => Err(Error::os(Errno::EINVAL, "The WebSocket has no master")),
    }
}

/// Reads payload.
pub fn read(websock: &Websock, iov: &[IoVecMut<'_>]) -> Result<Transfer, Error> {
    let (state, master) = parts(websock)?;
    state.read(master, iov)
}

/// Sends one frame, or several if it is much.
pub fn write(websock: &Websock, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    let (state, master) = parts(websock)?;
    state.write(master, iov)
}

/// Sends what writes have left over; false while the master has no room for all of it.
pub fn flush(websock: &Websock) -> Result<bool, Error> {
    let (state, master) = parts(websock)?;
    state.flush(master)
}

/// Closes the master; a handshake is cancelled, without its callback (R-WS-6, R-WS-47).
pub fn close(websock: &Websock) -> Result<(), Error> {
    // A handshake that is cancelled here may have held the last reference.
    let websock = &websock.to_ref();
    trace::qio_channel_websock_close(websock.as_ptr().into());
    let (state, master) = parts(websock)?;
    state.close(master);
    control::close(master)
}

/// Shuts down one direction or both of the master (R-WS-45).
pub fn shutdown(websock: &Websock, how: u32) -> Result<(), Error> {
    let Some(master) = websock.master() else {
        return Ok(());
    };
    control::shutdown(master, how)?;
    if let Some(state) = websock.state::<Arc<State>>() {
        state.set_shut();
    }
    Ok(())
}
