//! Watches of TLS channels: ready when the master is, and while bytes wait in the session.

use std::sync::Arc;

use super::State;
use crate::logic::watch;
use crate::object::Ref;
use crate::object::channel::Polled;
use crate::object::registered::Watched;
use crate::object::tls::Tls;
use crate::object::watch::{WatchFunc, WatchSource, Watcher};
use abi::layout;
use platform::glib::condition::{IN, OUT};
use platform::glib::polling::Polling;
use platform::glib::waiters::Waiter;
use platform::glib::{Callback, Hooks, PollFd, Resting};
use platform::os::poll::{Until, Waited};
use platform::sync::atomic::{AtomicU32, Ordering};

/// A source of a TLS channel.
struct Watch {
    _watched: Watched,
    condition: u32,
    /// The master's descriptor, if that is all there is to poll.
    polling: Option<Polling<1>>,
    /// Otherwise what a watch on the master has reported.
    raised: Arc<AtomicU32>,
    /// For bytes that another thread leaves in the session, if input is asked for.
    waiter: Option<Waiter>,
    /// Until the source is finalised.
    channel: Ref<layout::QIOChannelTLS>,
}

/// A source that is ready when a transfer would not wait: as the master's watch has it (R-WATCH-11). None if
/// the master makes none (R-TLS-51).
pub(super) fn create(tls: &Tls, condition: u32) -> Option<WatchSource> {
    let master = tls.master()?;
    let raised = Arc::<AtomicU32>::default();
    let polling = match master.polled() {
        // For writing there may be more to it.
        Some(Polled::One(fd)) if condition & OUT == 0 => {
            Some(Polling::new([(fd, condition)], condition))
        }
        _ => None,
    };
    let child = match &polling {
        Some(_) => None,
        None => Some(watch::create_part(master, condition)?),
    };
    let waiter = tls
        .state::<Arc<State>>()
        .filter(|_| condition & IN != 0)
        .map(|state| state.waiters.join());
    let (waiter, wakeup) = waiter.unzip();
    let source = WatchSource::new(Watch {
        _watched: Watched::new(tls.upcast(), condition),
        condition,
        polling,
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
    /// IN, if bytes wait in the session and input was asked for (R-TLS-53).
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
        match (&self.polling, self.channel.master()) {
            (Some(polling), Some(master)) => {
                let [revents] = polling.revents();
                watch::ready(self.condition, revents, watch::unasked(master))
            }
            _ => 0,
        }
    }
}

impl Hooks for Watch {
    type Func = WatchFunc;

    fn poll_fds(&self) -> &[PollFd] {
        self.polling.as_ref().map_or(&[], Polling::poll_fds)
    }

    fn resting(&self) -> Resting {
        self.polling
            .as_ref()
            .map_or(Resting::NONE, Polling::resting)
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
        let is_ready = (self.pending() | self.polled()) != 0;
        if !is_ready && let (Some(polling), Some(master)) = (&self.polling, self.channel.master()) {
            watch::found_nothing(master, polling);
        }
        is_ready
    }

    // The channel that is told is this one, not the master (R-TLS-54).
    fn dispatch(&self, callback: Callback<'_, WatchFunc>) -> bool {
        self.end_wait();
        let raised = self.raised.swap(0, Ordering::AcqRel) & self.condition;
        let ready = self.pending() | self.polled() | raised;
        watch::dispatch(callback, self.channel.upcast(), ready)
    }
}

/// Waits until a watch for `condition` would fire, with the system calls that waiting for the master
/// takes.
pub(super) fn wait(tls: &Tls, condition: u32, until: Until) -> Waited {
    if condition & IN != 0 && tls.has_pending() {
        return Waited::Ready(IN);
    }
    match tls.master() {
        Some(master) => crate::logic::wait::until(master, condition, until),
        // A transfer fails.
        None => Waited::Ready(condition),
    }
}
