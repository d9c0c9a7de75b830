//! `qemu/coroutine-core.h` and `block/aio.h`: waiting in a coroutine.

use crate::coroutine::{self, Coroutine};
use abi::layout::{self, AioContext};

/// Leaves the coroutine.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_coroutine_yield() {
    coroutine::suspend();
}

/// The running coroutine.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_coroutine_self() -> *mut layout::Coroutine {
    coroutine::this()
}

/// Whether the caller runs in a coroutine.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_in_coroutine() -> bool {
    coroutine::is_inside()
}

/// The event loop context in which the coroutine is woken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_coroutine_get_aio_context(
    co: *mut layout::Coroutine,
) -> *mut AioContext {
    // SAFETY: the caller's coroutine, or NULL.
    unsafe { Coroutine::borrow("qemu_coroutine_get_aio_context", co) }.context()
}

/// Enters the coroutine again in its event loop context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_co_wake(co: *mut layout::Coroutine) {
    // SAFETY: the caller's coroutine, or NULL.
    let co = unsafe { Coroutine::borrow("aio_co_wake", co) };
    // SAFETY: as above; its context is live.
    unsafe { Coroutine::wake(co, co.context()) };
}
