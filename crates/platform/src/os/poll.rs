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
    pub fn to_fail(fd: c_int) -> Self {
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
    pub fn is_hung_up(&self) -> bool {
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

/// Waits until one of the descriptors is ready for its events or has ended; says what each is ready
/// for. The bits are those of `poll` and of `GIOCondition`. A negative descriptor never gets ready.
/// Signals don't end the wait.
///
/// Fails only if the descriptor limit is less than their number (EINVAL) or memory is short
/// (ENOMEM).
pub fn wait_for<const N: usize>(fds: [(c_int, u32); N]) -> Result<[u32; N], Errno> {
    let mut polls = fds.map(|(fd, events)| libc::pollfd {
        fd,
        // Poll events are 16 bits wide; `GIOCondition` has no higher bits.
        events: i16::try_from(events & 0x7fff).unwrap_or(0),
        revents: 0,
    });
    let count = const { N as libc::nfds_t };
    loop {
        // SAFETY: `count` descriptors.
        if unsafe { libc::poll(polls.as_mut_ptr(), count, -1) } >= 0 {
            return Ok(polls.map(|poll| u32::try_from(poll.revents).unwrap_or(0)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::socket;

    #[test]
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
    fn a_negative_number_is_never_ready() {
        let mut entries = [Entry::to_read(-1)];
        assert_eq!(wait(&mut entries, 0), Ok(0));
        assert!(!entries[0].is_ready());
    }

    #[test]
    fn a_number_that_is_not_open_is_ready_but_not_readable() {
        let mut entries = [Entry::to_read(c_int::MAX)];
        assert_eq!(wait(&mut entries, -1), Ok(1));
        assert!(entries[0].is_not_open());
        assert!(!is_readable(c_int::MAX));
    }
}
