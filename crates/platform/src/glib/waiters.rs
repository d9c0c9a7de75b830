//! What waits for a channel over another one: watches, each in the context it is attached to, and
//! threads.
//!
//! A waiter watches the master. What others take from there, or change without the master, it has to
//! be told of (R-WS-43, R-TLS-52).

use std::sync::{Arc, Weak};

use crate::glib::{Callback, Hooks, Source, SourceOf};
use crate::os::event::EventFd;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// All waiters of a channel.
#[derive(Default)]
pub struct Waiters {
    list: Mutex<Vec<Arc<Entry>>>,
    /// How many of them wait at this moment.
    waiting: AtomicUsize,
}

struct Entry {
    is_waiting: AtomicBool,
    wakeup: Wakeup,
}

/// How a waiter is woken.
enum Wakeup {
    /// A part of the watch's source, which gets ready.
    Source(Source),
    /// What the thread polls; None for want of a descriptor: then it looks from time to time.
    Thread(Option<EventFd>),
}

/// One of the waiters, until it is dropped.
pub struct Waiter {
    all: Arc<Waiters>,
    entry: Arc<Entry>,
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

/// Takes a waiter off the list when its source is destroyed, which may be long before the watch is
/// dropped: the context may be gone by then.
struct Removal {
    all: Weak<Waiters>,
    entry: Weak<Entry>,
}

impl Drop for Removal {
    fn drop(&mut self) {
        if let (Some(all), Some(entry)) = (self.all.upgrade(), self.entry.upgrade()) {
            all.remove(&entry);
        }
    }
}

impl Waiters {
    /// A watch, whose source gets that of the wake-up as a part.
    pub fn join(self: &Arc<Self>) -> (Waiter, Source) {
        let source = SourceOf::new(WakeupSource);
        let waiter = self.add(Wakeup::Source(source.clone().into()));
        source.keep(Removal {
            all: Arc::downgrade(self),
            entry: Arc::downgrade(&waiter.entry),
        });
        (waiter, source.into())
    }

    /// A thread.
    pub fn join_thread(self: &Arc<Self>) -> Waiter {
        self.add(Wakeup::Thread(EventFd::create().ok()))
    }

    fn add(self: &Arc<Self>, wakeup: Wakeup) -> Waiter {
        let entry = Arc::new(Entry {
            is_waiting: AtomicBool::new(false),
            wakeup,
        });
        self.list.lock().push(Arc::clone(&entry));
        Waiter {
            all: Arc::clone(self),
            entry,
        }
    }

    /// Wakes all that wait: something is different now.
    ///
    /// A waiter that begins after that sees the difference before: both change the same number.
    #[inline]
    pub fn wake(&self) {
        if self.waiting.fetch_add(0, Ordering::AcqRel) > 0 {
            self.wake_all();
        }
    }

    #[cold]
    fn wake_all(&self) {
        // A context lives as long as its sources aren't removed from here, and that takes the lock.
        let list = self.list.lock();
        for entry in list.iter() {
            if self.ends_to_wait(entry) {
                match &entry.wakeup {
                    Wakeup::Source(source) => source.set_ready_time(0),
                    Wakeup::Thread(Some(event)) => event.notify(),
                    Wakeup::Thread(None) => {}
                }
            }
        }
        drop(list);
    }

    /// Whether this one waited; it doesn't any more.
    fn ends_to_wait(&self, entry: &Entry) -> bool {
        let waited = entry.is_waiting.swap(false, Ordering::AcqRel);
        if waited {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        waited
    }

    fn remove(&self, entry: &Arc<Entry>) {
        let mut list = self.list.lock();
        let at = list.iter().position(|other| Arc::ptr_eq(other, entry));
        let removed = at.map(|at| list.swap_remove(at));
        self.ends_to_wait(entry);
        drop(list);
        drop(removed);
    }
}

impl Waiter {
    /// What a thread polls.
    pub fn fd(&self) -> Option<i32> {
        match &self.entry.wakeup {
            Wakeup::Thread(event) => event.as_ref().map(|event| event.fd()),
            Wakeup::Source(_) => None,
        }
    }

    /// It is about to look whether it has to wait.
    pub fn begin(&self) {
        // First of all: what notifies from the swap on must stay. A late notification of an earlier
        // wake-up may have come since, so this is done also for one that waits already.
        if let Wakeup::Thread(Some(event)) = &self.entry.wakeup {
            event.reset();
        }
        // Counted before it may be woken, which counts down. A waker that has found it not to wait yet
        // has swapped before: what that one changed is seen.
        self.all.waiting.fetch_add(1, Ordering::AcqRel);
        if self.entry.is_waiting.swap(true, Ordering::AcqRel) {
            self.all.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// It looks for itself.
    pub fn end(&self) {
        self.all.ends_to_wait(&self.entry);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.all.remove(&self.entry);
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
        assert!(waiters.list.lock().is_empty());
        assert_eq!(waiters.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_late_notification_does_not_stay() {
        let waiters = Arc::<Waiters>::default();
        let waiter = waiters.join_thread();
        let fd = waiter.fd().unwrap();
        waiter.begin();
        let Wakeup::Thread(Some(event)) = &waiter.entry.wakeup else {
            panic!("a thread has an event");
        };
        event.notify();
        waiter.begin();
        assert!(!poll::is_readable(fd));
        assert_eq!(waiters.waiting.load(Ordering::Relaxed), 1);
        waiters.wake();
        assert!(poll::is_readable(fd));
        assert_eq!(waiters.waiting.load(Ordering::Relaxed), 0);
    }
}
