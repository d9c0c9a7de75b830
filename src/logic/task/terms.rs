//! The terms that a task may run on: a name, who may cancel it, a deadline, a priority, a group.
//!
//! A task that is given up before a thread has come for it is told so at once, and so is one that is given up while
//! its worker runs if the program wants that. The thread then finds nothing to do, or leaves late; either way it brings the
//! rest of the task back to the context, where it is freed. [`Ending`] keeps the two pieces of news apart.

use std::sync::Arc;

use super::delivery::CompletionQueue;
use super::group::Group;
use super::{Stage, Task, Worker, drop_replaced, pool};
use crate::object::task::{Handle, WorkerFunc};
use abi::origin;
use host::error::{Error, HostError};
use platform::glib::{Cancellable, Cancelled, Connection, MainContext, UserData, monotonic_time};
use platform::os::thread;
use platform::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use platform::sync::ending::{Cause, Ending, News};
use platform::sync::places::Key;
use platform::sync::timers::{self, Armed, Expire};
use platform::sync::{Mutex, fork};
use std::ffi::CString;

/// What a program may want of a task.
#[derive(Default)]
pub struct Options {
    /// What messages call it.
    pub name: Option<CString>,
    /// Whoever has it may cancel the task.
    pub cancellable: Option<Cancellable>,
    /// In the time of [`monotonic_time`].
    pub deadline: Option<i64>,
    /// Of the callback, among the sources of its context, and among those that wait for a place.
    pub priority: i32,
    /// Where it needs a place.
    pub group: Option<Arc<Group>>,
    /// The callback doesn't wait for a worker whose work isn't wanted any more.
    pub returns_on_cancel: bool,
}

/// The terms of a task, which alone has them.
pub struct Terms {
    options: Options,
    ender: Arc<Ender>,
    /// What tells that the task is to be given up. Taken out when it can't be any more.
    links: Mutex<Links>,
    has_place: AtomicBool,
    late: Mutex<Late>,
    /// The thread that the worker function runs on, by its number in [`thread::current_id`].
    worker_thread: AtomicU64,
}

/// What ends a task. It is shared with those who give the task up, of whom each may have the last reference on whatever
/// thread: nothing in it is the program's once the worker function has returned.
struct Ender {
    /// Where the task stands among those that wait for a place.
    key: Key,
    /// The process that the task runs in. A forked child leaves it alone.
    generation: u32,
    returns_on_cancel: bool,
    group: Option<Arc<Group>>,
    ending: Ending<Sender>,
}

#[derive(Default)]
struct Links {
    connection: Option<Connection>,
    armed: Option<Armed>,
}

/// What the worker function has set of a task that was given up. It ends with the task.
#[derive(Default)]
struct Late {
    error: Option<HostError>,
    result: Option<UserData>,
}

/// What sends news of a task to its context, which it keeps.
struct Sender {
    task: Arc<Task>,
    context: MainContext,
    completions: Arc<CompletionQueue>,
}

impl Terms {
    fn new(mut options: Options) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let ender = Ender {
            key: (options.priority, number),
            generation: fork::generation(),
            returns_on_cancel: options.returns_on_cancel,
            group: options.group.take(),
            ending: Ending::default(),
        };
        Self {
            options,
            ender: Arc::new(ender),
            links: Mutex::default(),
            has_place: AtomicBool::new(false),
            late: Mutex::default(),
            worker_thread: AtomicU64::new(0),
        }
    }

    /// What messages call the task.
    pub fn name(&self) -> Option<&core::ffi::CStr> {
        self.options.name.as_deref()
    }

    /// Gives the task up, unless it has ended. True if it ends so because of this (R-EXT-3, R-EXT-18).
    pub fn give_up(&self, cause: Cause) -> bool {
        self.ender.give_up(cause)
    }

    /// Why the task was given up or is about to be.
    pub fn cause(&self) -> Option<Cause> {
        if let Some(cause) = self.outcome() {
            return cause;
        }
        self.cause_to_cancel().or_else(|| {
            // No worker function runs in a forked child, where a lock may be held for ever (R-EXT-18).
            let is_late = self.is_late() && self.ender.is_ours() && self.ender.ending.is_inside();
            is_late.then_some(Cause::TimedOut)
        })
    }

    /// How the task has ended: `Some(None)` is by the return of its worker, None that it hasn't yet (R-EXT-3).
    pub fn outcome(&self) -> Option<Option<Cause>> {
        self.ender.ending.outcome()
    }

    /// Whether the callback was called, or never will be.
    pub(super) fn was_told(&self) -> bool {
        self.ender.ending.was_told()
    }

    /// Whether the calling thread is in the worker function.
    pub(super) fn is_worker(&self) -> bool {
        self.worker_thread.load(Ordering::Relaxed) == thread::current_id()
    }

    /// The task has a place in its group.
    pub(super) fn take_place(&self) {
        self.has_place.store(true, Ordering::Relaxed);
    }

    /// The group in which it has a place.
    pub(super) fn place(&self) -> Option<&Arc<Group>> {
        self.group()
            .filter(|_| self.has_place.load(Ordering::Relaxed))
    }

    /// Whether it waits for a place that `other` has.
    pub(super) fn waits_for_place_of(&self, other: &Self) -> bool {
        let own = self.group().filter(|_| self.place().is_none());
        own.zip(other.place())
            .is_some_and(|(own, other)| Arc::ptr_eq(own, other))
    }

    fn is_late(&self) -> bool {
        let deadline = self.options.deadline;
        deadline.is_some_and(|deadline| deadline <= monotonic_time())
    }

    fn cause_to_cancel(&self) -> Option<Cause> {
        let cancellable = self.options.cancellable.as_ref()?;
        cancellable.is_cancelled().then_some(Cause::Cancelled)
    }

    /// What is known when a thread comes or leaves (R-EXT-11, R-EXT-13).
    fn cause_now(&self) -> Option<Cause> {
        let late = || self.is_late().then_some(Cause::TimedOut);
        self.cause_to_cancel().or_else(late)
    }

    fn group(&self) -> Option<&Arc<Group>> {
        self.ender.group()
    }

    /// Whether somebody has to look after causes to give the task up, other than the threads that come and leave.
    fn is_watched(&self) -> bool {
        self.options.returns_on_cancel || self.ender.group.is_some()
    }

    /// Has the task given up in time while no thread looks after that.
    fn link(&self) {
        if let Some(cancellable) = &self.options.cancellable {
            let connection = cancellable.connect(Arc::clone(&self.ender));
            self.links.lock().connection = connection;
        }
        if let Some(deadline) = self.options.deadline {
            let armed = timers::arm_at(deadline, Arc::clone(&self.ender) as Arc<dyn Expire>);
            self.links.lock().armed = Some(armed);
        }
    }

    fn unlink(&self) {
        let links = core::mem::take(&mut *self.links.lock());
        drop(links);
    }

    fn error(&self, cause: Cause) -> Option<HostError> {
        let name = match self.name() {
            Some(name) => format!("Task {}", name.to_string_lossy()),
            None => "The task".to_owned(),
        };
        let error = match cause {
            Cause::Cancelled => Error::new(format!("{name} was cancelled")),
            Cause::TimedOut => Error::new(format!("{name} timed out")),
        };
        error.into_object(&origin!(c"qio_task_run_in_thread_full"))
    }
}

impl Ender {
    /// As [`Terms::give_up`].
    fn give_up(&self, cause: Cause) -> bool {
        if !self.is_ours() {
            return false;
        }
        let is_given_up = self
            .ending
            .give_up(cause, self.returns_on_cancel, |sender| {
                sender
                    .completions
                    .announce(Arc::clone(&sender.task), &sender.context);
            });
        if is_given_up && let Some(group) = self.group() {
            group.withdraw(self.key);
        }
        is_given_up
    }

    /// Whether the task runs in this process.
    fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    fn group(&self) -> Option<&Arc<Group>> {
        self.group.as_ref().filter(|group| group.is_ours())
    }
}

impl Expire for Ender {
    fn expire(&self) {
        self.give_up(Cause::TimedOut);
    }
}

impl Cancelled for Ender {
    fn cancelled(&self) {
        self.give_up(Cause::Cancelled);
    }
}

impl Task {
    /// The terms that it runs on, if there are any.
    pub fn terms(&self) -> Option<&Terms> {
        self.terms.get()
    }

    /// Gives the task to a worker thread on these terms; the outcome is delivered in `context`.
    pub fn run_on_terms(
        self: Arc<Self>,
        function: WorkerFunc,
        context: MainContext,
        options: Options,
    ) {
        let completions = CompletionQueue::with_priority(&context, options.priority);
        let terms = self.terms.get_or_init(|| Box::new(Terms::new(options)));
        let sender = Sender {
            task: Arc::clone(&self),
            context: context.clone(),
            completions: Arc::clone(&completions),
        };
        let id = trace::Id::from(Handle::for_task(&self));
        let worker = Worker::OnTerms(function);
        let (function, opaque) = worker.ids();
        if let Some(name) = terms.name() {
            trace::qio_task_named(id, name);
        }
        trace::qio_task_thread_start(id, function, opaque);
        self.prepare(worker, context, completions);
        if let Some(name) = terms.name() {
            self.record.set_name(name);
        }
        pool::count();
        terms.ender.ending.open(sender);
        if terms.is_watched() {
            terms.link();
        }
        let ender = Arc::clone(&terms.ender);
        match ender.group() {
            // It may be another's before this returns, or even over.
            Some(group) => {
                group.enter(ender.key, self);
                // Who gave it up before it waited there has not found it.
                if ender.ending.outcome().flatten().is_some() {
                    group.withdraw(ender.key);
                }
            }
            None => pool::admit(self),
        }
        trace::qio_task_thread_submit(id);
    }

    /// What a worker thread does. Returns the group in which it has a place (R-EXT-5, R-EXT-13).
    pub(super) fn work_on_terms(self: &Arc<Self>, function: &WorkerFunc) -> Option<Arc<Group>> {
        let terms = self.terms()?;
        if terms.is_watched() && !terms.options.returns_on_cancel {
            terms.unlink();
        }
        terms
            .worker_thread
            .store(thread::current_id(), Ordering::Relaxed);
        if terms.ender.ending.begin(terms.cause_now()) {
            function.call(Handle::for_task(self));
        }
        terms.worker_thread.store(0, Ordering::Relaxed);
        if terms.options.returns_on_cancel {
            terms.unlink();
        }
        // Not the last reference on task or context: the news of this has its own.
        drop(terms.ender.ending.leave(terms.cause_now()));
        terms.place().cloned()
    }

    /// What the context does with news of the task (R-EXT-3, R-EXT-8).
    pub(super) fn deliver_on_terms(self: &Arc<Self>, terms: &Terms) {
        match terms.ender.ending.receive(terms.cause_to_cancel()) {
            News::Tell(cause, has_left) => {
                if has_left {
                    pool::one_is_over();
                }
                self.record.set_thread(thread::number());
                self.delivering_thread
                    .store(thread::current_id(), Ordering::Relaxed);
                if let Some(cause) = cause {
                    self.close_outcome(terms, terms.error(cause));
                }
                self.call_back();
                self.delivering_thread.store(0, Ordering::Relaxed);
                if terms.ender.ending.told() {
                    self.end_on_terms(terms);
                } else if terms.ender.ending.is_inside() {
                    self.set_stage(Stage::Running);
                }
            }
            News::Free => {
                pool::one_is_over();
                self.end_on_terms(terms);
            }
            News::Nothing => pool::one_is_over(),
        }
    }

    /// The context is gone with this news of the task, which is freed if that was the last.
    pub(super) fn abandon_on_terms(&self, terms: &Terms) {
        let Some(is_free) = terms.ender.ending.abandon() else {
            return;
        };
        pool::one_is_over();
        if is_free {
            self.end_on_terms(terms);
        }
    }

    /// From here on the callback sees this error and nothing else (R-EXT-4).
    fn close_outcome(&self, terms: &Terms, error: Option<HostError>) {
        let mut late = terms.late.lock();
        let mut outcome = self.outcome.lock();
        late.error = core::mem::replace(&mut outcome.error, error);
        late.result = outcome.result.take();
        self.is_closed.store(true, Ordering::Relaxed);
        drop(outcome);
        drop(late);
    }

    /// As [`Task::set_error`], too late to be told.
    #[cold]
    pub(super) fn set_late_error(&self, error: HostError) {
        let mut surplus = Some(error);
        if let Some(terms) = self.terms() {
            let mut late = terms.late.lock();
            if late.error.is_none() {
                late.error = surplus.take();
            }
        }
        drop(surplus);
    }

    /// As [`Task::take_error`], for the worker function.
    #[cold]
    pub(super) fn take_late_error(&self) -> Option<HostError> {
        self.terms()?.late.lock().error.take()
    }

    /// As [`Task::set_result`], too late to be told.
    #[cold]
    pub(super) fn set_late_result(&self, result: UserData) {
        let pointer = result.as_ptr();
        let replaced = match self.terms() {
            Some(terms) => terms.late.lock().result.replace(result),
            None => Some(result),
        };
        drop_replaced(replaced, pointer);
    }

    /// As [`Task::result`], for the worker function.
    #[cold]
    pub(super) fn late_result(&self) -> Option<*mut core::ffi::c_void> {
        let late = self.terms()?.late.lock();
        late.result.as_ref().map(UserData::as_ptr)
    }

    /// Ends the task, and after all else what came too late (R-EXT-7).
    pub(super) fn end_on_terms(&self, terms: &Terms) {
        self.release();
        let late = core::mem::take(&mut *terms.late.lock());
        drop(late);
        self.set_stage(Stage::Done);
    }
}
