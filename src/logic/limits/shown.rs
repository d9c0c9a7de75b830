//! Limits that can be read without their lock: in a forked child it may be held for ever.

use super::Limits;
use platform::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The limits in force, whole at any moment: they stand in one place while the other is written.
pub(super) struct Shown {
    places: [[AtomicU32; 8]; 2],
    current: AtomicUsize,
}

impl Shown {
    pub(super) fn new(limits: Limits) -> Self {
        let shown = Self {
            places: Default::default(),
            current: AtomicUsize::new(0),
        };
        shown.set(limits);
        shown
    }

    /// Shows these instead. One thread does so at a time.
    pub(super) fn set(&self, limits: Limits) {
        let next = 1 - self.current.load(Ordering::Relaxed);
        let numbers = [
            limits.max_clients,
            limits.max_clients_per_peer,
            limits.peer_ipv4_prefix,
            limits.peer_ipv6_prefix,
            limits.accept_rate,
            limits.accept_burst,
            limits.handshake_timeout,
            limits.idle_timeout,
        ];
        for (place, number) in self.places[next].iter().zip(numbers) {
            place.store(number, Ordering::Relaxed);
        }
        self.current.store(next, Ordering::Release);
    }

    /// Those shown, while no thread shows others.
    pub(super) fn get(&self) -> Limits {
        let current = self.current.load(Ordering::Acquire);
        let [
            max_clients,
            max_clients_per_peer,
            peer_ipv4_prefix,
            peer_ipv6_prefix,
            accept_rate,
            accept_burst,
            handshake_timeout,
            idle_timeout,
        ] = self.places[current]
            .each_ref()
            .map(|number| number.load(Ordering::Relaxed));
        Limits {
            max_clients,
            max_clients_per_peer,
            peer_ipv4_prefix,
            peer_ipv6_prefix,
            accept_rate,
            accept_burst,
            handshake_timeout,
            idle_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_shown_as_what_it_is() {
        let limits = |of| Limits {
            max_clients: of,
            max_clients_per_peer: of + 1,
            peer_ipv4_prefix: of + 2,
            peer_ipv6_prefix: of + 3,
            accept_rate: of + 4,
            accept_burst: of + 5,
            handshake_timeout: of + 6,
            idle_timeout: of + 7,
        };
        let shown = Shown::new(limits(10));
        assert_eq!(shown.get(), limits(10));
        for of in 20..25 {
            shown.set(limits(of));
            assert_eq!(shown.get(), limits(of));
        }
    }
}
