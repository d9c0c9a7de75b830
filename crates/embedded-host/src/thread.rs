//! Mutexes, condition variables and threads of `qemu/thread.h`.
//!
//! The objects are memory of C code, often part of a larger struct. A wrong use and an unexpected
//! answer of the system end the process with the name of the C function (R-THR-1).

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::fmt::Display;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use abi::layout::{QemuCond, QemuMutex, QemuThread};
use abi::profile;
use platform::os::abort::misuse;
use platform::os::errno::Errno;
use platform::os::thread::{self, Kind, StartRoutine};

/// The name of the C function that was called, for messages.
pub(crate) type Function = &'static str;

/// Ends the process with the words of R-THR-1.
pub(crate) fn abort_in(function: Function, reason: impl Display) -> ! {
    misuse("qemu", format_args!("{function}: {reason}"))
}

/// Ends the process unless the system answered 0.
fn expect_success(function: Function, code: c_int) {
    if code != 0 {
        abort_in(function, Errno::new(code));
    }
}

/// Ends the process unless an `initialized` member, of what `argument` of `function` points to, says
/// so. The memory may be anything, so the member is read as a byte, not as a `bool`.
fn expect_initialized(function: Function, argument: &str, initialized: u8) {
    if initialized != 1 {
        abort_in(function, format_args!("@{argument} is not initialized"));
    }
}

/// Whether a thread may lock a mutex that it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Recursion {
    /// It waits for itself, for ever.
    Deadlocks,
    /// It has it once more.
    Counts,
}

/// A mutex of C code.
#[repr(transparent)]
pub(crate) struct Mutex(UnsafeCell<QemuMutex>);

impl Mutex {
    /// The mutex at `mutex`, argument of `function`.
    ///
    /// # Safety
    /// `mutex` is NULL, which ends the process, or memory of a mutex, initialised or not, that
    /// stays for `'a` and is touched only by these functions.
    pub(crate) unsafe fn at<'a>(function: Function, mutex: *mut QemuMutex) -> &'a Self {
        if mutex.is_null() {
            abort_in(function, "@mutex is NULL");
        }
        // SAFETY: live for `'a`; `UnsafeCell` allows for all changes, and nothing here reads a
        // field as a type that not all bytes are values of.
        unsafe { &*mutex.cast::<Self>() }
    }

    fn lock_ptr(&self) -> *mut libc::pthread_mutex_t {
        // SAFETY: a place inside the live struct.
        unsafe { &raw mut (*self.0.get()).lock }
    }

    fn initialized_ptr(&self) -> *mut bool {
        // SAFETY: a place inside the live struct.
        unsafe { &raw mut (*self.0.get()).initialized }
    }

    fn expect_initialized(&self, function: Function) {
        // SAFETY: a member of the live struct; any byte is a value of the type.
        let initialized = unsafe { self.initialized_ptr().cast::<u8>().read() };
        expect_initialized(function, "mutex", initialized);
    }

    /// Makes an unlocked mutex of the memory.
    pub(crate) fn init(&self, function: Function, recursion: Recursion) {
        let mut attr = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given.
        expect_success(function, unsafe {
            libc::pthread_mutexattr_init(attr.as_mut_ptr())
        });
        let kind = match recursion {
            Recursion::Deadlocks => libc::PTHREAD_MUTEX_DEFAULT,
            Recursion::Counts => libc::PTHREAD_MUTEX_RECURSIVE,
        };
        // SAFETY: the attributes are initialised.
        expect_success(function, unsafe {
            libc::pthread_mutexattr_settype(attr.as_mut_ptr(), kind)
        });
        // SAFETY: the attributes are initialised, the mutex is the caller's to overwrite.
        expect_success(function, unsafe {
            libc::pthread_mutex_init(self.lock_ptr(), attr.as_ptr())
        });
        // SAFETY: the attributes are initialised, and not used any more.
        unsafe { libc::pthread_mutexattr_destroy(attr.as_mut_ptr()) };
        // SAFETY: a place inside the live struct.
        unsafe { self.initialized_ptr().write(true) };
    }

    /// Ends the mutex.
    pub(crate) fn destroy(&self, function: Function) {
        self.expect_initialized(function);
        // SAFETY: a place inside the live struct.
        unsafe { self.initialized_ptr().write(false) };
        // SAFETY: the mutex was initialised.
        expect_success(function, unsafe {
            libc::pthread_mutex_destroy(self.lock_ptr())
        });
    }

    /// Waits until the mutex is free and takes it.
    pub(crate) fn lock(&self, function: Function) {
        self.expect_initialized(function);
        // SAFETY: the mutex is initialised.
        expect_success(function, unsafe {
            libc::pthread_mutex_lock(self.lock_ptr())
        });
    }

    /// Takes the mutex if it is free; 0 or `-EBUSY` (R-THR-2).
    pub(crate) fn try_lock(&self, function: Function) -> c_int {
        self.expect_initialized(function);
        // SAFETY: the mutex is initialised.
        match unsafe { libc::pthread_mutex_trylock(self.lock_ptr()) } {
            0 => 0,
            libc::EBUSY => -libc::EBUSY,
            code => abort_in(function, Errno::new(code)),
        }
    }

    /// Gives the mutex back.
    pub(crate) fn unlock(&self, function: Function) {
        self.expect_initialized(function);
        // SAFETY: the mutex is initialised.
        expect_success(function, unsafe {
            libc::pthread_mutex_unlock(self.lock_ptr())
        });
    }
}

/// A condition variable of C code.
#[repr(transparent)]
pub(crate) struct Condition(UnsafeCell<QemuCond>);

impl Condition {
    /// The condition variable at `cond`, argument of `function`.
    ///
    /// # Safety
    /// As [`Mutex::at`].
    pub(crate) unsafe fn at<'a>(function: Function, cond: *mut QemuCond) -> &'a Self {
        if cond.is_null() {
            abort_in(function, "@cond is NULL");
        }
        // SAFETY: as in `Mutex::at`.
        unsafe { &*cond.cast::<Self>() }
    }

    fn cond_ptr(&self) -> *mut libc::pthread_cond_t {
        // SAFETY: a place inside the live struct.
        unsafe { &raw mut (*self.0.get()).cond }
    }

    fn initialized_ptr(&self) -> *mut bool {
        // SAFETY: a place inside the live struct.
        unsafe { &raw mut (*self.0.get()).initialized }
    }

    fn expect_initialized(&self, function: Function) {
        // SAFETY: a member of the live struct; any byte is a value of the type.
        let initialized = unsafe { self.initialized_ptr().cast::<u8>().read() };
        expect_initialized(function, "cond", initialized);
    }

    /// Makes a condition variable of the memory. It waits by the monotonic clock, so that setting
    /// the wall clock neither cuts a wait short nor draws it out.
    pub(crate) fn init(&self, function: Function) {
        let mut attr = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given.
        expect_success(function, unsafe {
            libc::pthread_condattr_init(attr.as_mut_ptr())
        });
        // SAFETY: the attributes are initialised.
        expect_success(function, unsafe {
            libc::pthread_condattr_setclock(attr.as_mut_ptr(), libc::CLOCK_MONOTONIC)
        });
        // SAFETY: the attributes are initialised, the memory is the caller's to overwrite.
        expect_success(function, unsafe {
            libc::pthread_cond_init(self.cond_ptr(), attr.as_ptr())
        });
        // SAFETY: the attributes are initialised, and not used any more.
        unsafe { libc::pthread_condattr_destroy(attr.as_mut_ptr()) };
        // SAFETY: a place inside the live struct.
        unsafe { self.initialized_ptr().write(true) };
    }

    /// Ends the condition variable.
    pub(crate) fn destroy(&self, function: Function) {
        self.expect_initialized(function);
        // SAFETY: a place inside the live struct.
        unsafe { self.initialized_ptr().write(false) };
        // SAFETY: the condition variable was initialised.
        expect_success(function, unsafe {
            libc::pthread_cond_destroy(self.cond_ptr())
        });
    }

    /// Wakes one waiting thread.
    pub(crate) fn signal(&self, function: Function) {
        self.expect_initialized(function);
        // SAFETY: the condition variable is initialised.
        expect_success(function, unsafe {
            libc::pthread_cond_signal(self.cond_ptr())
        });
    }

    /// Wakes all waiting threads.
    pub(crate) fn broadcast(&self, function: Function) {
        self.expect_initialized(function);
        // SAFETY: the condition variable is initialised.
        expect_success(function, unsafe {
            libc::pthread_cond_broadcast(self.cond_ptr())
        });
    }

    /// Gives `mutex` back, waits for a wake-up, takes it again.
    pub(crate) fn wait(&self, function: Function, mutex: &Mutex) {
        self.expect_initialized(function);
        mutex.expect_initialized(function);
        // SAFETY: both are initialised.
        expect_success(function, unsafe {
            libc::pthread_cond_wait(self.cond_ptr(), mutex.lock_ptr())
        });
    }

    /// As [`Condition::wait`], for at most `timeout`; false on timeout.
    pub(crate) fn wait_for(&self, function: Function, mutex: &Mutex, timeout: Duration) -> bool {
        self.expect_initialized(function);
        mutex.expect_initialized(function);
        let deadline = monotonic_after(timeout);
        // SAFETY: both are initialised, the time is one of the clock chosen in `init`.
        match unsafe {
            libc::pthread_cond_timedwait(self.cond_ptr(), mutex.lock_ptr(), &raw const deadline)
        } {
            0 => true,
            libc::ETIMEDOUT => false,
            code => abort_in(function, Errno::new(code)),
        }
    }
}

/// The time on the monotonic clock when `timeout` will be over.
fn monotonic_after(timeout: Duration) -> libc::timespec {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: stores into a local variable; this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let nanoseconds = now.tv_nsec + libc::c_long::from(timeout.subsec_nanos());
    let seconds = libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX);
    libc::timespec {
        tv_sec: now
            .tv_sec
            .saturating_add(seconds)
            .saturating_add(nanoseconds / 1_000_000_000),
        tv_nsec: nanoseconds % 1_000_000_000,
    }
}

/// Whether new threads show their names to the system (R-THR-4).
static NAMING: AtomicBool = AtomicBool::new(false);

/// Switches naming on or off.
#[cfg(not(thread_names))]
pub(crate) fn set_naming(enable: bool) {
    NAMING.store(enable, Ordering::Relaxed);
}

/// Names the calling thread, unless the system refuses the name.
#[cfg(thread_names)]
pub(crate) fn set_name(name: &CStr) {
    // SAFETY: the calling thread is there, and the name is a C string.
    unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
}

/// The calling thread's name as it was when it first asked. The text lives as long as the thread.
#[cfg(thread_names)]
pub(crate) fn own_name() -> *const core::ffi::c_char {
    use std::cell::UnsafeCell;
    thread_local! {
        static NAME: UnsafeCell<[u8; NAME_SIZE]> = const { UnsafeCell::new([0; NAME_SIZE]) };
    }

    NAME.with(|name| {
        let place = name.get();
        // SAFETY: only this thread reads and writes it, and nobody holds a reference.
        if unsafe { *place } == [0; NAME_SIZE] {
            // SAFETY: as above.
            unsafe { *place = asked_name() };
        }
        place.cast_const().cast()
    })
}

/// What the system says the calling thread is called (R-111-30).
#[cfg(thread_names)]
fn asked_name() -> [u8; NAME_SIZE] {
    let mut name = [0; NAME_SIZE];
    // SAFETY: functions without arguments.
    if unsafe { libc::gettid() == libc::getpid() } {
        return padded(c"main").unwrap_or(name);
    }
    let place = name.as_mut_ptr().cast::<core::ffi::c_char>();
    // SAFETY: stores a C string of at most that size.
    let code = unsafe { libc::pthread_getname_np(libc::pthread_self(), place, NAME_SIZE) };
    if code != 0 || name[0] == 0 {
        return padded(c"unnamed").unwrap_or(name);
    }
    name
}

/// What a thread that shows its name starts with; as in `c/extras/thread.c`.
#[repr(C)]
struct NamedStart {
    name: [u8; NAME_SIZE],
    start: StartRoutine,
    arg: *mut c_void,
}

/// Bytes of a name, with the NUL at its end, that the system takes.
const NAME_SIZE: usize = 16;

unsafe extern "C" {
    /// Names the calling thread and goes on as [`NamedStart`] says. In C, as a thread that ends
    /// itself must not have a Rust frame on its stack.
    fn qio_internal_thread_start_named(start: *mut c_void) -> *mut c_void;
}

/// Starts a thread; ends the process if there is none to be had (R-THR-3).
///
/// # Safety
/// `thread` is valid for a write; `start` may be called with `arg` on another thread.
pub(crate) unsafe fn create(
    function: Function,
    thread: *mut QemuThread,
    name: Option<&CStr>,
    kind: Kind,
    start: StartRoutine,
    arg: *mut c_void,
) {
    let name = name.filter(|_| profile::THREADS_HAVE_NAMES || NAMING.load(Ordering::Relaxed));
    let (start, arg) = match name.and_then(padded) {
        Some(name) => {
            let named = in_glib_memory(NamedStart { name, start, arg });
            (
                qio_internal_thread_start_named as StartRoutine,
                named.cast(),
            )
        }
        None => (start, arg),
    };
    // SAFETY: a place inside the caller's struct.
    let handle = unsafe { &raw mut (*thread).thread };
    // SAFETY: as promised by the caller; a named start takes over the block made for it.
    if let Err(errno) = unsafe { thread::create(handle, kind, start, arg) } {
        abort_in(function, errno);
    }
}

/// A name with NULs up to its full size. None for one that is too long, which the system would
/// reject.
fn padded(name: &CStr) -> Option<[u8; NAME_SIZE]> {
    let bytes = name.to_bytes_with_nul();
    let mut padded = [0; NAME_SIZE];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(padded)
}

/// Moves a value into memory that C code frees with `g_free`.
fn in_glib_memory<T>(value: T) -> *mut T {
    // SAFETY: any size will do; GLib ends the process rather than return NULL.
    let block = unsafe { glib_sys::g_malloc(size_of::<T>()) }.cast::<T>();
    // SAFETY: the block is fresh, large enough and aligned for every C type.
    unsafe { block.write(value) };
    block
}

/// Waits for the end of a thread and gives what it returned (R-THR-5).
///
/// # Safety
/// `thread` is joinable and was not joined.
pub(crate) unsafe fn join(function: Function, thread: libc::pthread_t) -> *mut c_void {
    let mut value = ptr::null_mut();
    // SAFETY: as promised by the caller.
    expect_success(function, unsafe {
        libc::pthread_join(thread, &raw mut value)
    });
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutex(recursion: Recursion) -> Mutex {
        // SAFETY: plain data, of which zero is a value.
        let mutex = Mutex(UnsafeCell::new(unsafe { core::mem::zeroed() }));
        mutex.init("test", recursion);
        mutex
    }

    fn condition() -> Condition {
        // SAFETY: plain data, of which zero is a value.
        let condition = Condition(UnsafeCell::new(unsafe { core::mem::zeroed() }));
        condition.init("test");
        condition
    }

    #[test]
    fn a_locked_mutex_is_busy_even_for_its_owner() {
        let mutex = mutex(Recursion::Deadlocks);
        mutex.lock("test");
        assert_eq!(mutex.try_lock("test"), -libc::EBUSY);
        mutex.unlock("test");
        assert_eq!(mutex.try_lock("test"), 0);
        mutex.unlock("test");
        mutex.destroy("test");
    }

    #[test]
    fn a_recursive_mutex_counts() {
        let mutex = mutex(Recursion::Counts);
        mutex.lock("test");
        assert_eq!(mutex.try_lock("test"), 0);
        mutex.unlock("test");
        mutex.unlock("test");
        mutex.destroy("test");
    }

    #[test]
    fn a_wait_without_a_signal_times_out_with_the_mutex_locked() {
        let (mutex, condition) = (mutex(Recursion::Deadlocks), condition());
        mutex.lock("test");
        assert!(!condition.wait_for("test", &mutex, Duration::ZERO));
        assert_eq!(mutex.try_lock("test"), -libc::EBUSY);
        mutex.unlock("test");
        condition.destroy("test");
        mutex.destroy("test");
    }

    #[test]
    fn a_name_of_15_bytes_is_the_longest() {
        assert_eq!(padded(c"fifteen-letters"), Some(*b"fifteen-letters\0"));
        assert_eq!(padded(c""), Some([0; NAME_SIZE]));
        assert_eq!(padded(c"sixteen--letters"), None);
    }

    #[test]
    fn a_deadline_has_normal_nanoseconds() {
        let deadline = monotonic_after(Duration::from_nanos(999_999_999));
        assert!((0..1_000_000_000).contains(&deadline.tv_nsec));
        assert_eq!(monotonic_after(Duration::MAX).tv_sec, libc::time_t::MAX);
    }
}
