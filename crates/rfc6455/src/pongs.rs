//! The pongs that are owed: for pings whose pongs have not been queued yet.

use std::collections::VecDeque;

/// How many are remembered, each of at most 125 bytes.
const OWED_MAX: usize = 64;

/// The payloads, in the order of the pings.
#[derive(Default)]
pub struct Pongs(VecDeque<Vec<u8>>);

impl Pongs {
    /// One more is owed. If they are too many, the oldest is forgotten: an endpoint may answer "only
    /// the most recently processed Ping frame" (RFC 6455 section 5.5.3).
    pub fn owe(&mut self, payload: Vec<u8>) {
        if self.is_full() {
            self.0.pop_front();
        }
        self.0.push_back(payload);
    }

    /// The next to be queued.
    pub fn pay(&mut self) -> Option<Vec<u8>> {
        self.0.pop_front()
    }

    /// Whether none is owed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one more would make the oldest forgotten.
    pub fn is_full(&self) -> bool {
        self.0.len() >= OWED_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_recent_ones_are_kept() {
        let mut pongs = Pongs::default();
        for number in 0..100 {
            assert_eq!(pongs.is_full(), usize::from(number) >= OWED_MAX);
            pongs.owe(vec![number]);
        }
        let paid: Vec<_> = core::iter::from_fn(|| pongs.pay()).flatten().collect();
        assert_eq!(paid, (36..100).collect::<Vec<u8>>());
        assert!(pongs.is_empty());
    }
}
