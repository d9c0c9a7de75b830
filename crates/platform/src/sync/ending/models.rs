//! Cancelling against completing, against delivery, and against the end of the context.

use super::super::facade::atomic::AtomicUsize;
use super::super::facade::{model, model_of_three, model_without};
use super::super::handover::{Handover, Step};
use super::*;
use loom::thread;
use std::sync::Arc;

/// A task as `logic/task` has it, and the queue of its context.
struct Task {
    ending: Ending<()>,
    news: Handover<()>,
    has_left: AtomicBool,
    told: AtomicUsize,
    told_cancelled: AtomicUsize,
    freed: AtomicUsize,
}

impl Task {
    fn new() -> Arc<Self> {
        let task = Self {
            ending: Ending::default(),
            news: Handover::default(),
            has_left: AtomicBool::new(false),
            told: AtomicUsize::new(0),
            told_cancelled: AtomicUsize::new(0),
            freed: AtomicUsize::new(0),
        };
        task.ending.open(());
        Arc::new(task)
    }

    fn publish(&self) {
        self.news.push(());
        self.news.wake_waiters();
    }

    /// What the worker thread does.
    fn work(&self) {
        self.ending.begin(None);
        self.has_left.store(true, Ordering::Relaxed);
        assert!(self.ending.leave(None).is_some());
        self.publish();
    }

    fn cancel(&self, while_inside: bool) -> bool {
        self.ending
            .give_up(Cause::Cancelled, while_inside, |()| self.publish())
    }

    /// A piece of news, once there is one. What `qio_task_wait_thread` does looks whether it was told.
    fn next(&self) {
        self.news.wait_for(|ready| {
            if ready.pop_front().is_some() {
                return Step::<(), fn()>::Over(());
            }
            self.ending.was_told();
            Step::Sleep
        });
    }

    /// What the thread of the context does, until the task is gone.
    fn deliver(&self) {
        while self.freed.load(Ordering::Relaxed) == 0 {
            self.next();
            match self.ending.receive(None) {
                News::Tell(cause, has_left) => {
                    self.told.fetch_add(1, Ordering::Relaxed);
                    if cause.is_some() {
                        self.told_cancelled.fetch_add(1, Ordering::Relaxed);
                    }
                    assert!(!has_left || self.has_left.load(Ordering::Relaxed));
                    if self.ending.told() {
                        self.free();
                    }
                }
                News::Free => self.free(),
                News::Nothing => panic!("nobody tells it at this moment"),
            }
        }
    }

    fn free(&self) {
        assert!(self.has_left.load(Ordering::Relaxed), "freed while it runs");
        assert_eq!(self.freed.fetch_add(1, Ordering::Relaxed), 0, "freed twice");
    }

    /// The end: told once, and as who cancelled was promised.
    fn check(&self, cancelled: usize) {
        assert_eq!(self.told.load(Ordering::Relaxed), 1, "not told once");
        assert_eq!(self.freed.load(Ordering::Relaxed), 1, "not freed once");
        assert_eq!(
            self.told_cancelled.load(Ordering::Relaxed),
            cancelled,
            "told otherwise than promised"
        );
        assert!(self.news.is_empty());
    }
}

/// One cancels while a worker completes and the context delivers.
fn cancel_against_all(while_inside: bool) {
    let task = Task::new();
    let worker = thread::spawn({
        let task = Arc::clone(&task);
        move || task.work()
    });
    let canceller = thread::spawn({
        let task = Arc::clone(&task);
        move || task.cancel(while_inside)
    });
    task.deliver();
    let cancelled = canceller.join().unwrap();
    worker.join().unwrap();
    task.check(usize::from(cancelled));
}

#[test]
fn cancelling_meets_completing_and_delivery() {
    model_of_three(|| cancel_against_all(false));
}

#[test]
fn cancelling_at_once_meets_completing_and_delivery() {
    model_of_three(|| cancel_against_all(true));
}

#[test]
fn cancelling_meets_delivery_of_what_is_done() {
    model(|| {
        let task = Task::new();
        task.work();
        let canceller = thread::spawn({
            let task = Arc::clone(&task);
            move || task.cancel(true)
        });
        task.deliver();
        let cancelled = canceller.join().unwrap();
        task.check(usize::from(cancelled));
    });
}

#[test]
fn one_of_two_cancels() {
    model_of_three(|| {
        let task = Task::new();
        let cancellers: Vec<_> = (0..2)
            .map(|_| {
                let task = Arc::clone(&task);
                thread::spawn(move || task.cancel(true))
            })
            .collect();
        task.work();
        let cancelled = cancellers
            .into_iter()
            .map(|canceller| usize::from(canceller.join().unwrap()));
        let cancelled = cancelled.sum::<usize>();
        assert!(cancelled == 1, "promised to two");
        task.deliver();
        task.check(1);
    });
}

/// The program has dropped the context: it goes when the worker lets go of it, or who sends news.
#[test]
fn cancelling_meets_the_end_of_the_context() {
    model_of_three(|| {
        let task = Task::new();
        let worker = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                task.work();
                // The last reference: nobody sends news any more.
                let news = core::mem::take(&mut *task.news.lock());
                for () in news {
                    if task.ending.abandon() == Some(true) {
                        task.free();
                    }
                }
            }
        });
        let canceller = thread::spawn({
            let task = Arc::clone(&task);
            move || task.cancel(true)
        });
        canceller.join().unwrap();
        worker.join().unwrap();
        assert_eq!(task.freed.load(Ordering::Relaxed), 1, "not freed once");
        assert_eq!(task.told.load(Ordering::Relaxed), 0);
        assert!(task.news.is_empty(), "sent to a context that is gone");
    });
}

#[test]
fn a_decision_in_two_steps_promises_what_is_told_otherwise() {
    model_without(
        Repair::DecidingIsOneStep,
        "told otherwise than promised",
        || cancel_against_all(true),
    );
}
