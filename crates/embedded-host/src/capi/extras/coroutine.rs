//! `qemu/coroutine-core.h`, and what `block/aio.h` has for coroutines.

use core::ffi::c_void;

use crate::aio::current;
use crate::capi::exports::exports;
use crate::co_mutex;
use crate::coroutine::{Coroutine, Entry};
use abi::layout::{self, AioContext, CoMutex};
use platform::os::abort::misuse;

exports! { "qemu/coroutine-core.h";
    fn qemu_coroutine_create(
        entry: (Option<Entry>), opaque: (*mut c_void),
    ) -> *mut layout::Coroutine {
        match entry {
            Some(entry) => Coroutine::create(entry, opaque),
            None => misuse(FUNCTION, format_args!("@entry is NULL")),
        }
    }

    fn qemu_coroutine_enter(co: (*mut layout::Coroutine)) -> () {
        Coroutine::enter(Coroutine::borrow(FUNCTION, co), current::get(), FUNCTION);
    }

    fn qemu_coroutine_enter_if_inactive(co: (*mut layout::Coroutine)) -> () {
        let co = Coroutine::borrow(FUNCTION, co);
        if !co.is_entered() {
            Coroutine::enter(co, current::get(), FUNCTION);
        }
    }

    fn qemu_aio_coroutine_enter(ctx: (*mut AioContext), co: (*mut layout::Coroutine)) -> () {
        // Not given, it is the thread's current one (R-COR-6).
        let ctx = if ctx.is_null() { current::get() } else { ctx };
        Coroutine::enter(Coroutine::borrow(FUNCTION, co), ctx, FUNCTION);
    }

    fn qemu_coroutine_entered(co: (*mut layout::Coroutine)) -> bool {
        Coroutine::borrow(FUNCTION, co).is_entered()
    }

    fn qemu_co_mutex_init(mutex: [*mut CoMutex]) -> () {
        co_mutex::init(mutex);
    }

    fn qemu_co_mutex_lock(mutex: [*mut CoMutex]) -> () {
        co_mutex::lock(mutex);
    }

    fn qemu_co_mutex_unlock(mutex: [*mut CoMutex]) -> () {
        co_mutex::unlock(mutex);
    }
}

exports! { "qemu/aio.h";
    fn aio_co_enter(ctx: (*mut AioContext), co: (*mut layout::Coroutine)) -> () {
        Coroutine::wake(Coroutine::borrow(FUNCTION, co), ctx);
    }

    fn aio_co_schedule(ctx: (*mut AioContext), co: (*mut layout::Coroutine)) -> () {
        Coroutine::schedule(Coroutine::borrow(FUNCTION, co), ctx);
    }
}
