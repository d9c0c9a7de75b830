//! Waiting for descriptors without a main context.

use core::ffi::c_int;

use super::errno::{self, Errno};

/// A descriptor to wait for.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Entry(libc::pollfd);

impl Entry {
    /// Waits for something to read from `fd`, or a client to accept. A negative `fd` never gets
    /// ready.
    pub fn to_read(fd: c_int) -> Self {
        Self(libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        })
    }

    /// Waits for an error, a message in the error queue, or the end of both directions.
    pub(crate) fn to_fail(fd: c_int) -> Self {
        Self(libc::pollfd {
            fd,
            events: 0,
            revents: 0,
        })
    }

    /// Waits for `events` (`POLL*`, which are `G_IO_*`).
    pub fn new(fd: c_int, events: u32) -> Self {
        Self(libc::pollfd {
            fd,
            // Poll events are 16 bits wide.
            events: i16::try_from(events & 0x7fff).unwrap_or(0),
            revents: 0,
        })
    }

    /// The descriptor.
    pub fn fd(&self) -> c_int {
        self.0.fd
    }

    /// What the last wait found.
    pub fn revents(&self) -> u32 {
        u32::try_from(self.0.revents).unwrap_or(0)
    }

    /// The last wait found something: what was waited for, an error, a hang-up, or that the
    /// descriptor isn't open.
    pub fn is_ready(&self) -> bool {
        self.0.revents != 0
    }

    /// The last wait found something to read.
    pub fn is_readable(&self) -> bool {
        self.0.revents & libc::POLLIN != 0
    }

    /// The last wait found both directions ended.
    pub(crate) fn is_hung_up(&self) -> bool {
        self.0.revents & libc::POLLHUP != 0
    }

    /// The last wait found that the descriptor isn't open.
    pub fn is_not_open(&self) -> bool {
        self.0.revents & libc::POLLNVAL != 0
    }
}

/// Waits until one of `entries` is ready, for at most `limit` milliseconds, or without limit if
/// that is negative. Returns how many are: none when the time ran out or a signal came.
pub fn wait(entries: &mut [Entry], limit: c_int) -> Result<usize, Errno> {
    let count = libc::nfds_t::try_from(entries.len()).unwrap_or(libc::nfds_t::MAX);
    let first = entries.as_mut_ptr().cast::<libc::pollfd>();
    // SAFETY: an entry is a `pollfd`, and there are `count` of them.
    let ready = unsafe { libc::poll(first, count, limit) };
    match usize::try_from(ready) {
        Ok(ready) => Ok(ready),
        Err(_) if errno::last().code() == libc::EINTR => {
            for entry in entries {
                entry.0.revents = 0;
            }
            Ok(0)
        }
        Err(_) => Err(errno::last()),
    }
}

/// Whether there is something to read from `fd`, or a client to accept, at this moment.
pub fn is_readable(fd: c_int) -> bool {
    let mut entry = [Entry::to_read(fd)];
    wait(&mut entry, 0).is_ok() && entry[0].is_readable()
}

/// For how long to wait, and for what beside the thing itself.
///
/// Waiting never needs a new descriptor: the wakers are the caller's, and where one could not be had
/// the limit takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// In milliseconds; none if negative.
    limit: c_int,
    wakers: [c_int; Until::WAKERS_MAX],
}

impl Until {
    /// One for each channel between a caller and a descriptor; with more, the wait looks from time to
    /// time.
    const WAKERS_MAX: usize = 3;
    /// Milliseconds between two looks at what has no descriptor.
    const LOOK: c_int = 5;

    /// Until it is ready.
    pub const READY: Self = Self {
        limit: -1,
        wakers: [-1; Self::WAKERS_MAX],
    };
    /// Not at all.
    pub const NOW: Self = Self {
        limit: 0,
        ..Self::READY
    };

    /// Also until `waker` is readable. Without one, or with too many, for a few milliseconds only.
    #[must_use]
    pub fn or(mut self, waker: Option<c_int>) -> Self {
        let free = self.wakers.iter_mut().find(|fd| **fd < 0);
        if let (Some(waker), Some(free)) = (waker, free) {
            *free = waker;
        } else if self.limit < 0 || self.limit > Self::LOOK {
            self.limit = Self::LOOK;
        }
        self
    }

    /// The milliseconds, negative for no limit.
    pub fn limit(&self) -> c_int {
        self.limit
    }

    /// Whether a waker is readable.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.wakers().any(is_readable)
    }

    /// What else ends the wait by being readable.
    pub(crate) fn wakers(&self) -> impl Iterator<Item = c_int> {
        // The free places are the last ones.
        self.wakers.into_iter().take_while(|&fd| fd >= 0)
    }
}

/// How a wait has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// With readiness, for these events.
    Ready(u32),
    /// With the limit, or a waker.
    NotYet,
}

/// Milliseconds between two looks at a descriptor that keeps raising what was not asked for.
const PAUSE_FIRST: c_int = 1;
const PAUSE_LAST: c_int = 5;

/// Waits until `ready` is not 0 for what was polled of `fds`, with their events (`POLL*`, which are
/// `G_IO_*`). A negative descriptor never gets ready; a number that isn't open is ready for
/// `if_not_open`. Signals don't end the wait.
pub fn wait_for<const N: usize>(
    fds: [(c_int, u32); N],
    until: Until,
    if_not_open: u32,
    ready: impl Fn([u32; N]) -> u32,
) -> Waited {
    const { assert!(N <= 2) };
    let mut pause = PAUSE_FIRST;
    loop {
        let mut entries = [Entry::to_fail(-1); 2 + Until::WAKERS_MAX];
        for (entry, (fd, events)) in entries.iter_mut().zip(fds) {
            *entry = Entry::new(fd, events);
        }
        let mut count = N;
        for waker in until.wakers() {
            entries[count] = Entry::to_read(waker);
            count += 1;
        }
        let Ok(found) = wait(&mut entries[..count], until.limit) else {
            // The descriptor limit is less than the number of descriptors, or memory is short: the
            // caller tries, and comes back.
            rest(PAUSE_LAST);
            return Waited::Ready(if_not_open);
        };
        let mut revents = [0; N];
        for (revents, entry) in revents.iter_mut().zip(&entries) {
            *revents = entry.revents();
        }
        if entries[..N].iter().any(Entry::is_not_open) {
            return Waited::Ready(if_not_open);
        }
        let ready = ready(revents);
        if ready != 0 {
            return Waited::Ready(ready);
        }
        if entries[N..].iter().any(Entry::is_ready) || until.limit == 0 {
            return Waited::NotYet;
        }
        if found == 0 {
            if until.limit > 0 {
                return Waited::NotYet;
            }
            // A signal.
            continue;
        }
        // HUP and ERR can't be masked, and may stay raised: an ERR-only wait on a connection that
        // has ended, a zero-copy socket with unread notifications (W-8).
        rest(pause);
        if until.limit > 0 {
            return Waited::NotYet;
        }
        pause = (pause * 2).min(PAUSE_LAST);
    }
}

/// Rests for so many milliseconds, or less if a signal comes. Who rests since poll(2) has failed must not find
/// that it fails here too.
pub fn rest(milliseconds: c_int) {
    let milliseconds = milliseconds.max(0);
    let time = libc::timespec {
        tv_sec: libc::time_t::from(milliseconds / 1000),
        tv_nsec: libc::c_long::from(milliseconds % 1000) * 1_000_000,
    };
    // SAFETY: a time, and no place for the rest of it.
    unsafe { libc::nanosleep(&raw const time, core::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::socket;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn something_to_read_makes_ready() {
        let (a, b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        assert!(!is_readable(a.as_raw()));
        assert_eq!(socket::send(b.as_raw(), b"x"), Ok(1));
        assert!(is_readable(a.as_raw()));
        let mut entries = [Entry::to_read(b.as_raw()), Entry::to_read(a.as_raw())];
        assert_eq!(wait(&mut entries, -1), Ok(1));
        assert!(!entries[0].is_ready());
        assert!(entries[1].is_readable());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_wait_ends_with_readiness_a_waker_or_its_limit() {
        let (a, b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (waker, rings) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (input, output) = (u32::from(libc::POLLIN.unsigned_abs()), 4);
        let wait = |events, until| wait_for([(a.as_raw(), events)], until, 0, |[r]| r & events);
        assert_eq!(wait(output, Until::READY), Waited::Ready(output));
        assert_eq!(wait(input, Until::NOW), Waited::NotYet);
        assert_eq!(wait(input, Until::READY.or(None)), Waited::NotYet);
        assert_eq!(socket::send(rings.as_raw(), b"x"), Ok(1));
        let with_waker = Until::READY.or(Some(waker.as_raw()));
        assert_eq!(wait(input, with_waker), Waited::NotYet);
        assert_eq!(socket::send(b.as_raw(), b"x"), Ok(1));
        assert_eq!(wait(input, with_waker), Waited::Ready(input));
    }

    #[test]
    fn more_wakers_than_have_room_make_a_limit() {
        let many = (0..4).fold(Until::READY, |until, fd| until.or(Some(fd)));
        assert_eq!((many.wakers().count(), many.limit()), (3, Until::LOOK));
        assert_eq!(Until::NOW.or(None).limit(), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_negative_number_is_never_ready() {
        let mut entries = [Entry::to_read(-1)];
        assert_eq!(wait(&mut entries, 0), Ok(0));
        assert!(!entries[0].is_ready());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_number_that_is_not_open_is_ready_but_not_readable() {
        let mut entries = [Entry::to_read(c_int::MAX)];
        assert_eq!(wait(&mut entries, -1), Ok(1));
        assert!(entries[0].is_not_open());
        assert!(!is_readable(c_int::MAX));
    }
}
