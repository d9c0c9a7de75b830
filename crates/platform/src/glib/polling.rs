//! The descriptors that a watch polls.
//!
//! `poll` reports HUP, ERR and NVAL unasked, for as long as they last. What a watch isn't for would
//! have its loop turn and turn: a descriptor that raises nothing else is left out of the poll for a
//! while, ever longer, before it is looked at again (W-WATCH-1).

use super::condition::{ERR, HUP, IN, NVAL, OUT, PRI};
use super::{PollFd, Resting, monotonic_time};
use crate::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Pauses, in microseconds.
const PAUSE_FIRST: u32 = 1_000;
/// The longest for a watch that may get something to read or to write meanwhile.
const PAUSE_LAST: u32 = 5_000;
/// The longest for others: what they are for comes once.
const PAUSE_LAST_IDLE: u32 = 100_000;

/// What `poll` reports without being asked.
pub const ALWAYS_REPORTED: u32 = ERR | HUP | NVAL;

/// Input, urgent input, output, and what is reported unasked.
const CONDITIONS: u32 = IN | PRI | OUT | ALWAYS_REPORTED;

/// The descriptors.
pub struct Polling<const N: usize> {
    fds: [PollFd; N],
    pauses: [Pause; N],
    last: u32,
}

#[derive(Default)]
struct Pause {
    /// Until when, on the monotonic clock; 0 if it is polled.
    until: AtomicI64,
    length: AtomicU32,
}

impl<const N: usize> Polling<N> {
    /// Polls these descriptors for these events, for a watch for `condition`. A watch for nothing
    /// polls nothing, and never fires (R-CHAN-58).
    pub fn new(fds: [(i32, u32); N], condition: u32) -> Self {
        let is_idle = condition & CONDITIONS == 0;
        let last = if condition & (IN | OUT) != 0 {
            PAUSE_LAST
        } else {
            PAUSE_LAST_IDLE
        };
        Self {
            fds: fds.map(|(fd, events)| PollFd::new(if is_idle { -1 } else { fd }, events)),
            pauses: [const {
                Pause {
                    until: AtomicI64::new(0),
                    length: AtomicU32::new(0),
                }
            }; N],
            last,
        }
    }

    /// For `Hooks::poll_fds`.
    pub fn poll_fds(&self) -> &[PollFd] {
        &self.fds
    }

    /// What the last poll found.
    pub fn revents(&self) -> [u32; N] {
        let mut revents = [0; N];
        for (revents, fd) in revents.iter_mut().zip(&self.fds) {
            *revents = fd.revents();
        }
        revents
    }

    /// What was found is not what the watch is for: such descriptors rest.
    pub fn rest(&self) {
        for (fd, pause) in self.fds.iter().zip(&self.pauses) {
            if fd.revents() == 0 {
                continue;
            }
            let length = pause.length.load(Ordering::Relaxed) * 2;
            let length = length.clamp(PAUSE_FIRST, self.last);
            pause.length.store(length, Ordering::Relaxed);
            let until = monotonic_time() + i64::from(length);
            pause.until.store(until, Ordering::Relaxed);
        }
    }

    /// Which of them rest, and for how long the first.
    pub fn resting(&self) -> Resting {
        let mut resting = Resting::NONE;
        for (at, pause) in self.pauses.iter().enumerate() {
            let until = pause.until.load(Ordering::Relaxed);
            if until == 0 {
                continue;
            }
            let left = until - monotonic_time();
            if left <= 0 {
                pause.until.store(0, Ordering::Relaxed);
                continue;
            }
            let left = i32::try_from((left + 999) / 1_000).unwrap_or(i32::MAX);
            resting.mask |= 1 << at;
            resting.limit = if resting.limit < 0 {
                left
            } else {
                resting.limit.min(left)
            };
        }
        resting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_for_nothing_polls_nothing() {
        assert_eq!(Polling::new([(7, 0)], 0).poll_fds()[0].fd(), -1);
        assert_eq!(Polling::new([(7, 0)], 1 << 9).poll_fds()[0].fd(), -1);
        assert_eq!(Polling::new([(7, 0)], HUP).poll_fds()[0].fd(), 7);
    }

    #[test]
    fn what_has_found_nothing_does_not_rest() {
        let polling = Polling::new([(7, 0), (8, 0)], HUP);
        polling.rest();
        assert_eq!(polling.resting(), Resting::NONE);
    }
}
