//! Threads that wait for what others change without a lock.

use super::super::facade::{Condvar, model, model_of_three, model_without};
use super::*;
use loom::thread;

/// An eventfd.
#[derive(Default)]
struct Event {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    fn wait(&self) {
        let mut is_set = self.is_set.lock();
        while !*is_set {
            is_set = self.changed.wait(is_set);
        }
    }
}

impl Wakeup for Arc<Event> {
    fn wake(&self) {
        *self.is_set.lock() = true;
        self.changed.notify_all();
    }

    fn forget(&self) {
        *self.is_set.lock() = false;
    }
}

/// What is changed, as a plain number that orders nothing by itself, and who waits for that.
#[derive(Default)]
struct Channel {
    changes: AtomicUsize,
    waiters: Arc<Waiters<Arc<Event>>>,
}

impl Channel {
    fn change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.waiters.wake();
    }

    /// Waits until there were so many changes.
    fn wait_for(&self, changes: usize) {
        let waiter = self.waiters.add(Arc::default());
        loop {
            waiter.begin();
            if self.changes.load(Ordering::Relaxed) >= changes {
                break;
            }
            waiter.wakeup().wait();
        }
        waiter.end();
    }

    fn ends(&self) {
        assert_eq!(self.waiters.counts(), (0, 0), "who waits is counted wrong");
    }
}

/// One changes something, and one waits for that.
fn one_changes() {
    let channel = Arc::new(Channel::default());
    let other = Arc::clone(&channel);
    let changes = thread::spawn(move || other.change());
    channel.wait_for(1);
    changes.join().unwrap();
    channel.ends();
}

/// Two change something, and one waits for both.
fn two_change() {
    let channel = Arc::new(Channel::default());
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let channel = Arc::clone(&channel);
            thread::spawn(move || channel.change())
        })
        .collect();
    channel.wait_for(2);
    for thread in threads {
        thread.join().unwrap();
    }
    channel.ends();
}

/// Two wait for the same change: the first that is woken doesn't take it from the second.
fn two_wait() {
    let channel = Arc::new(Channel::default());
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let channel = Arc::clone(&channel);
            thread::spawn(move || channel.wait_for(1))
        })
        .collect();
    channel.change();
    for thread in threads {
        thread.join().unwrap();
    }
    channel.ends();
}

/// A waiter is taken off the list while it is woken.
fn one_leaves() {
    let channel = Arc::new(Channel::default());
    let waiter = channel.waiters.add(Arc::default());
    waiter.begin();
    let removal = waiter.removal();
    let other = Arc::clone(&channel);
    let changes = thread::spawn(move || other.change());
    let leaves = thread::spawn(move || drop(removal));
    drop(waiter);
    changes.join().unwrap();
    leaves.join().unwrap();
    channel.ends();
}

#[test]
fn a_change_wakes_who_waits() {
    model(one_changes);
}

#[test]
fn each_change_wakes_who_waits() {
    model_of_three(two_change);
}

#[test]
fn a_change_wakes_all_who_wait() {
    model_of_three(two_wait);
}

#[test]
fn who_leaves_while_it_is_woken_is_counted_once() {
    model_of_three(one_leaves);
}

#[test]
fn a_waker_that_only_looks_at_the_number_leaves_a_waiter_asleep() {
    model_without(Repair::WakerChangesTheNumber, "deadlock", one_changes);
}

#[test]
fn a_waiter_that_forgets_late_stays_asleep() {
    model_without(Repair::ForgetsFirst, "deadlock", two_change);
}
