//! Blocking functions in worker threads, whose outcome a future brings to a context.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll, Waker};

use crate::context::Context;
use io::logic::task::{self as engine, Worker};
use io::object::task::Completion;

/// What a worker came to: a value, or the payload of its panic.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// What the future, the worker and the completion have in common. Never locked while the program's code
/// runs, its destructors among it.
struct Shared<T>(Mutex<State<T>>);

struct State<T> {
    /// Taken by the worker when it starts, or by whoever drops the future before.
    function: Option<Box<dyn FnOnce() -> T + Send>>,
    outcome: Option<Outcome<T>>,
    waker: Option<Waker>,
    /// The context has completed the task, or is gone.
    is_complete: bool,
    /// Nobody waits any more.
    is_dropped: bool,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In the worker's thread.
    fn work(&self) {
        let function = self.lock().function.take();
        let Some(function) = function else {
            return;
        };
        let outcome = catch_unwind(AssertUnwindSafe(function));
        let mut state = self.lock();
        if !state.is_dropped {
            state.outcome = Some(outcome);
            return;
        }
        drop(state);
        discard(outcome);
    }

    /// In the thread that iterates the context.
    fn complete(&self) {
        let mut state = self.lock();
        state.is_complete = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Drops what nobody wants, where no panic may get further.
fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // Its destructor might panic too.
        let _ = std::mem::ManuallyDrop::new(payload);
    }
}

/// Completes a task for its context: by a call, or when it is freed without one since the context has gone.
struct Completer<T>(Arc<Shared<T>>);

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        self.0.complete();
    }
}

/// A blocking function that runs in a worker thread, and the future of what it returns.
///
/// There are as many worker threads as functions that block, kept for a while for the next ones. The future
/// completes when the context is iterated, and may be awaited in any thread and by any executor.
///
/// - Dropped before the function has begun, the function never runs and is dropped; dropped while that runs, its
///   result is, in the worker's thread.
/// - A panic of the function resumes where the task is awaited. Nobody hears of that of a dropped task.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use qio::{Context, Task};
/// let context = Context::new()?;
/// let text = context.block_on(async {
///     let host = Task::run(&context, || std::fs::read_to_string("/proc/sys/kernel/ostype"));
///     host.await
/// })?;
/// assert_eq!(text.trim(), "Linux");
/// # Ok(())
/// # }
/// ```
///
/// What goes to the worker and what comes back has to be `Send`:
///
/// ```compile_fail,E0277
/// let context = qio::Context::global();
/// let shared = std::rc::Rc::new(1);
/// qio::Task::run(&context, move || *shared);
/// ```
///
/// ```compile_fail,E0277
/// let context = qio::Context::global();
/// qio::Task::run(&context, || std::rc::Rc::new(1));
/// ```
///
/// and nothing that is borrowed:
///
/// ```compile_fail,E0373
/// let context = qio::Context::global();
/// let text = String::from("short-lived");
/// let task = qio::Task::run(&context, || text.len());
/// ```
#[must_use = "dropping it cancels what has not begun"]
pub struct Task<T> {
    shared: Arc<Shared<T>>,
    task: Arc<engine::Task>,
}

impl<T: Send + 'static> Task<T> {
    /// Gives `function` to a worker thread; its result is delivered in `context`.
    pub fn run(context: &Context, function: impl FnOnce() -> T + Send + 'static) -> Self {
        let shared = Arc::new(Shared(Mutex::new(State {
            function: Some(Box::new(function)),
            outcome: None,
            waker: None,
            is_complete: false,
            is_dropped: false,
        })));
        let completer = Completer(Arc::clone(&shared));
        let completion = Completion::native(move |_: &engine::Task| completer.0.complete());
        let task = engine::Task::new(None, completion);
        let own = Arc::clone(&shared);
        let worker = Worker::Native(c"qio::Task", Box::new(move |_| own.work()));
        Arc::clone(&task).run_in_thread(worker, context.0.clone());
        Self { shared, task }
    }

    /// Waits for the task without iterating any context, and completes it here.
    ///
    /// # Panics
    /// With the function's panic.
    pub fn wait(self) -> T {
        if !self.shared.lock().is_complete {
            engine::wait(Arc::clone(&self.task));
        }
        loop {
            if let Some(outcome) = self.take() {
                return outcome.unwrap_or_else(|payload| resume_unwind(payload));
            }
            // Another thread is in its completion, which doesn't take long.
            std::thread::yield_now();
        }
    }

    fn take(&self) -> Option<Outcome<T>> {
        self.shared.lock().outcome.take()
    }
}

impl<T: Send + 'static> Future for Task<T> {
    type Output = T;

    /// # Panics
    /// With the function's panic, and if it is polled again after it was ready.
    fn poll(self: Pin<&mut Self>, about: &mut task::Context<'_>) -> Poll<T> {
        let mut state = self.shared.lock();
        if !state.is_complete {
            let known = state.waker.as_ref();
            if !known.is_some_and(|waker| waker.will_wake(about.waker())) {
                // Cloning and dropping run the executor's code.
                drop(state);
                let waker = Some(about.waker().clone());
                state = self.shared.lock();
                let former = std::mem::replace(&mut state.waker, waker);
                let is_complete = state.is_complete;
                drop(state);
                drop(former);
                if !is_complete {
                    return Poll::Pending;
                }
                state = self.shared.lock();
            } else {
                return Poll::Pending;
            }
        }
        let outcome = state.outcome.take();
        drop(state);
        match outcome {
            Some(Ok(value)) => Poll::Ready(value),
            Some(Err(payload)) => resume_unwind(payload),
            None => resume_unwind(Box::new("a qio::Task was polled after it was ready")),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_dropped = true;
        let parts = (
            state.function.take(),
            state.outcome.take(),
            state.waker.take(),
        );
        drop(state);
        drop(parts);
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("stage", &self.task.stage())
            .finish_non_exhaustive()
    }
}
