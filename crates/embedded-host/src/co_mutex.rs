//! The lock of coroutines: those that can't have it yield, and get it in order (R-COR-6).

use core::ptr;

use super::coroutine::{self, Coroutine};
use abi::layout::{self, CoMutex, CoWaitRecord};
use platform::check_usage;
use platform::sync::Mutex;

/// A waiting coroutine, on its stack.
struct Waiter {
    coroutine: *mut layout::Coroutine,
    next: *mut Waiter,
    has_lock: bool,
}

/// Held for a moment to look into any such lock.
static INSIDE: Mutex<()> = Mutex::new(());

/// Makes a lock of the memory.
///
/// # Safety
/// `mutex` is writable memory.
pub(crate) unsafe fn init(mutex: *mut CoMutex) {
    // SAFETY: as promised; all zero is a lock that is free.
    unsafe { mutex.write_bytes(0, 1) };
}

/// Takes the lock, or waits for it in the caller's coroutine.
///
/// # Safety
/// `mutex` was initialised and stays so for the call.
pub(crate) unsafe fn lock(mutex: *mut CoMutex) {
    const NAME: &str = "qemu_co_mutex_lock";
    let this = coroutine::this();
    let mut waiter = Waiter {
        coroutine: this,
        next: ptr::null_mut(),
        has_lock: false,
    };
    let waiter = &raw mut waiter;
    {
        let _inside = INSIDE.lock();
        // SAFETY: only touched by those inside, as is the list of waiters, which lie on their stacks.
        unsafe {
            if (*mutex).locked == 0 {
                (*mutex).locked = 1;
                (*mutex).holder = this;
                return;
            }
            check_usage!((*mutex).holder != this, NAME, "the caller has the lock");
            check_usage!(
                coroutine::is_inside(),
                NAME,
                "the lock is taken, and the caller not in a coroutine"
            );
            let last = (*mutex).from_push.cast::<Waiter>();
            if last.is_null() {
                (*mutex).to_pop = waiter.cast::<CoWaitRecord>();
            } else {
                (*last).next = waiter;
            }
            (*mutex).from_push = waiter.cast::<CoWaitRecord>();
        }
    }
    loop {
        coroutine::suspend();
        let _inside = INSIDE.lock();
        // SAFETY: on this stack, and only touched by those inside.
        if unsafe { (*waiter).has_lock } {
            return;
        }
    }
}

/// Gives the lock to the waiter that waits longest, and wakes it.
///
/// # Safety
/// As for [`lock`].
pub(crate) unsafe fn unlock(mutex: *mut CoMutex) {
    let inside = INSIDE.lock();
    // SAFETY: only touched by those inside.
    let (is_locked, holder) = unsafe { ((*mutex).locked != 0, (*mutex).holder) };
    check_usage!(
        is_locked && holder == coroutine::this(),
        "qemu_co_mutex_unlock",
        "the caller doesn't have the lock"
    );
    // SAFETY: as above; a waiter stays on its stack until it has the lock.
    let next = unsafe {
        let first = (*mutex).to_pop.cast::<Waiter>();
        if first.is_null() {
            (*mutex).locked = 0;
            (*mutex).holder = ptr::null_mut();
            return;
        }
        (*mutex).to_pop = (*first).next.cast::<CoWaitRecord>();
        if (*first).next.is_null() {
            (*mutex).from_push = ptr::null_mut();
        }
        (*first).has_lock = true;
        (*mutex).holder = (*first).coroutine;
        (*first).coroutine
    };
    drop(inside);
    // SAFETY: it waits, so it is live.
    let coroutine = unsafe { Coroutine::borrow("qemu_co_mutex_unlock", next) };
    // SAFETY: as above; its context lives as long as coroutines use it.
    unsafe { Coroutine::wake(coroutine, coroutine.context()) };
}
