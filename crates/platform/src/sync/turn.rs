//! A lock without a guard, for calls that leave a locked region in the middle and come back.

use core::cell::UnsafeCell;

/// Whose turn it is: one thread at a time has it.
///
/// A pthread mutex, so that race detectors see what it orders, with a condition variable.
pub struct Turn(Box<Parts>);

struct Parts {
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    changed: UnsafeCell<libc::pthread_cond_t>,
}

// SAFETY: made for several threads; the parts stay where they are, in a box of their own.
unsafe impl Send for Turn {}
// SAFETY: as above.
unsafe impl Sync for Turn {}

impl Turn {
    /// Nobody's turn.
    pub fn new() -> Self {
        Self(Box::new(Parts {
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            changed: UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER),
        }))
    }

    /// Waits for the turn and takes it.
    pub fn take(&self) {
        // SAFETY: an initialised mutex. It can't fail: it isn't of a kind that checks.
        unsafe { libc::pthread_mutex_lock(self.0.mutex.get()) };
    }

    /// Gives the turn back.
    ///
    /// # Safety
    /// The calling thread has it.
    pub unsafe fn give_back(&self) {
        // SAFETY: an initialised mutex that the calling thread has locked, as promised.
        unsafe { libc::pthread_mutex_unlock(self.0.mutex.get()) };
    }

    /// Gives the turn back until somebody calls [`Turn::tell`], or for no reason.
    ///
    /// # Safety
    /// The calling thread has it.
    pub unsafe fn wait(&self) {
        // SAFETY: both are initialised; the mutex is the calling thread's, as promised, and the
        // only one that this condition variable is used with.
        unsafe { libc::pthread_cond_wait(self.0.changed.get(), self.0.mutex.get()) };
    }

    /// Wakes those who wait.
    pub fn tell(&self) {
        // SAFETY: an initialised condition variable.
        unsafe { libc::pthread_cond_broadcast(self.0.changed.get()) };
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // SAFETY: nobody else can use what a value that is dropped has.
        unsafe { libc::pthread_cond_destroy(self.0.changed.get()) };
        // SAFETY: as above.
        unsafe { libc::pthread_mutex_destroy(self.0.mutex.get()) };
    }
}
