//! So many places, and a queue for them: by priority, and first come, first served.
//!
//! Nobody waits here: a value that has no place stays until one who leaves takes it along.

use std::collections::BTreeMap;

use super::facade::Mutex;

/// Where a value stands in the queue: lower numbers first.
pub type Key = (i32, u64);

/// The places and the queue.
pub struct Places<T> {
    count: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    taken: usize,
    waiting: BTreeMap<Key, T>,
}

impl<T> Places<T> {
    /// So many places.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            state: Mutex::new(State {
                taken: 0,
                waiting: BTreeMap::new(),
            }),
        }
    }

    /// Gives the value back if it has a place; otherwise it waits.
    pub fn enter(&self, key: Key, value: T) -> Option<T> {
        let mut state = self.state.lock();
        if state.taken < self.count {
            state.taken += 1;
            return Some(value);
        }
        state.waiting.insert(key, value);
        None
    }

    /// A place is free: for the value that is returned, which has it now.
    pub fn leave(&self) -> Option<T> {
        let mut state = self.state.lock();
        let next = state.waiting.pop_first();
        if next.is_none() {
            state.taken = state.taken.saturating_sub(1);
        }
        drop(state);
        next.map(|(_, value)| value)
    }

    /// What `look` makes of those that wait, in no order; it may not change the queue.
    pub fn waiting<R>(&self, look: impl FnMut(&T) -> R) -> Vec<R> {
        self.state.lock().waiting.values().map(look).collect()
    }

    /// Takes a value out of the queue. None if it doesn't wait there.
    pub fn withdraw(&self, key: Key) -> Option<T> {
        self.state.lock().waiting.remove(&key)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_place_waits_by_priority_and_in_order() {
        let places = Places::new(1);
        assert_eq!(places.enter((0, 0), 'a'), Some('a'));
        for (number, (priority, value)) in [(0, 'd'), (200, 'f'), (-1, 'b'), (0, 'e'), (-1, 'c')]
            .into_iter()
            .enumerate()
        {
            assert_eq!(places.enter((priority, number as u64), value), None);
        }
        let order: String = std::iter::from_fn(|| places.leave()).collect();
        assert_eq!(order, "bcdef");
        assert_eq!(places.enter((0, 9), 'g'), Some('g'));
        assert_eq!(places.enter((0, 10), 'h'), None);
    }

    #[test]
    fn who_withdraws_has_no_place() {
        let places = Places::new(1);
        places.enter((0, 0), 'a');
        places.enter((0, 1), 'b');
        assert_eq!(places.waiting(|value| *value), ['b']);
        assert_eq!(places.withdraw((0, 1)), Some('b'));
        assert_eq!(places.withdraw((0, 1)), None);
        assert_eq!(places.leave(), None);
        assert_eq!(places.enter((0, 2), 'c'), Some('c'));
    }
}
