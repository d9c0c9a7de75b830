//! Who waits for something that others change without a lock, and how it is told.
//!
//! A waiter says that it waits, looks, and only then sleeps; whoever changes something changes it first, and then
//! wakes all that said so. The number of those who wait spares everybody else the list.

use std::sync::{Arc, Weak};

use super::facade::atomic::{AtomicBool, AtomicUsize, Ordering};
use super::facade::{Mutex, Repair, has};

/// How one waiter is woken.
pub trait Wakeup {
    /// Wakes it.
    fn wake(&self);

    /// Takes back a wake-up that it has not looked at.
    fn forget(&self);
}

/// All who wait for the same.
pub struct Waiters<W> {
    list: Mutex<Vec<Arc<Entry<W>>>>,
    /// How many of them wait at this moment.
    waiting: AtomicUsize,
}

struct Entry<W> {
    is_waiting: AtomicBool,
    wakeup: W,
}

/// One of the waiters, until it is dropped.
pub struct Waiter<W> {
    all: Arc<Waiters<W>>,
    entry: Arc<Entry<W>>,
}

/// Takes a waiter off the list when it is dropped, which may be long before the waiter is.
pub struct Removal<W> {
    all: Weak<Waiters<W>>,
    entry: Weak<Entry<W>>,
}

impl<W> Default for Waiters<W> {
    fn default() -> Self {
        Self {
            list: Mutex::default(),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl<W: Wakeup> Waiters<W> {
    /// One more.
    pub fn add(self: &Arc<Self>, wakeup: W) -> Waiter<W> {
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
        let waiting = if has(Repair::WakerChangesTheNumber) {
            self.waiting.fetch_add(0, Ordering::AcqRel)
        } else {
            self.waiting.load(Ordering::Acquire)
        };
        if waiting > 0 {
            self.wake_all();
        }
    }

    #[cold]
    fn wake_all(&self) {
        // What is woken lives as long as it isn't removed from here, and that takes the lock.
        let list = self.list.lock();
        for entry in list.iter() {
            if self.ends_to_wait(entry) {
                entry.wakeup.wake();
            }
        }
        drop(list);
    }
}

impl<W> Waiters<W> {
    /// Whether this one waited; it doesn't any more.
    fn ends_to_wait(&self, entry: &Entry<W>) -> bool {
        let waited = entry.is_waiting.swap(false, Ordering::AcqRel);
        if waited {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        waited
    }

    fn remove(&self, entry: &Arc<Entry<W>>) {
        let mut list = self.list.lock();
        let at = list.iter().position(|other| Arc::ptr_eq(other, entry));
        let removed = at.map(|at| list.swap_remove(at));
        self.ends_to_wait(entry);
        drop(list);
        drop(removed);
    }

    /// How many are in the list, and how many of them wait.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.list.lock().len(), self.waiting.load(Ordering::Relaxed))
    }
}

impl<W: Wakeup> Waiter<W> {
    /// It is about to look whether it has to wait.
    pub fn begin(&self) {
        // First of all: what wakes from the swap on must stay. A late wake-up of an earlier time may have come since,
        // so this is done also for one that waits already.
        if has(Repair::ForgetsFirst) {
            self.entry.wakeup.forget();
        }
        // Counted before it may be woken, which counts down. A waker that has found it not to wait yet
        // has swapped before: what that one changed is seen.
        self.all.waiting.fetch_add(1, Ordering::AcqRel);
        if self.entry.is_waiting.swap(true, Ordering::AcqRel) {
            self.all.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        if !has(Repair::ForgetsFirst) {
            self.entry.wakeup.forget();
        }
    }
}

impl<W> Waiter<W> {
    /// How it is woken.
    pub fn wakeup(&self) -> &W {
        &self.entry.wakeup
    }

    /// It looks for itself.
    pub fn end(&self) {
        self.all.ends_to_wait(&self.entry);
    }

    /// What takes it off the list.
    pub(crate) fn removal(&self) -> Removal<W> {
        Removal {
            all: Arc::downgrade(&self.all),
            entry: Arc::downgrade(&self.entry),
        }
    }
}

impl<W> Drop for Waiter<W> {
    fn drop(&mut self) {
        self.all.remove(&self.entry);
    }
}

impl<W> Drop for Removal<W> {
    fn drop(&mut self) {
        if let (Some(all), Some(entry)) = (self.all.upgrade(), self.entry.upgrade()) {
            all.remove(&entry);
        }
    }
}

#[cfg(all(test, loom))]
mod models;
