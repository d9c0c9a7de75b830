//! Writing to a closed pipe or connection without SIGPIPE: it only fails, with EPIPE (R-CHAN-14).
//!
//! For a socket there is a flag (`MSG_NOSIGNAL`); a pipe has none. The signal goes to the thread
//! that wrote, so it is blocked there meanwhile and taken back. What the program does with SIGPIPE
//! stays as it is.

use core::mem::MaybeUninit;
use core::ptr;

use super::errno::{self, Errno};

/// The set of SIGPIPE alone.
fn sigpipe() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the call initialises the set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: initialised above, which can't fail on a valid pointer.
    let mut set = unsafe { set.assume_init() };
    // SAFETY: the set is initialised.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGPIPE) };
    set
}

fn contains(set: &libc::sigset_t) -> bool {
    // SAFETY: the set is initialised.
    unsafe { libc::sigismember(set, libc::SIGPIPE) == 1 }
}

/// Whether a SIGPIPE waits for the calling thread.
fn is_pending() -> bool {
    let mut pending = sigpipe();
    // SAFETY: a valid set to store into.
    unsafe { libc::sigpending(&raw mut pending) == 0 && contains(&pending) }
}

/// Takes the SIGPIPE that waits for the calling thread.
fn take(set: &libc::sigset_t) {
    let at_once = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    loop {
        // SAFETY: a live set and time; nothing else is asked for.
        let taken =
            unsafe { libc::sigtimedwait(&raw const *set, ptr::null_mut(), &raw const at_once) };
        if taken != -1 || errno::last() != Errno::EINTR {
            return;
        }
    }
}

/// Does `write` so that the calling thread gets no SIGPIPE by it.
#[inline]
pub(super) fn without<T>(write: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    let set = sigpipe();
    let mut before = sigpipe();
    // SAFETY: both sets are initialised; the call stores the mask there was into the second.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut before) };
    let was_blocked = contains(&before);
    // Only a blocked one can wait, and that one stays.
    let was_pending = was_blocked && is_pending();
    let written = write();
    if matches!(written, Err(Errno::EPIPE)) && !was_pending {
        take(&set);
    }
    if !was_blocked {
        // SAFETY: the set is initialised; the mask in force isn't wanted.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fd::{self, Descriptor};

    /// The writing end of a pipe whose reading end is closed.
    fn broken_pipe() -> Descriptor {
        let mut ends = [-1; 2];
        // SAFETY: room for two descriptors.
        let made = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
        assert_eq!(made, 0);
        // SAFETY: the kernel just made them.
        let [read, write] = ends.map(|fd| unsafe { Descriptor::from_raw(fd) });
        drop(read);
        write
    }

    /// Runs `test` in a child in which SIGPIPE does what it does by default; whether it was true.
    fn with_default_action(test: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child calls only what is below, and leaves by _exit.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: the child's own.
            unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
            let code = i32::from(!test());
            // SAFETY: ends the child without the test harness's exit handlers.
            unsafe { libc::_exit(code) };
        }
        let mut status = -1;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        status == 0
    }

    fn write_into(pipe: &Descriptor) -> Result<usize, Errno> {
        // SAFETY: one byte.
        without(|| unsafe { fd::write(pipe.as_raw(), b"x".as_ptr(), 1) })
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_broken_pipe_is_an_errno() {
        let pipe = broken_pipe();
        assert!(with_default_action(|| {
            let twice = [write_into(&pipe), write_into(&pipe)];
            twice == [Err(Errno::EPIPE); 2] && !is_pending()
        }));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_signal_that_waited_before_stays() {
        let pipe = broken_pipe();
        assert!(with_default_action(|| {
            let set = sigpipe();
            // SAFETY: a valid set; the old mask is not wanted.
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
            // SAFETY: no preconditions.
            unsafe { libc::raise(libc::SIGPIPE) };
            write_into(&pipe) == Err(Errno::EPIPE) && is_pending()
        }));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn who_blocks_the_signal_gets_none_to_take() {
        let pipe = broken_pipe();
        assert!(with_default_action(|| {
            let set = sigpipe();
            // SAFETY: as above.
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
            write_into(&pipe) == Err(Errno::EPIPE) && !is_pending()
        }));
    }
}
