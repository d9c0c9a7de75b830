//! Worker threads for blocking functions.
//!
//! A task may block for minutes and others may wait for it, so the number of threads has no bound:
//! whenever a task is queued and no thread is free, another is started (T9). Threads are reused and
//! leave after being idle for a while.
//!
//! At most one thread is on its way at a time, woken or starting. A thread that arrives and finds
//! more than it can take calls the next one before it begins. So a burst of short tasks is done by
//! one thread, and a burst of long ones gets a thread each.
//!
//! Who has just finished a short task looks out for the next one for a moment before it sleeps: a program
//! that starts one after the other then pays for no wake-up. One thread at a time does so, only then, and
//! only where another core runs the program meanwhile. With more tasks under way it sleeps, so that several
//! gather for it.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::delivery::CompletionQueue;
use super::{Stage, Task};
use crate::logic::statistics::{self, Count};
use platform::glib::{Callback, Hooks, MainContext, Source, monotonic_time};
use platform::os::thread;
use platform::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use platform::sync::fork::{self, PerProcess};
use platform::sync::{Condvar, Mutex};

/// How long a thread without work stays.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// A task of so many microseconds is short: what a wake-up costs matters beside it.
const SHORT: i64 = 20;
/// For how long a thread looks out for the next task, in microseconds.
const LOOK_OUT: i64 = 10;
/// Pauses of the processor between two looks at the clock.
const PAUSES: u32 = 8;

/// First and longest pause before a thread is asked for again, in microseconds (W-TASK-1).
const RETRY_FIRST: i64 = 10_000;
const RETRY_LONGEST: i64 = 1_000_000;

/// The pool of this process. A forked child gets its own (T10).
pub fn current() -> &'static Pool {
    static POOL: PerProcess<Pool> = PerProcess::new();
    POOL.get()
}

/// The worker threads and the tasks that wait for one.
#[derive(Default)]
pub struct Pool {
    state: Mutex<State>,
    work: Condvar,
    /// Whether the queue has something, readable without the lock.
    has_queued: AtomicBool,
    /// Tasks that were submitted and not delivered yet.
    under_way: AtomicUsize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arc<Task>>,
    /// Threads waiting in `work`.
    idle: usize,
    /// A thread was woken or started and hasn't looked at the queue yet.
    worker_is_coming: bool,
    /// The last thread asked for could not be made.
    starved: bool,
    /// The pause before the next attempt, in microseconds.
    retry_pause: i64,
    /// The timers that make the next attempt, while tasks wait for a thread that can't be made.
    retries: Vec<Retry>,
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

/// What it takes to get another thread to the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Help {
    None,
    Wake,
    Start,
}

impl State {
    /// Whether a thread should be called to the queue, and how.
    fn call_help(&mut self) -> Help {
        if self.queue.is_empty() || self.worker_is_coming {
            return Help::None;
        }
        self.worker_is_coming = true;
        if self.idle > 0 {
            self.starved = false;
            Help::Wake
        } else {
            Help::Start
        }
    }
}

impl Pool {
    /// Queues a task for a worker thread.
    pub fn submit(&'static self, task: Arc<Task>) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        statistics::add(Count::TaskSubmitted);
        let mut state = self.state.lock();
        state.queue.push_back(task);
        self.has_queued.store(true, Ordering::Release);
        let help = state.call_help();
        drop(state);
        self.send(help);
    }

    /// A task is being delivered, or was given up.
    pub(super) fn one_is_over(&self) {
        // Those of a forked child's parent were not counted here.
        let less = |count: usize| count.checked_sub(1);
        let was_counted = self
            .under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if was_counted.is_ok() {
            statistics::add(Count::TaskCompleted);
        }
    }

    fn send(&'static self, help: Help) {
        match help {
            Help::None => {}
            Help::Wake => {
                statistics::add(Count::WorkerWoken);
                self.work.notify_one();
            }
            Help::Start => {
                if thread::spawn_detached(c"io-task-worker", Box::new(|| self.serve())).is_err() {
                    self.could_not_start();
                }
            }
        }
    }

    /// No thread can be made now. A thread that became idle meanwhile takes the work: it wasn't
    /// woken, as the new one was on its way. Without one the queue waits for a thread that gets
    /// free, for the next attempt, or for `wait_thread` (W-TASK-1). No error is invented (R-TASK-14).
    fn could_not_start(&'static self) {
        let mut state = self.state.lock();
        state.worker_is_coming = false;
        if state.idle > 0 {
            let help = state.call_help();
            drop(state);
            self.send(help);
            return;
        }
        state.starved = true;
        state.retry_pause = (state.retry_pause * 2).clamp(RETRY_FIRST, RETRY_LONGEST);
        let pause = state.retry_pause;
        // Any of these may be iterated, or none but the default one.
        let mut places = Vec::new();
        places.extend(MainContext::try_default().map(|context| (context, None)));
        for task in &state.queue {
            let thread = task.thread.lock();
            if let Some(context) = thread.context.clone() {
                places.push((context, thread.completions.clone()));
            }
        }
        let over = state.over_retries();
        for (context, completions) in &places {
            state.retry_in(self, context, completions.clone(), pause);
        }
        drop(state);
        end(over);
        // A thread that waits for one of these can run it now.
        for (_, completions) in &places {
            if let Some(completions) = completions {
                completions.wake_waiters();
            }
        }
    }

    /// A worker thread's life.
    fn serve(&'static self) {
        statistics::add(Count::WorkerBegun);
        let mut state = self.state.lock();
        state.starved = false;
        state.retry_pause = 0;
        state.worker_is_coming = false;
        let mut was_short = false;
        loop {
            if let Some(task) = state.queue.pop_front() {
                self.has_queued
                    .store(!state.queue.is_empty(), Ordering::Release);
                let help = state.call_help();
                let needless = state.needless_retries();
                // Behind it nothing waits, so it is worth asking how long it takes.
                let begun = state.queue.is_empty().then(monotonic_time);
                drop(state);
                end(needless);
                self.send(help);
                task.work();
                was_short = begun.is_some_and(|begun| monotonic_time() - begun < SHORT)
                    && self.under_way.load(Ordering::Relaxed) <= 1;
                state = self.state.lock();
                continue;
            }
            // It is as good as one that was called: what is queued meanwhile needs no other.
            if core::mem::take(&mut was_short) && !state.worker_is_coming && has_cores() {
                state.worker_is_coming = true;
                drop(state);
                self.look_out();
                state = self.state.lock();
                state.worker_is_coming = false;
                continue;
            }
            state.idle += 1;
            let (woken, timed_out) = self.work.wait_timeout(state, IDLE_LIMIT);
            state = woken;
            state.idle -= 1;
            // Whether or not this thread is the one that was called: it looks at the queue now.
            state.worker_is_coming = false;
            if timed_out && state.queue.is_empty() {
                statistics::add(Count::WorkerEnded);
                return;
            }
        }
    }

    /// Waits a moment, awake, for something to be queued.
    fn look_out(&self) {
        let end = monotonic_time() + LOOK_OUT;
        while monotonic_time() < end {
            for _ in 0..PAUSES {
                if self.has_queued.load(Ordering::Acquire) {
                    return;
                }
                core::hint::spin_loop();
            }
        }
    }

    /// Takes a task back whose worker thread can't be made, so that a thread that waits for it can
    /// run it (W-TASK-1).
    pub(super) fn take_if_starved(&self, task: &Arc<Task>) -> Option<Arc<Task>> {
        if task.stage() != Stage::Queued {
            return None;
        }
        let mut state = self.state.lock();
        if !state.starved {
            return None;
        }
        let place = state
            .queue
            .iter()
            .position(|queued| Arc::ptr_eq(queued, task))?;
        let taken = state.queue.remove(place);
        let needless = state.needless_retries();
        drop(state);
        end(needless);
        taken
    }
}

impl State {
    /// Asks for a thread again from a timer in `context`, unless one is there.
    fn retry_in(
        &mut self,
        pool: &'static Pool,
        context: &MainContext,
        completions: Option<Arc<CompletionQueue>>,
        pause: i64,
    ) {
        let address = context.as_ptr().addr();
        if self.retries.iter().any(|retry| retry.context == address) {
            return;
        }
        let timer = Source::new(Attempt {
            pool,
            context: address,
            generation: fork::generation(),
        });
        timer.set_name(c"io-task-worker retry");
        timer.set_ready_time(monotonic_time() + pause);
        timer.attach(context);
        self.retries.push(Retry {
            context: address,
            completions,
            timer,
        });
    }

    /// The timers that have been. To be ended after unlocking, since a context may go with its last
    /// source, and its tasks are counted here.
    fn over_retries(&mut self) -> Vec<Retry> {
        self.retries
            .extract_if(.., |retry| retry.timer.is_destroyed())
            .collect()
    }

    /// The timers that are left when no task waits any more: nothing of a task may stay in its
    /// context (R-TASK-50). To be ended after unlocking.
    fn needless_retries(&mut self) -> Vec<Retry> {
        if self.queue.is_empty() {
            core::mem::take(&mut self.retries)
        } else {
            Vec::new()
        }
    }
}

/// Whether the process may run on more than one core.
fn has_cores() -> bool {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(thread::available_cores) > 1
}

/// Ends timers.
fn end(retries: Vec<Retry>) {
    for retry in retries {
        retry.end();
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
        let mut state = self.pool.state.lock();
        let (over, others) = core::mem::take(&mut state.retries)
            .into_iter()
            .partition::<Vec<_>, _>(|retry| retry.context == self.context);
        state.retries = others;
        let help = state.call_help();
        drop(state);
        drop(over);
        self.pool.send(help);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(queued: usize, idle: usize) -> State {
        let task = || Task::new(None, crate::object::task::Completion::from_fn(|| {}));
        State {
            queue: (0..queued).map(|_| task()).collect(),
            idle,
            ..State::default()
        }
    }

    #[test]
    fn no_thread_is_called_for_an_empty_queue() {
        assert_eq!(state(0, 1).call_help(), Help::None);
    }

    #[test]
    fn an_idle_thread_is_woken_before_one_is_started() {
        assert_eq!(state(1, 1).call_help(), Help::Wake);
        assert_eq!(state(1, 0).call_help(), Help::Start);
    }

    #[test]
    fn one_at_a_time_is_called() {
        let mut state = state(2, 2);
        assert_eq!(state.call_help(), Help::Wake);
        assert_eq!(state.call_help(), Help::None);
        state.worker_is_coming = false;
        assert_eq!(state.call_help(), Help::Wake);
    }
}
