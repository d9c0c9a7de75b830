//! `block/aio.h`, but for coroutines and handlers: see there what the functions do.

use core::ffi::{c_char, c_void};
use std::sync::Arc;

use glib_sys::GSource;

use crate::aio::bottom_half::{BottomHalf, Function};
use crate::aio::{Context, current};
use crate::capi::exports::exports;
use crate::capi::required::aio::context;
use crate::error::Error;
use crate::main_loop;
#[cfg(bh_guard)]
use abi::layout::MemReentrancyGuard;
use abi::layout::{AioContext, QEMUBH};
use platform::check_usage;
use platform::os::abort::misuse;

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

/// The bottom half as a program has it, with a reference.
fn given_away(bh: Arc<BottomHalf>) -> *mut QEMUBH {
    Arc::into_raw(bh).cast_mut().cast()
}

exports! { "qemu/aio.h";
    fn aio_context_new() -> *mut AioContext, else (core::ptr::null_mut()) {
        Context::create()
            .map(|context| context.source().clone().into_ptr().cast())
            .map_err(|errno| Error::os(errno, "Failed to initialize event notifier"))
    }

    fn aio_context_ref(ctx: (*mut AioContext)) -> () {
        context(FUNCTION, ctx).source().clone().into_ptr();
    }

    // A context is a source.
    fn aio_context_unref(ctx: [*mut AioContext]) -> () {
        glib_sys::g_source_unref(ctx.cast());
    }

    fn aio_get_g_source(ctx: (*mut AioContext)) -> *mut GSource {
        context(FUNCTION, ctx).source().clone().into_ptr()
    }

    fn aio_poll(ctx: (*mut AioContext), blocking: (bool)) -> bool {
        context(FUNCTION, ctx).poll(blocking)
    }

    fn aio_notify(ctx: (*mut AioContext)) -> () {
        context(FUNCTION, ctx).notify();
    }

    fn qemu_set_current_aio_context(ctx: (*mut AioContext)) -> () {
        check_usage!(current::set(ctx), FUNCTION, "the thread has an AioContext");
    }

    fn aio_bh_schedule_oneshot_full(
        ctx: (*mut AioContext), cb: (Option<Function>), opaque: (*mut c_void), _name: (*const c_char),
    ) -> () {
        let bh = bottom_half(FUNCTION, ctx, cb, opaque);
        bh.context().clone().schedule(bh);
    }

    #[cfg(bh_guard)]
    fn aio_bh_new_full(
        ctx: (*mut AioContext), cb: (Option<Function>), opaque: (*mut c_void),
        _name: (*const c_char), _guard: (*mut MemReentrancyGuard),
    ) -> *mut QEMUBH {
        given_away(bottom_half(FUNCTION, ctx, cb, opaque))
    }

    #[cfg(not(bh_guard))]
    fn aio_bh_new_full(
        ctx: (*mut AioContext), cb: (Option<Function>), opaque: (*mut c_void), _name: (*const c_char),
    ) -> *mut QEMUBH {
        given_away(bottom_half(FUNCTION, ctx, cb, opaque))
    }
}

exports! { "qemu/main-loop.h";
    #[cfg(bh_guard)]
    fn qemu_bh_new_full(
        cb: (Option<Function>), opaque: (*mut c_void),
        _name: (*const c_char), _guard: (*mut MemReentrancyGuard),
    ) -> *mut QEMUBH {
        given_away(bottom_half(FUNCTION, main_loop::main_context(), cb, opaque))
    }

    #[cfg(not(bh_guard))]
    fn qemu_bh_new_full(
        cb: (Option<Function>), opaque: (*mut c_void), _name: (*const c_char),
    ) -> *mut QEMUBH {
        given_away(bottom_half(FUNCTION, main_loop::main_context(), cb, opaque))
    }
}

exports! { "qemu/aio.h";
    fn qemu_bh_schedule(bh: (*mut QEMUBH)) -> () {
        let bh = shared(FUNCTION, bh);
        bh.context().clone().schedule(bh);
    }

    fn qemu_bh_cancel(bh: (*mut QEMUBH)) -> () {
        let bh = shared(FUNCTION, bh);
        bh.context().cancel(&bh);
    }

    fn qemu_bh_delete(bh: (*mut QEMUBH)) -> () {
        let shared = shared(FUNCTION, bh);
        shared.context().cancel(&shared);
        // The reference that the program had.
        drop(Arc::from_raw(bh.cast_const().cast::<BottomHalf>()));
    }
}
