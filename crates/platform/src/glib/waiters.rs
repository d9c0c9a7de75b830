//! What waits for a channel over another one: watches, each in the context it is attached to, and
//! threads.
//!
//! A waiter watches the master. What others take from there, or change without the master, it has to
//! be told of (R-WS-43, R-TLS-52).

use crate::glib::{Callback, Hooks, Source, SourceOf};
use crate::os::event::EventFd;
use crate::sync::waiters;
use std::sync::Arc;

/// All waiters of a channel.
pub type Waiters = waiters::Waiters<Wakeup>;

/// One of the waiters, until it is dropped.
pub type Waiter = waiters::Waiter<Wakeup>;

/// How a waiter is woken.
pub enum Wakeup {
    /// A part of the watch's source, which gets ready.
    Source(Source),
    /// What the thread polls; None for want of a descriptor: then it looks from time to time.
    Thread(Option<EventFd>),
}

impl waiters::Wakeup for Wakeup {
    fn wake(&self) {
        match self {
            // A context lives as long as its sources aren't removed from the list of waiters.
            Self::Source(source) => source.set_ready_time(0),
            Self::Thread(Some(event)) => event.notify(),
            Self::Thread(None) => {}
        }
    }

    fn forget(&self) {
        if let Self::Thread(Some(event)) = self {
            event.reset();
        }
    }
}

/// The source of a wake-up. It is ready at the time that it was set to.
struct WakeupSource;

impl Hooks for WakeupSource {
    type Func = ();

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        true
    }

    fn dispatch_parent(&self, source: &Source, _callback: Callback<'_, ()>) -> bool {
        source.set_ready_time(-1);
        true
    }
}

impl Waiters {
    /// A watch, whose source gets that of the wake-up as a part.
    pub fn join(self: &Arc<Self>) -> (Waiter, Source) {
        let source = SourceOf::new(WakeupSource);
        let waiter = self.add(Wakeup::Source(source.clone().into()));
        // The source may be destroyed long before the watch is dropped: the context may be gone by then.
        source.keep(waiter.removal());
        (waiter, source.into())
    }

    /// A thread.
    pub fn join_thread(self: &Arc<Self>) -> Waiter {
        self.add(Wakeup::Thread(EventFd::create().ok()))
    }
}

impl Waiter {
    /// What a thread polls.
    pub fn fd(&self) -> Option<i32> {
        match self.wakeup() {
            Wakeup::Thread(event) => event.as_ref().map(|event| event.fd()),
            Wakeup::Source(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::poll;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_thread_is_woken_while_it_waits_only() {
        let waiters = Arc::<Waiters>::default();
        let waiter = waiters.join_thread();
        let fd = waiter.fd().unwrap();
        waiters.wake();
        assert!(!poll::is_readable(fd));
        waiter.begin();
        waiters.wake();
        assert!(poll::is_readable(fd));
        waiter.begin();
        assert!(!poll::is_readable(fd));
        waiter.end();
        waiters.wake();
        assert!(!poll::is_readable(fd));
        drop(waiter);
        assert_eq!(waiters.counts(), (0, 0));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_late_notification_does_not_stay() {
        let waiters = Arc::<Waiters>::default();
        let waiter = waiters.join_thread();
        let fd = waiter.fd().unwrap();
        waiter.begin();
        let Wakeup::Thread(Some(event)) = waiter.wakeup() else {
            panic!("a thread has an event");
        };
        event.notify();
        waiter.begin();
        assert!(!poll::is_readable(fd));
        assert_eq!(waiters.counts(), (1, 1));
        waiters.wake();
        assert!(poll::is_readable(fd));
        assert_eq!(waiters.counts(), (1, 0));
    }
}
