//! `block/aio.h`, but for coroutines and handlers: see there what the functions do.

use core::ffi::{c_char, c_void};
use std::sync::Arc;

use glib_sys::GSource;

use crate::aio::bottom_half::{BottomHalf, Function};
use crate::aio::{Context, current};
use crate::capi::required::aio::context;
use crate::error::Error;
use crate::main_loop;
#[cfg(bh_guard)]
use abi::layout::MemReentrancyGuard;
use abi::layout::{self, AioContext, QEMUBH};
use abi::origin;
use platform::check_usage;
use platform::os::abort::misuse;

/// A new context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_context_new(errp: *mut *mut layout::Error) -> *mut AioContext {
    match Context::create() {
        Ok(context) => context.source().clone().into_ptr().cast(),
        Err(errno) => {
            let error = Error::os(errno, "Failed to initialize event notifier");
            // SAFETY: the caller's error destination.
            unsafe { error.store(errp, &origin!(c"aio_context_new")) };
            core::ptr::null_mut()
        }
    }
}

/// Takes a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_context_ref(ctx: *mut AioContext) {
    // SAFETY: the caller's context, or NULL.
    let context = unsafe { context("aio_context_ref", ctx) };
    context.source().clone().into_ptr();
}

/// Drops a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_context_unref(ctx: *mut AioContext) {
    check_usage!(!ctx.is_null(), "aio_context_unref", "@ctx is NULL");
    // SAFETY: a context is a source, of which the caller gives a reference away.
    unsafe { glib_sys::g_source_unref(ctx.cast()) };
}

/// The source.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_get_g_source(ctx: *mut AioContext) -> *mut GSource {
    // SAFETY: the caller's context, or NULL.
    let context = unsafe { context("aio_get_g_source", ctx) };
    context.source().clone().into_ptr()
}

/// Runs what is ready.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_poll(ctx: *mut AioContext, blocking: bool) -> bool {
    // SAFETY: the caller's context, or NULL.
    unsafe { context("aio_poll", ctx) }.poll(blocking)
}

/// Makes a poll return.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_notify(ctx: *mut AioContext) {
    // SAFETY: the caller's context, or NULL.
    unsafe { context("aio_notify", ctx) }.notify();
}

/// Gives the calling thread its context.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_set_current_aio_context(ctx: *mut AioContext) {
    let function = "qemu_set_current_aio_context";
    check_usage!(current::set(ctx), function, "the thread has an AioContext");
}

/// A bottom half of `function`'s argument.
///
/// # Safety
/// `ctx` is NULL or a live context.
unsafe fn bottom_half(
    function: &str,
    ctx: *mut AioContext,
    cb: Option<Function>,
    opaque: *mut c_void,
) -> Arc<BottomHalf> {
    let Some(cb) = cb else {
        misuse(function, format_args!("@cb is NULL"))
    };
    // SAFETY: as promised.
    let context = unsafe { context(function, ctx) };
    // SAFETY: the caller's function and its data.
    unsafe { BottomHalf::new(context, cb, opaque) }
}

/// Runs a function once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_bh_schedule_oneshot_full(
    ctx: *mut AioContext,
    cb: Option<Function>,
    opaque: *mut c_void,
    _name: *const c_char,
) {
    // SAFETY: the caller's context, or NULL.
    let bh = unsafe { bottom_half("aio_bh_schedule_oneshot_full", ctx, cb, opaque) };
    bh.context().clone().schedule(bh);
}

/// A new bottom half.
#[cfg(bh_guard)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_bh_new_full(
    ctx: *mut AioContext,
    cb: Option<Function>,
    opaque: *mut c_void,
    _name: *const c_char,
    _guard: *mut MemReentrancyGuard,
) -> *mut QEMUBH {
    // SAFETY: the caller's context, or NULL.
    let bh = unsafe { bottom_half("aio_bh_new_full", ctx, cb, opaque) };
    Arc::into_raw(bh).cast_mut().cast()
}

/// A new bottom half.
#[cfg(not(bh_guard))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_bh_new_full(
    ctx: *mut AioContext,
    cb: Option<Function>,
    opaque: *mut c_void,
    _name: *const c_char,
) -> *mut QEMUBH {
    // SAFETY: the caller's context, or NULL.
    let bh = unsafe { bottom_half("aio_bh_new_full", ctx, cb, opaque) };
    Arc::into_raw(bh).cast_mut().cast()
}

/// A new bottom half of the main context.
#[cfg(bh_guard)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_bh_new_full(
    cb: Option<Function>,
    opaque: *mut c_void,
    _name: *const c_char,
    _guard: *mut MemReentrancyGuard,
) -> *mut QEMUBH {
    // SAFETY: NULL or the main context.
    let bh = unsafe { bottom_half("qemu_bh_new_full", main_loop::main_context(), cb, opaque) };
    Arc::into_raw(bh).cast_mut().cast()
}

/// A new bottom half of the main context.
#[cfg(not(bh_guard))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_bh_new_full(
    cb: Option<Function>,
    opaque: *mut c_void,
    _name: *const c_char,
) -> *mut QEMUBH {
    // SAFETY: NULL or the main context.
    let bh = unsafe { bottom_half("qemu_bh_new_full", main_loop::main_context(), cb, opaque) };
    Arc::into_raw(bh).cast_mut().cast()
}

/// A further reference on the bottom half that a program has.
///
/// # Safety
/// `bh` is NULL or was made by this host and not deleted.
unsafe fn shared(function: &str, bh: *mut QEMUBH) -> Arc<BottomHalf> {
    check_usage!(!bh.is_null(), function, "@bh is NULL");
    let bh = bh.cast_const().cast::<BottomHalf>();
    // SAFETY: the program's reference is that of `aio_bh_new_full`, and stays.
    unsafe {
        Arc::increment_strong_count(bh);
        Arc::from_raw(bh)
    }
}

/// Makes it run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_bh_schedule(bh: *mut QEMUBH) {
    // SAFETY: the caller's bottom half, or NULL.
    let bh = unsafe { shared("qemu_bh_schedule", bh) };
    bh.context().clone().schedule(bh);
}

/// Makes it not run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_bh_cancel(bh: *mut QEMUBH) {
    // SAFETY: the caller's bottom half, or NULL.
    let bh = unsafe { shared("qemu_bh_cancel", bh) };
    bh.context().cancel(&bh);
}

/// Makes it not run, and ends it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_bh_delete(bh: *mut QEMUBH) {
    // SAFETY: the caller's bottom half, or NULL.
    let shared = unsafe { shared("qemu_bh_delete", bh) };
    shared.context().cancel(&shared);
    // SAFETY: the reference that the program had.
    drop(unsafe { Arc::from_raw(bh.cast_const().cast::<BottomHalf>()) });
}
