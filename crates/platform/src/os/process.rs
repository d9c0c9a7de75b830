//! Child processes: waiting for the end of one, reaping it, signalling it.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;

use super::errno::{self, Errno};
use super::fd::{Descriptor, check};

/// The number of one process: never 0 or negative, which name groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pid(libc::pid_t);

impl Pid {
    /// The process of that number, if it can be one.
    pub const fn new(pid: libc::pid_t) -> Option<Self> {
        if pid > 0 { Some(Self(pid)) } else { None }
    }

    /// The number, for C.
    pub const fn as_raw(self) -> libc::pid_t {
        self.0
    }
}

/// `waitpid`, whatever signals come (R-CHAN-13).
/// The number of the calling process.
pub fn own_number() -> u32 {
    std::process::id()
}

fn wait_for(child: Pid, flags: c_int) -> Result<Option<c_int>, Errno> {
    loop {
        let mut status = 0;
        // SAFETY: the status goes to a local variable.
        match unsafe { libc::waitpid(child.0, &raw mut status, flags) } {
            0 => return Ok(None),
            -1 => {
                let errno = errno::last();
                if errno != Errno::EINTR {
                    return Err(errno);
                }
            }
            _ => return Ok(Some(status)),
        }
    }
}

/// Reaps the child if it has ended: its exit status. None if it runs. ECHILD if it isn't ours to
/// reap.
pub(crate) fn reap_if_ended(child: Pid) -> Result<Option<c_int>, Errno> {
    wait_for(child, libc::WNOHANG)
}

/// The number of this process.
pub fn own_id() -> c_int {
    // SAFETY: no preconditions.
    unsafe { libc::getpid() }
}

/// Waits until the child ends and reaps it: its exit status.
pub fn reap(child: Pid) -> Result<c_int, Errno> {
    wait_for(child, 0).map(Option::unwrap_or_default)
}

/// Whether children leave no status behind: SIGCHLD is ignored, or handled so that the kernel reaps
/// them itself. Then waiting for one that has ended is ECHILD.
pub fn children_leave_no_status() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a query; the action in force is stored.
    let asked = unsafe { libc::sigaction(libc::SIGCHLD, ptr::null(), action.as_mut_ptr()) };
    if asked == -1 {
        return false;
    }
    // SAFETY: stored by the call, which succeeded.
    let action = unsafe { action.assume_init() };
    action.sa_sigaction == libc::SIG_IGN || action.sa_flags & libc::SA_NOCLDWAIT != 0
}

/// Sends a signal. The child must not have been reaped: then the number may be another process's.
pub fn signal(child: Pid, signal: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::kill(child.0, signal) }).map(|_| ())
}

/// A descriptor that is readable once the child has ended. Kernels before 5.3 have none.
///
/// The child must not have been reaped, as in [`signal`].
pub(crate) fn watch_end(child: Pid) -> Result<Descriptor, Errno> {
    // SAFETY: takes numbers only.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, child.0, 0) };
    let fd = check(c_int::try_from(fd).unwrap_or(-1))?;
    // SAFETY: the kernel just made it, so nothing else has the number. It is close-on-exec.
    Ok(unsafe { Descriptor::from_raw(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::poll::{self, Entry};

    /// A child that does nothing until it is ended.
    fn child() -> Pid {
        // SAFETY: the child calls only what is below.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            loop {
                // SAFETY: no preconditions.
                unsafe { libc::pause() };
            }
        }
        Pid::new(pid).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn groups_are_no_processes() {
        assert_eq!(Pid::new(0), None);
        assert_eq!(Pid::new(-1), None);
        assert_eq!(Pid::new(7).map(Pid::as_raw), Some(7));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_child_is_reaped_once() {
        let child = child();
        let end = watch_end(child).unwrap();
        assert!(!poll::is_readable(end.as_raw()));
        assert_eq!(reap_if_ended(child), Ok(None));
        signal(child, libc::SIGKILL).unwrap();
        while poll::wait(&mut [Entry::to_read(end.as_raw())], -1) != Ok(1) {}
        assert_eq!(reap_if_ended(child), Ok(Some(libc::SIGKILL)));
        assert_eq!(reap_if_ended(child), Err(Errno::new(libc::ECHILD)));
        assert_eq!(reap(child), Err(Errno::new(libc::ECHILD)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn waiting_takes_until_the_end() {
        let child = child();
        let killer = std::thread::spawn(move || signal(child, libc::SIGTERM));
        assert_eq!(reap(child), Ok(libc::SIGTERM));
        assert_eq!(killer.join().unwrap(), Ok(()));
    }
}
