//! A value that several threads use, and that goes while some of them may.

use super::facade::{Mutex, Repair, has};

/// The value, until it is handed out to be freed: once, and never while another thread is inside.
///
/// Nothing is locked while a value is used or freed.
#[derive(Debug)]
pub struct Gate<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    /// Nobody enters any more.
    is_retired: bool,
    /// The threads between entering and leaving; one that enters again meanwhile is there more than once.
    inside: Vec<u64>,
}

impl<T> Gate<T> {
    /// A value that threads may use from now on.
    pub fn new(value: T) -> Self {
        Self(Mutex::new(State {
            value: Some(value),
            is_retired: false,
            inside: Vec::new(),
        }))
    }

    /// Lets a thread in, unless the value was retired. Until it leaves the value stays, but for what it does
    /// itself.
    pub fn enter(&self, thread: u64) -> bool {
        let mut state = self.0.lock();
        if state.is_retired {
            return false;
        }
        state.inside.push(thread);
        true
    }

    /// A thread that has entered leaves. Returns the value if it is to be freed now.
    pub fn leave(&self, thread: u64) -> Option<T> {
        let mut state = self.0.lock();
        if let Some(place) = state.inside.iter().rposition(|&id| id == thread) {
            state.inside.swap_remove(place);
        }
        let is_last = state.is_retired && state.inside.is_empty();
        if is_last { state.value.take() } else { None }
    }

    /// Nobody enters any more. Returns the value if it is to be freed now: no other thread is inside.
    pub fn retire(&self, thread: u64) -> Option<T> {
        let mut state = self.0.lock();
        state.is_retired = true;
        let is_free = !has(Repair::DataStaysForThoseInside)
            || state.inside.iter().all(|&inside| inside == thread);
        if is_free { state.value.take() } else { None }
    }

    /// Takes the value, whoever is inside.
    pub fn take(&self) -> Option<T> {
        self.0.lock().value.take()
    }

    /// Whether the value is still there.
    pub fn is_there(&self) -> bool {
        self.0.lock().value.is_some()
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::super::facade::atomic::{AtomicBool, AtomicUsize, Ordering};
    use super::super::facade::{model_of_three, model_without};
    use super::super::permit::Permit;
    use super::*;
    use loom::thread;
    use std::sync::Arc;

    /// A listener: its registration, and the socket that is closed once no accept is under way.
    struct Listener {
        gate: Gate<()>,
        accepting: Permit,
        is_cancelled: AtomicBool,
        is_closed: AtomicBool,
        is_freed: AtomicBool,
        accepted: AtomicUsize,
    }

    impl Listener {
        fn free(&self, value: Option<()>) {
            if value.is_some() {
                assert!(!self.is_freed.swap(true, Ordering::AcqRel), "freed twice");
            }
        }

        fn serve(&self, thread: u64) {
            if !self.gate.enter(thread) {
                return;
            }
            let accept = || {
                assert!(
                    !self.is_closed.load(Ordering::Relaxed),
                    "accepts from a closed socket"
                );
                self.accepted.fetch_add(1, Ordering::Relaxed);
            };
            let may_accept = || !self.is_cancelled.load(Ordering::Acquire);
            if self.accepting.act(may_accept, accept).is_some() {
                assert!(
                    !self.is_freed.load(Ordering::Acquire),
                    "freed while it is used"
                );
            }
            self.free(self.gate.leave(thread));
        }

        fn unregister(&self, thread: u64) {
            self.accepting
                .wait(|| self.is_cancelled.store(true, Ordering::Release));
            let accepted = self.accepted.load(Ordering::Relaxed);
            self.is_closed.store(true, Ordering::Relaxed);
            self.free(self.gate.retire(thread));
            assert_eq!(
                self.accepted.load(Ordering::Relaxed),
                accepted,
                "accepts later"
            );
        }
    }

    /// Two threads accept, and one unregisters.
    fn two_accept() {
        let listener = Arc::new(Listener {
            gate: Gate::new(()),
            accepting: Permit::new(),
            is_cancelled: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            is_freed: AtomicBool::new(false),
            accepted: AtomicUsize::new(0),
        });
        let threads: Vec<_> = (1..=2)
            .map(|id| {
                let listener = Arc::clone(&listener);
                thread::spawn(move || listener.serve(id))
            })
            .collect();
        listener.unregister(0);
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(listener.is_freed.load(Ordering::Acquire), "never freed");
    }

    #[test]
    fn a_registration_ends_once_and_after_its_clients() {
        model_of_three(two_accept);
    }

    #[test]
    fn data_that_does_not_stay_is_used_when_it_is_freed() {
        model_without(
            Repair::DataStaysForThoseInside,
            "freed while it is used",
            two_accept,
        );
    }

    #[test]
    fn who_asks_before_it_takes_the_lock_accepts_after_the_end() {
        model_without(Repair::AskingIsOneStep, "accepts later", two_accept);
    }
}
