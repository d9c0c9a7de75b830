//! Threads for jobs that may block for minutes, while others wait for them.
//!
//! So the number of threads has no bound: whenever a job is queued and no thread is free, another is started.
//! Threads are reused and leave after being idle for a while.
//!
//! At most one thread is on its way at a time, woken or starting. A thread that arrives and finds
//! more than it can take calls the next one before it begins. So a burst of short jobs is done by
//! one thread, and a burst of long ones gets a thread each.
//!
//! Who has just finished a short job looks out for the next one for a moment before it sleeps: a program
//! that starts one after the other then pays for no wake-up. One thread at a time does so, only then, and
//! only where another core runs the program meanwhile. With more jobs under way it sleeps, so that several
//! gather for it.

use std::collections::VecDeque;
use std::time::Duration;

use super::facade::atomic::{AtomicBool, AtomicUsize, Ordering};
use super::facade::{Condvar, Mutex, Repair, has};

#[cfg(all(test, loom))]
mod models;

/// How long a thread without work stays.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// A job of so many microseconds is short: what a wake-up costs matters beside it.
const SHORT: i64 = 20;

/// The jobs, and what threads take from their surroundings.
pub trait Work: Sized + 'static {
    /// What a thread does.
    type Job: Send;
    /// The attempts to get a thread that could not be made, kept under the lock of the queue.
    type Retries: Default + Send;
    /// Who has to be told of it.
    type Told;

    /// Starts a thread that calls [`Workers::serve`]. False if none can be made.
    fn start(workers: &'static Workers<Self>) -> bool;

    /// An idle thread is about to be woken.
    fn wakes() {}

    /// Does a job, with nothing locked.
    fn run(job: Self::Job);

    /// Microseconds since some moment.
    fn now() -> i64;

    /// Whether another core may run the program while a thread looks out.
    fn has_cores() -> bool;

    /// Waits a moment, awake, for something to be queued.
    fn look_out(is_queued: impl Fn() -> bool);

    /// No thread can be made, and none is free: arranges for another attempt. With the queue locked.
    fn retry_later(
        workers: &'static Workers<Self>,
        queue: &VecDeque<Self::Job>,
        retries: &mut Self::Retries,
    ) -> Self::Told;

    /// As above, after unlocking: a thread that waits for a job can do it now.
    fn tell(told: Self::Told);

    /// A thread has come. With the queue locked.
    fn thread_came(retries: &mut Self::Retries);

    /// Takes the attempts out: no job waits any more. With the queue locked.
    fn needless(retries: &mut Self::Retries) -> Self::Retries;

    /// Ends what was taken out. After unlocking.
    fn end(retries: Self::Retries);
}

/// The threads and the jobs that wait for one.
pub struct Workers<W: Work> {
    state: Mutex<State<W>>,
    work: Condvar,
    /// Whether the queue has something, readable without the lock.
    has_queued: AtomicBool,
    /// Jobs that were submitted and are not over yet.
    under_way: AtomicUsize,
}

impl<W: Work> Default for Workers<W> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::default()),
            work: Condvar::default(),
            has_queued: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
        }
    }
}

struct State<W: Work> {
    queue: VecDeque<W::Job>,
    /// Threads waiting in `work`.
    idle: usize,
    /// A thread was woken or started and hasn't looked at the queue yet.
    worker_is_coming: bool,
    /// The last thread asked for could not be made.
    starved: bool,
    retries: W::Retries,
}

impl<W: Work> Default for State<W> {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            idle: 0,
            worker_is_coming: false,
            starved: false,
            retries: W::Retries::default(),
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

impl<W: Work> State<W> {
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

    /// The attempts that are left when no job waits any more. To be ended after unlocking.
    fn needless_retries(&mut self) -> Option<W::Retries> {
        self.queue
            .is_empty()
            .then(|| W::needless(&mut self.retries))
    }
}

impl<W: Work> Workers<W> {
    /// Queues a job for a thread.
    pub fn submit(&'static self, job: W::Job) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock();
        state.queue.push_back(job);
        self.has_queued.store(true, Ordering::Release);
        let help = state.call_help();
        drop(state);
        self.send(help);
    }

    /// What a job has led to is done, or was given up. False if it was another process's.
    pub fn one_is_over(&self) -> bool {
        // Those of a forked child's parent were not counted here.
        let less = |count: usize| count.checked_sub(1);
        self.under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    fn send(&'static self, help: Help) {
        match help {
            Help::None => {}
            Help::Wake => {
                W::wakes();
                self.work.notify_one();
            }
            Help::Start => {
                if !W::start(self) {
                    self.could_not_start();
                }
            }
        }
    }

    /// No thread can be made now. A thread that became idle meanwhile takes the work: it wasn't
    /// woken, as the new one was on its way. Without one the queue waits for a thread that gets
    /// free, for the next attempt, or for [`Workers::take_if_starved`].
    fn could_not_start(&'static self) {
        let mut state = self.state.lock();
        state.worker_is_coming = false;
        if has(Repair::ParkedWorkerTakesTheWork) && state.idle > 0 {
            let help = state.call_help();
            drop(state);
            self.send(help);
            return;
        }
        state.starved = true;
        let State { queue, retries, .. } = &mut *state;
        let told = W::retry_later(self, queue, retries);
        drop(state);
        W::tell(told);
    }

    /// Asks for a thread again, after a change of the attempts; what that returns is dropped unlocked.
    pub fn retry<R>(&'static self, change: impl FnOnce(&mut W::Retries) -> R) {
        let mut state = self.state.lock();
        let over = change(&mut state.retries);
        let help = state.call_help();
        drop(state);
        drop(over);
        self.send(help);
    }

    /// A thread's life.
    pub fn serve(&'static self) {
        let mut state = self.state.lock();
        state.starved = false;
        W::thread_came(&mut state.retries);
        state.worker_is_coming = false;
        let mut was_short = false;
        loop {
            if let Some(job) = state.queue.pop_front() {
                self.has_queued
                    .store(!state.queue.is_empty(), Ordering::Release);
                let help = state.call_help();
                let needless = state.needless_retries();
                // Behind it nothing waits, so it is worth asking how long it takes.
                let begun = state.queue.is_empty().then(W::now);
                drop(state);
                if let Some(needless) = needless {
                    W::end(needless);
                }
                self.send(help);
                W::run(job);
                was_short = begun.is_some_and(|begun| W::now() - begun < SHORT)
                    && self.under_way.load(Ordering::Relaxed) <= 1;
                state = self.state.lock();
                continue;
            }
            // It is as good as one that was called: what is queued meanwhile needs no other.
            if core::mem::take(&mut was_short) && !state.worker_is_coming && W::has_cores() {
                state.worker_is_coming = true;
                drop(state);
                W::look_out(|| self.has_queued.load(Ordering::Acquire));
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
                return;
            }
        }
    }

    /// Takes a job back whose thread can't be made, so that a thread that waits for it can do it.
    pub fn take_if_starved(&self, is_it: impl Fn(&W::Job) -> bool) -> Option<W::Job> {
        let mut state = self.state.lock();
        if !state.starved {
            return None;
        }
        let place = state.queue.iter().position(is_it)?;
        let taken = state.queue.remove(place);
        let needless = state.needless_retries();
        drop(state);
        if let Some(needless) = needless {
            W::end(needless);
        }
        taken
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// No threads.
    struct Idle;

    impl Work for Idle {
        type Job = ();
        type Retries = ();
        type Told = ();

        fn start(_workers: &'static Workers<Self>) -> bool {
            false
        }

        fn run((): ()) {}

        fn now() -> i64 {
            0
        }

        fn has_cores() -> bool {
            false
        }

        fn look_out(_is_queued: impl Fn() -> bool) {}

        fn retry_later(_: &'static Workers<Self>, _: &VecDeque<()>, (): &mut ()) {}

        fn tell((): ()) {}

        fn thread_came((): &mut ()) {}

        fn needless((): &mut ()) {}

        fn end((): ()) {}
    }

    fn state(queued: usize, idle: usize) -> State<Idle> {
        State {
            queue: (0..queued).map(|_| ()).collect(),
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
