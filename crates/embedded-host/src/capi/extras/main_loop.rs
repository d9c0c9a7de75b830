//! `qemu/main-loop.h`: see there what the functions do.

use core::ffi::{c_int, c_void};

use glib_sys::GSource;

use crate::capi::exports::exports;
use crate::error;
use crate::main_loop;
use abi::layout::{Error, IOHandler};
use abi::origin;

exports! { "qemu/main-loop.h";
    fn qemu_init_main_loop(errp: (*mut *mut Error)) -> c_int {
        let Err(errno) = main_loop::init() else {
            return 0;
        };
        let error = error::Error::os(errno, "Failed to initialize the main loop");
        error.store(errp, &origin!(c"qemu_init_main_loop"));
        -errno.code()
    }

    fn iohandler_get_g_source() -> *mut GSource {
        main_loop::iohandler_context().source().clone().into_ptr()
    }

    fn qemu_set_fd_handler(
        fd: (c_int), fd_read: (IOHandler), fd_write: (IOHandler), opaque: (*mut c_void),
    ) -> () {
        main_loop::iohandler_context().set_handlers(fd, fd_read, fd_write, opaque);
    }

    // One iteration of GLib's default main context.
    fn main_loop_wait(nonblocking: (c_int)) -> () {
        main_loop::iterate(nonblocking == 0);
    }

    fn qemu_notify_event() -> () {
        main_loop::notify();
    }

    // There is no big lock (R-LOOP-4).
    #[cfg(bql_names)]
    fn bql_lock() -> () {}

    #[cfg(bql_names)]
    fn bql_unlock() -> () {}

    #[cfg(not(bql_names))]
    fn qemu_mutex_lock_iothread() -> () {}

    #[cfg(not(bql_names))]
    fn qemu_mutex_unlock_iothread() -> () {}
}
