//! `qemu/coroutine-core.h`, and what `block/aio.h` has for coroutines.

use core::ffi::c_void;

use crate::aio::current;
use crate::co_mutex;
use crate::coroutine::{Coroutine, Entry};
use abi::layout::{self, AioContext, CoMutex};
use platform::check_usage;
use platform::os::abort::misuse;

/// A new coroutine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_coroutine_create(
    entry: Option<Entry>,
    opaque: *mut c_void,
) -> *mut layout::Coroutine {
    match entry {
        // SAFETY: the program's function and its data.
        Some(entry) => unsafe { Coroutine::create(entry, opaque) },
        None => misuse("qemu_coroutine_create", format_args!("@entry is NULL")),
    }
}

/// Runs it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_coroutine_enter(co: *mut layout::Coroutine) {
    // SAFETY: the caller's coroutine, or NULL.
    let co = unsafe { Coroutine::borrow("qemu_coroutine_enter", co) };
    // SAFETY: as above.
    unsafe { Coroutine::enter(co, current::get()) };
}

/// Runs it unless it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_coroutine_enter_if_inactive(co: *mut layout::Coroutine) {
    // SAFETY: the caller's coroutine, or NULL.
    let co = unsafe { Coroutine::borrow("qemu_coroutine_enter_if_inactive", co) };
    if !co.is_entered() {
        // SAFETY: as above.
        unsafe { Coroutine::enter(co, current::get()) };
    }
}

/// Runs it for a context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_aio_coroutine_enter(
    ctx: *mut AioContext,
    co: *mut layout::Coroutine,
) {
    // SAFETY: the caller's coroutine, or NULL.
    let co = unsafe { Coroutine::borrow("qemu_aio_coroutine_enter", co) };
    // SAFETY: as above.
    unsafe { Coroutine::enter(co, ctx) };
}

/// Whether it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_coroutine_entered(co: *mut layout::Coroutine) -> bool {
    // SAFETY: the caller's coroutine, or NULL.
    unsafe { Coroutine::borrow("qemu_coroutine_entered", co) }.is_entered()
}

/// Wakes it in a context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_co_enter(ctx: *mut AioContext, co: *mut layout::Coroutine) {
    // SAFETY: the caller's coroutine, or NULL.
    let co = unsafe { Coroutine::borrow("aio_co_enter", co) };
    // SAFETY: as above; so is the context.
    unsafe { Coroutine::wake(co, ctx) };
}

/// Enters it by a bottom half.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aio_co_schedule(ctx: *mut AioContext, co: *mut layout::Coroutine) {
    // SAFETY: the caller's coroutine, or NULL.
    let co = unsafe { Coroutine::borrow("aio_co_schedule", co) };
    // SAFETY: as above; so is the context.
    unsafe { Coroutine::schedule(co, ctx) };
}

/// Makes a lock of the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_co_mutex_init(mutex: *mut CoMutex) {
    check_usage!(!mutex.is_null(), "qemu_co_mutex_init", "@mutex is NULL");
    // SAFETY: by the header, memory for a lock.
    unsafe { co_mutex::init(mutex) };
}

/// Takes the lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_co_mutex_lock(mutex: *mut CoMutex) {
    check_usage!(!mutex.is_null(), "qemu_co_mutex_lock", "@mutex is NULL");
    // SAFETY: by the header, a lock.
    unsafe { co_mutex::lock(mutex) };
}

/// Releases the lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_co_mutex_unlock(mutex: *mut CoMutex) {
    check_usage!(!mutex.is_null(), "qemu_co_mutex_unlock", "@mutex is NULL");
    // SAFETY: by the header, a lock.
    unsafe { co_mutex::unlock(mutex) };
}
