//! Watches: ready when the master is, and while bytes wait in the session.

use std::sync::Arc;

use super::State;
use crate::logic::waiters::Waiter;
use crate::logic::watch::{self, IN};
use crate::object::Ref;
use crate::object::channel::Polled;
use crate::object::tls::Tls;
use crate::object::watch::Watcher;
use abi::layout;
use platform::glib::{Callback, Hooks, PollFd, Source};
use platform::os::poll::{Until, Waited};
use platform::sync::atomic::{AtomicU32, Ordering};

/// A source of a TLS channel.
struct Watch {
    condition: u32,
    /// The master's descriptor, if that is all there is to poll.
    poll_fd: Option<PollFd>,
    /// Otherwise what a watch on the master has reported.
    raised: Arc<AtomicU32>,
    /// For bytes that another thread leaves in the session, if input is asked for.
    waiter: Option<Waiter>,
    /// Until the source is finalised.
    channel: Ref<layout::QIOChannelTLS>,
}

/// A source that is ready when a transfer would not wait. None if the master makes none.
pub fn create(tls: &Tls, condition: u32) -> Option<Source> {
    let master = tls.master()?;
    let raised = Arc::<AtomicU32>::default();
    let poll_fd = match master.polled() {
        Some(Polled::One(fd)) => Some(PollFd::new(fd, condition)),
        _ => None,
    };
    let child = match &poll_fd {
        Some(_) => None,
        None => Some(watch::create(master, condition)?),
    };
    let waiter = tls
        .state::<Arc<State>>()
        .filter(|_| condition & IN != 0)
        .map(|state| state.waiters.join());
    let (waiter, wakeup) = waiter.unzip();
    let source = Source::new(Watch {
        condition,
        poll_fd,
        raised: Arc::clone(&raised),
        waiter,
        channel: tls.to_ref(),
    });
    if let Some(wakeup) = wakeup {
        source.add_child(&wakeup);
    }
    if let Some(child) = child {
        let note = move |bits| {
            raised.fetch_or(bits, Ordering::AcqRel);
            true
        };
        Watcher::native(Box::new(note)).set_on(&child);
        source.add_child(&child);
    }
    Some(source)
}

impl Watch {
    /// Bytes that wait in the session, for who asks for input (R-TLS-53).
    fn pending(&self) -> u32 {
        if self.channel.has_pending() {
            self.condition & IN
        } else {
            0
        }
    }

    fn end_wait(&self) {
        if let Some(waiter) = &self.waiter {
            waiter.end();
        }
    }

    /// What the last poll of the master's descriptor found.
    fn polled(&self) -> u32 {
        match (&self.poll_fd, self.channel.master()) {
            (Some(poll_fd), Some(master)) => {
                watch::ready(self.condition, poll_fd.revents(), watch::unasked(master))
            }
            _ => 0,
        }
    }
}

impl Hooks for Watch {
    fn poll_fds(&self) -> &[PollFd] {
        self.poll_fd.as_slice()
    }

    // A child that is ready has its parent dispatched without asking it (R-TLS-58).
    fn prepare(&self) -> bool {
        // What is left in the session from here on wakes; what was left before is seen.
        if let Some(waiter) = &self.waiter {
            waiter.begin();
        }
        let is_ready = self.pending() != 0;
        if is_ready {
            self.end_wait();
        }
        is_ready
    }

    fn check(&self) -> bool {
        self.end_wait();
        (self.pending() | self.polled()) != 0
    }

    fn dispatch(&self, callback: Callback) -> bool {
        self.end_wait();
        let raised = self.raised.swap(0, Ordering::AcqRel) & self.condition;
        let ready = self.pending() | self.polled() | raised;
        // Somebody else has read it meanwhile.
        if ready == 0 {
            return true;
        }
        watch::dispatch(callback, self.channel.upcast(), ready)
    }
}

/// Waits until a watch for `condition` would fire, with the system calls that waiting for the master
/// takes.
pub fn wait(tls: &Tls, condition: u32, until: Until) -> Waited {
    if condition & IN != 0 && tls.has_pending() {
        return Waited::Ready(IN);
    }
    match tls.master() {
        Some(master) => crate::logic::wait::until(master, condition, until),
        // A transfer fails.
        None => Waited::Ready(condition),
    }
}
