//! `qemu/thread.h`: see there what the functions do. `qemu_thread_exit` is in C.

use core::ffi::{c_char, c_int, c_void};
use core::time::Duration;

use crate::capi::exports::exports;
use crate::thread::{self, Condition, Mutex, Recursion, abort_in};
use abi::layout::{QemuCond, QemuMutex, QemuRecMutex, QemuThread};
use platform::os::thread::{Kind, StartRoutine};

/// `QemuMutexLockFunc`.
pub type LockFunc = unsafe extern "C" fn(*mut QemuMutex, *const c_char, c_int);
/// `QemuMutexTrylockFunc`.
pub type TrylockFunc = unsafe extern "C" fn(*mut QemuMutex, *const c_char, c_int) -> c_int;
/// `QemuRecMutexLockFunc`.
pub type RecLockFunc = unsafe extern "C" fn(*mut QemuRecMutex, *const c_char, c_int);
/// `QemuRecMutexTrylockFunc`.
pub type RecTrylockFunc = unsafe extern "C" fn(*mut QemuRecMutex, *const c_char, c_int) -> c_int;
/// `QemuCondWaitFunc`.
pub type WaitFunc = unsafe extern "C" fn(*mut QemuCond, *mut QemuMutex, *const c_char, c_int);
/// `QemuCondTimedWaitFunc`.
pub type TimedWaitFunc =
    unsafe extern "C" fn(*mut QemuCond, *mut QemuMutex, c_int, *const c_char, c_int) -> bool;

/// What `qemu_mutex_lock` calls; C code reads and replaces it atomically.
#[unsafe(no_mangle)]
pub static mut qemu_mutex_lock_func: LockFunc = qemu_mutex_lock_impl;
/// What `qemu_mutex_trylock` calls.
#[unsafe(no_mangle)]
pub static mut qemu_mutex_trylock_func: TrylockFunc = qemu_mutex_trylock_impl;
/// What `qemu_rec_mutex_lock` calls.
#[unsafe(no_mangle)]
pub static mut qemu_rec_mutex_lock_func: RecLockFunc = qemu_rec_mutex_lock_impl;
/// What `qemu_rec_mutex_trylock` calls.
#[unsafe(no_mangle)]
pub static mut qemu_rec_mutex_trylock_func: RecTrylockFunc = qemu_rec_mutex_trylock_impl;
/// What `qemu_cond_wait` calls.
#[unsafe(no_mangle)]
pub static mut qemu_cond_wait_func: WaitFunc = qemu_cond_wait_impl;
/// What `qemu_cond_timedwait` calls.
#[unsafe(no_mangle)]
pub static mut qemu_cond_timedwait_func: TimedWaitFunc = qemu_cond_timedwait_impl;

exports! { "qemu/thread.h";
    fn qemu_mutex_lock_impl(mutex: (*mut QemuMutex), _file: (*const c_char), _line: (c_int)) -> () {
        Mutex::at(FUNCTION, mutex).lock(FUNCTION);
    }

    fn qemu_mutex_trylock_impl(mutex: (*mut QemuMutex), _file: (*const c_char), _line: (c_int)) -> c_int {
        Mutex::at(FUNCTION, mutex).try_lock(FUNCTION)
    }

    fn qemu_mutex_unlock_impl(mutex: (*mut QemuMutex), _file: (*const c_char), _line: (c_int)) -> () {
        Mutex::at(FUNCTION, mutex).unlock(FUNCTION);
    }

    // A plain mutex is the first and only member of a recursive one.
    fn qemu_rec_mutex_init(mutex: (*mut QemuRecMutex)) -> () {
        Mutex::at(FUNCTION, mutex.cast()).init(FUNCTION, Recursion::Counts);
    }

    fn qemu_rec_mutex_destroy(mutex: (*mut QemuRecMutex)) -> () {
        Mutex::at(FUNCTION, mutex.cast()).destroy(FUNCTION);
    }

    fn qemu_rec_mutex_lock_impl(
        mutex: (*mut QemuRecMutex), _file: (*const c_char), _line: (c_int),
    ) -> () {
        Mutex::at(FUNCTION, mutex.cast()).lock(FUNCTION);
    }

    fn qemu_rec_mutex_trylock_impl(
        mutex: (*mut QemuRecMutex), _file: (*const c_char), _line: (c_int),
    ) -> c_int {
        Mutex::at(FUNCTION, mutex.cast()).try_lock(FUNCTION)
    }

    fn qemu_rec_mutex_unlock_impl(
        mutex: (*mut QemuRecMutex), _file: (*const c_char), _line: (c_int),
    ) -> () {
        Mutex::at(FUNCTION, mutex.cast()).unlock(FUNCTION);
    }

    fn qemu_cond_init(cond: (*mut QemuCond)) -> () {
        Condition::at(FUNCTION, cond).init(FUNCTION);
    }

    fn qemu_cond_destroy(cond: (*mut QemuCond)) -> () {
        Condition::at(FUNCTION, cond).destroy(FUNCTION);
    }

    fn qemu_cond_signal(cond: (*mut QemuCond)) -> () {
        Condition::at(FUNCTION, cond).signal(FUNCTION);
    }

    fn qemu_cond_broadcast(cond: (*mut QemuCond)) -> () {
        Condition::at(FUNCTION, cond).broadcast(FUNCTION);
    }

    fn qemu_cond_wait_impl(
        cond: (*mut QemuCond), mutex: (*mut QemuMutex), _file: (*const c_char), _line: (c_int),
    ) -> () {
        let cond = Condition::at(FUNCTION, cond);
        cond.wait(FUNCTION, Mutex::at(FUNCTION, mutex));
    }

    fn qemu_cond_timedwait_impl(
        cond: (*mut QemuCond), mutex: (*mut QemuMutex), ms: (c_int),
        _file: (*const c_char), _line: (c_int),
    ) -> bool {
        let cond = Condition::at(FUNCTION, cond);
        let timeout = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        cond.wait_for(FUNCTION, Mutex::at(FUNCTION, mutex), timeout)
    }

    fn qemu_thread_create(
        thread: (*mut QemuThread), name: optional_text, start_routine: (Option<StartRoutine>),
        arg: (*mut c_void), mode: (c_int),
    ) -> () {
        let kind = match mode {
            0 => Kind::Joinable,
            1 => Kind::Detached,
            _ => abort_in(FUNCTION, format_args!("@mode is {mode}")),
        };
        let Some(start) = start_routine else {
            abort_in(FUNCTION, "@start_routine is NULL")
        };
        thread::create(FUNCTION, thread, name, kind, start, arg);
    }

    // Joinable and not joined, as the header demands.
    fn qemu_thread_join(thread: (*mut QemuThread)) -> *mut c_void {
        thread::join(FUNCTION, (*thread).thread)
    }

    fn qemu_thread_get_self(thread: (*mut QemuThread)) -> () {
        (*thread).thread = libc::pthread_self();
    }

    fn qemu_thread_is_self(thread: (*mut QemuThread)) -> bool {
        libc::pthread_equal((*thread).thread, libc::pthread_self()) != 0
    }

    #[cfg(not(thread_names))]
    fn qemu_thread_naming(enable: (bool)) -> () {
        thread::set_naming(enable);
    }

    #[cfg(thread_names)]
    fn qemu_thread_set_name(name: text) -> () {
        thread::set_name(name);
    }

    #[cfg(thread_names)]
    fn qemu_thread_get_name() -> *const c_char {
        thread::own_name()
    }
}
