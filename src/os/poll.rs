//! Waiting for a descriptor without a main context.

use core::ffi::c_int;

use libc::pollfd;

use super::errno::{self, Errno};

/// Waits until `fd` is ready for `events` or has ended; says what it is ready for. The bits are
/// those of `poll` and of `GIOCondition`. Signals don't end the wait.
///
/// Fails only if the descriptor limit is 0 (EINVAL) or memory is short (ENOMEM).
pub fn wait(fd: c_int, events: u32) -> Result<u32, Errno> {
    let mut poll = pollfd {
        fd,
        // Poll events are 16 bits wide; `GIOCondition` has no higher bits.
        events: i16::try_from(events & 0x7fff).unwrap_or(0),
        revents: 0,
    };
    loop {
        // SAFETY: one descriptor.
        if unsafe { libc::poll(&raw mut poll, 1, -1) } >= 0 {
            return Ok(u32::try_from(poll.revents).unwrap_or(0));
        }
        let errno = errno::last();
        if errno.code() != libc::EINTR {
            return Err(errno);
        }
    }
}

/// Rests for so many milliseconds, or less if a signal comes.
pub fn rest(milliseconds: c_int) {
    // SAFETY: no descriptors.
    unsafe { libc::poll(core::ptr::null_mut(), 0, milliseconds) };
}
