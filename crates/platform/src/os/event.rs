//! Descriptors that count events: of threads, which an eventfd notifies, and of the clock.

use core::ffi::{c_int, c_void};
use core::ptr;

use super::errno::Errno;
use super::fd::{Descriptor, check};

/// A descriptor with a counter in the kernel: readable while that isn't 0.
#[derive(Debug)]
pub struct Counter(Descriptor);

impl Counter {
    /// The counter behind what a system call returned.
    fn new(made: c_int) -> Result<Self, Errno> {
        let fd = check(made)?;
        // SAFETY: the kernel just made it, so nothing else has the number.
        Ok(Self(unsafe { Descriptor::from_raw(fd) }))
    }

    /// The descriptor to wait for.
    pub fn fd(&self) -> c_int {
        self.0.as_raw()
    }

    /// The descriptor, to be duplicated.
    pub fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    /// Makes the count 0.
    pub fn reset(&self) {
        let mut count = 0u64;
        let (data, len) = ((&raw mut count).cast::<c_void>(), size_of::<u64>());
        // It fails only if the count is 0 already.
        // SAFETY: `len` bytes are writable at `data`.
        unsafe { libc::read(self.fd(), data, len) };
    }
}

/// An eventfd: once notified it stays readable until it is reset.
#[derive(Debug)]
pub struct EventFd(Counter);

impl EventFd {
    /// One that wasn't notified.
    pub fn create() -> Result<Self, Errno> {
        // SAFETY: takes numbers only.
        Counter::new(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }).map(Self)
    }

    /// Makes the number stand for an event that only this process has, and that wasn't notified.
    pub fn renew(&self) -> Result<(), Errno> {
        self.0.0.stand_for(&Self::create()?.0.0)
    }

    /// Makes it readable.
    pub fn notify(&self) {
        let one = 1u64;
        let (data, len) = ((&raw const one).cast::<c_void>(), size_of::<u64>());
        // It can fail only for a count near 2^64, and then it is readable.
        // SAFETY: `len` bytes are readable at `data`.
        unsafe { libc::write(self.fd(), data, len) };
    }
}

impl core::ops::Deref for EventFd {
    type Target = Counter;

    fn deref(&self) -> &Counter {
        &self.0
    }
}

/// A timerfd, for event loops without timers: once its time has come it stays readable until it is
/// reset.
#[derive(Debug)]
pub struct TimerFd(Counter);

impl TimerFd {
    /// One that isn't set.
    pub fn create() -> Result<Self, Errno> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: takes numbers only.
        Counter::new(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) }).map(Self)
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
}

impl core::ops::Deref for TimerFd {
    type Target = Counter;

    fn deref(&self) -> &Counter {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::poll::{self, Entry};

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn an_eventfd_stays_readable_until_reset() {
        let event = EventFd::create().unwrap();
        assert!(!poll::is_readable(event.fd()));
        event.notify();
        assert!(poll::is_readable(event.fd()));
        event.notify();
        assert!(poll::is_readable(event.fd()));
        event.reset();
        assert!(!poll::is_readable(event.fd()));
        event.reset();
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_timerfd_goes_off_once() {
        let timer = TimerFd::create().unwrap();
        assert!(!poll::is_readable(timer.fd()));
        timer.set(1);
        let mut entry = [Entry::to_read(timer.fd())];
        poll::wait(&mut entry, -1).unwrap();
        assert!(entry[0].is_readable());
        timer.reset();
        assert!(!poll::is_readable(timer.fd()));
    }
}
