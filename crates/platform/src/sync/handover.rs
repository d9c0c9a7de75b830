//! Values from many threads for the one that polls, or for those that wait for one of them.

use std::collections::VecDeque;

use super::facade::atomic::{AtomicBool, AtomicUsize, Ordering};
use super::facade::{Condvar, Mutex, MutexGuard, Repair, has};
use super::inbox::Inbox;

/// The values that were handed over and not taken yet, in order.
pub struct Handover<T> {
    inbox: Inbox<T>,
    /// What was taken from the inbox.
    ready: Mutex<VecDeque<T>>,
    /// The poller is about to sleep, or asleep: it wants to be woken.
    polling: AtomicBool,
    /// Threads in [`Handover::wait_for`].
    waiters: AtomicUsize,
    progress: Condvar,
}

impl<T> Default for Handover<T> {
    fn default() -> Self {
        Self {
            inbox: Inbox::default(),
            ready: Mutex::default(),
            polling: AtomicBool::new(false),
            waiters: AtomicUsize::new(0),
            progress: Condvar::default(),
        }
    }
}

/// What a thread that waits does next.
pub enum Step<R, F> {
    /// Nothing: its wait is over.
    Over(R),
    /// Sleeps until somebody calls [`Handover::wake_waiters`].
    Sleep,
    /// Does this, with nothing locked, and looks again.
    Do(F),
}

impl<T> Handover<T> {
    /// Hands a value over, with all that was written before (R-TASK-24). True if the poller has to be woken; waiters
    /// are woken by [`Handover::wake_waiters`].
    pub fn push(&self, value: T) -> bool {
        self.inbox.push(value);
        // Each changes the same flag, so one comes after the other and has what was written before it: the
        // poller the value, or the pusher the flag.
        self.polling.swap(false, Ordering::AcqRel)
    }

    /// The poller is about to sleep. True if it must not: there is something.
    pub fn begin_poll(&self) -> bool {
        if has(Repair::AnnouncementAcquires) {
            self.polling.swap(true, Ordering::AcqRel);
        } else {
            self.polling.store(true, Ordering::Release);
        }
        let has_values = !self.is_empty();
        if has_values {
            self.polling.swap(false, Ordering::AcqRel);
        }
        has_values
    }

    /// The poller is awake. True if there is something.
    pub fn end_poll(&self) -> bool {
        // Not just written: a pusher that has found the flag down already must still be seen.
        if has(Repair::AnnouncementAcquires) {
            self.polling.swap(false, Ordering::AcqRel);
        } else {
            self.polling.store(false, Ordering::Release);
        }
        !self.is_empty()
    }

    /// Lets waiters look again: what they look at was written before.
    pub fn wake_waiters(&self) {
        // A waiter changes the same number before it looks, and so has what was written before this; or else
        // it is seen here.
        let waiters = if has(Repair::AnnouncementAcquires) {
            self.waiters.fetch_add(0, Ordering::AcqRel)
        } else {
            self.waiters.load(Ordering::Acquire)
        };
        if waiters > 0 {
            if has(Repair::WakerTakesTheLock) {
                // So that it can't slip between a waiter's look and its sleep.
                drop(self.ready.lock());
            }
            self.progress.notify_all();
        }
    }

    /// Blocks until `look` says that the wait is over. It looks with the values locked, and may take some.
    pub fn wait_for<R, F: FnOnce()>(
        &self,
        mut look: impl FnMut(&mut VecDeque<T>) -> Step<R, F>,
    ) -> R {
        self.waiters.fetch_add(1, Ordering::AcqRel);
        let mut ready = self.lock();
        let result = loop {
            match look(&mut ready) {
                Step::Over(result) => break result,
                Step::Sleep => {
                    ready = self.progress.wait(ready);
                    self.collect(&mut ready);
                }
                Step::Do(action) => {
                    drop(ready);
                    action();
                    ready = self.lock();
                }
            }
        };
        drop(ready);
        self.waiters.fetch_sub(1, Ordering::AcqRel);
        result
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.inbox.is_empty() && self.ready.lock().is_empty()
    }

    /// All that is there, locked.
    pub fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        let mut ready = self.ready.lock();
        self.collect(&mut ready);
        ready
    }

    /// Moves what came in behind what waits already.
    fn collect(&self, ready: &mut VecDeque<T>) {
        self.inbox.take(|value| ready.push_back(value));
    }
}

#[cfg(all(test, loom))]
mod models;
