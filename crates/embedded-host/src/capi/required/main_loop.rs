//! `qemu/main-loop.h`: the contexts of the main loop, and its thread.

use crate::main_loop;
use abi::layout::AioContext;

/// The main context.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_get_aio_context() -> *mut AioContext {
    main_loop::main_context()
}

/// The context of the main loop's handlers.
#[unsafe(no_mangle)]
pub extern "C" fn iohandler_get_aio_context() -> *mut AioContext {
    main_loop::iohandler_context().as_ptr()
}

/// Whether the calling thread is the main one.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_in_main_thread() -> bool {
    main_loop::in_main_thread()
}

/// Whether the calling thread has the big lock: there is none (R-LOOP-4).
#[cfg(bql_names)]
#[unsafe(no_mangle)]
pub extern "C" fn bql_locked() -> bool {
    false
}

/// As `bql_locked`, which it is called later.
#[cfg(not(bql_names))]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_mutex_iothread_locked() -> bool {
    false
}
