//! The main loop: which thread is the main one, and how it turns GLib's default main context.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use glib_sys::{GFALSE, GTRUE};

/// Whether there is a main thread.
static INITIALIZED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this is the main thread. Unlike a thread's number this stays right when the thread
    /// has ended, and in a child after fork.
    static IS_MAIN: Cell<bool> = const { Cell::new(false) };
}

/// Makes the calling thread the main one, unless there is one (R-LOOP-1).
pub fn init() {
    if !INITIALIZED.swap(true, Ordering::SeqCst) {
        IS_MAIN.set(true);
    }
}

/// Whether this is the main thread; before there is one, every thread counts as it (R-LOOP-2).
pub fn in_main_thread() -> bool {
    IS_MAIN.get() || !INITIALIZED.load(Ordering::SeqCst)
}

/// One iteration of the default main context (R-LOOP-8).
pub fn iterate(may_block: bool) {
    let may_block = if may_block { GTRUE } else { GFALSE };
    // SAFETY: NULL is the default context, which always exists.
    unsafe { glib_sys::g_main_context_iteration(ptr::null_mut(), may_block) };
}

/// Makes the iteration that is blocked, or else the next one, return (R-LOOP-8).
pub fn notify() {
    if INITIALIZED.load(Ordering::SeqCst) {
        // SAFETY: NULL is the default context, which always exists.
        unsafe { glib_sys::g_main_context_wakeup(ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thread_to_ask_becomes_main() {
        assert!(in_main_thread());
        assert!(std::thread::spawn(in_main_thread).join().unwrap());
        init();
        assert!(in_main_thread());
        let other = std::thread::spawn(|| {
            init();
            in_main_thread()
        });
        assert!(!other.join().unwrap());
        assert!(in_main_thread());
    }
}
