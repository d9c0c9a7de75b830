//! A few locks that many things in memory share, by their addresses: for what no atomic access covers.

use super::fork::PerProcess;
use super::{Mutex, MutexGuard};

/// The locks of one kind of field. A forked child has its own, as a thread of its parent may have held
/// one.
pub struct Striped(PerProcess<[Mutex<()>; 16]>);

impl Striped {
    /// Locks that are made on first use.
    #[expect(clippy::new_without_default, reason = "lives in statics only")]
    pub const fn new() -> Self {
        Self(PerProcess::new())
    }

    /// Locks what is at an address. What is done meanwhile calls nothing of the program.
    #[inline]
    pub fn lock<T>(&self, place: *const T) -> MutexGuard<'static, ()> {
        let locks @ [first, ..] = self.0.get();
        // Objects begin a few cache lines from each other.
        let index = place.addr() / 128 % locks.len();
        locks.get(index).unwrap_or(first).lock()
    }
}
