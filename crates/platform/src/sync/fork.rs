//! What a `fork` leaves behind: threads don't come along, locks may be held by threads that are
//! gone. State that belongs to threads is therefore made anew in the child.

use core::ptr;
use std::sync::Once;

use super::atomic::{AtomicPtr, AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between this process and the one that first asked.
pub fn generation() -> u32 {
    static WATCH: Once = Once::new();
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::SeqCst);
    }
    WATCH.call_once(|| {
        // SAFETY: the handler only increments an atomic. Without memory for it (the one way to
        // fail) a child would wait for threads that don't exist; nothing better can be done.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
    GENERATION.load(Ordering::Relaxed)
}

/// The same, for a signal handler: forks are counted if anybody has asked by [`generation`].
pub fn generation_now() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Has a function called in each forked child, before `fork` returns there. It may do what a signal handler may.
pub fn call_in_child(function: extern "C" fn()) {
    // SAFETY: it is there as long as the process. Without memory for it (the one way to fail) it isn't
    // called; nothing better can be done.
    unsafe { libc::pthread_atfork(None, None, Some(function)) };
}

/// A process-wide value, made on first use and again on first use in a forked child.
///
/// The parent's value stays as it is, untouched: its locks may be held for ever.
pub struct PerProcess<T: 'static> {
    current: AtomicPtr<Made<T>>,
}

struct Made<T> {
    generation: u32,
    value: T,
    /// Keeps the parent's value reachable, for leak checkers.
    _parent: *mut Made<T>,
}

// SAFETY: the parent pointer is never followed.
unsafe impl<T: Sync> Sync for Made<T> {}

impl<T: Sync + Default> PerProcess<T> {
    /// Nothing is made yet.
    #[expect(clippy::new_without_default, reason = "lives in statics only")]
    pub const fn new() -> Self {
        Self {
            current: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The value of this process.
    #[inline]
    pub fn get(&self) -> &'static T {
        // SAFETY: what was once stored here is never freed.
        if let Some(made) = unsafe { self.current.load(Ordering::Acquire).as_ref() }
            // Forks are counted since a value was made, if not before.
            && made.generation == GENERATION.load(Ordering::Relaxed)
        {
            return &made.value;
        }
        self.make()
    }

    /// Makes the value, unless another thread has.
    #[cold]
    fn make(&self) -> &'static T {
        let generation = generation();
        let mut current = self.current.load(Ordering::Acquire);
        loop {
            // SAFETY: what was once stored here is never freed.
            if let Some(made) = unsafe { current.as_ref() }
                && made.generation == generation
            {
                return &made.value;
            }
            let made = Box::into_raw(Box::new(Made {
                generation,
                value: T::default(),
                _parent: current,
            }));
            match self
                .current
                .compare_exchange(current, made, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => current = made,
                Err(now) => {
                    // SAFETY: it was made above and never published.
                    drop(unsafe { Box::from_raw(made) });
                    current = now;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_value_is_made_once() {
        static VALUE: PerProcess<AtomicU32> = PerProcess::new();
        VALUE.get().fetch_add(1, Ordering::Relaxed);
        VALUE.get().fetch_add(1, Ordering::Relaxed);
        assert_eq!(VALUE.get().load(Ordering::Relaxed), 2);
    }
}
