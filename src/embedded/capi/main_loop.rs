//! `qemu/main-loop.h`: see there what the functions do.

use core::ffi::c_int;

use crate::embedded::main_loop;
use crate::layout::Error;

/// Makes the calling thread the main one. Nothing in it can fail.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_init_main_loop(_errp: *mut *mut Error) -> c_int {
    main_loop::init();
    0
}

/// Runs one iteration of GLib's default main context.
#[unsafe(no_mangle)]
pub extern "C" fn main_loop_wait(nonblocking: c_int) {
    main_loop::iterate(nonblocking == 0);
}

/// Makes `main_loop_wait` return.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_notify_event() {
    main_loop::notify();
}

/// Whether the calling thread is the main one.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_in_main_thread() -> bool {
    main_loop::in_main_thread()
}

/// Whether the calling thread has the big lock: there is none (R-LOOP-4).
#[cfg(not(any(feature = "qemu-7.2", feature = "qemu-7.2.22")))]
#[unsafe(no_mangle)]
pub extern "C" fn bql_locked() -> bool {
    false
}

/// Nothing: there is no big lock.
#[cfg(not(any(feature = "qemu-7.2", feature = "qemu-7.2.22")))]
#[unsafe(no_mangle)]
pub extern "C" fn bql_lock() {}

/// Nothing: there is no big lock.
#[cfg(not(any(feature = "qemu-7.2", feature = "qemu-7.2.22")))]
#[unsafe(no_mangle)]
pub extern "C" fn bql_unlock() {}

/// Whether the calling thread has the big lock: there is none (R-LOOP-4).
#[cfg(any(feature = "qemu-7.2", feature = "qemu-7.2.22"))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_iothread_locked() -> bool {
    false
}

/// Nothing: there is no big lock.
#[cfg(any(feature = "qemu-7.2", feature = "qemu-7.2.22"))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_lock_iothread() {}

/// Nothing: there is no big lock.
#[cfg(any(feature = "qemu-7.2", feature = "qemu-7.2.22"))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_unlock_iothread() {}
