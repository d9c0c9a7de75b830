//! Doing something as long as one may, where who forbids it has to know that it is over.

use super::facade::{Mutex, Repair, has};

/// Taking the lock, asking whether one still may, and doing it are one step: once forbidding it has returned,
/// nobody does it any more.
#[derive(Default, Debug)]
pub struct Permit(Mutex<()>);

impl Permit {
    /// Nobody does anything yet.
    pub fn new() -> Self {
        Self(Mutex::new(()))
    }

    /// Calls `act`, if `may_act`; None if it may not.
    pub fn act<R>(&self, may_act: impl FnOnce() -> bool, act: impl FnOnce() -> R) -> Option<R> {
        if !has(Repair::AskingIsOneStep) {
            let may = may_act();
            let _lock = self.0.lock();
            return may.then(act);
        }
        let lock = self.0.lock();
        let done = may_act().then(act);
        drop(lock);
        done
    }

    /// Calls `forbid` while nobody acts.
    pub fn wait(&self, forbid: impl FnOnce()) {
        let lock = self.0.lock();
        forbid();
        drop(lock);
    }
}
