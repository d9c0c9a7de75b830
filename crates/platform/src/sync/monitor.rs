//! A lock without a guard, for calls that leave a locked region in the middle and come back.

use core::cell::UnsafeCell;

/// A mutex with a condition variable.
///
/// Those of pthread, so that race detectors see what they order.
pub struct Monitor(Box<Parts>);

struct Parts {
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    changed: UnsafeCell<libc::pthread_cond_t>,
}

// SAFETY: made for several threads; the parts stay where they are, in a box of their own.
unsafe impl Send for Monitor {}
// SAFETY: as above.
unsafe impl Sync for Monitor {}

impl Monitor {
    /// Unlocked.
    pub fn new() -> Self {
        Self(Box::new(Parts {
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            changed: UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER),
        }))
    }

    /// Locks it.
    pub fn lock(&self) {
        // SAFETY: an initialised mutex. It can't fail: it isn't of a kind that checks.
        unsafe { libc::pthread_mutex_lock(self.0.mutex.get()) };
    }

    /// Unlocks it.
    ///
    /// # Safety
    /// The calling thread has locked it.
    pub unsafe fn unlock(&self) {
        // SAFETY: an initialised mutex that the calling thread has locked, as promised.
        unsafe { libc::pthread_mutex_unlock(self.0.mutex.get()) };
    }

    /// Unlocks it until [`Monitor::notify_all`] is called, or for no reason, and locks it again.
    ///
    /// # Safety
    /// The calling thread has locked it.
    pub unsafe fn wait(&self) {
        // SAFETY: both are initialised; the mutex is the calling thread's, as promised, and the
        // only one that this condition variable is used with.
        unsafe { libc::pthread_cond_wait(self.0.changed.get(), self.0.mutex.get()) };
    }

    /// Wakes all threads in [`Monitor::wait`].
    pub fn notify_all(&self) {
        // SAFETY: an initialised condition variable.
        unsafe { libc::pthread_cond_broadcast(self.0.changed.get()) };
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // SAFETY: nobody else can use what a value that is dropped has.
        unsafe { libc::pthread_cond_destroy(self.0.changed.get()) };
        // SAFETY: as above.
        unsafe { libc::pthread_mutex_destroy(self.0.mutex.get()) };
    }
}
