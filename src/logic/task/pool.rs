//! Worker threads for blocking functions.
//!
//! A task may block for minutes and others may wait for it (T9): the threads are [`Workers`], and this says
//! what they do while none can be made.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::delivery::CompletionQueue;
use super::group::Group;
use super::terms::Terms;
use super::{Stage, Task};
use crate::logic::statistics::{self, Count};
use platform::glib::{Callback, Hooks, MainContext, Source, monotonic_time};
use platform::os::thread;
use platform::sync::fork::{self, PerProcess};
use platform::sync::workers::{Work, Workers};

/// For how long a thread looks out for the next task, in microseconds.
const LOOK_OUT: i64 = 10;
/// Pauses of the processor between two looks at the clock.
const PAUSES: u32 = 8;

/// First and longest pause before a thread is asked for again, in microseconds (W-TASK-1).
const RETRY_FIRST: i64 = 10_000;
const RETRY_LONGEST: i64 = 1_000_000;

/// The pool of this process. A forked child gets its own (T10).
fn current() -> &'static Pool {
    static POOL: PerProcess<Pool> = PerProcess::new();
    POOL.get()
}

/// The worker threads and the tasks that wait for one.
pub type Pool = Workers<Tasks>;

/// Queues a task for a worker thread.
pub fn submit(task: Arc<Task>) {
    statistics::add(Count::TaskSubmitted);
    current().submit(task);
}

/// Counts a task that is to be queued, perhaps later.
pub(super) fn count() {
    statistics::add(Count::TaskSubmitted);
}

/// Queues a task that was counted.
pub(super) fn admit(task: Arc<Task>) {
    current().submit(task);
}

/// A task is being delivered, or was given up.
pub(super) fn one_is_over() {
    if current().one_is_over() {
        statistics::add(Count::TaskCompleted);
    }
}

/// What the threads are for.
pub struct Tasks;

/// What asks for a thread again that could not be made.
#[derive(Default)]
pub struct Retries {
    /// The pause before the next attempt, in microseconds.
    pause: i64,
    /// The timers that make the next attempt, while tasks wait for a thread that can't be made.
    timers: Vec<Retry>,
}

/// A timer in a context that may be iterated.
struct Retry {
    /// The context's address; the timer doesn't keep it alive.
    context: usize,
    /// The context's completion queue; None for the default context, which lives for ever.
    completions: Option<Arc<CompletionQueue>>,
    timer: Source,
}

impl Retry {
    /// Ends the timer.
    fn end(self) {
        match self.completions {
            Some(completions) => completions.end(self.timer),
            None => self.timer.destroy(),
        }
    }
}

/// What is left to do when an attempt was arranged for and the queue is unlocked.
pub struct Told {
    /// The contexts that may be iterated, as none may go while the queue is locked.
    places: Vec<(MainContext, Option<Arc<CompletionQueue>>)>,
    /// The groups that the tasks have places in, for which others wait.
    groups: Vec<Arc<Group>>,
    /// The timers that have been. A context may go with its last source, and its tasks are counted with the
    /// queue.
    over: Retries,
}

impl Work for Tasks {
    type Job = Arc<Task>;
    type Retries = Retries;
    type Told = Told;

    fn start(workers: &'static Pool) -> bool {
        let life = || {
            statistics::add(Count::WorkerBegun);
            workers.serve();
            statistics::add(Count::WorkerEnded);
        };
        thread::spawn_detached(c"io-task-worker", Box::new(life)).is_ok()
    }

    fn wakes() {
        statistics::add(Count::WorkerWoken);
    }

    fn run(task: Arc<Task>) {
        task.work();
    }

    fn now() -> i64 {
        monotonic_time()
    }

    fn has_cores() -> bool {
        static CORES: OnceLock<usize> = OnceLock::new();
        *CORES.get_or_init(thread::available_cores) > 1
    }

    fn look_out(is_queued: impl Fn() -> bool) {
        let end = monotonic_time() + LOOK_OUT;
        while monotonic_time() < end {
            for _ in 0..PAUSES {
                if is_queued() {
                    return;
                }
                core::hint::spin_loop();
            }
        }
    }

    /// Timers in whatever contexts may be iterated (W-TASK-1). No error is invented (R-TASK-14).
    fn retry_later(
        pool: &'static Pool,
        queue: &VecDeque<Arc<Task>>,
        retries: &mut Retries,
    ) -> Self::Told {
        retries.pause = (retries.pause * 2).clamp(RETRY_FIRST, RETRY_LONGEST);
        // Any of these may be iterated, or none but the default one.
        let (mut places, mut groups) = (Vec::new(), Vec::new());
        places.extend(MainContext::try_default().map(|context| (context, None)));
        for task in queue {
            groups.extend(task.terms().and_then(|terms| terms.place()).cloned());
            let thread = task.thread.lock();
            if let Some(context) = thread.context.clone() {
                places.push((context, thread.completions.clone()));
            }
        }
        let over = retries.over();
        for (context, completions) in &places {
            retries.start(pool, context, completions.clone());
        }
        Told {
            places,
            groups,
            over,
        }
    }

    /// A thread that waits for one of these can run it now.
    fn tell(told: Told) {
        Self::end(told.over);
        let places = told.places;
        for completions in places
            .iter()
            .filter_map(|(_, completions)| completions.as_ref())
        {
            completions.wake_waiters();
        }
        told.groups.iter().for_each(|group| group.wake_waiters());
    }

    fn thread_came(retries: &mut Retries) {
        retries.pause = 0;
    }

    fn needless(retries: &mut Retries) -> Retries {
        Retries {
            pause: 0,
            timers: core::mem::take(&mut retries.timers),
        }
    }

    /// Nothing of a task may stay in its context (R-TASK-50).
    fn end(retries: Retries) {
        for retry in retries.timers {
            retry.end();
        }
    }
}

/// Takes a task back whose worker thread can't be made, so that a thread that waits for it can
/// run it (W-TASK-1); or one whose place in a group it waits for.
pub(super) fn take_if_starved(task: &Arc<Task>) -> Option<Arc<Task>> {
    if task.stage() != Stage::Queued {
        return None;
    }
    current().take_if_starved(|queued| {
        let waits = |terms: &Terms| {
            queued
                .terms()
                .is_some_and(|other| terms.waits_for_place_of(other))
        };
        Arc::ptr_eq(queued, task) || task.terms().is_some_and(waits)
    })
}

impl Retries {
    /// The timers that have been.
    fn over(&mut self) -> Self {
        let timers = self
            .timers
            .extract_if(.., |retry| retry.timer.is_destroyed());
        Self {
            pause: 0,
            timers: timers.collect(),
        }
    }

    /// Asks for a thread again from a timer in `context`, unless one is there.
    fn start(
        &mut self,
        pool: &'static Pool,
        context: &MainContext,
        completions: Option<Arc<CompletionQueue>>,
    ) {
        let address = context.as_ptr().addr();
        if self.timers.iter().any(|retry| retry.context == address) {
            return;
        }
        let timer = Source::new(Attempt {
            pool,
            context: address,
            generation: fork::generation(),
        });
        timer.set_name(c"io-task-worker retry");
        timer.set_ready_time(monotonic_time() + self.pause);
        timer.attach(context);
        self.timers.push(Retry {
            context: address,
            completions,
            timer,
        });
    }
}

/// What a retry's timer does.
struct Attempt {
    pool: &'static Pool,
    context: usize,
    /// A forked child has a pool of its own, and the parent's lock may be held for ever (T10).
    generation: u32,
}

impl Hooks for Attempt {
    type Func = ();

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        if self.generation != fork::generation() {
            return false;
        }
        self.pool.retry(|retries| {
            let (over, others) = core::mem::take(&mut retries.timers)
                .into_iter()
                .partition::<Vec<_>, _>(|retry| retry.context == self.context);
            retries.timers = others;
            over
        });
        false
    }
}
