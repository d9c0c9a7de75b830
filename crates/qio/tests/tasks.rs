//! Tasks: their outcome, their panics, and what becomes of those that are dropped.
#![expect(clippy::unwrap_used, reason = "a failure is the test's")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{self, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use qio::{Context, Error, Task};

/// Counts how many of them there are.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let before = self.0.fetch_sub(1, Ordering::SeqCst);
        assert_ne!(before, 0, "dropped twice");
    }
}

#[test]
fn what_a_function_returns_comes_in_the_context() {
    let context = Context::new().unwrap();
    let caller = thread::current().id();
    let (worker, sum) = context.block_on(Task::run(&context, || (thread::current().id(), 1 + 2)));
    assert_eq!(sum, 3);
    assert_ne!(worker, caller);
}

#[test]
fn the_question_mark_works_for_both_kinds_of_errors() {
    let context = Context::new().unwrap();
    let outcome: Result<String, Error> = context.block_on(Task::run(&context, || {
        Ok(std::fs::read_to_string("/nonexistent")?)
    }));
    assert_eq!(outcome.unwrap_err().raw_os_error(), Some(2));
}

#[test]
fn a_panic_resumes_where_the_task_is_awaited() {
    let context = Context::new().unwrap();
    let task: Task<()> = Task::run(&context, || panic!("in the worker"));
    let payload = catch_unwind(AssertUnwindSafe(|| context.block_on(task))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"in the worker"));
    let task: Task<()> = Task::run(&context, || panic!("once more"));
    let payload = catch_unwind(AssertUnwindSafe(|| task.wait())).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"once more"));
    // The workers are as before.
    assert_eq!(context.block_on(Task::run(&context, || 5)), 5);
}

#[test]
fn a_task_is_waited_for_without_a_context_that_runs() {
    let context = Context::new().unwrap();
    assert_eq!(Task::run(&context, || 7).wait(), 7);
    // Also if it was completed before.
    let task = Task::run(&context, || 8);
    let second = Task::run(&context, || 9);
    assert_eq!(context.block_on(second), 9);
    while context.iterate(false) {}
    assert_eq!(task.wait(), 8);
}

#[test]
fn a_context_that_another_thread_iterates_completes_tasks_here() {
    let context = Context::new().unwrap();
    let _running = context.start().unwrap();
    for number in 0..200 {
        assert_eq!(
            context.block_on(Task::run(&context, move || number)),
            number
        );
    }
}

#[test]
fn a_context_that_goes_first_takes_no_result_along() {
    let context = Context::new().unwrap();
    let (sender, receiver) = mpsc::channel();
    let task = Task::run(&context, move || {
        receiver.recv().unwrap();
        11
    });
    drop(context);
    sender.send(()).unwrap();
    // The task's own reference goes when it is published: the future still has what came of it.
    let other = Context::new().unwrap();
    assert_eq!(other.block_on(task), 11);
}

struct Noted(mpsc::Sender<()>);

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        let _: Result<(), mpsc::SendError<()>> = self.0.send(());
    }
}

#[test]
fn only_the_last_waker_is_woken() {
    let context = Context::new().unwrap();
    let (sender, receiver) = mpsc::channel::<()>();
    let mut task = Task::run(&context, move || receiver.recv().unwrap());
    let (first, of_first) = mpsc::channel();
    let (second, of_second) = mpsc::channel();
    for noted in [first, second] {
        let waker = Waker::from(Arc::new(Noted(noted)));
        let mut about = task::Context::from_waker(&waker);
        assert!(Pin::new(&mut task).poll(&mut about).is_pending());
    }
    sender.send(()).unwrap();
    while of_second.try_recv().is_err() {
        context.iterate(true);
    }
    assert!(of_first.try_recv().is_err());
    let mut about = task::Context::from_waker(Waker::noop());
    assert_eq!(Pin::new(&mut task).poll(&mut about), Poll::Ready(()));
}

/// Pseudo-random numbers, the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(u64::try_from(limit).unwrap())).unwrap()
    }
}

/// Tasks that are dropped, polled, awaited and waited for at any point, with contexts that go meanwhile:
/// functions run at most once, and everything is freed exactly once.
#[test]
fn dropped_in_the_middle_everything_is_freed_once() {
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let live = Arc::new(AtomicUsize::new(0));
        let runs = Arc::new(AtomicUsize::new(0));
        let context = Context::new().unwrap();
        let count = 1 + numbers.index(40);
        let mut tasks = Vec::new();
        for _ in 0..count {
            let (argument, inner, runs) =
                (Counted::new(&live), Arc::clone(&live), Arc::clone(&runs));
            let (pause, panics) = (numbers.below(3), numbers.below(8) == 0);
            tasks.push(Task::run(&context, move || {
                let _argument = argument;
                runs.fetch_add(1, Ordering::SeqCst);
                for _ in 0..pause * 200 {
                    std::hint::spin_loop();
                }
                if panics {
                    std::panic::resume_unwind(Box::new(Counted::new(&inner)));
                }
                Counted::new(&inner)
            }));
            if numbers.below(4) == 0 {
                context.iterate(false);
            }
        }
        let mut awaited = 0;
        while !tasks.is_empty() {
            let at = numbers.index(tasks.len());
            match numbers.below(5) {
                0 => drop(tasks.swap_remove(at)),
                1 => {
                    let task = tasks.swap_remove(at);
                    drop(catch_unwind(AssertUnwindSafe(|| context.block_on(task))));
                    awaited += 1;
                }
                2 => {
                    let task = tasks.swap_remove(at);
                    drop(catch_unwind(AssertUnwindSafe(|| task.wait())));
                    awaited += 1;
                }
                3 => {
                    let mut about = task::Context::from_waker(Waker::noop());
                    let task = &mut tasks[at];
                    let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(task).poll(&mut about)));
                    if !matches!(polled, Ok(Poll::Pending)) {
                        drop(polled);
                        drop(tasks.swap_remove(at));
                        awaited += 1;
                    }
                }
                _ => {
                    context.iterate(false);
                }
            }
        }
        let runs = runs.load(Ordering::SeqCst);
        assert!(
            (awaited..=count).contains(&runs),
            "seed {seed}: {awaited} {runs} {count}"
        );
        // Those that run still free what they have in their workers.
        while live.load(Ordering::SeqCst) != 0 {
            if numbers.below(2) == 0 {
                context.iterate(false);
            }
            thread::yield_now();
        }
    }
}

#[test]
fn a_task_is_waited_for_while_another_thread_completes_it() {
    let context = Context::new().unwrap();
    let _running = context.start().unwrap();
    for number in 0..3_000 {
        assert_eq!(Task::run(&context, move || number).wait(), number);
    }
}

#[test]
fn a_task_is_waited_for_whose_context_nobody_else_has() {
    for number in 0..300 {
        let context = Context::new().unwrap();
        let task = Task::run(&context, move || number);
        drop(context);
        assert_eq!(task.wait(), number);
    }
}

/// Starts a thread for the context where that is iterated, and ends it there.
struct StartsAndEnds(Context, mpsc::Sender<()>);

impl Wake for StartsAndEnds {
    fn wake(self: Arc<Self>) {
        let running = self.0.start().unwrap();
        // Until it finds the context taken, perhaps.
        thread::sleep(Duration::from_millis(20));
        drop(running);
        self.1.send(()).unwrap();
    }
}

#[test]
fn a_thread_for_a_context_can_be_ended_where_that_is_iterated() {
    let context = Context::new().unwrap();
    let (sender, ended) = mpsc::channel();
    let waker = Waker::from(Arc::new(StartsAndEnds(context.clone(), sender)));
    let (go, gate) = mpsc::channel();
    let mut task = Task::run(&context, move || gate.recv());
    let poll = Pin::new(&mut task).poll(&mut task::Context::from_waker(&waker));
    assert!(poll.is_pending());
    go.send(()).unwrap();
    while ended.try_recv().is_err() {
        context.iterate(true);
    }
}
