//! The watches of a channel over another one that may be asleep, each in the context it is attached
//! to.
//!
//! A watch sleeps with an eye on the master. What others take from there, or change without the
//! master, it has to be told of (R-WS-43, R-TLS-52).

use std::sync::{Arc, Weak};

use platform::glib::{Callback, Hooks, Source};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The alarms of all watches.
#[derive(Default)]
pub(super) struct Sleepers {
    alarms: Mutex<Vec<Arc<Alarm>>>,
    /// How many of them sleep.
    asleep: AtomicUsize,
}

/// What wakes one watch.
struct Alarm {
    asleep: AtomicBool,
    /// A part of the watch's source, which is ready when it rings.
    source: Source,
}

/// A watch as one of the sleepers, until it is dropped.
pub(super) struct Sleeper {
    all: Arc<Sleepers>,
    alarm: Arc<Alarm>,
}

/// The source of an alarm. It is ready at the time that it was set to.
struct Rings;

impl Hooks for Rings {
    fn prepare(&self) -> bool {
        false
    }

    fn check(&self) -> bool {
        false
    }

    fn dispatch(&self, _callback: Callback) -> bool {
        true
    }

    fn dispatch_parent(&self, source: &Source, _callback: Callback) -> bool {
        source.set_ready_time(-1);
        true
    }
}

/// Takes an alarm away when its source is destroyed, which may be long before the watch is dropped:
/// the context may be gone by then.
struct Removal {
    all: Weak<Sleepers>,
    alarm: Weak<Alarm>,
}

impl Drop for Removal {
    fn drop(&mut self) {
        if let (Some(all), Some(alarm)) = (self.all.upgrade(), self.alarm.upgrade()) {
            all.remove(&alarm);
        }
    }
}

impl Sleepers {
    /// One more, for a watch whose source gets the alarm's as a part.
    pub(super) fn join(self: &Arc<Self>) -> Sleeper {
        let alarm = Arc::new(Alarm {
            asleep: AtomicBool::new(false),
            source: Source::new(Rings),
        });
        alarm.source.keep(Removal {
            all: Arc::downgrade(self),
            alarm: Arc::downgrade(&alarm),
        });
        self.alarms.lock().push(Arc::clone(&alarm));
        Sleeper {
            all: Arc::clone(self),
            alarm,
        }
    }

    /// Wakes all that sleep: something is different now.
    ///
    /// Whoever falls asleep after that sees the difference before: both change the same number.
    #[inline]
    pub(super) fn wake(&self) {
        if self.asleep.fetch_add(0, Ordering::AcqRel) > 0 {
            self.ring();
        }
    }

    #[cold]
    fn ring(&self) {
        // A context lives as long as its sources aren't removed from here, and that takes the lock.
        let alarms = self.alarms.lock();
        for alarm in alarms.iter() {
            if self.rises(alarm) {
                alarm.source.set_ready_time(0);
            }
        }
        drop(alarms);
    }

    /// Whether this one slept; it doesn't any more.
    fn rises(&self, alarm: &Alarm) -> bool {
        let slept = alarm.asleep.swap(false, Ordering::AcqRel);
        if slept {
            self.asleep.fetch_sub(1, Ordering::AcqRel);
        }
        slept
    }

    fn remove(&self, alarm: &Arc<Alarm>) {
        let mut alarms = self.alarms.lock();
        let at = alarms.iter().position(|other| Arc::ptr_eq(other, alarm));
        let removed = at.map(|at| alarms.swap_remove(at));
        self.rises(alarm);
        drop(alarms);
        drop(removed);
    }
}

impl Sleeper {
    /// The alarm.
    pub(super) fn source(&self) -> Source {
        self.alarm.source.clone()
    }

    /// The watch is about to look whether it may sleep.
    pub(super) fn falls_asleep(&self) {
        if !self.alarm.asleep.swap(true, Ordering::AcqRel) {
            self.all.asleep.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// The watch is awake, and looks for itself.
    pub(super) fn rises(&self) {
        self.all.rises(&self.alarm);
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.all.remove(&self.alarm);
    }
}
