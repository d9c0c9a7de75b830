//! Signals: their names, and a handler where the program has none.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;

use super::errno::Errno;
use super::fd::check;

/// Those that a process may be asked things by.
const NAMES: [(&str, c_int); 12] = [
    ("USR1", libc::SIGUSR1),
    ("USR2", libc::SIGUSR2),
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("QUIT", libc::SIGQUIT),
    ("ALRM", libc::SIGALRM),
    ("URG", libc::SIGURG),
    ("IO", libc::SIGIO),
    ("PROF", libc::SIGPROF),
    ("VTALRM", libc::SIGVTALRM),
    ("WINCH", libc::SIGWINCH),
    ("TRAP", libc::SIGTRAP),
];

/// The signal of a name, with or without SIG in front; real-time signals are RTMIN and RTMIN+N.
pub fn number(name: &str) -> Option<c_int> {
    let name = name.strip_prefix("SIG").unwrap_or(name);
    if let Some(rest) = name.strip_prefix("RTMIN") {
        let above: c_int = match rest.strip_prefix('+') {
            Some(digits) => digits.parse().ok()?,
            None if rest.is_empty() => 0,
            None => return None,
        };
        let range = 0..=libc::SIGRTMAX() - libc::SIGRTMIN();
        return range.contains(&above).then(|| libc::SIGRTMIN() + above);
    }
    let found = NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| *number)
}

/// Why there is no handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The signal has a handler, or is ignored.
    Taken,
    /// By the system.
    Failed(Errno),
}

/// Has `handler` called for a signal that has no handler. Calls that it interrupts go on where they can.
///
/// # Safety
/// The handler calls nothing that may not be called in a signal handler, and leaves errno alone.
pub unsafe fn handle(signal: c_int, handler: extern "C" fn(c_int)) -> Result<(), Refused> {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only asks, and stores to a local variable.
    let asked = unsafe { libc::sigaction(signal, ptr::null(), before.as_mut_ptr()) };
    check(asked).map_err(Refused::Failed)?;
    // SAFETY: all of it was set to zero, and the call can only have stored an action.
    let before = unsafe { before.assume_init() };
    if before.sa_sigaction != libc::SIG_DFL {
        return Err(Refused::Taken);
    }
    // SAFETY: all zeros are an action without a mask.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: a handler that takes a signal number, and as promised.
    let set = unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    check(set).map(drop).map_err(Refused::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn names_are_those_of_kill() {
        assert_eq!(number("USR1"), Some(libc::SIGUSR1));
        assert_eq!(number("SIGWINCH"), Some(libc::SIGWINCH));
        assert_eq!(number("RTMIN+3"), Some(libc::SIGRTMIN() + 3));
        assert_eq!(number("RTMIN"), Some(libc::SIGRTMIN()));
        for wrong in [
            "", "SIG", "KILL", "SEGV", "usr1", "10", "RTMIN+99", "RTMINX",
        ] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_signal_that_has_a_handler_is_left_alone() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        extern "C" fn called(_signal: c_int) {
            CALLS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the handler adds to an atomic.
        let set = || unsafe { handle(libc::SIGURG, called) };
        assert_eq!(set(), Ok(()));
        assert_eq!(set(), Err(Refused::Taken));
        // SAFETY: the calling thread gets it.
        unsafe { libc::raise(libc::SIGURG) };
        assert_eq!(CALLS.load(Ordering::Relaxed), 1);
        // SAFETY: as above; there is no such signal.
        let failed = unsafe { handle(1_000, called) };
        assert_eq!(failed, Err(Refused::Failed(Errno::EINVAL)));
    }
}
