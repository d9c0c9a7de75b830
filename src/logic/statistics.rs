//! Counts of what io/ does, which are always on.
//!
//! Threads count in shards, so that they don't wait for each other's cache lines; who wants to know adds them
//! up. Each count only grows, and what there is at a moment (tasks that are queued, say) is the difference of two.
//! A step is counted with release and read with acquire, the later ones first: none is seen without
//! those before it, so no difference is negative.
//!
//! Reading takes no lock and no memory: a signal handler may do it.

use core::cell::Cell;
use std::sync::Once;

use platform::os::errno::Errno;
use platform::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use platform::sync::fork;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// A task was given to the worker threads.
    TaskSubmitted,
    /// A thread has begun a task's worker function.
    TaskStarted,
    /// A worker function has returned.
    TaskFinished,
    /// A task's callback is about to be called, or never will be.
    TaskCompleted,
    /// A worker thread has begun.
    WorkerBegun,
    /// A worker thread is about to end.
    WorkerEnded,
    /// A worker thread that slept was woken.
    WorkerWoken,
    /// A context that polled was woken, to deliver a task.
    ContextWoken,
    /// A client was accepted.
    Accepted,
    /// A client was closed at once: its peer has as many as it may have.
    ClientRefused,
    /// A listener has begun to leave clients in the backlog because of a limit.
    AcceptLimited,
    /// A handshake has reached its deadline.
    HandshakeTimedOut,
    /// A connection was idle for too long.
    IdleTimedOut,
}

const COUNTS: usize = Count::IdleTimedOut as usize + 1;

/// More threads than that share.
const SHARDS: usize = 16;

/// Errno values have a place each up to Linux's last one. In the first: failures without errno, or beyond.
pub const ERRNOS: usize = 134;

/// What some threads have counted. Two cache lines each, which processors fetch together.
#[repr(align(128))]
pub struct Shard {
    counts: [AtomicU64; COUNTS],
    /// In nanoseconds.
    longest_wait: AtomicU64,
}

static TOTALS: [Shard; SHARDS] = [const {
    Shard {
        counts: [const { AtomicU64::new(0) }; COUNTS],
        longest_wait: AtomicU64::new(0),
    }
}; SHARDS];

static FAILURES: [AtomicU64; ERRNOS] = [const { AtomicU64::new(0) }; ERRNOS];

thread_local! {
    static OWN: Cell<Option<&'static Shard>> = const { Cell::new(None) };
}

/// Where the calling thread counts.
#[inline]
pub fn own() -> &'static Shard {
    OWN.get().unwrap_or_else(choose)
}

/// Gives the calling thread its shard.
#[cold]
fn choose() -> &'static Shard {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    static WATCH: Once = Once::new();
    WATCH.call_once(|| fork::call_in_child(begin_again));
    let [first, ..] = &TOTALS;
    let number = THREADS.fetch_add(1, Ordering::Relaxed);
    let own = TOTALS.get(number % SHARDS).unwrap_or(first);
    OWN.set(Some(own));
    own
}

/// A forked child counts for itself: what its parent has under way isn't the child's.
extern "C" fn begin_again() {
    for shard in &TOTALS {
        for count in &shard.counts {
            count.store(0, Ordering::Relaxed);
        }
        shard.longest_wait.store(0, Ordering::Relaxed);
    }
    for count in &FAILURES {
        count.store(0, Ordering::Relaxed);
    }
}

impl Shard {
    /// One more.
    #[inline]
    pub fn add(&self, count: Count) {
        let [first, ..] = &self.counts;
        let count = self.counts.get(count as usize).unwrap_or(first);
        count.fetch_add(1, Ordering::Release);
    }

    /// A task has waited so long for a thread, in nanoseconds.
    #[inline]
    pub fn waited(&self, time: u64) {
        if time > self.longest_wait.load(Ordering::Relaxed) {
            self.longest_wait.fetch_max(time, Ordering::Relaxed);
        }
    }
}

/// One more, of the calling thread.
#[inline]
pub fn add(count: Count) {
    own().add(count);
}

/// An operation has failed.
#[cold]
pub fn failed(errno: Errno) {
    // For the fork handler.
    own();
    let [none, ..] = &FAILURES;
    let place = usize::try_from(errno.code()).unwrap_or_default();
    let count = FAILURES.get(place).unwrap_or(none);
    count.fetch_add(1, Ordering::Relaxed);
}

/// What was counted so far in all threads.
pub fn total(count: Count) -> u64 {
    TOTALS
        .iter()
        .filter_map(|shard| shard.counts.get(count as usize))
        .map(|count| count.load(Ordering::Acquire))
        .fold(0, u64::wrapping_add)
}

/// The longest time that a task has waited for a thread, in nanoseconds.
pub fn longest_wait() -> u64 {
    let waits = TOTALS
        .iter()
        .map(|shard| shard.longest_wait.load(Ordering::Relaxed));
    waits.max().unwrap_or_default()
}

/// Failures so far, by errno.
pub fn failures() -> [u64; ERRNOS] {
    FAILURES
        .each_ref()
        .map(|count| count.load(Ordering::Relaxed))
}

/// How many tasks there are, by where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tasks {
    /// Since the beginning: the sum of the others.
    pub submitted: u64,
    /// Wait for a thread.
    pub queued: u64,
    /// In their worker functions.
    pub running: u64,
    /// Wait for their contexts.
    pub finished: u64,
    /// Their callbacks are or were called, or never will be.
    pub completed: u64,
}

/// The tasks at this moment.
pub fn tasks() -> Tasks {
    // The last step first, see above.
    let completed = total(Count::TaskCompleted);
    let ended = total(Count::TaskFinished);
    let started = total(Count::TaskStarted);
    let submitted = total(Count::TaskSubmitted);
    Tasks {
        submitted,
        queued: submitted.saturating_sub(started),
        running: started.saturating_sub(ended),
        finished: ended.saturating_sub(completed),
        completed,
    }
}

/// The worker threads at this moment.
pub fn workers() -> u64 {
    let ended = total(Count::WorkerEnded);
    total(Count::WorkerBegun).saturating_sub(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_count_together() {
        // Nothing in the unit tests accepts so often.
        let before = total(Count::Accepted);
        std::thread::scope(|scope| {
            for _ in 0..SHARDS + 4 {
                scope.spawn(|| (0..1_000).for_each(|_| add(Count::Accepted)));
            }
        });
        assert!(total(Count::Accepted) - before >= 1_000 * (SHARDS as u64 + 4));
    }

    #[test]
    fn the_longest_wait_is_kept() {
        own().waited(1 << 60);
        own().waited(5);
        assert_eq!(longest_wait(), 1 << 60);
    }

    #[test]
    fn a_failure_without_a_place_counts_as_one_without_errno() {
        let before = failures();
        for code in [0, -1, 5_000, 133] {
            failed(Errno::new(code));
        }
        let after = failures();
        assert_eq!(after[0] - before[0], 3);
        assert_eq!(after[133] - before[133], 1);
    }
}
