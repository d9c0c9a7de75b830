//! Which descriptor numbers are channels', and whether a number still stands for the same file.
//!
//! The kernel gives the lowest free number to the next file, and tells nobody. Who has noted something
//! about a number, as an event loop has with the kernel, would have to ask before relying on it. For the
//! numbers that channels have taken over the question has an answer without a system call: only the
//! channel closes them.

use core::ffi::c_int;
use core::ptr;

use crate::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// A number while one channel has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Incarnation(u32);

const CHUNK: usize = 1024;
/// Enough for `fs.nr_open` as it is everywhere; numbers beyond are never known.
const CHUNKS: usize = 1024;

type Chunk = [AtomicU32; CHUNK];

/// How often each number was taken over and given up: odd while a channel has it.
static TABLE: [AtomicPtr<Chunk>; CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];

static ENDS: AtomicU32 = AtomicU32::new(0);

fn entry(fd: c_int, make: bool) -> Option<&'static AtomicU32> {
    let fd = usize::try_from(fd).ok()?;
    let place = TABLE.get(fd / CHUNK)?;
    let mut chunk = place.load(Ordering::Acquire);
    if chunk.is_null() {
        if !make {
            return None;
        }
        let made = Box::into_raw(Box::new([const { AtomicU32::new(0) }; CHUNK]));
        match place.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => chunk = made,
            Err(others) => {
                // SAFETY: made above and never published.
                drop(unsafe { Box::from_raw(made) });
                chunk = others;
            }
        }
    }
    // SAFETY: what was once stored in the table is never freed.
    let chunk = unsafe { &*chunk };
    chunk.get(fd % CHUNK)
}

/// A channel has the number from now on.
pub fn begin(fd: c_int) {
    if let Some(entry) = entry(fd, true) {
        let next = |count: u32| Some((count | 1).wrapping_add(if count & 1 == 1 { 2 } else { 0 }));
        // The function always returns a value.
        let before = entry.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        if before.is_ok_and(|count| count & 1 == 1) {
            ENDS.fetch_add(1, Ordering::Release);
        }
    }
}

/// The channel is about to close it, or has given it away.
pub fn end(fd: c_int) {
    if let Some(entry) = entry(fd, false) {
        let next = |count: u32| (count & 1 == 1).then(|| count.wrapping_add(1));
        // It may be nobody's.
        if entry
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
            .is_ok()
        {
            ENDS.fetch_add(1, Ordering::Release);
        }
    }
}

/// How many have ended: while that is the same, none has.
pub fn ends() -> u32 {
    ENDS.load(Ordering::Acquire)
}

/// The number's present incarnation; None if it is no channel's.
pub fn of(fd: c_int) -> Option<Incarnation> {
    let count = entry(fd, false)?.load(Ordering::Acquire);
    (count & 1 == 1).then_some(Incarnation(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_given_up_or_taken_over_anew_is_another() {
        // No other test has a number as high.
        let fd = 900_000;
        assert_eq!(of(fd), None);
        end(fd);
        begin(fd);
        let first = of(fd).unwrap();
        assert_eq!(of(fd), Some(first));
        begin(fd);
        let second = of(fd).unwrap();
        assert_ne!(first, second);
        end(fd);
        assert_eq!(of(fd), None);
        begin(fd);
        let third = of(fd).unwrap();
        assert!(third != first && third != second);
        end(fd);
    }

    #[test]
    fn numbers_that_cannot_be_are_nobodys() {
        for fd in [-1, c_int::MAX] {
            begin(fd);
            assert_eq!(of(fd), None);
            end(fd);
        }
    }
}
