//! A place where one stands to be woken, once, by whichever thread comes first.

use core::ptr;

use super::facade::atomic::{AtomicPtr, Ordering};
use super::facade::{Repair, has};

/// Stands in the place from now on. False if another does.
pub fn publish<T>(slot: &AtomicPtr<T>, waiter: *mut T) -> bool {
    slot.compare_exchange(ptr::null_mut(), waiter, Ordering::AcqRel, Ordering::Acquire)
        .is_ok()
}

/// Takes who stands there, to wake it; NULL if nobody does.
pub fn take<T>(slot: &AtomicPtr<T>) -> *mut T {
    if !has(Repair::TakingIsOneStep) {
        let found = slot.load(Ordering::Acquire);
        slot.store(ptr::null_mut(), Ordering::Release);
        return found;
    }
    slot.swap(ptr::null_mut(), Ordering::AcqRel)
}

/// Leaves the place. True if nobody had taken it.
pub fn withdraw<T>(slot: &AtomicPtr<T>, is_it: impl Fn(*mut T) -> bool) -> bool {
    slot.fetch_update(Ordering::AcqRel, Ordering::Acquire, |found| {
        is_it(found).then_some(ptr::null_mut())
    })
    .is_ok()
}

/// Takes who stands there by `mark`, which says what to write for whom: it stays to be seen. None if nobody
/// stands there who was not taken.
pub fn take_marked<T>(
    slot: &AtomicPtr<T>,
    mark: impl Fn(*mut T) -> Option<*mut T>,
) -> Option<*mut T> {
    slot.fetch_update(Ordering::AcqRel, Ordering::Acquire, mark)
        .ok()
}

#[cfg(all(test, loom))]
mod models {
    use super::super::facade::{Condvar, Mutex, model, model_of_three, model_without};
    use super::*;
    use loom::thread;
    use std::sync::Arc;

    /// A coroutine, which its home thread runs again once it is scheduled there.
    #[derive(Default)]
    struct Channel {
        slot: AtomicPtr<u8>,
        scheduled: Mutex<usize>,
        wakeup: Condvar,
    }

    impl Channel {
        /// What `qio_channel_yield` does: it stands there before others may know that it waits.
        fn wait(&self) {
            let this = ptr::without_provenance_mut(8);
            assert!(publish(&self.slot, this));
            let mut scheduled = self.scheduled.lock();
            while *scheduled == 0 {
                scheduled = self.wakeup.wait(scheduled);
            }
            *scheduled -= 1;
            drop(scheduled);
            assert!(!withdraw(&self.slot, |found| found == this));
        }

        fn wake(&self) -> bool {
            let found = !take(&self.slot).is_null();
            if found {
                *self.scheduled.lock() += 1;
                self.wakeup.notify_all();
            }
            found
        }

        fn wake_for_sure(&self) {
            while !self.wake() {
                thread::yield_now();
            }
        }
    }

    #[test]
    fn a_wake_up_meets_a_coroutine_that_is_about_to_yield() {
        model(|| {
            let channel = Arc::new(Channel::default());
            let other = Arc::clone(&channel);
            let waker = thread::spawn(move || other.wake_for_sure());
            channel.wait();
            waker.join().unwrap();
            assert_eq!(*channel.scheduled.lock(), 0);
        });
    }

    /// The descriptor's handler and `qio_channel_wake_read` come at the same time.
    fn two_wake() {
        let channel = Arc::new(Channel::default());
        let this = ptr::without_provenance_mut(8);
        assert!(publish(&channel.slot, this));
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let channel = Arc::clone(&channel);
                thread::spawn(move || channel.wake())
            })
            .collect();
        let woken = wakers
            .into_iter()
            .map(|waker| usize::from(waker.join().unwrap()));
        assert_eq!(woken.sum::<usize>(), 1, "woken by two");
    }

    #[test]
    fn one_of_two_wakes() {
        model_of_three(two_wake);
    }

    #[test]
    fn taking_in_two_steps_wakes_twice() {
        model_without(Repair::TakingIsOneStep, "woken by two", two_wake);
    }
}
