//! Groups of tasks with a bound on their workers.
//!
//! Whoever waits for a place has no thread, so that a full group is in nobody's way. A worker that leaves
//! passes its place on.

use std::sync::Arc;

use super::{Task, pool};
use platform::sync::fork;
use platform::sync::places::{Key, Places};

/// A group.
pub struct Group {
    places: Places<Arc<Task>>,
    /// The process that has made it; the workers that a forked child's group counts are its parent's.
    generation: u32,
}

impl Group {
    /// A group with so many places.
    pub fn new(workers: u32) -> Arc<Self> {
        Arc::new(Self {
            places: Places::new(workers as usize),
            generation: fork::generation(),
        })
    }

    /// Whether the group bounds tasks of this process (R-EXT-24).
    pub(super) fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Gives the task to a thread as soon as there is a place for it.
    pub(super) fn enter(&self, key: Key, task: Arc<Task>) {
        if let Some(task) = self.places.enter(key, task) {
            start(task);
        }
    }

    /// A worker has left (R-EXT-22).
    pub(super) fn leave(&self) {
        if let Some(next) = self.places.leave() {
            start(next);
        }
    }

    /// Lets the threads look again that wait for tasks without a place.
    pub(super) fn wake_waiters(&self) {
        let queues = self
            .places
            .waiting(|task| task.thread.lock().completions.clone());
        for queue in queues.into_iter().flatten() {
            queue.wake_waiters();
        }
    }

    /// Gives the task to a thread without a place, if it waits for one: it was given up (R-EXT-22).
    pub(super) fn withdraw(&self, key: Key) {
        if let Some(task) = self.places.withdraw(key) {
            pool::admit(task);
        }
    }
}

fn start(task: Arc<Task>) {
    if let Some(terms) = task.terms() {
        terms.take_place();
    }
    pool::admit(task);
}
