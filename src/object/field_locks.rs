//! Locks for what no atomic access covers: fields of several words, and memory that a field owns.
//!
//! The structs have no room for locks, so objects share a few, by address. C code that uses such a
//! field directly serialises that with all other users (R-CHAN-11).

use super::Shared;
use platform::sync::fork::PerProcess;
use platform::sync::{Mutex, MutexGuard};

/// The locks of one kind of field. A forked child has its own, as a thread of its parent may have held
/// one.
pub(super) struct FieldLocks(PerProcess<[Mutex<()>; 16]>);

impl FieldLocks {
    pub(super) const fn new() -> Self {
        Self(PerProcess::new())
    }

    /// Locks the fields of an object. What is done meanwhile calls nothing of the program.
    #[inline]
    pub(super) fn lock<T>(&self, object: &Shared<T>) -> MutexGuard<'static, ()> {
        let locks @ [first, ..] = self.0.get();
        // Instances begin a few cache lines from each other.
        let index = object.as_ptr().addr() / 128 % locks.len();
        locks.get(index).unwrap_or(first).lock()
    }
}
