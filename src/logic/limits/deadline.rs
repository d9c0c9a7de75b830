//! The deadline of a handshake.
//!
//! It is kept by a thread of its own (`platform::sync::timers`): a server whose loop waits in a blocking
//! handshake for a client that says nothing is the one that needs it most. The thread shuts the connection down, which ends such
//! a wait, and leaves the rest to the context of the handshake.

use std::sync::Arc;

use crate::logic::socket::control;
use crate::logic::statistics::{self, Count};
use crate::object::channel::Channel;
use crate::object::guarded::{self, Key};
use platform::glib::{Callback, Hooks, MainContext, SourceOf, WeakContext};
use platform::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use platform::sync::timers::{self, Armed, Expire};

/// How long the handshakes of a channel may take, in milliseconds.
pub struct Timeout(AtomicU32);

impl Default for Timeout {
    fn default() -> Self {
        Self(AtomicU32::new(Self::UNSET))
    }
}

impl Timeout {
    /// What the listener says whose client it is.
    const UNSET: u32 = u32::MAX;

    /// The program wants so many; 0 is any time.
    pub fn set(&self, milliseconds: u32) {
        self.0
            .store(milliseconds.min(Self::UNSET - 1), Ordering::Relaxed);
    }

    /// What the program has set; 0 if it has not.
    pub fn get(&self) -> u32 {
        match self.0.load(Ordering::Relaxed) {
            Self::UNSET => 0,
            own => own,
        }
    }

    /// How long a handshake over `master` may take; None is any time (R-LIMIT-12).
    fn over(&self, master: &Channel) -> Option<u32> {
        let own = self.0.load(Ordering::Relaxed);
        let milliseconds = if own == Self::UNSET {
            let socket = master.socket()?;
            guarded::look(socket, |kept| kept.handshake_timeout)?
        } else {
            own
        };
        (milliseconds != 0).then_some(milliseconds)
    }
}

/// The deadline of a handshake that is under way.
pub struct Deadline {
    expiry: Arc<Expiry>,
    _armed: Armed,
}

/// A handshake whose time is up, and that may go on nevertheless.
pub struct Overdue(Arc<Expiry>);

impl Overdue {
    /// Has it given up in its context.
    pub fn give_up(self) {
        self.0.give_up();
    }
}

/// The thread of all deadlines may have the last reference: nothing in it is the program's.
struct Expiry {
    /// What comes first decides: the end of the handshake or of its time.
    is_decided: AtomicBool,
    channel: trace::Id,
    socket: Option<Key>,
    context: Arc<WeakContext>,
    give_up: Arc<dyn Fn() + Send + Sync>,
}

impl Deadline {
    /// Sets the deadline of a handshake of `channel` over `master`, if it has one. Once it is over, `give_up` is
    /// called in the handshake's context, if that gets to it. It keeps nothing that is the program's.
    pub fn begin(
        timeout: &Timeout,
        channel: trace::Id,
        master: &Channel,
        context: &MainContext,
        give_up: impl Fn() + Send + Sync + 'static,
    ) -> Option<Self> {
        let milliseconds = timeout.over(master)?;
        let socket = master.socket();
        let expiry = Arc::new(Expiry {
            is_decided: AtomicBool::new(false),
            channel,
            socket: socket.map(|socket| guarded::enter(socket, |key, _| key)),
            context: WeakContext::for_context(context),
            give_up: Arc::new(give_up),
        });
        let armed = timers::arm(milliseconds, Arc::clone(&expiry) as Arc<dyn Expire>);
        Some(Self {
            expiry,
            _armed: armed,
        })
    }

    /// Whether the time is up, before the end of the handshake.
    pub fn is_over(&self) -> bool {
        self.expiry.is_decided.load(Ordering::Acquire)
    }

    /// What has the handshake given up once more if its time is up: when the context got to that, it could not be.
    pub fn overdue(&self) -> Option<Overdue> {
        self.is_over().then(|| Overdue(Arc::clone(&self.expiry)))
    }

    /// The handshake has ended; whether that was too late. If not, its time has no end any more.
    pub fn end(self) -> bool {
        self.expiry.is_decided.swap(true, Ordering::AcqRel)
    }
}

impl Drop for Deadline {
    /// A call that has begun does nothing any more.
    fn drop(&mut self) {
        self.expiry.is_decided.store(true, Ordering::Release);
    }
}

impl Expire for Expiry {
    fn expire(&self) {
        if self.is_decided.swap(true, Ordering::AcqRel) {
            return;
        }
        statistics::add(Count::HandshakeTimedOut);
        trace::qio_channel_handshake_timeout(self.channel);
        // Before anybody is told.
        if let Some(socket) = self.socket {
            // It may be closed, or no connection any more.
            let waiting = guarded::with(socket, |socket, _| control::shut_down_for_good(socket));
            if let Some(coroutine) = waiting.flatten() {
                coroutine.wake();
            }
        }
        // What the handshake waits for may not notice.
        self.give_up();
    }
}

impl Expiry {
    /// Has the handshake given up in its context.
    fn give_up(&self) {
        let source = SourceOf::new(Once(Arc::clone(&self.give_up)));
        source.set_ready_time(0);
        self.context.hand_over(source);
    }
}

/// A source that calls once.
struct Once(Arc<dyn Fn() + Send + Sync>);

impl Hooks for Once {
    type Func = ();

    fn dispatch(&self, _: Callback<'_, ()>) -> bool {
        (self.0)();
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::socket::establish::from_fd;
    use platform::os::fd::Descriptor;
    use platform::os::socket;

    const HOUR: u32 = 3_600_000;

    /// A handshake over a socket, and a call of the thread of all deadlines that is about to begin.
    fn with_deadline(test: impl FnOnce(Deadline, &dyn Fn() -> bool)) {
        crate::types::initialise();
        let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK;
        let (own, _peer): (Descriptor, Descriptor) = socket::pair(libc::AF_UNIX, kind, 0).unwrap();
        let master = from_fd(own.into_raw()).unwrap();
        let (timeout, context) = (Timeout::default(), MainContext::create());
        timeout.set(HOUR);
        let id = master.as_ptr().into();
        let deadline = Deadline::begin(&timeout, id, master.upcast(), &context, || {}).unwrap();
        let expiry = Arc::clone(&deadline.expiry);
        // Whether that has ended the connection, and has the handshake given up.
        let expires = || {
            expiry.expire();
            let is_shut = socket::send(master.fd(), b"x").is_err();
            assert_eq!(context.iteration(false), is_shut);
            is_shut
        };
        test(deadline, &expires);
    }

    #[test]
    fn a_handshake_that_ends_first_keeps_its_connection() {
        with_deadline(|deadline, expires| {
            assert!(!deadline.end());
            assert!(!expires());
        });
    }

    #[test]
    fn a_handshake_that_is_cancelled_has_no_deadline_any_more() {
        with_deadline(|deadline, expires| {
            drop(deadline);
            assert!(!expires());
        });
    }

    #[test]
    fn a_handshake_that_ends_later_is_late() {
        with_deadline(|deadline, expires| {
            assert!(expires());
            assert!(deadline.end());
        });
    }
}
