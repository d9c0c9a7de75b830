//! One end of a TLS connection, over any other channel.
//!
//! - [`handshake`]: from nothing to an encrypted connection with a peer that was checked.
//! - [`bye`]: sends close_notify, where the host's sessions can.
//! - [`operation`]: what both wait with.
//! - [`transfer`]: reading and writing.
//! - [`watch`]: sources, which know of bytes that wait in the session.
//!
//! The session is the host's. Nothing is read ahead of it, and nothing is sent in the background but
//! close_notify.

mod bye;
mod class;
mod handshake;
mod operation;
mod transfer;
mod watch;

pub use bye::bye;
pub use handshake::handshake;
pub use transfer::{read, write};

use core::ffi::CStr;
use std::sync::Arc;

use crate::logic::limits::deadline::Timeout;
use crate::logic::{control, layered};
use crate::object::Ref;
use crate::object::channel::Channel;
use crate::object::tls::Tls;
use abi::layout;
use abi::profile;
use host::error::Error;
use host::tls_session::{Creds, OwnedSession, Role, Session};
use operation::{Kind, Operation};
use platform::glib::waiters::Waiters;
use platform::os::errno::Errno;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};
use registry::channel::Handshake;
use transfer::{Input, Output};

/// What belongs to a channel and C code doesn't see.
///
/// Input and output have a lock each, which a transfer on a blocking master holds for as long as it
/// takes: only the reader and the writer take them (R-TLS-44, R-TLS-61).
struct State {
    /// The handshake is done: bytes can be transferred.
    is_open: AtomicBool,
    /// The peer has been sent close_notify.
    has_sent_close_notify: AtomicBool,
    handshake: Operation,
    bye: Operation,
    input: Mutex<Input>,
    output: Mutex<Output>,
    /// Watches for input, to be woken when some of it waits in the session.
    waiters: Arc<Waiters>,
    /// Of the handshake.
    timeout: Timeout,
}

impl State {
    fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    fn open(&self) {
        self.is_open.store(true, Ordering::Release);
    }

    /// Publishes whether a read would not need the master. A watch in another thread doesn't see that
    /// there: what has been read from the master is gone from it.
    fn publish_pending(&self, tls: &Tls, pending: bool) {
        tls.set_pending(pending);
        if pending {
            self.waiters.wake();
        }
    }
}

/// Prepares a new instance.
pub fn init(tls: &Tls) {
    tls.set_state(Arc::new(State {
        is_open: AtomicBool::new(false),
        has_sent_close_notify: AtomicBool::new(false),
        handshake: Operation::new(Kind::Handshake),
        bye: Operation::new(Kind::Bye),
        input: Mutex::default(),
        output: Mutex::default(),
        waiters: Arc::default(),
        timeout: Timeout::default(),
    }));
}

/// How long the handshake may take, in milliseconds; 0 while the program has not set it.
fn handshake_timeout(tls: &Tls) -> u32 {
    tls.state::<Arc<State>>()
        .map_or(0, |state| state.timeout.get())
}

/// Sets how long the handshake may take, in milliseconds (R-LIMIT-12).
fn set_handshake_timeout(tls: &Tls, milliseconds: u32) {
    if let Some(state) = tls.state::<Arc<State>>() {
        state.timeout.set(milliseconds);
    }
}

/// A client's channel, for which the server has to be `hostname`.
pub fn create_client(
    master: &Channel,
    creds: Creds<'_>,
    hostname: Option<&CStr>,
) -> Result<Ref<layout::QIOChannelTLS>, Error> {
    let session = OwnedSession::create(creds, hostname, None, Role::Client)?;
    let tls = create(master, session);
    let (ioc, master) = (tls.as_ptr().into(), master.as_ptr().into());
    trace::qio_channel_tls_new_client(ioc, master, creds.as_ptr().into(), hostname);
    Ok(tls)
}

/// A server's channel, where the authorization object `aclname` decides about clients.
pub fn create_server(
    master: &Channel,
    creds: Creds<'_>,
    aclname: Option<&CStr>,
) -> Result<Ref<layout::QIOChannelTLS>, Error> {
    let session = OwnedSession::create(creds, None, aclname, Role::Server)?;
    let tls = create(master, session);
    let (ioc, master) = (tls.as_ptr().into(), master.as_ptr().into());
    trace::qio_channel_tls_new_server(ioc, master, creds.as_ptr().into(), aclname);
    Ok(tls)
}

/// A channel over `master`, on which it has a reference, as the session has on its credentials (R-TLS-2). The
/// session was made before: where that fails nothing refers to anything yet (R-TLS-3).
fn create(master: &Channel, session: OwnedSession) -> Ref<layout::QIOChannelTLS> {
    let tls = Ref::<layout::QIOChannelTLS>::create();
    layered::set_master(&tls, master);
    tls.set_session(session);
    tls
}

/// The two things a transfer needs; nothing can be transferred before the handshake (R-TLS-7).
#[inline]
fn parts(tls: &Tls) -> Result<(&State, Session<'_>), Error> {
    match (tls.state::<Arc<State>>(), tls.session()) {
        (Some(state), Some(session)) if state.is_open() => Ok((state, session)),
        (_, None) => Err(no_session()),
        _ => Err(Error::os(
            Errno::ENOTCONN,
            "The TLS handshake has not been completed",
        )),
    }
}

/// The error of an instance that C code made by hand.
fn no_session() -> Error {
    Error::os(Errno::EINVAL, "The TLS channel has no session")
}

/// Shuts directions of the master down, from any thread and without taking a lock (R-TLS-44).
pub fn shutdown(tls: &Tls, how: u32) -> Result<(), Error> {
    tls.add_shutdown(how);
    match tls.master() {
        Some(master) => control::shutdown(master, how),
        None => Err(no_session()),
    }
}

/// Closes the master, without close_notify (R-TLS-45). What is outstanding is cancelled, without a
/// callback (R-TLS-49).
pub fn close(tls: &Tls) -> Result<(), Error> {
    // What is outstanding may hold the last reference (R-TLS-46).
    let tls = tls.to_ref();
    if let Some(state) = tls.state::<Arc<State>>() {
        let is_cancelled = state.handshake.cancel();
        if is_cancelled {
            tls.upcast().record().set_handshake(Handshake::Failed);
        }
        if is_cancelled && profile::CANCELLED_TLS_HANDSHAKES_ARE_TRACED {
            trace::qio_channel_tls_handshake_cancel(tls.as_ptr().into());
        }
        if state.bye.cancel() {
            trace::qio_channel_tls_bye_cancel(tls.as_ptr().into());
        }
    }
    match tls.master() {
        Some(master) => control::close(master),
        None => Err(no_session()),
    }
}
