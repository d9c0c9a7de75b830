//! Publishing against sleeping, waiting against dispatching, and the end of the context.

use super::super::facade::atomic::{AtomicU8, AtomicUsize};
use super::super::facade::{model, model_of_three, model_without};
use super::*;
use loom::thread;
use std::sync::Arc;

/// A context that polls: what wakes it, and what it was handed.
#[derive(Default)]
struct Poller {
    values: Handover<usize>,
    is_woken: Mutex<bool>,
    wakeup: Condvar,
}

impl Poller {
    fn publish(&self, value: usize) {
        if self.values.push(value) {
            *self.is_woken.lock() = true;
            self.wakeup.notify_all();
        }
    }

    /// An iteration, as GLib has it: prepare, poll, check, dispatch.
    fn iterate(&self) -> Vec<usize> {
        if !self.values.begin_poll() {
            let mut is_woken = self.is_woken.lock();
            while !*is_woken {
                is_woken = self.wakeup.wait(is_woken);
            }
            *is_woken = false;
            drop(is_woken);
            if !self.values.end_poll() {
                return Vec::new();
            }
        }
        self.values.lock().drain(..).collect()
    }

    fn take(&self, count: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.extend(self.iterate());
        }
        taken
    }
}

fn one_publishes() {
    let poller = Arc::new(Poller::default());
    let other = Arc::clone(&poller);
    let publisher = thread::spawn(move || {
        other.publish(1);
        other.publish(2);
    });
    assert_eq!(poller.take(2), [1, 2]);
    publisher.join().unwrap();
}

#[test]
fn a_poller_is_woken() {
    model(one_publishes);
}

#[test]
fn a_poller_that_only_writes_its_flag_sleeps_for_ever() {
    model_without(Repair::AnnouncementAcquires, "deadlock", one_publishes);
}

#[test]
fn two_publish_to_a_poller() {
    model_of_three(|| {
        let poller = Arc::new(Poller::default());
        let publishers: Vec<_> = (1..=2)
            .map(|value| {
                let other = Arc::clone(&poller);
                thread::spawn(move || other.publish(value))
            })
            .collect();
        let mut taken = poller.take(2);
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        for publisher in publishers {
            publisher.join().unwrap();
        }
    });
}

const PUBLISHED: u8 = 1;
const DELIVERING: u8 = 2;
const DONE: u8 = 3;

/// A task with its stage, as `logic/task` has them.
#[derive(Default)]
struct Task {
    stage: AtomicU8,
    delivered: AtomicUsize,
}

#[derive(Default)]
struct Context {
    values: Handover<Arc<Task>>,
}

impl Context {
    fn publish(&self, task: Arc<Task>) {
        task.stage.store(PUBLISHED, Ordering::Release);
        self.values.push(task);
        self.values.wake_waiters();
    }

    /// A round of the delivery source.
    fn dispatch(&self) {
        let mut ready = self.values.lock();
        let first = ready.pop_front();
        if let Some(task) = &first {
            task.stage.store(DELIVERING, Ordering::Release);
        }
        drop(ready);
        if let Some(task) = first {
            Self::deliver(&task);
            self.values.wake_waiters();
        }
    }

    fn deliver(task: &Task) {
        task.delivered.fetch_add(1, Ordering::Relaxed);
        task.stage.store(DONE, Ordering::Release);
    }

    /// What `qio_task_wait_thread` does.
    fn wait(&self, task: &Arc<Task>) {
        let taken = self.values.wait_for(|ready| {
            if let Some(place) = ready.iter().position(|other| Arc::ptr_eq(other, task)) {
                let taken = ready.remove(place);
                task.stage.store(DELIVERING, Ordering::Release);
                return Step::Over(taken);
            }
            if task.stage.load(Ordering::Acquire) == DONE {
                return Step::Over(None);
            }
            Step::<_, fn()>::Sleep
        });
        if let Some(task) = taken {
            Self::deliver(&task);
            self.values.wake_waiters();
        }
    }
}

/// A worker publishes a task that another thread waits for, and dispatches meanwhile.
fn one_waits() {
    let context = Arc::new(Context::default());
    let task = Arc::new(Task::default());
    let (other, published) = (Arc::clone(&context), Arc::clone(&task));
    let publisher = thread::spawn(move || {
        other.publish(published);
        other.dispatch();
    });
    context.wait(&task);
    publisher.join().unwrap();
    assert_eq!(task.delivered.load(Ordering::Relaxed), 1);
}

#[test]
fn a_waiter_is_woken() {
    model(one_waits);
}

#[test]
fn a_waiter_that_is_not_seen_sleeps_for_ever() {
    model_without(Repair::AnnouncementAcquires, "deadlock", one_waits);
}

#[test]
fn a_waker_without_the_lock_comes_between_look_and_sleep() {
    model_without(Repair::WakerTakesTheLock, "deadlock", one_waits);
}

/// The worker, the thread that dispatches and the one that waits are three.
#[test]
fn a_wait_and_a_dispatch_deliver_once() {
    model_of_three(|| {
        let context = Arc::new(Context::default());
        let task = Arc::new(Task::default());
        let (other, published) = (Arc::clone(&context), Arc::clone(&task));
        let publisher = thread::spawn(move || other.publish(published));
        let other = Arc::clone(&context);
        let dispatcher = thread::spawn(move || other.dispatch());
        context.wait(&task);
        publisher.join().unwrap();
        dispatcher.join().unwrap();
        assert_eq!(task.delivered.load(Ordering::Relaxed), 1);
    });
}

/// Two threads wait for the same task.
#[test]
fn of_two_that_wait_for_a_task_one_delivers_it() {
    model_of_three(|| {
        let context = Arc::new(Context::default());
        let task = Arc::new(Task::default());
        let (other, awaited) = (Arc::clone(&context), Arc::clone(&task));
        let waiter = thread::spawn(move || other.wait(&awaited));
        let (other, published) = (Arc::clone(&context), Arc::clone(&task));
        let publisher = thread::spawn(move || other.publish(published));
        context.wait(&task);
        publisher.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(task.delivered.load(Ordering::Relaxed), 1);
    });
}

/// The context goes, with whatever came in: whoever drops its last reference closes the queue.
#[test]
fn what_a_context_leaves_is_freed_once() {
    model_of_three(|| {
        let context = Arc::new((Context::default(), AtomicUsize::new(3)));
        let drop_reference = |context: &(Context, AtomicUsize)| {
            let is_last = context.1.fetch_sub(1, Ordering::AcqRel) == 1;
            is_last.then(|| core::mem::take(&mut *context.0.values.lock()).len())
        };
        let publishers: Vec<_> = (0..2)
            .map(|_| {
                let other = Arc::clone(&context);
                thread::spawn(move || {
                    other.0.publish(Arc::default());
                    drop_reference(&other)
                })
            })
            .collect();
        let mut left: Vec<_> = drop_reference(&context).into_iter().collect();
        for publisher in publishers {
            left.extend(publisher.join().unwrap());
        }
        assert_eq!(left, [2]);
    });
}
