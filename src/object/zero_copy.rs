//! What the kernel's notices have said of a socket channel's zero-copy sends since the last flush.
//!
//! A flush answers for what it reads itself. What a write had to read before, to get memory, is
//! remembered for the next flush: in the struct where it has a field for that, else here, beside the
//! object. Memory is taken only when that happens (W-10). The same for what a reader or a watch had to
//! take, since unread notices keep the socket raising ERR, and for a failure that they met.

use core::mem;
use std::collections::HashMap;

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

/// What is kept beside the objects. A forked child begins anew, as a thread of its parent may have held
/// a lock.
#[derive(Default)]
struct Memory {
    /// By the objects' addresses.
    remembered: Mutex<HashMap<usize, Remembered>>,
    /// How much is in there, so that the lock isn't taken for nothing.
    count: AtomicUsize,
    /// The sockets whose notices a thread waits for, once for each: no other one takes them.
    takers: Mutex<Vec<usize>>,
}

/// What the next flush has to know.
#[derive(Default)]
struct Remembered {
    seen: Seen,
    /// A failure that was met on the way.
    failure: Option<Error>,
}

impl Memory {
    fn get() -> &'static Self {
        static MEMORY: PerProcess<Memory> = PerProcess::new();
        MEMORY.get()
    }

    /// Has `change` change what is remembered of an object.
    fn change<R>(&self, address: usize, change: impl FnOnce(&mut Remembered) -> R) -> R {
        let mut remembered = self.remembered.lock();
        let entry = remembered.entry(address).or_default();
        let result = change(entry);
        if entry.seen == Seen::default() && entry.failure.is_none() {
            remembered.remove(&address);
        }
        self.count.store(remembered.len(), Ordering::Relaxed);
        drop(remembered);
        result
    }

    /// Has `take` take something of it, if there is anything. What this thread stored it sees; what
    /// others store is about other objects, or was stored before this thread began to take.
    fn take<R: Default>(&self, address: usize, take: impl FnOnce(&mut Remembered) -> R) -> R {
        if self.count.load(Ordering::Relaxed) == 0 {
            return R::default();
        }
        self.change(address, take)
    }
}

/// The calling thread is one that takes a socket's notices, as long as this exists.
pub struct Taker(usize);

impl Drop for Taker {
    fn drop(&mut self) {
        let mut takers = Memory::get().takers.lock();
        if let Some(place) = takers.iter().position(|&address| address == self.0) {
            takers.swap_remove(place);
        }
    }
}

impl Socket {
    /// From now on the calling thread takes the notices, and may wait for them.
    pub fn begin_to_take(&self) -> Taker {
        let address = self.as_ptr().addr();
        Memory::get().takers.lock().push(address);
        Taker(address)
    }

    /// Has `take` take notices without waiting, unless a thread waits for them: that would wait for
    /// ever. None if one does, or if there is a failure that has to be told first.
    pub fn take_at_once<T>(&self, take: impl FnOnce() -> T) -> Option<T> {
        let (address, memory) = (self.as_ptr().addr(), Memory::get());
        let takers = memory.takers.lock();
        let is_free = !takers.contains(&address)
            && !memory.take(address, |remembered| remembered.failure.is_some());
        let result = is_free.then(take);
        drop(takers);
        result
    }

    /// Remembers a failure for the next flush.
    pub fn remember_failure(&self, error: Error) {
        Memory::get().change(self.as_ptr().addr(), |remembered| {
            remembered.failure.get_or_insert(error);
        });
    }

    /// The failure that is remembered, which is forgotten by that.
    pub fn take_failure(&self) -> Option<Error> {
        Memory::get().take(self.as_ptr().addr(), |remembered| remembered.failure.take())
    }

    /// Remembers what was seen, for the next flush.
    pub fn remember_seen(&self, seen: Seen) {
        if let Some(field) = self.success_field() {
            if seen.is_remarkable() {
                field.store(true, Ordering::Relaxed);
            }
        } else if seen.any {
            Memory::get().change(self.as_ptr().addr(), |remembered| {
                remembered.seen = remembered.seen.or(seen);
            });
        }
    }

    /// What is remembered, which is forgotten by that.
    pub fn take_seen(&self) -> Seen {
        if let Some(field) = self.success_field() {
            return Seen::remembered(field.swap(false, Ordering::Relaxed));
        }
        Memory::get().take(self.as_ptr().addr(), |remembered| {
            mem::take(&mut remembered.seen)
        })
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
