//! What the kernel's notices have said of a socket channel's zero-copy sends since the last flush.
//!
//! A flush answers for what it reads itself. What a write had to read before, to get memory, is
//! remembered for the next flush: in the struct where it has a field for that, else here, beside the
//! object. Memory is taken only when that happens (W-10).

use std::collections::BTreeMap;

use super::socket::Socket;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicUsize, Ordering};

/// What notices have said.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// There was one.
    pub any: bool,
    /// One told of bytes that were really sent without a copy.
    pub uncopied: bool,
}

impl Seen {
    /// Takes note of a notice.
    pub fn add(&mut self, copied: bool) {
        self.any = true;
        self.uncopied |= !copied;
    }

    /// What both have said.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            any: self.any | other.any,
            uncopied: self.uncopied | other.uncopied,
        }
    }
}

/// What is remembered, by the object's address.
static MEMORY: Mutex<BTreeMap<usize, Seen>> = Mutex::new(BTreeMap::new());
/// How much is in there, so that nobody takes the lock for nothing.
static REMEMBERED: AtomicUsize = AtomicUsize::new(0);

impl Socket {
    /// Remembers what was seen, for the next flush.
    pub fn remember_seen(&self, seen: Seen) {
        if let Some(field) = self.success_field() {
            if seen.uncopied {
                field.store(true, Ordering::Relaxed);
            }
        } else if seen.any {
            let mut memory = MEMORY.lock();
            let entry = memory.entry(self.as_ptr().addr()).or_default();
            *entry = entry.or(seen);
            REMEMBERED.store(memory.len(), Ordering::Relaxed);
        }
    }

    /// What is remembered, which is forgotten by that.
    pub fn take_seen(&self) -> Seen {
        if let Some(field) = self.success_field() {
            let uncopied = field.swap(false, Ordering::Relaxed);
            return Seen {
                any: uncopied,
                uncopied,
            };
        }
        // What this thread stored it sees; what others store is about other objects.
        if REMEMBERED.load(Ordering::Relaxed) == 0 {
            return Seen::default();
        }
        let mut memory = MEMORY.lock();
        let seen = memory.remove(&self.as_ptr().addr()).unwrap_or_default();
        REMEMBERED.store(memory.len(), Ordering::Relaxed);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_uncopied_notice_counts_for_all() {
        let mut seen = Seen::default();
        assert!(!seen.any);
        seen.add(true);
        assert_eq!((seen.any, seen.uncopied), (true, false));
        seen.add(false);
        seen.add(true);
        assert_eq!((seen.any, seen.uncopied), (true, true));
        assert_eq!(Seen::default().or(seen), seen);
        assert_eq!(seen.or(Seen::default()), seen);
    }
}
