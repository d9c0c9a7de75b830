//! A bell that one thread waits for and others ring.

use core::ffi::{c_int, c_void};

use super::errno::Errno;
use super::fd::{Descriptor, check};

/// The bell. Once rung it stays so, until it is reset.
#[derive(Debug)]
pub struct Event(Descriptor);

impl Event {
    /// A bell that hasn't been rung.
    pub fn create() -> Result<Self, Errno> {
        // SAFETY: takes numbers only.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        // SAFETY: the kernel just made it, so nobody else knows the number.
        Ok(Self(unsafe { Descriptor::from_raw(fd) }))
    }

    /// What to wait for: readable once the bell was rung.
    pub fn fd(&self) -> c_int {
        self.0.as_raw()
    }

    /// Rings.
    pub fn ring(&self) {
        let one = 1u64;
        let (data, len) = ((&raw const one).cast::<c_void>(), size_of::<u64>());
        // It can fail only for a count near 2^64, and then it was rung.
        // SAFETY: `len` bytes are readable at `data`.
        unsafe { libc::write(self.fd(), data, len) };
    }

    /// Makes it a bell that hasn't been rung.
    pub fn reset(&self) {
        let mut count = 0u64;
        let (data, len) = ((&raw mut count).cast::<c_void>(), size_of::<u64>());
        // It fails only if the bell wasn't rung.
        // SAFETY: `len` bytes are writable at `data`.
        unsafe { libc::read(self.fd(), data, len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::poll;

    #[test]
    fn a_bell_stays_rung() {
        let event = Event::create().unwrap();
        assert!(!poll::is_readable(event.fd()));
        event.ring();
        assert!(poll::is_readable(event.fd()));
        event.ring();
        assert!(poll::is_readable(event.fd()));
        event.reset();
        assert!(!poll::is_readable(event.fd()));
        event.reset();
    }
}
