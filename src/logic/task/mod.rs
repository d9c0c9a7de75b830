//! Tasks: a completion callback tied to a source object, and optionally a blocking function that
//! runs on a worker thread first.
//!
//! - [`Task`] (this file) is the record: error, result, callback, and the order they end in.
//! - [`pool`] runs blocking functions on threads: as many as are blocked, reused while not.
//! - [`terms`] are what it may run on: who may cancel it, a deadline, a priority, a [`group`].
//! - [`delivery`] brings finished tasks to their main context, and to threads that wait for one.
//!
//! A threaded task goes Queued → Running → Published → Delivering → Done. Each step has one
//! owner: the pool's queue, its worker, the context's completion queue, and the thread that took the
//! task from there (for the queue's source or for `wait`). The C pointer's reference travels with the
//! task, so the last owner frees it.

pub mod delivery;
pub mod group;
pub mod pool;
pub mod terms;

use core::ffi::{CStr, c_void};
use std::sync::Arc;

use crate::logic::statistics::{self, Count};
use crate::object::Ref;
use crate::object::task::{Completion, Handle, WorkerFunc};
use abi::layout;
use delivery::CompletionQueue;
use host::error::HostError;
use platform::glib::{MainContext, UserData};
use platform::os::abort::misuse;
use platform::os::thread;
use platform::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
use platform::sync::ending::Cause;
use platform::sync::{Mutex, OnceBox, fork};
use registry::names;
use registry::task::{Record, State};
use terms::Terms;

/// The blocking part of a task.
pub enum Worker {
    /// A function of C code.
    C(WorkerFunc),
    /// The same, of a task with [`Terms`].
    OnTerms(WorkerFunc),
    /// A function of the library, by the name of the C function that it does the work of. It is dropped
    /// with the task, not when it has run.
    Native(&'static CStr, Box<dyn Fn(&Task) + Send + Sync>),
}

impl Worker {
    /// What the function is known by, with its name kept.
    fn record_name(&self) -> *const c_void {
        match self {
            Self::C(function) | Self::OnTerms(function) => {
                names::keep(function.function());
                function.function()
            }
            Self::Native(name, _) => names::keep_text(name),
        }
    }

    /// What traces call the function and its data.
    fn ids(&self) -> (trace::Id, trace::Id) {
        match self {
            Self::C(c) | Self::OnTerms(c) => (c.function_id(), c.opaque_id()),
            Self::Native(_, function) => {
                let function: *const u8 = (&raw const **function).cast();
                (function.into(), core::ptr::null::<u8>().into())
            }
        }
    }
}

/// Where a task stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Stage {
    /// Driven by hand: no thread is involved.
    Manual,
    /// Waits for a worker thread.
    Queued,
    /// A worker thread is in the worker function.
    Running,
    /// Finished; waits in the completion queue of its context.
    Published,
    /// Taken from the completion queue; its callback is being called.
    Delivering,
    /// Over.
    Done,
}

/// A task.
pub struct Task {
    completion: Mutex<Option<Arc<Completion>>>,
    outcome: Mutex<Outcome>,
    thread: Mutex<ThreadPart>,
    stage: AtomicU8,
    /// Freed while its worker ran: the callback is not wanted any more (W-TASK-4).
    freed: AtomicBool,
    /// The task was given up: what comes to the outcome now is too late to be told, and the [`Terms`] keep it.
    /// Changed under the lock of the outcome.
    is_closed: AtomicBool,
    /// How it has ended, of those that the library drives by hand: as `set_ended` has it.
    ended: AtomicU8,
    /// The thread that is delivering, to tell a wait inside the task's own callback.
    delivering_thread: AtomicU64,
    /// When the task was published, in iterations of its context and microseconds (R-TASK-44).
    published_iteration: AtomicU64,
    published_time: AtomicI64,
    record: Record,
    terms: OnceBox<Terms>,
    /// Last: it outlives everything else of the task (R-TASK-25).
    source: Option<Ref<layout::Object>>,
}

/// What the task has come to so far. Never locked while the program is called.
#[derive(Default)]
struct Outcome {
    error: Option<HostError>,
    result: Option<UserData>,
}

/// What exists only for a task that runs in a thread. Never locked while the program is called.
#[derive(Default)]
struct ThreadPart {
    /// Taken out while it runs.
    worker: Option<Worker>,
    /// Held until the delivery is armed, so that there is a live context to arm it in (R-TASK-42).
    context: Option<MainContext>,
    completions: Option<Arc<CompletionQueue>>,
}

impl Task {
    /// A new task; there always is one (R-TASK-1). It has a reference on `source` (R-TASK-2).
    pub fn new(source: Option<Ref<layout::Object>>, completion: Completion) -> Arc<Self> {
        let (function, opaque) = (completion.function_id(), completion.opaque_id());
        let about = source.as_ref().map_or(core::ptr::null(), |source| {
            source.as_ptr().cast_const().cast()
        });
        let record = Record::new(completion.function(), about);
        let task = Arc::new(Self {
            completion: Mutex::new(Some(Arc::new(completion))),
            outcome: Mutex::default(),
            thread: Mutex::default(),
            stage: AtomicU8::new(Stage::Manual as u8),
            freed: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            ended: AtomicU8::new(0),
            delivering_thread: AtomicU64::new(0),
            published_iteration: AtomicU64::new(0),
            published_time: AtomicI64::new(0),
            record,
            terms: OnceBox::new(),
            source,
        });
        let handle = Handle::for_task(&task);
        task.record.set_address(handle.as_ptr().cast());
        let source = task
            .source
            .as_ref()
            .map_or(core::ptr::null_mut(), |s| s.as_ptr());
        trace::qio_task_new(
            Handle::for_task(&task).into(),
            source.into(),
            function,
            opaque,
        );
        task
    }

    /// The object the task is about: the same for as long as the task lives, on any thread (R-TASK-5).
    pub fn source(&self) -> Option<&Ref<layout::Object>> {
        self.source.as_ref()
    }

    /// Keeps the first error; later ones are freed (R-TASK-10).
    pub fn set_error(&self, error: HostError) {
        let mut outcome = self.outcome.lock();
        if self.is_too_late() {
            drop(outcome);
            return self.set_late_error(error);
        }
        let surplus = if outcome.error.is_none() {
            outcome.error = Some(error);
            None
        } else {
            Some(error)
        };
        drop(outcome);
        drop(surplus);
    }

    /// Moves the error out (R-TASK-11).
    pub fn take_error(&self) -> Option<HostError> {
        let mut outcome = self.outcome.lock();
        if self.is_closed.load(Ordering::Relaxed) && self.is_asked_by_worker() {
            drop(outcome);
            return self.take_late_error();
        }
        outcome.error.take()
    }

    /// Whether what is set now is too late to be told: all but what the callback itself sets, which would take the
    /// place of what the worker function may still use.
    fn is_too_late(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
            && self.delivering_thread.load(Ordering::Relaxed) != thread::current_id()
    }

    /// Whether what came too late to be told is meant: the worker has its own, the callback has none.
    #[cold]
    fn is_asked_by_worker(&self) -> bool {
        self.terms().is_some_and(|terms| terms.is_worker())
    }

    /// Sets the result. Another pointer's destroy function runs at once (R-TASK-6).
    pub fn set_result(&self, result: UserData) {
        let pointer = result.as_ptr();
        let mut outcome = self.outcome.lock();
        if self.is_too_late() {
            drop(outcome);
            return self.set_late_result(result);
        }
        let replaced = outcome.result.replace(result);
        drop(outcome);
        drop_replaced(replaced, pointer);
    }

    /// The result's pointer, if one was set; it stays the task's (R-TASK-7).
    pub fn result(&self) -> Option<*mut core::ffi::c_void> {
        let outcome = self.outcome.lock();
        if self.is_closed.load(Ordering::Relaxed) && self.is_asked_by_worker() {
            drop(outcome);
            return self.late_result();
        }
        outcome.result.as_ref().map(UserData::as_ptr)
    }

    /// A copy of the result, if it is a value of the library of this type.
    pub fn result_value<T: Clone + 'static>(&self) -> Option<T> {
        let outcome = self.outcome.lock();
        let value = outcome.result.as_ref().and_then(UserData::value::<T>);
        let copy = value.cloned();
        drop(outcome);
        copy
    }

    /// Calls the completion callback, on this thread, with no lock held (R-TASK-20).
    pub fn complete(self: &Arc<Self>) {
        // The callback may complete the task again (R-TASK-22): the lock is not held, and the
        // completion stays where it is. A program that frees the task in there (R-TASK-26) finds
        // its data alive until the callback returns.
        let completion = self.completion.lock().clone();
        let Some(completion) = completion else {
            misuse("qio_task_complete", format_args!("the task was freed"))
        };
        trace::qio_task_callback(Handle::for_task(self).into(), completion.function_id());
        if !completion.call(Handle::for_task(self)) {
            misuse(
                "qio_task_complete",
                format_args!("the task was made without a func"),
            );
        }
        trace::qio_task_complete(Handle::for_task(self).into());
    }

    /// Ends the task without completing it (R-TASK-23), in the order of R-TASK-25.
    pub fn release(&self) {
        let thread = core::mem::take(&mut *self.thread.lock());
        let ThreadPart {
            worker,
            context,
            completions,
        } = thread;
        drop(worker);
        drop(context);
        // In steps, so that no lock is held while the program's destroy function runs (T8).
        let completion = self.completion.lock().take();
        drop(completion);
        let outcome = core::mem::take(&mut *self.outcome.lock());
        let Outcome { error, result } = outcome;
        drop(result);
        // What nobody has asked for (R-TASK-13).
        drop(error);
        drop(completions);
    }

    /// Gives the task to a worker thread, and is back at once (R-TASK-40); the outcome is delivered in `context`.
    ///
    /// The pool owns the task from here on, then the completion queue; the caller may use it only where nobody can
    /// deliver it meanwhile (R-TASK-47).
    // Where the worker's kind is known events that nobody listens to take one branch each.
    #[inline(always)]
    pub fn run_in_thread(self: Arc<Self>, worker: Worker, context: MainContext) {
        // While the worker is at hand, and its kind known: without a trace nothing is kept for it.
        let id = trace::Id::from(Handle::for_task(&self));
        let (function, opaque) = worker.ids();
        trace::qio_task_thread_start(id, function, opaque);
        let completions = CompletionQueue::for_context(&context);
        self.prepare(worker, context, completions);
        pool::submit(self);
        trace::qio_task_thread_submit(id);
    }

    /// Has all that a thread needs ready.
    fn prepare(
        self: &Arc<Self>,
        worker: Worker,
        context: MainContext,
        completions: Arc<CompletionQueue>,
    ) {
        self.record.set_worker(
            worker.record_name(),
            context.as_ptr().cast_const().cast(),
            fork::generation(),
        );
        *self.thread.lock() = ThreadPart {
            worker: Some(worker),
            context: Some(context),
            completions: Some(completions),
        };
        self.set_stage(Stage::Queued);
    }

    /// Runs the worker function and publishes the task (R-TASK-43). On a worker thread, or on one that waits
    /// for the task when no worker thread can be made (R-TASK-40). The function has no lock, and tells the task what
    /// it has come to, nothing else (R-TASK-46).
    fn work(self: Arc<Self>) {
        self.record.set_thread(thread::number());
        let count = statistics::own();
        count.add(Count::TaskStarted);
        count.waited(self.set_stage(Stage::Running));
        // Both events where the worker isn't at hand: without a trace nothing is kept for them.
        trace::qio_task_thread_run(Handle::for_task(&self).into());
        let worker = self.thread.lock().worker.take();
        let mut place = None;
        match &worker {
            Some(Worker::C(function)) => function.call(Handle::for_task(&self)),
            Some(Worker::Native(_, function)) => function(&self),
            Some(Worker::OnTerms(function)) => place = self.work_on_terms(function),
            None => {}
        }
        count.add(Count::TaskFinished);
        let mut thread = self.thread.lock();
        // The worker's data ends on the thread that frees the task, not here (R-TASK-41).
        thread.worker = worker;
        // The queue's own reference: once it is published the task may be freed at any time (R-TASK-49).
        let (context, completions) = (thread.context.take(), thread.completions.clone());
        drop(thread);
        trace::qio_task_thread_exit(Handle::for_task(&self).into());
        if let (Some(context), Some(completions)) = (context, completions) {
            completions.publish(self, context);
        }
        // So the callbacks of a group of one are called in the order of its workers.
        if let Some(group) = place {
            group.leave();
        }
    }

    /// Calls back and ends the task (R-TASK-27): what the delivery source and `wait` have in common.
    fn deliver(self: Arc<Self>) {
        if let Some(terms) = self.terms() {
            return self.deliver_on_terms(terms);
        }
        pool::one_is_over();
        self.record.set_thread(thread::number());
        self.delivering_thread
            .store(thread::current_id(), Ordering::Relaxed);
        self.call_back();
        self.end();
    }

    /// Calls back, unless the program has freed the task.
    fn call_back(self: &Arc<Self>) {
        if !self.freed.load(Ordering::Acquire) {
            trace::qio_task_thread_result(Handle::for_task(self).into());
            self.complete();
        }
    }

    fn end(&self) {
        self.release();
        self.set_stage(Stage::Done);
    }

    /// Ends a task that was given to a thread and that the program frees before its delivery: a
    /// misuse that is made safe (W-TASK-4). The rest ends in the context, when the worker is done.
    pub fn free_early(&self) {
        self.freed.store(true, Ordering::Release);
        let completion = self.completion.lock().take();
        drop(completion);
    }

    /// Where the task stands.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Manual,
            1 => Stage::Queued,
            2 => Stage::Running,
            3 => Stage::Published,
            4 => Stage::Delivering,
            _ => Stage::Done,
        }
    }

    /// How it has ended: `Some(None)` is by the return of its worker, None not yet, or by hand.
    pub fn how_it_ended(&self) -> Option<Option<Cause>> {
        match self.terms() {
            Some(terms) => terms.outcome(),
            None => {
                let threaded = self.stage() >= Stage::Delivering;
                match self.ended.load(Ordering::Acquire) {
                    0 => threaded.then_some(None),
                    1 => Some(None),
                    2 => Some(Some(Cause::Cancelled)),
                    _ => Some(Some(Cause::TimedOut)),
                }
            }
        }
    }

    /// How a task has ended that the library drives by hand; told before its callback.
    pub fn set_ended(&self, cause: Option<Cause>) {
        let ended = match cause {
            None => 1,
            Some(Cause::Cancelled) => 2,
            Some(Cause::TimedOut) => 3,
        };
        self.ended.store(ended, Ordering::Release);
    }

    /// Tells for how long the task stood where it was, in nanoseconds.
    fn set_stage(&self, stage: Stage) -> u64 {
        let time = self.record.set_state(match stage {
            Stage::Manual => State::Manual,
            Stage::Queued => State::Queued,
            Stage::Running => State::Running,
            Stage::Published => State::Finished,
            Stage::Delivering => State::Delivering,
            Stage::Done => State::Over,
        });
        self.stage.store(stage as u8, Ordering::Release);
        time
    }
}

/// Ends a result that another pointer has replaced.
#[inline]
fn drop_replaced(replaced: Option<UserData>, by: *mut c_void) {
    if let Some(replaced) = replaced {
        if replaced.as_ptr() == by {
            // The same pointer: only its ownership has changed.
            replaced.leak();
        } else {
            drop(replaced);
        }
    }
}

/// Waits for a task and delivers it here (R-TASK-50). `task` is one more reference than the
/// one that the pool or the completion queue holds (R-TASK-52, R-TASK-54, R-TASK-55).
pub fn wait(task: Arc<Task>) {
    let thread = task.thread.lock();
    let completions = thread.completions.clone();
    // Until the task was delivered: if nobody else has the context, it would go with the task in it (R-TASK-42).
    let _context = thread.context.clone();
    drop(thread);
    let Some(completions) = completions else {
        // What it had for that it has until it is over.
        if task.stage() != Stage::Manual {
            return;
        }
        misuse(
            "qio_task_wait_thread",
            format_args!("the task was not given to a thread"),
        )
    };
    if let Some(taken) = completions.wait_for(&task) {
        drop(task);
        taken.deliver();
        completions.wake_waiters();
    }
}
