//! A lock-free list that many threads push to and one at a time empties.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr;

use super::facade::atomic::{AtomicPtr, Ordering};

/// The inbox.
#[derive(Debug)]
pub struct Inbox<T> {
    /// The node pushed last; each links to the one pushed before it.
    newest: AtomicPtr<Node<T>>,
    /// It owns the values, and may go where they may.
    values: PhantomData<Box<UnsafeCell<T>>>,
}

#[derive(Debug)]
struct Node<T> {
    value: T,
    previous: *mut Node<T>,
}

// SAFETY: values only go in and come out again, each once: `&Inbox` never lends one.
unsafe impl<T: Send> Sync for Inbox<T> {}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self {
            newest: AtomicPtr::new(ptr::null_mut()),
            values: PhantomData,
        }
    }
}

impl<T> Inbox<T> {
    /// Adds a value.
    pub fn push(&self, value: T) {
        let mut newest = self.newest.load(Ordering::Relaxed);
        let node = Node {
            value,
            previous: newest,
        };
        let node = Box::into_raw(Box::new(node));
        // Release: the thread that takes the value sees all that was written to it.
        while let Err(now) =
            self.newest
                .compare_exchange_weak(newest, node, Ordering::SeqCst, Ordering::Relaxed)
        {
            newest = now;
            // SAFETY: the node is ours until the exchange publishes it.
            unsafe { (*node).previous = newest };
        }
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.newest.load(Ordering::SeqCst).is_null()
    }

    /// Takes everything, handing the values to `each` in the order in which they were pushed.
    pub fn take(&self, mut each: impl FnMut(T)) {
        // Sequentially consistent, as is the push: a thread that announces itself and then looks
        // here either sees a value, or is seen by the thread that pushed it.
        if self.is_empty() {
            return;
        }
        let mut rest = self.newest.swap(ptr::null_mut(), Ordering::Acquire);
        let mut oldest = ptr::null_mut();
        while !rest.is_null() {
            // SAFETY: the swap made the nodes ours.
            let previous = unsafe { ptr::replace(&raw mut (*rest).previous, oldest) };
            oldest = rest;
            rest = previous;
        }
        while !oldest.is_null() {
            // SAFETY: ours, as above; made of a box by `push`, and taken here once.
            let node = unsafe { Box::from_raw(oldest) };
            oldest = node.previous;
            each(node.value);
        }
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        self.take(drop);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn take<T>(inbox: &Inbox<T>) -> Vec<T> {
        let mut taken = Vec::new();
        inbox.take(|value| taken.push(value));
        taken
    }

    #[test]
    fn values_come_out_in_order() {
        let inbox = Inbox::default();
        assert!(inbox.is_empty());
        for number in 0..3 {
            inbox.push(number);
        }
        assert!(!inbox.is_empty());
        assert_eq!(take(&inbox), [0, 1, 2]);
        assert!(inbox.is_empty());
        assert!(take(&inbox).is_empty());
    }

    #[test]
    fn a_value_that_is_pushed_twice_comes_out_twice() {
        let inbox = Inbox::default();
        let shared = Arc::new(());
        inbox.push(Arc::clone(&shared));
        inbox.push(Arc::clone(&shared));
        assert_eq!(Arc::strong_count(&shared), 3);
        assert_eq!(take(&inbox).len(), 2);
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    #[test]
    fn what_is_left_is_dropped() {
        let shared = Arc::new(());
        let inbox = Inbox::default();
        inbox.push(Arc::clone(&shared));
        assert_eq!(Arc::strong_count(&shared), 2);
        drop(inbox);
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    #[test]
    fn many_senders_lose_nothing_and_keep_their_order() {
        const SENDERS: usize = 4;
        const NUMBERS: usize = if cfg!(miri) { 20 } else { 5_000 };
        let inbox = Arc::new(Inbox::default());
        let threads: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let inbox = Arc::clone(&inbox);
                std::thread::spawn(move || {
                    for number in 0..NUMBERS {
                        inbox.push((sender, number));
                    }
                })
            })
            .collect();
        let mut next = [0; SENDERS];
        while next.iter().sum::<usize>() < SENDERS * NUMBERS {
            for (sender, number) in take(&inbox) {
                assert_eq!(number, next[sender]);
                next[sender] += 1;
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
