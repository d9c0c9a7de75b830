//! Deadlines that hold whatever the program's loops do: one thread waits for the next of all.
//!
//! A loop that is stuck in a call is the case that a deadline is for, so no loop can keep it. The thread is
//! there only while something has a deadline, and a moment longer. Where none can be made, deadlines wait until one can,
//! when the next is set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::atomic::{AtomicU64, Ordering};
use super::fork::PerProcess;
use super::{Condvar, Mutex};
use crate::glib::monotonic_time;
use crate::os::thread;

/// How long a thread without a deadline stays.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// What has a deadline. If that comes, the thread of all deadlines may drop the last reference on it: it keeps nothing
/// whose end is the program's.
pub trait Expire: Send + Sync {
    /// The time is up. In the thread of all deadlines, with nothing locked: it may not wait for anybody.
    fn expire(&self);
}

/// When, in the time of [`monotonic_time`], and which of those of the same moment.
type Key = (i64, u64);

#[derive(Default)]
struct Timers {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: BTreeMap<Key, Arc<dyn Expire>>,
    has_thread: bool,
}

/// A forked child goes on with its parent's.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

static TIMERS: PerProcess<Timers> = PerProcess::new();

/// A deadline that was set. Dropped, it is no more; a call that has begun goes on.
#[derive(Debug)]
#[must_use]
pub struct Armed(Key);

/// Has `what` expire in so many milliseconds.
pub fn arm(milliseconds: u32, what: Arc<dyn Expire>) -> Armed {
    arm_at(
        monotonic_time().saturating_add(i64::from(milliseconds) * 1_000),
        what,
    )
}

/// Has `what` expire at a moment in the time of [`monotonic_time`].
pub fn arm_at(time: i64, what: Arc<dyn Expire>) -> Armed {
    let timers = TIMERS.get();
    let mut state = timers.state.lock();
    let key = (time, NUMBERS.fetch_add(1, Ordering::Relaxed));
    let is_next = state.queue.keys().next().is_none_or(|first| key < *first);
    state.queue.insert(key, what);
    let starts = !state.has_thread;
    state.has_thread = true;
    drop(state);
    if starts {
        let serve = move || timers.serve();
        if thread::spawn_detached(c"io-deadlines", Box::new(serve)).is_err() {
            timers.state.lock().has_thread = false;
        }
    } else if is_next {
        timers.changed.notify_all();
    }
    Armed(key)
}

impl Drop for Armed {
    fn drop(&mut self) {
        // Of a forked child's parent it isn't there.
        let what = TIMERS.get().state.lock().queue.remove(&self.0);
        drop(what);
    }
}

impl Timers {
    /// What the thread does (R-LIMIT-11).
    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            let Some(first) = state.queue.first_entry() else {
                let is_late;
                (state, is_late) = self.changed.wait_timeout(state, IDLE_LIMIT);
                if is_late && state.queue.is_empty() {
                    state.has_thread = false;
                    return;
                }
                continue;
            };
            let (time, _) = *first.key();
            let rest = time.saturating_sub(monotonic_time());
            if rest > 0 {
                let rest = Duration::from_micros(rest.unsigned_abs());
                (state, _) = self.changed.wait_timeout(state, rest);
                continue;
            }
            let what = first.remove();
            drop(state);
            what.expire();
            drop(what);
            state = self.state.lock();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    struct Tells(Mutex<Sender<u32>>, u32);

    impl Expire for Tells {
        fn expire(&self) {
            self.0.lock().send(self.1).unwrap();
        }
    }

    const HOUR: u32 = 3_600_000;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn deadlines_come_unless_they_are_dropped() {
        let (sender, told) = channel();
        let tells = |number| Arc::new(Tells(Mutex::new(sender.clone()), number));
        let late = arm(HOUR, tells(9));
        let armed = [(40, 2), (1, 1), (0, 3)].map(|(time, number)| arm(time, tells(number)));
        let mut all: Vec<_> = (0..3).map(|_| told.recv().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3]);
        drop(armed);
        let key = late.0;
        assert!(TIMERS.get().state.lock().queue.contains_key(&key));
        drop(late);
        assert!(!TIMERS.get().state.lock().queue.contains_key(&key));
        assert!(told.try_recv().is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn one_may_set_the_next() {
        struct Again(Mutex<Sender<u32>>, Mutex<Option<Armed>>);
        impl Expire for Again {
            fn expire(&self) {
                let sender = self.0.lock().clone();
                let next = arm(1, Arc::new(Tells(Mutex::new(sender), 7)));
                *self.1.lock() = Some(next);
            }
        }
        let (sender, told) = channel();
        let again = Arc::new(Again(Mutex::new(sender), Mutex::new(None)));
        let armed = arm(0, Arc::clone(&again) as Arc<dyn Expire>);
        assert_eq!(told.recv(), Ok(7));
        drop(armed);
    }
}
