//! The context that a thread works for.

use core::cell::Cell;
use core::ptr;

use abi::layout::AioContext;

thread_local! {
    /// Not a reference: the program keeps the context as long as the thread.
    static CURRENT: Cell<*mut AioContext> = const { Cell::new(ptr::null_mut()) };
}

/// The calling thread's context, NULL if it has none (R-LOOP-3).
///
/// Not inlined: the caller may be a coroutine that has come from another thread (R-HOST-6).
#[inline(never)]
pub(crate) fn get() -> *mut AioContext {
    CURRENT.get()
}

/// Gives the calling thread a context. False if it had one.
#[inline(never)]
#[must_use]
pub(crate) fn set(context: *mut AioContext) -> bool {
    if !CURRENT.get().is_null() {
        return false;
    }
    CURRENT.set(context);
    true
}
