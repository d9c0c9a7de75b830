//! Readiness of many descriptors at the cost of those that are ready.

use core::ffi::c_int;

use super::errno::{self, Errno};
use super::fd::{Descriptor, check};

/// What a wait has found.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Event(libc::epoll_event);

impl Event {
    /// Nothing.
    pub const NONE: Self = Self(libc::epoll_event { events: 0, u64: 0 });

    /// Which conditions are true (`EPOLL*`, which are `POLL*` and `G_IO_*`).
    pub fn events(&self) -> u32 {
        self.0.events
    }

    /// What was given for the descriptor.
    pub fn data(&self) -> u64 {
        self.0.u64
    }
}

/// A set of descriptors in the kernel, level-triggered.
///
/// An entry is of a number *and* the file behind it. It goes when the file does, which a duplicate or
/// a forked child may keep; once the number is closed it can't be taken out any more.
#[derive(Debug)]
pub struct Epoll(Descriptor);

impl Epoll {
    /// An empty set.
    pub fn create() -> Result<Self, Errno> {
        // SAFETY: takes a number only.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the kernel just made it, so nothing else has the number.
        Ok(Self(unsafe { Descriptor::from_raw(fd) }))
    }

    /// A descriptor that is readable while something in the set is ready.
    pub fn fd(&self) -> c_int {
        self.0.as_raw()
    }

    /// Makes the number stand for an empty set of this process alone.
    pub fn renew(&self) -> Result<(), Errno> {
        self.0.stand_for(&Self::create()?.0)
    }

    /// Makes the number stand for what `other` is: nothing is waited for here any more.
    pub fn give_up_for(&self, other: &Descriptor) {
        // It can't fail: both are open, and no new number is needed.
        let _ = self.0.stand_for(other);
    }

    /// Adds a descriptor. Fails with EEXIST if it is there, with EPERM if it is always ready.
    pub fn add(&self, fd: c_int, events: u32, data: u64) -> Result<(), Errno> {
        self.control(libc::EPOLL_CTL_ADD, fd, events, data)
    }

    /// Looks for other events. Fails with ENOENT if the number now stands for another file.
    pub fn modify(&self, fd: c_int, events: u32, data: u64) -> Result<(), Errno> {
        self.control(libc::EPOLL_CTL_MOD, fd, events, data)
    }

    /// Removes a descriptor.
    pub fn remove(&self, fd: c_int) -> Result<(), Errno> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    fn control(&self, operation: c_int, fd: c_int, events: u32, data: u64) -> Result<(), Errno> {
        let mut event = libc::epoll_event { events, u64: data };
        // SAFETY: a live struct; what numbers stand for is the kernel's to check.
        check(unsafe { libc::epoll_ctl(self.fd(), operation, fd, &raw mut event) }).map(|_| ())
    }

    /// Waits until something is ready, for at most `limit` milliseconds, or without limit if that is
    /// negative. Returns how many events were stored: none when the time ran out or a signal came.
    pub fn wait(&self, events: &mut [Event], limit: c_int) -> Result<usize, Errno> {
        let room = c_int::try_from(events.len()).unwrap_or(c_int::MAX);
        let first = events.as_mut_ptr().cast::<libc::epoll_event>();
        // SAFETY: an event is an `epoll_event`, and there is room for so many.
        let found = unsafe { libc::epoll_wait(self.fd(), first, room, limit) };
        match usize::try_from(found) {
            Ok(found) => Ok(found),
            Err(_) if errno::last().code() == libc::EINTR => Ok(0),
            Err(_) => Err(errno::last()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::event::EventFd;

    fn found(set: &Epoll) -> Vec<u64> {
        let mut events = [Event::NONE; 4];
        let found = set.wait(&mut events, 0).unwrap();
        events[..found].iter().map(Event::data).collect()
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn what_is_ready_is_found_as_long_as_it_is() {
        let (set, event) = (Epoll::create().unwrap(), EventFd::create().unwrap());
        let readable = u32::try_from(libc::EPOLLIN).unwrap();
        set.add(event.fd(), readable, 7).unwrap();
        assert_eq!(found(&set), []);
        event.notify();
        assert_eq!((found(&set), found(&set)), (vec![7], vec![7]));
        set.modify(event.fd(), readable, 8).unwrap();
        assert_eq!(found(&set), [8]);
        set.remove(event.fd()).unwrap();
        assert_eq!(found(&set), []);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_renewed_set_is_empty_and_has_its_number() {
        let (set, event) = (Epoll::create().unwrap(), EventFd::create().unwrap());
        let (fd, readable) = (set.fd(), u32::try_from(libc::EPOLLIN).unwrap());
        set.add(event.fd(), readable, 7).unwrap();
        event.notify();
        set.renew().unwrap();
        assert_eq!((found(&set), set.fd()), (vec![], fd));
        set.add(event.fd(), readable, 9).unwrap();
        assert_eq!(found(&set), [9]);
    }
}
