//! Threads of the system: made with all signals blocked, named, and without `std`, whose
//! `spawn` panics or ends the process where C callers expect an error.

use core::cell::Cell;
use core::ffi::{CStr, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use std::ffi::CString;
use std::sync::Once;

use super::errno::Errno;
use crate::sync::fork;

/// A C thread function.
pub type StartRoutine = unsafe extern "C" fn(arg: *mut c_void) -> *mut c_void;

/// What becomes of a thread's resources when it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// They wait for `pthread_join`.
    Joinable,
    /// They are released at once; the handle is dead as soon as the thread may have ended.
    Detached,
}

// libc's declaration wants a function that is safe to call with any pointer.
unsafe extern "C" {
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attr: *const libc::pthread_attr_t,
        start: StartRoutine,
        arg: *mut c_void,
    ) -> c_int;
}

/// Runs `entry` on a new detached thread of the given name. A name that the system rejects, as it
/// does one of 16 bytes or more, is ignored (R-THR-4).
///
/// The thread has all signals blocked but SIGSEGV, SIGFPE and SIGILL. On failure, EAGAIN as a
/// rule, `entry` is dropped. `entry` must return: ending the thread from inside it by
/// `pthread_exit` aborts.
pub fn spawn_detached(name: &CStr, entry: Box<dyn FnOnce() + Send>) -> Result<(), Errno> {
    let name = name.to_owned();
    let launch = Box::into_raw(Box::new(Launch { name, entry }));
    let mut unused = 0;
    // SAFETY: `run_launch` takes exactly such a pointer, and is the only one to get it; the handle
    // goes to a local variable.
    let created = unsafe { create(&raw mut unused, Kind::Detached, run_launch, launch.cast()) };
    if created.is_err() {
        // SAFETY: no thread was made, so the box is still ours.
        drop(unsafe { Box::from_raw(launch) });
    }
    created
}

/// What a thread of [`spawn_detached`] does.
struct Launch {
    name: CString,
    entry: Box<dyn FnOnce() + Send>,
}

unsafe extern "C" fn run_launch(launch: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn_detached` made the pointer of a box and gave it away to this call.
    let launch = unsafe { Box::from_raw(launch.cast::<Launch>()) };
    let Launch { name, entry } = *launch;
    set_name(&name);
    drop(name);
    entry();
    ptr::null_mut()
}

/// A number that names the calling thread as long as it lives.
pub fn current_id() -> u64 {
    // SAFETY: no preconditions.
    unsafe { libc::pthread_self() }
}

thread_local! {
    /// The thread's number; 0 before it was asked for.
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

/// The number that the kernel has for the calling thread, without asking it each time.
#[inline]
pub fn number() -> u32 {
    match NUMBER.get() {
        0 => ask_number(),
        known => known,
    }
}

#[cold]
fn ask_number() -> u32 {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| fork::call_in_child(forget_number));
    let own = own_number().unsigned_abs();
    NUMBER.set(own);
    own
}

/// In a forked child, whose one thread is another than its parent's.
extern "C" fn forget_number() {
    NUMBER.set(0);
}

/// The number that the kernel has for the calling thread.
pub fn own_number() -> libc::pid_t {
    // SAFETY: no preconditions.
    unsafe { libc::gettid() }
}

/// The calling thread's name.
pub fn own_name() -> String {
    let mut name = [0_u8; 16];
    // SAFETY: no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: the handle is live, the buffer as long as said.
    unsafe { libc::pthread_getname_np(this, name.as_mut_ptr().cast(), name.len()) };
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

/// Names the calling thread. The thread does it itself: the handle of a detached one is not safe
/// to use from outside.
fn set_name(name: &CStr) {
    // SAFETY: it has no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: the handle is live and the name a C string.
    unsafe { libc::pthread_setname_np(this, name.as_ptr()) };
}

/// Runs `start(arg)` on a new thread, with signals as in [`spawn_detached`] (R-THR-3). No frame of
/// ours is on its stack, so that it may end itself by `pthread_exit`.
///
/// The handle is stored in `thread` before `start` runs: the new thread finds it there.
///
/// # Safety
/// `start` may be called with `arg` on another thread; `thread` is valid for a write.
pub unsafe fn create(
    thread: *mut libc::pthread_t,
    kind: Kind,
    start: StartRoutine,
    arg: *mut c_void,
) -> Result<(), Errno> {
    let attributes = Attributes::new(kind)?;
    let blocked = BlockedSignals::new();
    // SAFETY: `thread`, `start` and `arg` as promised; the attributes are initialised.
    let code = unsafe { pthread_create(thread, attributes.as_ptr(), start, arg) };
    drop(blocked);
    match code {
        0 => Ok(()),
        code => Err(Errno::new(code)),
    }
}

/// Attributes for `pthread_create`.
struct Attributes(libc::pthread_attr_t);

impl Attributes {
    fn new(kind: Kind) -> Result<Self, Errno> {
        let mut attr = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given.
        let code = unsafe { libc::pthread_attr_init(attr.as_mut_ptr()) };
        if code != 0 {
            return Err(Errno::new(code));
        }
        // SAFETY: initialised, as the call succeeded.
        let mut attributes = Self(unsafe { attr.assume_init() });
        let state = match kind {
            Kind::Joinable => libc::PTHREAD_CREATE_JOINABLE,
            Kind::Detached => libc::PTHREAD_CREATE_DETACHED,
        };
        // SAFETY: the attributes are initialised.
        let code = unsafe { libc::pthread_attr_setdetachstate(&raw mut attributes.0, state) };
        if code != 0 {
            return Err(Errno::new(code));
        }
        Ok(attributes)
    }

    fn as_ptr(&self) -> *const libc::pthread_attr_t {
        &raw const self.0
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here.
        unsafe { libc::pthread_attr_destroy(&raw mut self.0) };
    }
}

/// While it lives, the calling thread blocks all signals but those that report a fault of the
/// running code. A thread made meanwhile inherits that, and so is never interrupted, not even
/// before its first instruction.
struct BlockedSignals {
    before: libc::sigset_t,
}

impl BlockedSignals {
    fn new() -> Self {
        let mut mask = MaybeUninit::uninit();
        // SAFETY: the call initialises the set.
        unsafe { libc::sigfillset(mask.as_mut_ptr()) };
        // SAFETY: initialised by the call above, which can't fail on a valid pointer.
        let mut mask = unsafe { mask.assume_init() };
        for signal in [libc::SIGSEGV, libc::SIGFPE, libc::SIGILL] {
            // SAFETY: the set is initialised.
            unsafe { libc::sigdelset(&raw mut mask, signal) };
        }
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid; the call stores the present mask into the second.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, before.as_mut_ptr());
        }
        Self {
            // SAFETY: stored by the call above, which can't fail on valid pointers.
            before: unsafe { before.assume_init() },
        }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: the set is initialised; the old mask is not wanted.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut());
        }
    }
}

/// On how many cores the process may run, as far as that is known.
///
/// Not `available_parallelism`, which opens the files of control groups: a thread of the library's
/// opens nothing that the program doesn't know of.
pub fn available_cores() -> usize {
    // SAFETY: all bits zero are an empty set.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: the set has room for what the call stores. 0 is the calling thread.
    if unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) } != 0 {
        return 1;
    }
    // SAFETY: reads the set only.
    let count = unsafe { libc::CPU_COUNT(&set) };
    usize::try_from(count).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn own_mask() -> libc::sigset_t {
        let mut mask = MaybeUninit::uninit();
        // SAFETY: a query; the set is stored.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), mask.as_mut_ptr()) };
        // SAFETY: stored by the call above.
        unsafe { mask.assume_init() }
    }

    fn blocks(mask: &libc::sigset_t, signal: c_int) -> bool {
        // SAFETY: the set is initialised.
        unsafe { libc::sigismember(mask, signal) == 1 }
    }

    fn in_thread<T: Send + 'static>(name: &CStr, f: impl FnOnce() -> T + Send + 'static) -> T {
        let (sender, receiver) = mpsc::channel();
        spawn_detached(name, Box::new(move || sender.send(f()).unwrap())).unwrap();
        receiver.recv().unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn runs_on_another_thread_with_its_name() {
        let here = std::thread::current().id();
        let (there, name) = in_thread(c"io-task-worker", || {
            (std::thread::current().id(), own_name())
        });
        assert_ne!(there, here);
        assert_eq!(name, "io-task-worker");
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_name_too_long_is_ignored() {
        assert_ne!(in_thread(c"sixteen-bytes-ab", own_name), "sixteen-bytes-ab");
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn blocks_all_signals_but_faults() {
        let before = own_mask();
        let mask = in_thread(c"mask", own_mask);
        for signal in [
            libc::SIGBUS,
            libc::SIGINT,
            libc::SIGTERM,
            libc::SIGCHLD,
            libc::SIGUSR1,
        ] {
            assert!(blocks(&mask, signal), "signal {signal}");
        }
        for signal in [libc::SIGSEGV, libc::SIGFPE, libc::SIGILL] {
            assert!(!blocks(&mask, signal), "signal {signal}");
        }
        let after = own_mask();
        for signal in 1..32 {
            assert_eq!(
                blocks(&before, signal),
                blocks(&after, signal),
                "signal {signal}"
            );
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_joinable_thread_returns_its_value() {
        unsafe extern "C" fn successor(arg: *mut c_void) -> *mut c_void {
            arg.wrapping_byte_add(1)
        }
        let arg = ptr::without_provenance_mut(41);
        let mut thread = 0;
        // SAFETY: `successor` does arithmetic only.
        unsafe { create(&raw mut thread, Kind::Joinable, successor, arg) }.unwrap();
        let mut value = ptr::null_mut();
        // SAFETY: the thread is joinable and joined once.
        assert_eq!(unsafe { libc::pthread_join(thread, &raw mut value) }, 0);
        assert_eq!(value.addr(), 42);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_thread_that_cannot_be_made_is_an_error() {
        // SAFETY: the child calls only what is below, and leaves by _exit.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let none = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            // SAFETY: a valid limit: no new memory mappings, so no stacks.
            unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const none) };
            let dropped = std::sync::Arc::new(());
            // Stacks of ended threads may be reused first, so many threads that stay.
            let failure = (0..1000).find_map(|_| {
                let alive = std::sync::Arc::strong_count(&dropped);
                let held = dropped.clone();
                let stay = move || {
                    let _held = held;
                    loop {
                        std::thread::park();
                    }
                };
                let error = spawn_detached(c"many", Box::new(stay)).err()?;
                Some((error, std::sync::Arc::strong_count(&dropped) == alive))
            });
            let as_wanted = failure == Some((Errno::new(libc::EAGAIN), true));
            // SAFETY: ends the child without the test harness's exit handlers.
            unsafe { libc::_exit(if as_wanted { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
    }
}
