//! `io/channel.h`: coroutines and event loop contexts.

use core::ffi::c_void;

use glib_sys::GIOCondition;

use super::channel::borrow;
#[cfg(wait_cond)]
use crate::logic::wait;
use crate::logic::{aio, suspension};
use abi::layout::{AioContext, IOHandler, QIOChannel};
#[cfg(not(two_aio_contexts))]
use host::aio::Context;
use host::aio::{Handlers, Places};

/// qio_channel_yield:
/// @ioc: (transfer none): the channel
/// @condition: G_IO_IN or G_IO_OUT
///
/// Suspends the calling coroutine until @ioc is ready, its end and errors included, or until
/// something else makes the coroutine go on: qio_channel_wake_read(), or qemu_coroutine_enter(). So
/// nothing is certain afterwards, and the caller tries again. One coroutine may wait to read and
/// another to write.
///
/// Threads: any, in a coroutine; the class of @ioc must have the method io_set_aio_fd_handler.
/// Blocks: no.
/// Context: the coroutine goes on in its own AioContext. The descriptor is watched in that of the
/// main loop (iohandler_get_aio_context()), so that is where the coroutine should be, unless
/// qio_channel_set_follow_coroutine_ctx() was called. Differs: before qemu-8.2, the context of
/// qio_channel_attach_aio_context() if there is one. Before qemu_init_main_loop() nobody polls any of
/// these, and the coroutine does not go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_yield(ioc: *mut QIOChannel, condition: GIOCondition) {
    // SAFETY: the caller holds a reference for the call.
    suspension::yield_until(unsafe { borrow(ioc, "qio_channel_yield") }, condition);
}

/// qio_channel_wait_cond:
/// @ioc: (transfer none): the channel
/// @condition: what to wait for; in a coroutine G_IO_IN or G_IO_OUT
///
/// In a coroutine, qio_channel_yield(); elsewhere, qio_channel_wait().
///
/// Threads: any. Blocks: yes, outside of coroutines.
/// Since: qemu-10.2.0 profile.
#[cfg(wait_cond)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_wait_cond(ioc: *mut QIOChannel, condition: GIOCondition) {
    // SAFETY: the caller holds a reference for the call.
    wait::for_transfer(unsafe { borrow(ioc, "qio_channel_wait_cond") }, condition);
}

/// qio_channel_wake_read:
/// @ioc: (transfer none): the channel
///
/// Makes the coroutine go on that waits to read in qio_channel_yield(), as if there were something
/// to read. Does nothing if none waits, also for one that waits later.
///
/// Threads: any. Blocks: no; but in the context of the coroutine that is entered before this
/// returns.
/// Since: qemu-8.0.1 profile.
#[cfg(wake_read)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_wake_read(ioc: *mut QIOChannel) {
    // SAFETY: the caller holds a reference for the call.
    suspension::wake_reader(unsafe { borrow(ioc, "qio_channel_wake_read") });
}

/// qio_channel_set_follow_coroutine_ctx:
/// @ioc: (transfer none): the channel
/// @enabled: whether coroutines wait in their own AioContext; initially they don't
///
/// Tells where a coroutine waits that uses @ioc while it isn't ready: in the coroutine's own
/// context, or else in the main loop. It counts from the next wait on, for @ioc itself and not for
/// channels that @ioc sits on.
///
/// Threads: any, one at a time. Blocks: no.
/// Since: qemu-8.2 profile.
#[cfg(two_aio_contexts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_follow_coroutine_ctx(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_follow_coroutine_ctx") };
    channel.set_follows_coroutine(enabled);
}

/// qio_channel_attach_aio_context:
/// @ioc: (transfer none): the channel, for which no coroutine waits
/// @ctx: (transfer none) (nullable): where coroutines wait from now on, as long as the channel is
///   attached; NULL is the main loop
///
/// Moves a channel to another AioContext.
///
/// Threads: the one of @ctx. Blocks: no.
/// Since: only before the qemu-8.2 profile.
#[cfg(not(two_aio_contexts))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_attach_aio_context(
    ioc: *mut QIOChannel,
    ctx: *mut AioContext,
) {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_attach_aio_context") };
    // SAFETY: the caller's context, or NULL.
    suspension::attach(channel, unsafe { Context::from_ptr(ctx) });
}

/// qio_channel_detach_aio_context:
/// @ioc: (transfer none): the channel
///
/// Takes a channel out of its AioContext, and its handlers. Coroutines that wait stay suspended:
/// the caller enters them, perhaps in another context, and they try again.
///
/// Threads: the one of the context that the channel is attached to. Blocks: no.
/// Since: only before the qemu-8.2 profile.
#[cfg(not(two_aio_contexts))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_detach_aio_context(ioc: *mut QIOChannel) {
    // SAFETY: the caller holds a reference for the call.
    suspension::detach(unsafe { borrow(ioc, "qio_channel_detach_aio_context") });
}

/// qio_channel_set_aio_fd_handler:
/// @ioc: (transfer none): the channel, which lives as long as handlers are set
/// @read_ctx: (transfer none) (nullable): where @io_read runs; NULL leaves reading alone
/// @io_read: (nullable): called when @ioc is readable; NULL removes the handler in @read_ctx
/// @write_ctx: (transfer none) (nullable): where @io_write runs; NULL leaves writing alone
/// @io_write: (nullable): called when @ioc is writable; NULL removes the handler in @write_ctx
/// @opaque: (closure) (nullable): data for both
///
/// Calls back from event loop contexts whenever @ioc is ready, its end and errors included. What is
/// watched are its descriptors as they are now, so the handlers must go before they are closed. If
/// one descriptor serves both directions, both handlers that are in the same context must be set in
/// one call: each call replaces what that context had for the descriptor. Coroutines that wait for
/// @ioc use the same handlers.
///
/// Threads: any; who removes handlers in the thread of their context can be sure that they don't run
/// afterwards. Blocks: no. The class of @ioc must have the method.
/// Context: the handlers run in the threads that poll their contexts.
/// Differs: before the qemu-8.2 profile there is one context, in which both are set.
#[cfg(two_aio_contexts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_aio_fd_handler(
    ioc: *mut QIOChannel,
    read_ctx: *mut AioContext,
    io_read: IOHandler,
    write_ctx: *mut AioContext,
    io_write: IOHandler,
    opaque: *mut c_void,
) {
    const ME: &str = "qio_channel_set_aio_fd_handler";
    // SAFETY: the caller's contexts, or NULL.
    let places = unsafe { Places::from_ptrs(read_ctx, write_ctx) };
    // SAFETY: the caller's functions and their data.
    let handlers = unsafe { Handlers::new(io_read, io_write, opaque) };
    // SAFETY: the caller holds a reference for the call.
    aio::set_handlers(unsafe { borrow(ioc, ME) }, places, handlers, ME);
}

/// qio_channel_set_aio_fd_handler:
/// @ioc: (transfer none): the channel, which lives as long as handlers are set
/// @ctx: (transfer none): where the handlers run
/// @io_read: (nullable): called when @ioc is readable; NULL removes the handler
/// @io_write: (nullable): called when @ioc is writable; NULL removes the handler
/// @opaque: (closure) (nullable): data for both
///
/// As in the other profiles, but for the one context.
///
/// Threads: any; who removes handlers in the thread of @ctx can be sure that they don't run
/// afterwards. Blocks: no. The class of @ioc must have the method.
/// Context: the handlers run in the thread that polls @ctx.
/// Differs: the other profiles have a context for each direction.
#[cfg(not(two_aio_contexts))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_aio_fd_handler(
    ioc: *mut QIOChannel,
    ctx: *mut AioContext,
    io_read: IOHandler,
    io_write: IOHandler,
    opaque: *mut c_void,
) {
    const ME: &str = "qio_channel_set_aio_fd_handler";
    // SAFETY: the caller's context, or NULL.
    let places = unsafe { Places::from_ptrs(ctx, ctx) };
    // SAFETY: the caller's functions and their data.
    let handlers = unsafe { Handlers::new(io_read, io_write, opaque) };
    // SAFETY: the caller holds a reference for the call.
    aio::set_handlers(unsafe { borrow(ioc, ME) }, places, handlers, ME);
}
