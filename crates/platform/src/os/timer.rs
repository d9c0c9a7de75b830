//! A clock with a descriptor, which event loops can wait for that have no timers.

use core::ffi::{c_int, c_void};
use core::ptr;

use super::errno::Errno;
use super::fd::{Descriptor, check};

/// The clock.
#[derive(Debug)]
pub struct Timer(Descriptor);

impl Timer {
    /// A clock that isn't set.
    pub fn create() -> Result<Self, Errno> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: takes numbers only.
        let fd = check(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) })?;
        // SAFETY: the kernel just made it, so nobody else knows the number.
        Ok(Self(unsafe { Descriptor::from_raw(fd) }))
    }

    /// What to wait for: readable once the time has come.
    pub fn fd(&self) -> c_int {
        self.0.as_raw()
    }

    /// Sets it to go off once, in so many milliseconds.
    pub fn set(&self, milliseconds: u32) {
        // Zero would be never.
        let milliseconds = i64::from(milliseconds.max(1));
        let time = libc::itimerspec {
            it_interval: libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: libc::timespec {
                tv_sec: milliseconds / 1_000,
                tv_nsec: milliseconds % 1_000 * 1_000_000,
            },
        };
        // It fails for times that don't exist only.
        // SAFETY: a live descriptor and a live struct; no old time is asked for.
        unsafe { libc::timerfd_settime(self.fd(), 0, &raw const time, ptr::null_mut()) };
    }

    /// Makes it one that hasn't gone off.
    pub fn reset(&self) {
        let mut count = 0u64;
        let (data, len) = ((&raw mut count).cast::<c_void>(), size_of::<u64>());
        // It fails only if it hasn't gone off.
        // SAFETY: `len` bytes are writable at `data`.
        unsafe { libc::read(self.fd(), data, len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::poll::{self, Entry};

    #[test]
    fn it_goes_off_once() {
        let timer = Timer::create().unwrap();
        assert!(!poll::is_readable(timer.fd()));
        timer.set(1);
        let mut entry = [Entry::to_read(timer.fd())];
        poll::wait(&mut entry, -1).unwrap();
        assert!(entry[0].is_readable());
        timer.reset();
        assert!(!poll::is_readable(timer.fd()));
    }
}
