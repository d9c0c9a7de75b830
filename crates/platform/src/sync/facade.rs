//! What the protocols of this folder are made of: the real things, or loom's stand-ins when a model tries
//! all orders in which threads may run (`scripts/check model`).
//!
//! loom rather than shuttle: it also tries what a weak memory order allows.

#[cfg(not(all(test, loom)))]
pub(super) use {
    super::{Condvar, Mutex, MutexGuard},
    core::sync::atomic,
};

/// A repair of a fault that was found. A model takes it out, and has to show the fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Repair {
    /// A worker that parked while a thread was being made that can't be made takes the work.
    ParkedWorkerTakesTheWork,
    /// A thread looks once more, under the lock, before it waits for another's iteration.
    LookUnderTheLock,
    /// Announcing oneself to those who publish acquires what they have published before.
    AnnouncementAcquires,
    /// A callback's data stays while other threads are inside.
    DataStaysForThoseInside,
    /// Whoever takes a waiter finds it and takes it away in one step.
    TakingIsOneStep,
    /// Who wakes takes the lock, so as not to slip between a waiter's look and its sleep.
    WakerTakesTheLock,
    /// Who wakes changes the number of those who wait, and so is seen by whoever begins to wait after that.
    WakerChangesTheNumber,
    /// A waiter takes old wake-ups back before it may get a new one.
    ForgetsFirst,
    /// Asking whether one still may and doing it are one step.
    AskingIsOneStep,
    /// Looking how a job ends and deciding it are one step.
    DecidingIsOneStep,
}

/// Whether a repair is in: always, but in a model.
#[cfg(not(all(test, loom)))]
pub(super) const fn has(_: Repair) -> bool {
    true
}

#[cfg(all(test, loom))]
pub(super) use loom::sync::atomic;
#[cfg(all(test, loom))]
pub(super) use modelled::{Condvar, Mutex, MutexGuard, has, model, model_of_three, model_without};

#[cfg(all(test, loom))]
mod modelled {
    use super::Repair;
    use std::cell::Cell;
    use std::sync::PoisonError;
    use std::time::Duration;

    pub(in super::super) use loom::sync::MutexGuard;

    #[derive(Default, Debug)]
    pub(in super::super) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in super::super) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(in super::super) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[derive(Default, Debug)]
    pub(in super::super) struct Condvar {
        real: loom::sync::Condvar,
        /// Time has run out for all that wait with a limit.
        is_late: std::sync::atomic::AtomicBool,
    }

    impl Condvar {
        pub(in super::super) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.real
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner)
        }

        /// Time stands still, until the model lets it pass.
        pub(in super::super) fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _limit: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            let is_late = || self.is_late.load(std::sync::atomic::Ordering::Relaxed);
            if is_late() {
                return (guard, true);
            }
            let guard = self.wait(guard);
            (guard, is_late())
        }

        pub(in super::super) fn notify_one(&self) {
            self.real.notify_one();
        }

        pub(in super::super) fn notify_all(&self) {
            self.real.notify_all();
        }

        /// Lets time pass; the caller has the lock.
        pub(in super::super) fn time_out(&self) {
            self.is_late
                .store(true, std::sync::atomic::Ordering::Relaxed);
            self.real.notify_all();
        }
    }

    thread_local! {
        // All threads of a model are one of the system.
        static WITHOUT: Cell<Option<Repair>> = const { Cell::new(None) };
    }

    pub(in super::super) fn has(repair: Repair) -> bool {
        WITHOUT.get() != Some(repair)
    }

    /// Tries a scenario in all orders.
    pub(in super::super) fn model(scenario: impl Fn() + Send + Sync + 'static) {
        loom::model(scenario);
    }

    /// Tries a scenario of three threads in all orders in which at most three times a thread is
    /// interrupted that could go on: all orders take hours.
    pub(in super::super) fn model_of_three(scenario: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(scenario);
    }

    /// Tries it with a repair taken out: some order has to fail, with these words.
    ///
    /// In a process of its own: threads that are stuck can't be got rid of.
    pub(in super::super) fn model_without(
        repair: Repair,
        words: &str,
        scenario: impl Fn() + Send + Sync + 'static,
    ) {
        const ASKED: &str = "QIO_MODEL_WITHOUT_REPAIR";
        if std::env::var_os(ASKED).is_some() {
            WITHOUT.set(Some(repair));
            return model_of_three(scenario);
        }
        // The name of a test is that of its thread.
        let thread = std::thread::current();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", thread.name().unwrap(), "--nocapture"])
            .env(ASKED, "")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stderr);
        assert!(
            !child.status.success() && output.contains(words),
            "without {repair:?} the fault does not show: {}\n{output}",
            String::from_utf8_lossy(&child.stdout)
        );
    }
}
