//! A lock-free list that many threads push to and one at a time empties.
//!
//! The elements carry the link themselves, so that pushing allocates nothing.

use core::ptr;
use std::sync::Arc;

use super::atomic::{AtomicPtr, Ordering};

/// The link of an element; an element is in at most one inbox at a time.
#[derive(Debug)]
pub struct Link<T>(AtomicPtr<T>);

impl<T> Default for Link<T> {
    fn default() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }
}

/// An element of an [`Inbox`].
pub trait Linked: Sized {
    /// The element's link.
    fn link(&self) -> &Link<Self>;
}

/// The inbox.
#[derive(Debug)]
pub struct Inbox<T: Linked> {
    /// The element pushed last; each links to the one before it.
    newest: AtomicPtr<T>,
}

impl<T: Linked> Default for Inbox<T> {
    fn default() -> Self {
        Self {
            newest: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

impl<T: Linked> Inbox<T> {
    /// Adds an element. It must not be in any inbox.
    pub fn push(&self, element: Arc<T>) {
        let element = Arc::into_raw(element).cast_mut();
        let mut newest = self.newest.load(Ordering::Relaxed);
        loop {
            // SAFETY: the element is ours until the exchange below publishes it.
            unsafe { (*element).link().0.store(newest, Ordering::Relaxed) };
            // Release: whoever takes the element sees all that was written to it.
            match self.newest.compare_exchange_weak(
                newest,
                element,
                Ordering::SeqCst,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => newest = now,
            }
        }
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.newest.load(Ordering::SeqCst).is_null()
    }

    /// Takes everything, handing the elements to `each`, the one pushed last first.
    pub fn take_newest_first(&self, mut each: impl FnMut(Arc<T>)) {
        // Sequentially consistent, as is the push: a thread that announces itself and then looks
        // here either sees an element, or is seen by who pushed it.
        if self.newest.load(Ordering::SeqCst).is_null() {
            return;
        }
        let mut element = self.newest.swap(ptr::null_mut(), Ordering::Acquire);
        while !element.is_null() {
            // SAFETY: the swap made this chain ours; each count was given up by `push`.
            let taken = unsafe { Arc::from_raw(element) };
            element = taken.link().0.load(Ordering::Relaxed);
            each(taken);
        }
    }
}

impl<T: Linked> Drop for Inbox<T> {
    fn drop(&mut self) {
        self.take_newest_first(drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Letter {
        sender: usize,
        number: usize,
        link: Link<Letter>,
    }

    impl Linked for Letter {
        fn link(&self) -> &Link<Self> {
            &self.link
        }
    }

    fn take(inbox: &Inbox<Letter>) -> Vec<(usize, usize)> {
        let mut taken = Vec::new();
        inbox.take_newest_first(|letter| taken.push((letter.sender, letter.number)));
        taken.reverse();
        taken
    }

    #[test]
    fn elements_come_out_in_order() {
        let inbox = Inbox::default();
        assert!(inbox.is_empty());
        for number in 0..3 {
            inbox.push(Arc::new(Letter {
                number,
                ..Letter::default()
            }));
        }
        assert!(!inbox.is_empty());
        assert_eq!(take(&inbox), [(0, 0), (0, 1), (0, 2)]);
        assert!(inbox.is_empty());
        assert!(take(&inbox).is_empty());
    }

    #[test]
    fn what_is_left_is_dropped() {
        let letter = Arc::new(Letter::default());
        let inbox = Inbox::default();
        inbox.push(Arc::clone(&letter));
        assert_eq!(Arc::strong_count(&letter), 2);
        drop(inbox);
        assert_eq!(Arc::strong_count(&letter), 1);
    }

    #[test]
    fn many_senders_lose_nothing_and_keep_their_order() {
        const SENDERS: usize = 4;
        const LETTERS: usize = 5_000;
        let inbox = Arc::new(Inbox::default());
        let threads: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let inbox = Arc::clone(&inbox);
                std::thread::spawn(move || {
                    for number in 0..LETTERS {
                        inbox.push(Arc::new(Letter {
                            sender,
                            number,
                            ..Letter::default()
                        }));
                    }
                })
            })
            .collect();
        let mut next = [0; SENDERS];
        while next.iter().sum::<usize>() < SENDERS * LETTERS {
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
