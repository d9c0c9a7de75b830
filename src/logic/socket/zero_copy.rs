//! Zero-copy sends: the system works with the caller's memory, and tells in the socket's error queue
//! when it is done.

use crate::object::channel_class::Flushed;
use crate::object::socket::Socket;
use crate::object::zero_copy::Seen;
use abi::profile;
use host::error::Error;
use platform::os::connection::{self, Ending};
use platform::os::errno::Errno;
use platform::os::error_queue::{self, Notice, Subject, Wake};
use platform::os::{fd, poll};

/// Waits until the system is done with the memory of all zero-copy sends (R-CHAN-75).
pub fn flush(socket: &Socket) -> Result<Flushed, Error> {
    let _taker = socket.begin_to_take();
    if let Some(failure) = socket.take_failure() {
        return Err(failure);
    }
    let mut seen = Seen::default();
    if let Err(error) = take_notices(socket, Patience::UntilDone, &mut seen) {
        // The flush that succeeds will answer for them.
        socket.remember_seen(seen);
        return Err(error);
    }
    Ok(verdict(socket.take_seen().or(seen)))
}

/// What a flush answers.
fn verdict(seen: Seen) -> Flushed {
    let copied = if profile::FLUSH_TELLS_OF_COPIES {
        seen.copied
    } else {
        // Where the struct remembers, nothing sent counts as copied.
        !seen.uncopied && (seen.any || profile::FLUSH_REMEMBERS_COPIES)
    };
    if copied {
        Flushed::Copied
    } else {
        Flushed::WithoutCopy
    }
}

/// Takes notices so that the memory they hold is free for another send: all that are outstanding if
/// the socket is blocking, else those that are there (R-CHAN-74).
pub(super) fn reap(socket: &Socket) -> Result<(), Error> {
    // The socket knows better than any field (W-10).
    let patience = if fd::is_blocking(socket.fd()).unwrap_or(false) {
        Patience::UntilEnded
    } else {
        Patience::None
    };
    let _taker = socket.begin_to_take();
    let mut seen = Seen::default();
    let result = take_notices(socket, patience, &mut seen);
    socket.remember_seen(seen);
    result
}

/// Takes the notices that are there, for a reader or a watch: unread, they keep the socket raising
/// ERR, and whatever polls it turns and turns. The next flush answers for them. True if there is none
/// left to be taken.
pub fn take_at_once(socket: &Socket) -> bool {
    let take = || {
        let mut seen = Seen::default();
        let result = take_notices(socket, Patience::None, &mut seen);
        // Before another thread may begin to flush.
        if seen.any {
            socket.remember_seen(seen);
        }
        match result {
            Ok(()) => seen.any,
            Err(failure) => {
                socket.remember_failure(failure);
                false
            }
        }
    };
    socket.take_at_once(take).unwrap_or(false)
}

/// For how long to wait for notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Patience {
    /// Not at all.
    None,
    /// For all that are outstanding, or until this end has ended sending, which fails (EPIPE).
    UntilEnded,
    /// For all that are outstanding.
    UntilDone,
}

/// Milliseconds between looks at whether this end can still send: no event says so.
const ENDING_CHECK: i32 = 5;
/// Longest rest, in milliseconds, between looks at the queue of a socket that is always ready.
const REST_LAST: i32 = 16;
/// The rest after which a flush gives up on a connection that was shut down here.
const REST_GRACE: i32 = 2;

/// Takes notices until none is outstanding, or for as long as one is patient.
fn take_notices(socket: &Socket, patience: Patience, seen: &mut Seen) -> Result<(), Error> {
    // Doubles while the socket is ready without a notice: it is hung up or broken (W-8).
    let mut rest = 0;
    let mut woken = false;
    while socket.zero_copy_outstanding() > 0 {
        match error_queue::receive(socket.fd()) {
            Ok(notice) => {
                note(socket, notice, seen)?;
                woken = false;
                rest = 0;
                continue;
            }
            Err(Errno::EAGAIN) => {}
            Err(errno) => {
                return Err(Error::os(errno, "Could not read the socket's error queue"));
            }
        }
        if woken {
            rest = (rest * 2).clamp(1, REST_LAST);
            poll::rest(rest);
        }
        let limit = match patience {
            Patience::None => return Ok(()),
            Patience::UntilEnded => ENDING_CHECK,
            Patience::UntilDone => -1,
        };
        let wake = error_queue::wait(socket.fd(), limit);
        woken = wake != Wake::TimedOut;
        if wake != (Wake::Raised { hung_up: false }) {
            match connection::ending(socket.fd()) {
                Some(Ending::Sending) | None => {}
                // The send would fail for want of memory before it fails for that.
                Some(_) if patience == Patience::UntilEnded => {
                    return Err(Error::os(Errno::EPIPE, "Could not write to the socket"));
                }
                // Another thread has shut the channel down: the bytes may be lost, and
                // a peer that hangs may take for ever (C9).
                Some(Ending::EndedHere) if rest >= REST_GRACE => {
                    return Err(Error::os(
                        Errno::ESHUTDOWN,
                        "The socket was shut down before all zero-copy writes were done",
                    ));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Counts the sends that a notice is about.
fn note(socket: &Socket, notice: Option<Notice>, seen: &mut Seen) -> Result<(), Error> {
    let Some(Notice { errno, subject }) = notice else {
        return Err(Error::os(
            Errno::EPROTO,
            "A message in the socket's error queue is no IP or IPv6 error",
        ));
    };
    if errno != Errno::NONE {
        return Err(Error::os(
            errno,
            "The socket's error queue tells of a failure",
        ));
    }
    let Subject::ZeroCopy {
        first,
        last,
        copied,
    } = subject
    else {
        return Err(Error::os(
            Errno::EPROTO,
            "A message in the socket's error queue isn't about a zero-copy write",
        ));
    };
    let sends = range_length(first, last, socket.zero_copy_outstanding()).ok_or_else(|| {
        Error::os(
            Errno::EPROTO,
            format!("The socket's error queue tells of the zero-copy writes {first} to {last}"),
        )
    })?;
    socket.count_zero_copy_sent(sends);
    seen.add(copied);
    Ok(())
}

/// How many sends there are from `first` to `last`, counted modulo 2^32 (W-15).
///
/// None if the range is the wrong way round: it ends before it begins, and so would be about more
/// sends than are `outstanding`.
fn range_length(first: u32, last: u32, outstanding: u64) -> Option<u64> {
    let length = u64::from(last.wrapping_sub(first)) + 1;
    (first <= last || length <= outstanding).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_inclusive() {
        assert_eq!(range_length(0, 0, 1), Some(1));
        assert_eq!(range_length(3, 7, 5), Some(5));
        assert_eq!(range_length(0, u32::MAX, 1 << 32), Some(1 << 32));
        // The system may know better than the count.
        assert_eq!(range_length(3, 7, 1), Some(5));
    }

    #[test]
    fn ranges_may_wrap() {
        assert_eq!(range_length(u32::MAX, 0, 2), Some(2));
        assert_eq!(range_length(u32::MAX - 2, 1, 10), Some(5));
    }

    #[test]
    fn ranges_the_wrong_way_round_are_refused() {
        assert_eq!(range_length(7, 3, 5), None);
        assert_eq!(range_length(1, 0, 1000), None);
        assert_eq!(range_length(u32::MAX, 0, 1), None);
    }

    #[test]
    fn a_flush_answers_for_all_sends_together() {
        let seen = |notices: &[bool]| {
            let mut seen = Seen::default();
            notices.iter().for_each(|&copied| seen.add(copied));
            verdict(seen)
        };
        assert_eq!(seen(&[true]), Flushed::Copied);
        assert_eq!(seen(&[false]), Flushed::WithoutCopy);
        let mixed = if profile::FLUSH_TELLS_OF_COPIES {
            Flushed::Copied
        } else {
            Flushed::WithoutCopy
        };
        assert_eq!(seen(&[true, false]), mixed);
        assert_eq!(seen(&[false, true]), mixed);
        let idle = if profile::FLUSH_REMEMBERS_COPIES && !profile::FLUSH_TELLS_OF_COPIES {
            Flushed::Copied
        } else {
            Flushed::WithoutCopy
        };
        assert_eq!(seen(&[]), idle);
    }
}
