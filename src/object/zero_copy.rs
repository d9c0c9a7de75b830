//! What the kernel's notices have said of a socket channel's zero-copy sends since the last flush.
//!
//! A flush answers for what it reads itself. What a write had to read before, to get memory, is
//! remembered for the next flush: in the struct where it has a field for that, else here, beside the
//! object. Memory is taken only when that happens (W-10). The same for what a reader or a watch had to
//! take, since unread notices keep the socket raising ERR, and for a failure that they met.

use std::collections::BTreeMap;

use super::socket::Socket;
use abi::profile;
use host::error::Error;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicUsize, Ordering};
use platform::sync::fork::PerProcess;

/// What notices have said.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// There was one.
    pub any: bool,
    /// One told of bytes that were really sent without a copy.
    pub uncopied: bool,
    /// One told of bytes that were copied all the same.
    pub copied: bool,
}

impl Seen {
    /// Takes note of a notice.
    pub fn add(&mut self, copied: bool) {
        self.any = true;
        self.uncopied |= !copied;
        self.copied |= copied;
    }

    /// What both have said.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            any: self.any | other.any,
            uncopied: self.uncopied | other.uncopied,
            copied: self.copied | other.copied,
        }
    }

    /// What the struct's field remembers of it.
    fn is_remarkable(self) -> bool {
        if profile::FLUSH_TELLS_OF_COPIES {
            self.copied
        } else {
            self.uncopied
        }
    }

    /// What is known of it by that field.
    fn remembered(is_remarkable: bool) -> Self {
        Self {
            any: is_remarkable,
            uncopied: is_remarkable && !profile::FLUSH_TELLS_OF_COPIES,
            copied: is_remarkable && profile::FLUSH_TELLS_OF_COPIES,
        }
    }
}

/// What is remembered, by the objects' addresses. A forked child begins anew, as a thread of its parent
/// may have held a lock.
#[derive(Default)]
struct Memory {
    seen: Mutex<BTreeMap<usize, Seen>>,
    /// How much is in there, so that the lock isn't taken for nothing.
    seen_count: AtomicUsize,
    /// Failures that were met on the way.
    failures: Mutex<BTreeMap<usize, Error>>,
    failure_count: AtomicUsize,
    /// How many threads wait for a socket's notices: no other one takes them.
    takers: Mutex<BTreeMap<usize, usize>>,
}

fn memory() -> &'static Memory {
    static MEMORY: PerProcess<Memory> = PerProcess::new();
    MEMORY.get()
}

/// The calling thread is one that takes a socket's notices, as long as this exists.
pub struct Taker(usize);

impl Drop for Taker {
    fn drop(&mut self) {
        let mut takers = memory().takers.lock();
        if let Some(count) = takers.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                takers.remove(&self.0);
            }
        }
    }
}

impl Socket {
    /// From now on the calling thread takes the notices, and may wait for them.
    pub fn begin_to_take(&self) -> Taker {
        let address = self.as_ptr().addr();
        *memory().takers.lock().entry(address).or_default() += 1;
        Taker(address)
    }

    /// Has `take` take notices without waiting, unless a thread waits for them: that would wait for
    /// ever. None if one does, or if there is a failure that has to be told first.
    pub fn take_at_once<T>(&self, take: impl FnOnce() -> T) -> Option<T> {
        let (address, memory) = (self.as_ptr().addr(), memory());
        let takers = memory.takers.lock();
        let is_free =
            !takers.contains_key(&address) && !memory.failures.lock().contains_key(&address);
        let result = is_free.then(take);
        drop(takers);
        result
    }

    /// Remembers a failure for the next flush.
    pub fn remember_failure(&self, error: Error) {
        let memory = memory();
        let mut failures = memory.failures.lock();
        failures.entry(self.as_ptr().addr()).or_insert(error);
        memory
            .failure_count
            .store(failures.len(), Ordering::Relaxed);
    }

    /// The failure that is remembered, which is forgotten by that.
    pub fn take_failure(&self) -> Option<Error> {
        let memory = memory();
        // As in `take_seen`: who asks has begun to take, or is alone.
        if memory.failure_count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut failures = memory.failures.lock();
        let failure = failures.remove(&self.as_ptr().addr());
        memory
            .failure_count
            .store(failures.len(), Ordering::Relaxed);
        failure
    }

    /// Remembers what was seen, for the next flush.
    pub fn remember_seen(&self, seen: Seen) {
        if let Some(field) = self.success_field() {
            if seen.is_remarkable() {
                field.store(true, Ordering::Relaxed);
            }
        } else if seen.any {
            let memory = memory();
            let mut all = memory.seen.lock();
            let entry = all.entry(self.as_ptr().addr()).or_default();
            *entry = entry.or(seen);
            memory.seen_count.store(all.len(), Ordering::Relaxed);
        }
    }

    /// What is remembered, which is forgotten by that.
    pub fn take_seen(&self) -> Seen {
        if let Some(field) = self.success_field() {
            return Seen::remembered(field.swap(false, Ordering::Relaxed));
        }
        let memory = memory();
        // What this thread stored it sees; what others store is about other objects.
        if memory.seen_count.load(Ordering::Relaxed) == 0 {
            return Seen::default();
        }
        let mut all = memory.seen.lock();
        let seen = all.remove(&self.as_ptr().addr()).unwrap_or_default();
        memory.seen_count.store(all.len(), Ordering::Relaxed);
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
