//! Threads that take turns at what one of them can do at a time, each until its own goal is reached.

use super::facade::{Condvar, Mutex, Repair, has};

/// Whose turn it is.
#[derive(Default)]
pub struct Turns {
    is_taken: Mutex<bool>,
    /// A turn has ended.
    ended: Condvar,
}

/// What a thread does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Its turn, until [`Turns::end`].
    Turn,
    /// Another's turn has ended: it asks again.
    Again,
    /// Nothing: what it waits for has come.
    Over,
}

impl Turns {
    /// Takes a turn if nobody has one. True if it was taken.
    pub(crate) fn try_begin(&self) -> bool {
        let mut is_taken = self.is_taken.lock();
        let is_free = !*is_taken;
        *is_taken = true;
        is_free
    }

    /// Takes a turn, or waits for the end of another's.
    pub fn begin(&self, is_over: impl Fn() -> bool) -> Next {
        let mut is_taken = self.is_taken.lock();
        // A turn that has ended may have been for this thread, and nobody tells it again: the next one has
        // begun perhaps, and may last.
        if has(Repair::LookUnderTheLock) && is_over() {
            return Next::Over;
        }
        if *is_taken {
            drop(self.ended.wait(is_taken));
            return Next::Again;
        }
        *is_taken = true;
        Next::Turn
    }

    /// Ends the caller's turn.
    pub fn end(&self) {
        *self.is_taken.lock() = false;
        self.ended.notify_all();
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::super::facade::atomic::{AtomicBool, Ordering};
    use super::super::facade::{model, model_without};
    use super::*;
    use loom::thread;
    use std::sync::Arc;

    /// Two threads wait for an event each, in one queue of events; a turn blocks until there is one, and
    /// serves whom it is for.
    #[derive(Default)]
    struct Queue {
        turns: Turns,
        arrived: Mutex<Vec<usize>>,
        arrival: Condvar,
        done: [AtomicBool; 2],
    }

    impl Queue {
        fn arrive(&self, which: usize) {
            self.arrived.lock().push(which);
            self.arrival.notify_all();
        }

        /// An iteration. It ends when anything has happened.
        fn iterate(&self) {
            let mut arrived = self.arrived.lock();
            while arrived.is_empty() {
                arrived = self.arrival.wait(arrived);
            }
            for which in arrived.drain(..) {
                self.done[which].store(true, Ordering::Release);
            }
        }

        fn wait(&self, which: usize) {
            let is_done = || self.done[which].load(Ordering::Acquire);
            while !is_done() {
                match self.turns.begin(is_done) {
                    Next::Turn => {
                        self.iterate();
                        self.turns.end();
                    }
                    Next::Again => {}
                    Next::Over => break,
                }
            }
        }
    }

    /// The second event comes only after the first has been noticed.
    fn scenario() {
        let queue = Arc::new(Queue::default());
        let other = Arc::clone(&queue);
        let first = thread::spawn(move || {
            other.wait(0);
            other.arrive(1);
        });
        queue.arrive(0);
        queue.wait(1);
        first.join().unwrap();
    }

    #[test]
    fn each_thread_is_served() {
        model(scenario);
    }

    #[test]
    fn a_thread_that_does_not_look_again_waits_for_ever() {
        model_without(Repair::LookUnderTheLock, "deadlock", scenario);
    }
}
