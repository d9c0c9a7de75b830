//! Whether anybody listens to an event: all that an event costs otherwise.

use std::sync::atomic::{AtomicU8, Ordering};

use super::events::{EVENTS, Number};

/// A function is called for the event.
pub(super) const SINK: u8 = 1;
/// A line is written for the event.
pub(super) const LINES: u8 = 2;
/// The event is on its way to a picture of time.
pub(super) const TIMELINE: u8 = 4;

/// By the number of the event.
static LISTENERS: [AtomicU8; EVENTS.len()] = [const { AtomicU8::new(0) }; EVENTS.len()];

/// Who listens to an event: the sum of them, 0 as a rule.
#[inline]
pub(super) fn listeners(event: Number) -> u8 {
    LISTENERS[event as usize].load(Ordering::Relaxed)
}

/// Has one of them listen, or no longer.
pub(super) fn set(event: usize, who: u8, listens: bool) {
    if listens {
        LISTENERS[event].fetch_or(who, Ordering::Relaxed);
    } else {
        LISTENERS[event].fetch_and(!who, Ordering::Relaxed);
    }
}
