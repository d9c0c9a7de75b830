//! A lock without a guard, for calls that leave a locked region in the middle and come back.

use core::cell::UnsafeCell;

/// Whose turn it is: one thread at a time has it.
///
/// A pthread mutex, so that race detectors see what it orders.
pub struct Turn(Box<UnsafeCell<libc::pthread_mutex_t>>);

// SAFETY: made for several threads; the mutex stays where it is, in a box of its own.
unsafe impl Send for Turn {}
// SAFETY: as above.
unsafe impl Sync for Turn {}

impl Turn {
    /// Nobody's turn.
    pub fn new() -> Self {
        Self(Box::new(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER)))
    }

    /// Waits for the turn and takes it.
    pub fn take(&self) {
        // SAFETY: an initialised mutex. It can't fail: it isn't of a kind that checks.
        unsafe { libc::pthread_mutex_lock(self.0.get()) };
    }

    /// Gives the turn back.
    ///
    /// # Safety
    /// The calling thread has it.
    pub unsafe fn give_back(&self) {
        // SAFETY: an initialised mutex that the calling thread has locked, as promised.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // SAFETY: nobody else can have the lock of a value that is dropped.
        unsafe { libc::pthread_mutex_destroy(self.0.get()) };
    }
}
