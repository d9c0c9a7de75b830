//! Listeners: any number of listening sockets, and one callback for their clients.
//!
//! - this file has all other operations;
//! - [`state`] is what a listener is made of, and puts sockets under watch;
//! - [`watch`] is what the watches of a socket share: those by an event source, [`source`], or in an event
//!   loop context, [`handler`];
//! - [`open`](mod@open) listens on the addresses of a name;
//! - [`server`] accepts the clients of one socket and hands them over;
//! - [`accept`] accepts one client without blocking;
//! - [`registration`] registers the callback, and is that with the context it runs in;
//! - [`wait`] waits for one client without any main context;
//! - [`traces`] tells of it.
//!
//! Each watch holds a reference on the listener (R-LSN-15), so a listener is finalised when nothing
//! is watched any more.

pub mod accept;
pub mod handler;
mod open;
pub mod registration;
pub mod server;
pub mod source;
pub mod state;
pub mod traces;
pub mod wait;
pub mod watch;

use crate::object::class::ObjectImpl;
use core::ffi::CStr;
use std::ffi::CString;
use std::sync::Arc;

use crate::logic::limits::{Limits, properties};
use crate::logic::{control, socket};
use crate::object::listener::Listener;
use crate::object::property::Uint32;
use crate::object::socket::{End, Socket};
use crate::object::{Finalizing, Ref};
use abi::address::Address;
use abi::layout::{QIOChannelSocket, QIONetListener};
use abi::profile;
use accept::AcceptLock;
use host::error::Error;
use registration::unregister;
use state::{DropAfterUnlock, Listening, State, state_of};
use wait::{Candidate, Waiter};

pub use open::open;

/// Prepares a new instance, however it is made (R-LSN-56).
pub fn init(listener: &Listener) {
    listener.install(State::new(listener));
}

/// A listener without sockets (R-LSN-1).
pub fn create() -> Ref<QIONetListener> {
    Ref::create()
}

/// Sets the label for sockets added later (R-LSN-2).
pub fn set_name(listener: &Listener, name: Option<&CStr>) {
    listener.set_name(name);
    state_of(listener).record.set_name(name);
}

/// Adds a socket of the program (R-LSN-3).
pub fn add(listener: &Listener, channel: &Socket) {
    add_socket(listener, channel, false);
}

fn add_socket(listener: &Listener, channel: &Socket, is_nonblocking: bool) {
    if let Some(name) = listener.name() {
        channel.upcast().set_name(Some(&channel_name(name)));
    }
    let state = state_of(listener);
    let mut inner = state.inner.lock();
    let hold = inner.hold(listener);
    let index = inner.sockets.len();
    inner.sockets.push(Listening {
        channel: channel.to_ref(),
        accept_lock: Arc::new(AcceptLock::new(is_nonblocking)),
        watch: None,
        is_closing: false,
    });
    state.note_sockets(&inner);
    listener.append_socket(channel);
    listener.set_connected(true);
    // With a registration that is older than the socket (R-LSN-4).
    inner.watch(listener, index);
    traces::watch(listener, inner.registration(), c"add");
    drop(inner);
    drop(hold);
}

/// What a socket of a named listener is called (R-LSN-3).
fn channel_name(listener_name: CString) -> CString {
    if !profile::LISTENER_NAME_HAS_SUFFIX {
        return listener_name;
    }
    let mut name = listener_name.into_bytes();
    name.extend_from_slice(b"-listen");
    CString::new(name).unwrap_or_default()
}

/// Limits what the listener takes of its clients (R-LIMIT-1).
pub fn set_limits(listener: &Listener, limits: Limits) {
    state_of(listener).limiter.set(limits);
}

/// Changes some of its limits; two threads may change different ones at once (R-LIMIT-17).
pub fn change_limits(listener: &Listener, change: impl FnOnce(&mut Limits)) {
    state_of(listener).limiter.change(change);
}

/// The limits in force.
pub fn limits(listener: &Listener) -> Limits {
    state_of(listener).limiter.limits()
}

/// Waits for one client on the calling thread (R-LSN-40). None if nothing is open, or when another
/// thread disconnects the listener (R-LSN-44).
pub fn wait_client(listener: &Listener) -> Option<Ref<QIOChannelSocket>> {
    let state = state_of(listener);
    let waiter = Arc::new(Waiter::default());
    let mut after = DropAfterUnlock::default();
    let mut inner = state.inner.lock();
    let hold = inner.hold(listener);
    traces::unwatch(listener, inner.registration(), c"wait_client");
    inner.unwatch(listener, &mut after);
    let open = inner.sockets.iter().filter(|socket| !socket.is_closing);
    let candidates = open
        .map(|socket| Candidate::new(socket.channel.clone(), Arc::clone(&socket.accept_lock)))
        .collect();
    inner.waiters.push(Arc::clone(&waiter));
    drop(inner);
    drop(after);

    state.record.set_waiting(true);
    let client = waiter.wait(listener, candidates);
    if client.is_some() {
        state.record.add_accepted();
    }

    let mut inner = state.inner.lock();
    inner.waiters.retain(|other| !Arc::ptr_eq(other, &waiter));
    if inner.waiters.is_empty() {
        state.record.set_waiting(false);
    }
    inner.watch(listener, 0);
    traces::watch(listener, inner.registration(), c"wait_client");
    drop(inner);
    state.progress.notify_all();
    drop(hold);
    client
}

/// Closes all sockets; the registration stays (R-LSN-50).
pub fn disconnect(listener: &Listener) {
    let state = state_of(listener);
    let mut after = DropAfterUnlock::default();
    let mut inner = state.inner.lock();
    if !listener.is_connected() {
        return;
    }
    let hold = inner.hold(listener);
    traces::unwatch(listener, inner.registration(), c"disconnect");
    inner.unwatch(listener, &mut after);
    listener.set_connected(false);
    for socket in &mut inner.sockets {
        socket.is_closing = true;
    }
    state.note_sockets(&inner);
    // Before the numbers are given away again (L9, R-LSN-44). A waiter leaves without delay: it runs
    // nothing of the program.
    for waiter in &inner.waiters {
        waiter.cancel();
    }
    while !inner.waiters.is_empty() {
        inner = state.progress.wait(inner);
    }
    let closing = inner.sockets.iter().filter(|socket| socket.is_closing);
    let channels: Vec<_> = closing.map(|socket| socket.channel.clone()).collect();
    drop(inner);
    // The sources go before what they poll is closed (W-WATCH-2).
    drop(after);
    for channel in &channels {
        // Failures are ignored (R-LSN-50).
        let _: Result<(), Error> = control::close(channel.upcast());
    }
    drop(channels);
    for socket in &mut state.inner.lock().sockets {
        socket.is_closing = false;
    }
    drop(hold);
}

/// Whether there were sockets added since the last disconnect (R-LSN-52).
pub fn is_connected(listener: &Listener) -> bool {
    listener.is_connected()
}

/// How many sockets were ever added (R-LSN-53).
pub fn socket_count(listener: &Listener) -> usize {
    listener.socket_count()
}

/// The socket added as number `index`, counted from 0.
pub fn socket_at(listener: &Listener, index: usize) -> Option<Ref<QIOChannelSocket>> {
    let inner = state_of(listener).inner.lock();
    let channel = inner
        .sockets
        .get(index)
        .map(|socket| socket.channel.clone());
    drop(inner);
    channel
}

/// Where a socket listens, also after disconnect (R-LSN-54).
pub fn local_address(listener: &Listener, index: usize) -> Result<Address, Error> {
    match socket_at(listener, index) {
        Some(channel) => socket::control::address(&channel, End::Local),
        None => Err(Error::new("Listener index out of range")),
    }
}

/// Ends a listener whose last reference has gone (R-LSN-55).
fn finalize(listener: &Listener) {
    let state = state_of(listener);
    state.inner.lock().is_ending = true;
    disconnect(listener);
    // A destroy notify may register again, which ends at once.
    while state.inner.lock().registered.is_some() {
        unregister(listener);
    }
    let sockets = core::mem::take(&mut state.inner.lock().sockets);
    drop(sockets);
}

impl ObjectImpl for QIONetListener {
    fn init(listener: &Listener) {
        init(listener);
    }

    fn finalize(listener: Finalizing<'_, Self>) {
        finalize(&listener);
        listener.release();
    }

    const PROPERTIES: &'static [Uint32<Self>] = properties::OF_LISTENERS;
}
