//! Whether anybody listens to an event: all that an event costs otherwise.

use std::sync::atomic::{AtomicU32, Ordering};

use super::events::GATES;

/// A function is called for the event.
pub(super) const SINK: u32 = u32::from_ne_bytes([0, 0, 1, 0]);
/// A line is written for the event.
pub(super) const LINES: u32 = u32::from_ne_bytes([0, 0, 2, 0]);
/// The event is on its way to a picture of time.
pub(super) const TIMELINE: u32 = u32::from_ne_bytes([0, 0, 4, 0]);

/// What an event looks at before anything is done for it: one word for all who may listen.
///
/// The first two bytes are the semaphore of the event's probe ([`super::usdt`]), which others count up: the kernel or a
/// debugger, never the process. Those behind are the sum of the constants above.
#[repr(transparent)]
pub(super) struct Gate(AtomicU32);

impl Gate {
    /// Nobody listens.
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Whether anybody listens.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Whether one of them listens.
    pub(super) fn has(&self, who: u32) -> bool {
        self.0.load(Ordering::Relaxed) & who != 0
    }
}

/// Has one of them listen, or no longer.
pub(super) fn set(event: usize, who: u32, listens: bool) {
    let Gate(word) = GATES[event];
    if listens {
        word.fetch_or(who, Ordering::Relaxed);
    } else {
        word.fetch_and(!who, Ordering::Relaxed);
    }
}
