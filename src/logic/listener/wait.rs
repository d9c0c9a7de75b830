//! Waiting for one client, without any main context (R-LSN-41).

use core::ffi::c_int;
use std::sync::{Arc, Weak};

use super::accept::{AcceptError, AcceptLock, Backoff, Limited};
use super::state::state_of;
use super::traces;
use crate::logic::limits::limiter::{Rest, Resume};
use crate::object::Ref;
use crate::object::listener::Listener;
use abi::layout::QIOChannelSocket;
use platform::glib::monotonic_time;
use platform::os::errno::Errno;
use platform::os::event::EventFd;
use platform::os::poll::{self, Entry};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// How long to wait, in milliseconds, before looking for a cancel that can't notify.
const WITHOUT_EVENT: c_int = 50;

/// No time at all: a limit wants a client to go first.
const UNTIL_ONE_GOES: i64 = i64::MAX;

/// A thread in [`Waiter::wait`], as others see it.
#[derive(Default, Debug)]
pub struct Waiter {
    is_cancelled: AtomicBool,
    /// A client has gone.
    is_resumed: AtomicBool,
    /// Made when the wait is going to block, and if there is a descriptor for it.
    event: Mutex<Option<EventFd>>,
}

/// A socket that a client may come from.
pub struct Candidate {
    channel: Ref<QIOChannelSocket>,
    accept_lock: Arc<AcceptLock>,
    backoff: Backoff,
    /// Not to be tried before; in the time of [`monotonic_time`]. [`UNTIL_ONE_GOES`] is until a client goes.
    rests_until: i64,
    /// The descriptor isn't open, whatever the channel says.
    is_closed: bool,
}

impl Candidate {
    /// A socket of a listener.
    pub fn new(channel: Ref<QIOChannelSocket>, accept_lock: Arc<AcceptLock>) -> Self {
        Self {
            channel,
            accept_lock,
            backoff: Backoff::default(),
            rests_until: i64::MIN,
            is_closed: false,
        }
    }

    fn rests(&self, now: i64) -> bool {
        self.rests_until > now
    }

    /// Leaves the socket alone for a while: trying again at once wouldn't help (L1).
    ///
    /// Returns the pause in milliseconds.
    fn rest(&mut self) -> u32 {
        let pause = self.backoff.longer();
        self.rests_until = monotonic_time() + i64::from(pause) * 1_000;
        pause
    }
}

impl Resume for Waiter {
    fn resume(&self) {
        self.is_resumed.store(true, Ordering::SeqCst);
        if let Some(event) = &*self.event.lock() {
            event.notify();
        }
    }
}

impl Waiter {
    /// Makes the wait end, now or when it begins.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        if let Some(event) = &*self.event.lock() {
            event.notify();
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    /// Waits for a client on any of the sockets, of `listener`, and takes exactly one (R-LSN-43).
    ///
    /// None when the wait was cancelled, or when no socket is open any more. As long as one is, an
    /// error only makes it wait longer: callers don't expect anything but a client (R-LSN-40).
    pub fn wait(
        self: &Arc<Self>,
        listener: &Listener,
        mut candidates: Vec<Candidate>,
    ) -> Option<Ref<QIOChannelSocket>> {
        let mut entries = Vec::new();
        // The first look needs no descriptor to cancel by.
        let mut limit = 0;
        loop {
            candidates.retain(|candidate| !candidate.is_closed && candidate.channel.fd() >= 0);
            if candidates.is_empty() || self.is_cancelled() {
                return None;
            }
            self.look_again(listener, &mut candidates);
            self.list(&candidates, &mut entries);
            if poll::wait(&mut entries, limit).is_err() {
                // For lack of memory: nothing was looked at.
                poll::rest(WITHOUT_EVENT);
                continue;
            }
            self.take_event(entries.get(candidates.len()));
            for (candidate, entry) in candidates.iter_mut().zip(&entries) {
                if !entry.is_ready() {
                    continue;
                }
                if let Some(client) = self.try_one(listener, candidate, entry) {
                    return Some(client);
                }
            }
            limit = self.next_limit(&candidates);
        }
    }

    /// Has the event notified anew, if it was. What it was notified of is looked at next.
    fn take_event(&self, entry: Option<&Entry>) {
        if entry.is_some_and(Entry::is_ready)
            && let Some(event) = &*self.event.lock()
        {
            event.reset();
        }
    }

    /// A client may have gone: the sockets that waited for that are tried again.
    fn look_again(&self, listener: &Listener, candidates: &mut [Candidate]) {
        if !self.is_resumed.swap(false, Ordering::SeqCst) {
            return;
        }
        state_of(listener).record.set_resumed();
        for candidate in candidates {
            if candidate.rests_until == UNTIL_ONE_GOES {
                candidate.rests_until = i64::MIN;
            }
        }
    }

    /// What to poll: the candidates in their order, and what cancels.
    fn list(&self, candidates: &[Candidate], entries: &mut Vec<Entry>) {
        let now = monotonic_time();
        entries.clear();
        entries.extend(candidates.iter().map(|candidate| {
            let is_resting = candidate.rests(now);
            Entry::to_read(if is_resting {
                -1
            } else {
                candidate.channel.fd()
            })
        }));
        if let Some(event) = &*self.event.lock() {
            entries.push(Entry::to_read(event.fd()));
        }
    }

    fn try_one(
        self: &Arc<Self>,
        listener: &Listener,
        candidate: &mut Candidate,
        entry: &Entry,
    ) -> Option<Ref<QIOChannelSocket>> {
        let accepted = if entry.is_readable() {
            let limited = Limited {
                listener,
                limiter: &state_of(listener).limiter,
            };
            let may_accept = || !self.is_cancelled();
            candidate
                .accept_lock
                .accept(&candidate.channel, true, &limited, may_accept)
        } else if entry.is_not_open() {
            candidate.is_closed = true;
            return None;
        } else {
            Err(AcceptError::OutOfResources(Errno::NONE))
        };
        let errno = match accepted {
            Ok(client) => return Some(client),
            Err(AcceptError::Limited(rest)) => {
                self.rest(listener, candidate, rest);
                return None;
            }
            Err(AcceptError::WouldBlock | AcceptError::Cancelled | AcceptError::Refused) => {
                candidate.backoff.reset();
                return None;
            }
            Err(AcceptError::Aborted(_)) if !candidate.backoff.add_aborted() => return None,
            Err(
                AcceptError::Aborted(errno)
                | AcceptError::OutOfResources(errno)
                | AcceptError::Fatal(errno),
            ) => errno,
        };
        let fd = candidate.channel.fd();
        trace::qio_net_listener_accept_fail(listener.as_ptr().into(), fd, errno.code());
        let pause = candidate.rest();
        state_of(listener)
            .record
            .add_failed(errno.code(), Some(pause));
        None
    }

    /// Leaves a socket alone as long as a limit wants it.
    #[cold]
    fn rest(self: &Arc<Self>, listener: &Listener, candidate: &mut Candidate, rest: Rest) {
        traces::limit(listener, candidate.channel.fd(), rest);
        match rest {
            Rest::Milliseconds(milliseconds) => {
                candidate.rests_until = monotonic_time() + i64::from(milliseconds) * 1_000;
            }
            Rest::UntilOneGoes => {
                let resuming: Weak<Self> = Arc::downgrade(self);
                // A client may have gone meanwhile.
                if state_of(listener).limiter.wait_for_place(resuming) {
                    candidate.rests_until = UNTIL_ONE_GOES;
                }
            }
        }
    }

    /// How long the next poll may take, in milliseconds; -1 for as long as it needs.
    fn next_limit(&self, candidates: &[Candidate]) -> c_int {
        let now = monotonic_time();
        let resting = candidates
            .iter()
            .filter(|c| c.rests(now) && c.rests_until != UNTIL_ONE_GOES);
        let rest = resting.map(|c| c.rests_until - now).min();
        let rest = rest.map_or(-1, |rest| {
            c_int::try_from(rest / 1_000 + 1).unwrap_or(c_int::MAX)
        });
        let mut event = self.event.lock();
        if event.is_none() {
            *event = EventFd::create().ok();
        }
        let can_be_notified = event.is_some();
        drop(event);
        match rest {
            _ if can_be_notified => rest,
            -1 => WITHOUT_EVENT,
            rest => rest.min(WITHOUT_EVENT),
        }
    }
}
