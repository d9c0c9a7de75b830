//! `qemu/thread.h`: see there what the functions do. `qemu_thread_exit` is in C.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::time::Duration;

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

/// Locks a mutex.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_mutex_lock_impl(
    mutex: *mut QemuMutex,
    _file: *const c_char,
    _line: c_int,
) {
    const NAME: &str = "qemu_mutex_lock_impl";
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    mutex.lock(NAME);
}

/// Locks a mutex if it is free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_mutex_trylock_impl(
    mutex: *mut QemuMutex,
    _file: *const c_char,
    _line: c_int,
) -> c_int {
    const NAME: &str = "qemu_mutex_trylock_impl";
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    mutex.try_lock(NAME)
}

/// Unlocks a mutex.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_mutex_unlock_impl(
    mutex: *mut QemuMutex,
    _file: *const c_char,
    _line: c_int,
) {
    const NAME: &str = "qemu_mutex_unlock_impl";
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    mutex.unlock(NAME);
}

/// Makes a recursive mutex of the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_rec_mutex_init(mutex: *mut QemuRecMutex) {
    const NAME: &str = "qemu_rec_mutex_init";
    // SAFETY: a mutex that stays for the call; the plain one in it is its first and only member.
    let mutex = unsafe { Mutex::at(NAME, mutex.cast()) };
    mutex.init(NAME, Recursion::Counts);
}

/// Ends a recursive mutex.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_rec_mutex_destroy(mutex: *mut QemuRecMutex) {
    const NAME: &str = "qemu_rec_mutex_destroy";
    // SAFETY: as in qemu_rec_mutex_init.
    let mutex = unsafe { Mutex::at(NAME, mutex.cast()) };
    mutex.destroy(NAME);
}

/// Locks a recursive mutex.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_rec_mutex_lock_impl(
    mutex: *mut QemuRecMutex,
    _file: *const c_char,
    _line: c_int,
) {
    const NAME: &str = "qemu_rec_mutex_lock_impl";
    // SAFETY: as in qemu_rec_mutex_init.
    let mutex = unsafe { Mutex::at(NAME, mutex.cast()) };
    mutex.lock(NAME);
}

/// Locks a recursive mutex if no other thread has it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_rec_mutex_trylock_impl(
    mutex: *mut QemuRecMutex,
    _file: *const c_char,
    _line: c_int,
) -> c_int {
    const NAME: &str = "qemu_rec_mutex_trylock_impl";
    // SAFETY: as in qemu_rec_mutex_init.
    let mutex = unsafe { Mutex::at(NAME, mutex.cast()) };
    mutex.try_lock(NAME)
}

/// Unlocks a recursive mutex once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_rec_mutex_unlock_impl(
    mutex: *mut QemuRecMutex,
    _file: *const c_char,
    _line: c_int,
) {
    const NAME: &str = "qemu_rec_mutex_unlock_impl";
    // SAFETY: as in qemu_rec_mutex_init.
    let mutex = unsafe { Mutex::at(NAME, mutex.cast()) };
    mutex.unlock(NAME);
}

/// Makes a condition variable of the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_cond_init(cond: *mut QemuCond) {
    const NAME: &str = "qemu_cond_init";
    // SAFETY: by the header, memory of a condition variable that stays for the call.
    let cond = unsafe { Condition::at(NAME, cond) };
    cond.init(NAME);
}

/// Ends a condition variable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_cond_destroy(cond: *mut QemuCond) {
    const NAME: &str = "qemu_cond_destroy";
    // SAFETY: by the header, memory of a condition variable that stays for the call.
    let cond = unsafe { Condition::at(NAME, cond) };
    cond.destroy(NAME);
}

/// Wakes one waiting thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_cond_signal(cond: *mut QemuCond) {
    const NAME: &str = "qemu_cond_signal";
    // SAFETY: by the header, memory of a condition variable that stays for the call.
    let cond = unsafe { Condition::at(NAME, cond) };
    cond.signal(NAME);
}

/// Wakes all waiting threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_cond_broadcast(cond: *mut QemuCond) {
    const NAME: &str = "qemu_cond_broadcast";
    // SAFETY: by the header, memory of a condition variable that stays for the call.
    let cond = unsafe { Condition::at(NAME, cond) };
    cond.broadcast(NAME);
}

/// Waits for a wake-up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_cond_wait_impl(
    cond: *mut QemuCond,
    mutex: *mut QemuMutex,
    _file: *const c_char,
    _line: c_int,
) {
    const NAME: &str = "qemu_cond_wait_impl";
    // SAFETY: by the header, memory of a condition variable that stays for the call.
    let cond = unsafe { Condition::at(NAME, cond) };
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    cond.wait(NAME, mutex);
}

/// Waits for a wake-up for a limited time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_cond_timedwait_impl(
    cond: *mut QemuCond,
    mutex: *mut QemuMutex,
    ms: c_int,
    _file: *const c_char,
    _line: c_int,
) -> bool {
    const NAME: &str = "qemu_cond_timedwait_impl";
    // SAFETY: by the header, memory of a condition variable that stays for the call.
    let cond = unsafe { Condition::at(NAME, cond) };
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    let timeout = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    cond.wait_for(NAME, mutex, timeout)
}

/// Starts a thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_thread_create(
    thread: *mut QemuThread,
    name: *const c_char,
    start_routine: Option<StartRoutine>,
    arg: *mut c_void,
    mode: c_int,
) {
    const NAME: &str = "qemu_thread_create";
    let kind = match mode {
        0 => Kind::Joinable,
        1 => Kind::Detached,
        _ => abort_in(NAME, format_args!("@mode is {mode}")),
    };
    let Some(start) = start_routine else {
        abort_in(NAME, "@start_routine is NULL")
    };
    // SAFETY: if not NULL, a C string for the call.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) });
    // SAFETY: the caller's struct, and a function that is meant to run on another thread.
    unsafe { thread::create(NAME, thread, name, kind, start, arg) };
}

/// Waits for the end of a thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_thread_join(thread: *mut QemuThread) -> *mut c_void {
    // SAFETY: the caller's handle.
    let thread = unsafe { (*thread).thread };
    // SAFETY: joinable and not joined, as the header demands.
    unsafe { thread::join("qemu_thread_join", thread) }
}

/// Tells the calling thread's handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_thread_get_self(thread: *mut QemuThread) {
    // SAFETY: it has no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: the caller's memory for a handle.
    unsafe { (*thread).thread = this };
}

/// Whether a handle is the calling thread's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_thread_is_self(thread: *mut QemuThread) -> bool {
    // SAFETY: it has no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: the caller's handle.
    let thread = unsafe { (*thread).thread };
    // SAFETY: both are handles; the call compares them.
    unsafe { libc::pthread_equal(thread, this) != 0 }
}

/// Switches on or off that new threads show their names to the system.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_thread_naming(enable: bool) {
    thread::set_naming(enable);
}
