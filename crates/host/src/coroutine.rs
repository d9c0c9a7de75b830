//! The coroutines of the host.

use core::ptr::NonNull;

use super::aio::Context;
use super::imports;
use abi::layout;

/// A coroutine, by its address; nothing in it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coroutine(NonNull<layout::Coroutine>);

// SAFETY: a coroutine may be woken from any thread (R-COR-4).
unsafe impl Send for Coroutine {}
// SAFETY: as above.
unsafe impl Sync for Coroutine {}

impl Coroutine {
    /// The one that the caller is in. None outside, which costs no more than a call.
    #[inline]
    #[must_use]
    pub fn current() -> Option<Self> {
        // SAFETY: a function without arguments.
        if !unsafe { imports::qemu_in_coroutine() } {
            return None;
        }
        // SAFETY: a function without arguments.
        NonNull::new(unsafe { imports::qemu_coroutine_self() }).map(Self)
    }

    /// The coroutine at `ptr`, None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL, or a coroutine that doesn't end as long as the value is used.
    #[must_use]
    pub unsafe fn from_ptr(ptr: *mut layout::Coroutine) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// The address, for C.
    #[must_use]
    pub fn as_ptr(self) -> *mut layout::Coroutine {
        self.0.as_ptr()
    }

    /// Makes it go on: here and now, after the coroutine that the caller is in, or in the thread of
    /// its own context (R-COR-4).
    ///
    /// # Safety
    /// It has not ended, and nobody else makes it go on at the same time. The caller uses nothing
    /// afterwards that it may have freed.
    pub unsafe fn wake(self) {
        // SAFETY: as promised.
        unsafe { imports::aio_co_wake(self.0.as_ptr()) }
    }
}

/// The context for which the coroutine runs that the caller is in, or else the caller's thread.
#[must_use]
pub fn context() -> Option<Context> {
    // SAFETY: a function without arguments.
    let this = unsafe { imports::qemu_coroutine_self() };
    // SAFETY: it runs, so it is live; what stands for a thread lives as long as that.
    let context = unsafe { imports::qemu_coroutine_get_aio_context(this) };
    // SAFETY: a context lives while something runs for it.
    unsafe { Context::from_ptr(context) }
}

/// Leaves the coroutine that the caller is in, until somebody makes it go on, perhaps in another
/// thread (R-HOST-6).
pub fn suspend() {
    // SAFETY: the host ends the process if the caller is in none. No lock and nothing thread-local is
    // held: what `logic` holds across it are shared objects.
    unsafe { imports::qemu_coroutine_yield() }
}
