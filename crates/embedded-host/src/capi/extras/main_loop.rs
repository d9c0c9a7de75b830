//! `qemu/main-loop.h`: see there what the functions do.

use core::ffi::{c_int, c_void};

use glib_sys::GSource;

use crate::error;
use crate::main_loop;
use abi::layout::{Error, IOHandler};
use abi::origin;

/// Makes the calling thread the main one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_init_main_loop(errp: *mut *mut Error) -> c_int {
    let Err(errno) = main_loop::init() else {
        return 0;
    };
    let error = error::Error::os(errno, "Failed to initialize the main loop");
    // SAFETY: the caller's error destination.
    unsafe { error.store(errp, &origin!(c"qemu_init_main_loop")) };
    -errno.code()
}

/// The source of the main loop's handlers.
#[unsafe(no_mangle)]
pub extern "C" fn iohandler_get_g_source() -> *mut GSource {
    let context = main_loop::iohandler_context();
    context.source().clone().into_ptr()
}

/// Sets, replaces and removes handlers in the main loop.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_set_fd_handler(
    fd: c_int,
    fd_read: IOHandler,
    fd_write: IOHandler,
    opaque: *mut c_void,
) {
    let context = main_loop::iohandler_context();
    // SAFETY: the caller's functions and their data.
    unsafe { context.set_handlers(fd, fd_read, fd_write, opaque) };
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

/// Nothing: there is no big lock.
#[cfg(bql_names)]
#[unsafe(no_mangle)]
pub extern "C" fn bql_lock() {}

/// Nothing: there is no big lock.
#[cfg(bql_names)]
#[unsafe(no_mangle)]
pub extern "C" fn bql_unlock() {}

/// Whether the calling thread has the big lock: there is none (R-LOOP-4).
#[cfg(not(bql_names))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_iothread_locked() -> bool {
    false
}

/// Nothing: there is no big lock.
#[cfg(not(bql_names))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_lock_iothread() {}

/// Nothing: there is no big lock.
#[cfg(not(bql_names))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_unlock_iothread() {}
