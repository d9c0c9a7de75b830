//! The lock under which classes are made.
//!
//! It is recursive, because a `class_init` may need further classes, and one for all classes,
//! because two threads that make classes which need each other would deadlock on a lock for each.
//! It is held while class hooks of the program run: another thread that needs a class for the first
//! time has to wait until they are through. Finished classes are used without it.

use core::cell::UnsafeCell;
use core::marker::PhantomData;

struct RecursiveMutex(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: a pthread mutex is made to be used from several threads; it is only touched through the
// functions of its library.
unsafe impl Sync for RecursiveMutex {}

static LOCK: RecursiveMutex = RecursiveMutex(UnsafeCell::new(
    libc::PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
));

/// The lock, held by this thread.
pub(crate) struct ClassLock(PhantomData<*const ()>);

impl ClassLock {
    /// Waits until no other thread has the lock.
    pub(crate) fn acquire() -> Self {
        // SAFETY: the mutex is initialised statically and never moved or destroyed. Locking a
        // recursive mutex fails only beyond some 2^31 levels.
        unsafe { libc::pthread_mutex_lock(LOCK.0.get()) };
        Self(PhantomData)
    }
}

impl Drop for ClassLock {
    fn drop(&mut self) {
        // SAFETY: this thread has the lock: the guard stems from `acquire` and can't leave it.
        unsafe { libc::pthread_mutex_unlock(LOCK.0.get()) };
    }
}
