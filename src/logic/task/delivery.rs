//! Bringing finished tasks to their main context.
//!
//! Each context that tasks are delivered in has one completion queue. Workers push finished tasks to
//! its inbox;
//! a source at idle priority, which stays in the context for good, hands them out in order. One
//! wake-up serves many tasks, and none is sent while the context's thread is awake.
//!
//! The queue dies with its context: when GLib finalises the context's sources, the tasks
//! that can't be received any more are freed without being completed (R-TASK-42, T4).

use std::collections::HashMap;
use std::sync::Arc;

use super::{Stage, Task, pool};
use crate::logic::statistics::{self, Count};
use crate::object::task::Handle;
use platform::glib::{Callback, Hooks, MainContext, Source, SourceOf, WeakContext, monotonic_time};
use platform::os::abort::misuse;
use platform::os::thread;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use platform::sync::fork::{self, PerProcess};
use platform::sync::handover::{Handover, Step};

/// `G_PRIORITY_DEFAULT_IDLE` (R-TASK-44).
const IDLE_PRIORITY: i32 = glib_sys::G_PRIORITY_DEFAULT_IDLE;

/// A delivery held up for this long by sources of default priority is made at theirs: both
/// so many iterations and so many microseconds (R-TASK-44, T3).
const STARVED_ITERATIONS: u64 = 1_000;
const STARVED_TIME: i64 = 100_000;

/// The queues of this process, by the address of their context. A forked child starts without.
#[derive(Default)]
struct CompletionQueues {
    ordinary: Mutex<HashMap<usize, Arc<CompletionQueue>>>,
    /// Those of another priority than [`IDLE_PRIORITY`], which stands beside the context.
    others: Mutex<HashMap<(usize, i32), Arc<CompletionQueue>>>,
}

fn queues() -> &'static CompletionQueues {
    static QUEUES: PerProcess<CompletionQueues> = PerProcess::new();
    QUEUES.get()
}

/// The finished tasks of one context.
#[derive(Default)]
pub struct CompletionQueue {
    /// The context's address: the key in [`CompletionQueues`]. The queue doesn't keep the context alive.
    context: usize,
    priority: i32,
    /// The process the queue belongs to; a forked child leaves it alone.
    generation: u32,
    /// Pushed to by workers, polled by the context's thread, waited for by others.
    tasks: Handover<Arc<Task>>,
    /// Counted while tasks are held up and otherwise as it happens.
    iterations: AtomicU64,
    /// The context and the delivery source in it. Taken by `close`, as both keep the queue alive. No source ends under
    /// the lock.
    sources: Mutex<Option<Sources>>,
    /// GLib was told that the delivery source is ready, and remembers it until its dispatch.
    announced: AtomicBool,
}

/// What a queue has in its context.
struct Sources {
    context: Arc<WeakContext>,
    delivery: Option<SourceOf<Delivery>>,
}

impl CompletionQueue {
    /// The queue of a context, made on first use.
    pub fn for_context(context: &MainContext) -> Arc<Self> {
        let key = context.as_ptr().addr();
        let mut queues = queues().ordinary.lock();
        if let Some(queue) = queues.get(&key) {
            return Arc::clone(queue);
        }
        let queue = Self::new(key, IDLE_PRIORITY);
        queues.insert(key, Arc::clone(&queue));
        drop(queues);
        queue.attach(context);
        queue
    }

    /// The queue of a context whose tasks are delivered at a priority (R-EXT-20).
    pub fn with_priority(context: &MainContext, priority: i32) -> Arc<Self> {
        if priority == IDLE_PRIORITY {
            return Self::for_context(context);
        }
        let key = (context.as_ptr().addr(), priority);
        let mut queues = queues().others.lock();
        if let Some(queue) = queues.get(&key) {
            return Arc::clone(queue);
        }
        let queue = Self::new(key.0, priority);
        queues.insert(key, Arc::clone(&queue));
        drop(queues);
        queue.attach(context);
        queue
    }

    fn new(context: usize, priority: i32) -> Arc<Self> {
        Arc::new(Self {
            context,
            priority,
            generation: fork::generation(),
            // Until the sources are attached no poll waits for them; attaching wakes the context.
            ..Self::default()
        })
    }

    fn attach(self: &Arc<Self>, context: &MainContext) {
        let guard = SourceOf::new(StarvationGuard(Arc::clone(self)));
        guard.set_name(c"QIOTask starvation guard");
        guard.set_can_recurse();
        let kept = Closer(Arc::clone(self));
        let context = Arc::new(WeakContext::anchored(context, guard, kept));
        let delivery = self.attach_delivery(&context);
        let replaced = self.sources.lock().replace(Sources { context, delivery });
        drop(replaced);
    }

    fn attach_delivery(self: &Arc<Self>, context: &WeakContext) -> Option<SourceOf<Delivery>> {
        let source = SourceOf::new(Delivery(Arc::clone(self)));
        source.set_name(c"QIOTask");
        source.set_priority(self.priority);
        source.set_can_recurse();
        context.attach(source, |_| {})
    }

    /// Makes GLib forget that the delivery source was ready, now that nothing is left to deliver:
    /// a context without deliveries has nothing pending (R-TASK-50). GLib forgets with the source.
    fn withdraw(self: &Arc<Self>) {
        if !self.announced.swap(false, Ordering::Relaxed) {
            return;
        }
        let mut sources = self.sources.lock();
        let Some(Sources { context, delivery }) = &mut *sources else {
            return;
        };
        let context = Arc::clone(context);
        // First, so that others that iterate the context or withdraw always find one.
        let next = self.attach_delivery(&context);
        let ended = core::mem::replace(delivery, next);
        // Not locked: the context may go in there (from GLib 2.86 on), and close the queue.
        drop(sources);
        if let Some(ended) = ended {
            context.end(ended.into());
        }
    }

    /// Ends a source of the queue's context, on whatever thread.
    pub(super) fn end(&self, source: Source) {
        let sources = self.sources.lock();
        let context = sources.as_ref().map(|sources| Arc::clone(&sources.context));
        // Not locked: the context may go meanwhile, and close the queue.
        drop(sources);
        match context {
            Some(context) => context.end(source),
            // The context has ended it.
            None => drop(source),
        }
    }

    /// Arms a finished task's delivery (R-TASK-43). From here on others own the task, and see all that the worker
    /// did (R-TASK-24).
    pub(super) fn publish(self: &Arc<Self>, task: Arc<Task>, context: MainContext) {
        self.announce(task, &context);
        // Perhaps the context's last reference: then the queue closes, here.
        drop(context);
    }

    /// Arms the delivery of news of a task.
    pub(super) fn announce(self: &Arc<Self>, task: Arc<Task>, context: &MainContext) {
        let id = trace::Id::from(Handle::for_task(&task));
        task.published_iteration
            .store(self.iterations.load(Ordering::Relaxed), Ordering::Relaxed);
        task.published_time
            .store(monotonic_time(), Ordering::Relaxed);
        task.set_stage(Stage::Published);
        if self.tasks.push(task) {
            statistics::add(Count::ContextWoken);
            context.wakeup();
        }
        self.wake_waiters();
        trace::qio_task_thread_source_attach(id, Arc::as_ptr(self).into());
    }

    /// Lets waiters look again.
    pub(super) fn wake_waiters(&self) {
        self.tasks.wake_waiters();
    }

    /// Takes the first task to deliver it.
    fn take_first(&self) -> Option<Arc<Task>> {
        let mut tasks = self.tasks.lock();
        let task = tasks.pop_front();
        if let Some(task) = &task {
            task.set_stage(Stage::Delivering);
        }
        drop(tasks);
        task
    }

    /// How many tasks are there to be delivered.
    fn count(&self) -> usize {
        self.tasks.lock().len()
    }

    /// The task that is next.
    fn first(&self) -> Option<Arc<Task>> {
        self.tasks.lock().front().cloned()
    }

    /// Whether there is something to deliver.
    fn has_work(&self) -> bool {
        self.is_ours() && !self.tasks.is_empty()
    }

    /// Whether the queue belongs to this process.
    fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Delivers what is there now, in order. Callbacks may deliver some of it themselves, by
    /// waiting or in a nested loop; what they add waits for the next round.
    fn deliver_round(&self) {
        self.deliver_while(|| true);
    }

    /// Delivers in order what is there now, as long as the next may go.
    fn deliver_while(&self, may_go: impl Fn() -> bool) {
        // GLib may remember from before a fork that there was something.
        if !self.is_ours() {
            return;
        }
        for _ in 0..self.count() {
            if !may_go() {
                return;
            }
            let Some(task) = self.take_first() else {
                return;
            };
            task.deliver();
            self.wake_waiters();
        }
    }

    /// Blocks until `task` can be delivered by the caller, and takes it; None if it was
    /// delivered elsewhere meanwhile.
    pub(super) fn wait_for(self: &Arc<Self>, task: &Arc<Task>) -> Option<Arc<Task>> {
        let (taken, nothing_is_left) = self.tasks.wait_for(|tasks| {
            if let Some(place) = tasks.iter().position(|other| Arc::ptr_eq(other, task)) {
                let taken = tasks.remove(place);
                trace::qio_task_thread_source_cancel(
                    Handle::for_task(task).into(),
                    Arc::as_ptr(self).into(),
                );
                task.set_stage(Stage::Delivering);
                return Step::Over((taken, tasks.is_empty()));
            }
            if task.terms().is_some_and(|terms| terms.was_told()) {
                // What is left of it goes with the context's next iterations.
                return Step::Over((None, tasks.is_empty()));
            }
            match task.stage() {
                Stage::Done => return Step::Over((None, tasks.is_empty())),
                Stage::Delivering
                    if task.delivering_thread.load(Ordering::Relaxed) == thread::current_id() =>
                {
                    misuse(
                        "qio_task_wait_thread",
                        format_args!("the task is waited for inside its own func"),
                    )
                }
                _ => {}
            }
            match pool::take_if_starved(task) {
                Some(unstarted) => Step::Do(|| unstarted.work()),
                None => Step::Sleep,
            }
        });
        if nothing_is_left {
            self.withdraw();
        }
        taken
    }

    /// Whether the first task was held up for too long, counting one more iteration.
    fn is_starved(&self) -> bool {
        self.iterations.fetch_add(1, Ordering::Relaxed);
        self.priority == IDLE_PRIORITY && self.has_work() && self.first_was_held_up()
    }

    fn first_was_held_up(&self) -> bool {
        let Some(first) = self.first() else {
            return false;
        };
        let now = self.iterations.load(Ordering::Relaxed);
        let waited = now.saturating_sub(first.published_iteration.load(Ordering::Relaxed));
        waited >= STARVED_ITERATIONS
            && monotonic_time() - first.published_time.load(Ordering::Relaxed) >= STARVED_TIME
    }

    /// The context is gone: what waits is freed, uncompleted.
    fn close(self: Arc<Self>) {
        if !self.is_ours() {
            // The parent's tasks are not the child's to end, and its locks may be held.
            let _ = core::mem::ManuallyDrop::new(self);
            return;
        }
        let registered = if self.priority == IDLE_PRIORITY {
            queues().ordinary.lock().remove(&self.context)
        } else {
            queues()
                .others
                .lock()
                .remove(&(self.context, self.priority))
        };
        drop(registered);
        let sources = self.sources.lock().take();
        // Not locked either.
        drop(sources);
        let abandoned = core::mem::take(&mut *self.tasks.lock());
        for task in abandoned {
            match task.terms() {
                Some(terms) => task.abandon_on_terms(terms),
                None => {
                    pool::one_is_over();
                    task.end();
                }
            }
        }
        // Who still waits for one of them has nothing to deliver.
        self.wake_waiters();
    }
}

/// The source that delivers at idle priority.
struct Delivery(Arc<CompletionQueue>);

impl Delivery {
    /// What is told to a poll, which asks so, and what GLib then remembers until the dispatch.
    fn is_ready(&self, ask: impl FnOnce(&Handover<Arc<Task>>) -> bool) -> bool {
        let queue = &self.0;
        let has_work = queue.is_ours() && ask(&queue.tasks);
        if has_work {
            queue.announced.store(true, Ordering::Relaxed);
        }
        has_work
    }
}

impl Hooks for Delivery {
    type Func = ();

    fn prepare(&self) -> bool {
        self.is_ready(Handover::begin_poll)
    }

    fn check(&self) -> bool {
        self.is_ready(Handover::end_poll)
    }

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        self.0.announced.store(false, Ordering::Relaxed);
        Arc::clone(&self.0).deliver_round();
        true
    }
}

/// The source that delivers at default priority what was held up for too long. It is visited at
/// each iteration, never makes one happen, and is otherwise never ready.
struct StarvationGuard(Arc<CompletionQueue>);

/// Goes with the context, and the queue with it: at once, as another context may soon have the address.
struct Closer(Arc<CompletionQueue>);

impl Drop for Closer {
    fn drop(&mut self) {
        Arc::clone(&self.0).close();
    }
}

impl Hooks for StarvationGuard {
    type Func = ();

    fn prepare(&self) -> bool {
        self.0.is_ours() && self.0.is_starved()
    }

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        let queue = Arc::clone(&self.0);
        queue.deliver_while(|| queue.first_was_held_up());
        if queue.is_ours() && queue.count() == 0 {
            queue.withdraw();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::task::Worker;
    use crate::object::task::Completion;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Callbacks note here what they are, in their order.
    type Log = Rc<RefCell<Vec<u32>>>;

    fn task(log: &Log, number: u32) -> Arc<Task> {
        let log = Rc::clone(log);
        Task::new(
            None,
            Completion::from_fn(move || log.borrow_mut().push(number)),
        )
    }

    /// A task whose worker has ended, armed for delivery.
    fn publish(queue: &Arc<CompletionQueue>, context: &MainContext, task: Arc<Task>) {
        queue.publish(task, context.clone());
    }

    #[test]
    fn one_queue_serves_a_context_and_goes_with_it() {
        let context = MainContext::create();
        let key = context.as_ptr().addr();
        let queue = CompletionQueue::for_context(&context);
        assert!(Arc::ptr_eq(&queue, &CompletionQueue::for_context(&context)));
        assert!(!context.is_pending());
        drop(context);
        assert!(!queues().ordinary.lock().contains_key(&key));
        assert_eq!(Arc::strong_count(&queue), 1);
    }

    #[test]
    fn no_lock_is_held_where_a_delivery_source_ends() {
        struct Looks(Arc<CompletionQueue>, Arc<AtomicU64>);
        impl Drop for Looks {
            fn drop(&mut self) {
                let is_free = self.0.sources.try_lock().is_some();
                self.1
                    .fetch_add(if is_free { 1 } else { 100 }, Ordering::Relaxed);
            }
        }

        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        let seen = Arc::new(AtomicU64::new(0));
        let look = || {
            let sources = queue.sources.lock();
            let delivery = sources
                .as_ref()
                .and_then(|of| of.delivery.as_ref())
                .unwrap();
            delivery.keep(Looks(Arc::clone(&queue), Arc::clone(&seen)));
            drop(sources);
        };
        look();
        let waited = task(&log, 1);
        publish(&queue, &context, Arc::clone(&waited));
        // GLib has heard of it.
        assert!(context.is_pending());
        queue.wait_for(&waited).unwrap().deliver();
        assert!(!context.is_pending());
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        look();
        drop(context);
        assert_eq!(seen.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn deliveries_keep_their_order() {
        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        publish(&queue, &context, task(&log, 1));
        publish(&queue, &context, task(&log, 2));
        // Some are collected already when others come in.
        assert!(context.is_pending());
        publish(&queue, &context, task(&log, 3));
        publish(&queue, &context, task(&log, 4));
        while context.iteration(false) {}
        assert_eq!(*log.borrow(), [1, 2, 3, 4]);
        assert!(!context.is_pending());
    }

    #[test]
    fn a_delivery_is_held_up_for_so_long_only() {
        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        let first = task(&log, 1);
        publish(&queue, &context, Arc::clone(&first));
        first
            .published_time
            .fetch_sub(STARVED_TIME, Ordering::Relaxed);
        let published = first.published_iteration.load(Ordering::Relaxed);
        queue
            .iterations
            .store(published + STARVED_ITERATIONS - 2, Ordering::Relaxed);
        assert!(!queue.is_starved(), "not yet so many iterations");
        assert!(queue.is_starved());
        first
            .published_time
            .store(monotonic_time() + STARVED_TIME, Ordering::Relaxed);
        assert!(!queue.is_starved(), "not yet so long");
    }

    #[test]
    fn what_comes_in_during_a_round_waits_for_the_next() {
        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        let (inner_log, inner_queue, inner_context) =
            (Rc::clone(&log), Arc::clone(&queue), context.clone());
        let adds_one = Task::new(
            None,
            Completion::from_fn(move || {
                inner_log.borrow_mut().push(1);
                publish(&inner_queue, &inner_context, task(&inner_log, 2));
            }),
        );
        publish(&queue, &context, adds_one);
        queue.deliver_round();
        assert_eq!(*log.borrow(), [1]);
        queue.deliver_round();
        assert_eq!(*log.borrow(), [1, 2]);
    }

    #[test]
    fn a_dead_context_frees_its_tasks_uncompleted() {
        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        let abandoned = task(&log, 1);
        publish(&queue, &context, Arc::clone(&abandoned));
        assert_eq!(Rc::strong_count(&log), 2);
        drop(context);
        assert_eq!(Rc::strong_count(&log), 1, "the callback's data has ended");
        assert_eq!(Arc::strong_count(&abandoned), 1);
        assert!(log.borrow().is_empty());
    }

    #[test]
    fn a_wait_takes_the_task_out_of_the_middle() {
        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        let tasks: Vec<_> = (0..3).map(|number| task(&log, number)).collect();
        for task in &tasks {
            publish(&queue, &context, Arc::clone(task));
        }
        let taken = queue.wait_for(&tasks[1]).unwrap();
        taken.deliver();
        while context.iteration(false) {}
        assert_eq!(*log.borrow(), [1, 0, 2]);
    }

    #[test]
    fn a_wait_that_comes_too_late_finds_the_task_done() {
        let log = Log::default();
        let context = MainContext::create();
        let queue = CompletionQueue::for_context(&context);
        let late = task(&log, 1);
        publish(&queue, &context, Arc::clone(&late));
        queue.deliver_round();
        assert!(queue.wait_for(&late).is_none());
        assert_eq!(*log.borrow(), [1]);
    }

    #[test]
    fn a_worker_wakes_a_context_that_polls() {
        let log = Log::default();
        let context = MainContext::create();
        for number in 0..50 {
            let worker = Worker::Native(c"nothing", Box::new(|_| {}));
            task(&log, number).run_in_thread(worker, context.clone());
            // Blocks until the worker's wake-up, or for ever without one.
            while log.borrow().len() <= usize::try_from(number).unwrap() {
                context.iteration(true);
            }
        }
    }
}
