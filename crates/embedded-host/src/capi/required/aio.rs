//! `block/aio.h`: handlers, and the calling thread's context.

use core::ffi::{c_int, c_void};

use crate::aio::{Context, current};
use crate::main_loop;
use abi::layout::{AioContext, IOHandler};
use platform::check_usage;

/// `AioPollFn`.
pub type PollFn = Option<unsafe extern "C" fn(opaque: *mut c_void) -> bool>;

/// A reference on the argument of `function`, for the call.
///
/// # Safety
/// `ctx` is NULL or a live context.
pub(in crate::capi) unsafe fn context(function: &str, ctx: *mut AioContext) -> Context {
    // Most likely qemu_get_aio_context()'s.
    let is_early = main_loop::main_context().is_null();
    check_usage!(
        !(ctx.is_null() && is_early),
        function,
        "@ctx is NULL: there is no main AioContext before qemu_init_main_loop()"
    );
    check_usage!(!ctx.is_null(), function, "@ctx is NULL");
    // SAFETY: not NULL, so live.
    unsafe { Context::from_ptr_none(ctx) }
}

/// Sets, replaces and removes handlers.
#[cfg(not(aio_is_external))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_set_fd_handler(
    ctx: *mut AioContext,
    fd: c_int,
    io_read: IOHandler,
    io_write: IOHandler,
    _io_poll: PollFn,
    _io_poll_ready: IOHandler,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's context, or NULL.
    let context = unsafe { context("aio_set_fd_handler", ctx) };
    // SAFETY: the caller's functions and their data.
    unsafe { context.set_handlers(fd, io_read, io_write, opaque) };
}

/// Sets, replaces and removes handlers.
#[cfg(aio_is_external)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_set_fd_handler(
    ctx: *mut AioContext,
    fd: c_int,
    _is_external: bool,
    io_read: IOHandler,
    io_write: IOHandler,
    _io_poll: PollFn,
    _io_poll_ready: IOHandler,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's context, or NULL.
    let context = unsafe { context("aio_set_fd_handler", ctx) };
    // SAFETY: the caller's functions and their data.
    unsafe { context.set_handlers(fd, io_read, io_write, opaque) };
}

/// The context of the calling thread.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_get_current_aio_context() -> *mut AioContext {
    current::get()
}
