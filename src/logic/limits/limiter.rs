//! The limits of one listener: how many clients it has, of which peers, and when it may accept the next one.
//!
//! A client has its [`Place`] before it is accepted, so that threads that accept at the same time get no more
//! than there are. One that has come is a [`Client`] until it goes.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

use super::bucket::TokenBucket;
use super::peer::Peer;
use super::shown::Shown;
use super::{Limits, of_process};
use crate::logic::statistics::{self, Count};
use platform::glib::monotonic_time;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};
use platform::sync::fork;

/// What doesn't accept until a client goes.
pub trait Resume: Send + Sync {
    /// There may be a place. Any thread may tell, with nothing locked.
    fn resume(&self);
}

/// Why and for how long no client may be accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// The accept rate: for so many milliseconds.
    Milliseconds(u32),
    /// There are as many clients as there may be: until one goes.
    UntilOneGoes,
}

/// What a listener's limits are, and how far they are used up.
pub struct Limiter {
    /// Readable without the lock.
    is_on: AtomicBool,
    /// The limits in force, for a forked child.
    shown: Shown,
    /// Of the process that has made the limiter.
    counting: Counting,
}

/// What one process counts. A forked child counts its own clients, under its own lock: that of its parent may be
/// held by a thread that it hasn't got.
struct Counting {
    generation: u32,
    inner: Mutex<Inner>,
    /// Of a child of the process, or of a child of that.
    of_child: OnceLock<Box<Counting>>,
}

struct Inner {
    limits: Limits,
    bucket: Option<TokenBucket>,
    /// Clients, and places of those that may come.
    clients: u32,
    peers: HashMap<Peer, u32>,
    resting: Vec<Weak<dyn Resume>>,
}

impl Counting {
    fn new(limits: Limits, generation: u32, resting: Vec<Weak<dyn Resume>>) -> Self {
        Self {
            generation,
            inner: Mutex::new(Inner {
                resting,
                ..Inner::new(limits)
            }),
            of_child: OnceLock::new(),
        }
    }

    /// That of a forked child.
    #[cold]
    fn of_child(&self, generation: u32, shown: &Shown) -> &Self {
        self.of_child.get_or_init(|| {
            // A watch that rests in the parent rests in the child, too, until a client of the child goes or limits change.
            let resting = (self.inner.try_lock()).map(|mut of| core::mem::take(&mut of.resting));
            let child = Self::new(shown.get(), generation, resting.unwrap_or_default());
            Box::new(child)
        })
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        if self.generation != fork::generation() && self.inner.try_lock().is_none() {
            // Another thread of the parent was changing it at the fork.
            let inner = core::mem::replace(&mut self.inner, Mutex::new(Inner::new(Limits::NONE)));
            let _ = core::mem::ManuallyDrop::new(inner);
        }
    }
}

impl Inner {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            bucket: bucket(&limits),
            clients: 0,
            peers: HashMap::new(),
            resting: Vec::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.limits.max_clients != 0 && self.clients >= self.limits.max_clients
    }

    /// A client has gone, or didn't come. Returns what may accept again.
    fn give_place_back(&mut self) -> Vec<Weak<dyn Resume>> {
        self.clients = self.clients.saturating_sub(1);
        if self.is_full() {
            Vec::new()
        } else {
            core::mem::take(&mut self.resting)
        }
    }
}

fn bucket(limits: &Limits) -> Option<TokenBucket> {
    let rate = limits.accept_rate;
    let burst = match limits.accept_burst {
        0 => rate,
        burst => burst,
    };
    (rate != 0).then(|| TokenBucket::new(rate, burst, monotonic_time()))
}

fn resume(resting: Vec<Weak<dyn Resume>>) {
    for rest in resting {
        if let Some(rest) = rest.upgrade() {
            rest.resume();
        }
    }
}

impl Default for Limiter {
    /// With the limits of the process.
    fn default() -> Self {
        let limits = of_process();
        Self {
            is_on: AtomicBool::new(limits.is_any()),
            shown: Shown::new(limits),
            counting: Counting::new(limits, fork::generation(), Vec::new()),
        }
    }
}

impl Limiter {
    /// Sets all limits. Clients that are there stay, and count if they did so before (R-LIMIT-4).
    pub fn set(&self, limits: Limits) {
        self.change(|of| *of = limits);
    }

    /// Changes some limits and leaves the others, whoever else changes those meanwhile. `change` is called with the lock
    /// held.
    pub fn change(&self, change: impl FnOnce(&mut Limits)) {
        let mut inner = self.lock();
        let before = inner.limits;
        change(&mut inner.limits);
        let limits = inner.limits;
        // Of a rate that stays, what was accepted is not forgotten.
        if limits.accept_rate != before.accept_rate || limits.accept_burst != before.accept_burst {
            inner.bucket = bucket(&limits);
        }
        let resting = core::mem::take(&mut inner.resting);
        if limits.is_any() {
            // Before a child could see them.
            self.is_on.store(true, Ordering::Release);
        }
        self.shown.set(limits);
        self.is_on.store(limits.is_any(), Ordering::Release);
        drop(inner);
        resume(resting);
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.lock().limits
    }

    fn lock(&self) -> platform::sync::MutexGuard<'_, Inner> {
        let generation = fork::generation();
        let mut counting = &self.counting;
        while counting.generation != generation {
            counting = counting.of_child(generation, &self.shown);
        }
        counting.inner.lock()
    }

    /// A place for the next client; None where nothing is limited.
    #[inline]
    pub fn reserve(self: &Arc<Self>) -> Result<Option<Place>, Rest> {
        if self.is_on.load(Ordering::Acquire) {
            self.reserve_one().map(Some)
        } else {
            Ok(None)
        }
    }

    #[cold]
    fn reserve_one(self: &Arc<Self>) -> Result<Place, Rest> {
        let mut inner = self.lock();
        if inner.is_full() {
            return Err(Rest::UntilOneGoes);
        }
        if let Some(bucket) = &mut inner.bucket {
            bucket.take(monotonic_time()).map_err(Rest::Milliseconds)?;
        }
        inner.clients += 1;
        drop(inner);
        Ok(Place(Some(Arc::clone(self))))
    }

    /// Tells `rest`, which doesn't accept any more, when a client goes. False if there is a place.
    pub fn wait_for_place(&self, rest: Weak<dyn Resume>) -> bool {
        let mut inner = self.lock();
        if !inner.is_full() {
            return false;
        }
        inner
            .resting
            .retain(|other| other.strong_count() != 0 && !Weak::ptr_eq(other, &rest));
        inner.resting.push(rest);
        true
    }
}

/// A place for one client, given back if none comes.
pub struct Place(Option<Arc<Limiter>>);

/// The peer has as many clients as it may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

impl Place {
    /// A client has come for the place.
    pub fn admit(mut self, peer: impl FnOnce(&Limits) -> Peer) -> Result<Client, Refused> {
        let Some(limiter) = self.0.take() else {
            return Err(Refused);
        };
        let mut inner = limiter.lock();
        let most = inner.limits.max_clients_per_peer;
        if most == 0 {
            drop(inner);
            return Ok(Client {
                limiter,
                peer: None,
            });
        }
        let peer = peer(&inner.limits);
        let clients = inner.peers.entry(peer).or_default();
        if *clients < most {
            *clients += 1;
            drop(inner);
            return Ok(Client {
                limiter,
                peer: Some(peer),
            });
        }
        let resting = inner.give_place_back();
        drop(inner);
        resume(resting);
        statistics::add(Count::ClientRefused);
        Err(Refused)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(limiter) = self.0.take() else {
            return;
        };
        let mut inner = limiter.lock();
        if let Some(bucket) = &mut inner.bucket {
            bucket.put_back();
        }
        let resting = inner.give_place_back();
        drop(inner);
        resume(resting);
    }
}

/// A client that is there. It goes when this is dropped.
pub struct Client {
    limiter: Arc<Limiter>,
    peer: Option<Peer>,
}

impl Client {
    /// Those of its listener.
    pub fn limits(&self) -> Limits {
        self.limiter.limits()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let mut inner = self.limiter.lock();
        if let Some(peer) = self.peer
            && let Some(clients) = inner.peers.get_mut(&peer)
        {
            *clients = clients.saturating_sub(1);
            if *clients == 0 {
                inner.peers.remove(&peer);
            }
        }
        let resting = inner.give_place_back();
        drop(inner);
        resume(resting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::sync::atomic::AtomicU32;

    fn limiter(limits: Limits) -> Arc<Limiter> {
        let limiter = Arc::new(Limiter::default());
        limiter.set(limits);
        limiter
    }

    fn admit(limiter: &Arc<Limiter>, peer: Peer) -> Result<Client, Refused> {
        let place = limiter.reserve().unwrap().unwrap();
        place.admit(|_| peer)
    }

    #[derive(Default)]
    struct Counter(AtomicU32);

    impl Resume for Counter {
        fn resume(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    const MAX_2: Limits = Limits {
        max_clients: 2,
        ..Limits::NONE
    };
    const MAX_1_OF_PEER: Limits = Limits {
        max_clients_per_peer: 1,
        ..Limits::NONE
    };

    #[test]
    fn without_limits_no_place_is_needed() {
        assert!(limiter(Limits::NONE).reserve().unwrap().is_none());
    }

    #[test]
    fn a_place_is_free_again_when_a_client_goes_or_none_comes() {
        let limiter = limiter(MAX_2);
        let first = admit(&limiter, Peer::Unknown).unwrap();
        let second = limiter.reserve().unwrap();
        assert_eq!(limiter.reserve().err(), Some(Rest::UntilOneGoes));
        drop(second);
        let second = admit(&limiter, Peer::Unknown).unwrap();
        assert_eq!(limiter.reserve().err(), Some(Rest::UntilOneGoes));
        drop(first);
        assert!(limiter.reserve().is_ok());
        drop(second);
        assert_eq!(limiter.lock().clients, 0);
    }

    #[test]
    fn who_waits_for_a_place_is_told_once() {
        let limiter = limiter(MAX_2);
        let counter = Arc::new(Counter::default());
        let weak = || Arc::downgrade(&counter);
        assert!(!limiter.wait_for_place(weak()));
        let clients = [Peer::Unknown; 2].map(|peer| admit(&limiter, peer).unwrap());
        assert!(limiter.wait_for_place(weak()));
        assert!(limiter.wait_for_place(weak()));
        drop(clients);
        assert_eq!(counter.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn new_limits_are_told_to_those_who_wait() {
        let limiter = limiter(MAX_2);
        let counter = Arc::new(Counter::default());
        let _clients = [Peer::Unknown; 2].map(|peer| admit(&limiter, peer).unwrap());
        let weak = Arc::downgrade(&counter);
        assert!(limiter.wait_for_place(weak));
        limiter.set(Limits::NONE);
        assert_eq!(counter.0.load(Ordering::Relaxed), 1);
        assert!(limiter.reserve().unwrap().is_none());
    }

    #[test]
    fn a_peer_gets_no_more_than_its_share_and_others_do() {
        let limiter = limiter(MAX_1_OF_PEER);
        let (one, other) = (Peer::Ipv4(1), Peer::User(1));
        let client = admit(&limiter, one).unwrap();
        assert!(admit(&limiter, one).is_err());
        let _other = admit(&limiter, other).unwrap();
        assert_eq!(limiter.lock().clients, 2);
        drop(client);
        let _client = admit(&limiter, one).unwrap();
        assert_eq!(limiter.lock().peers.len(), 2);
    }

    #[test]
    fn a_refused_client_takes_no_place_but_a_token() {
        let limiter = limiter(Limits {
            accept_rate: 1,
            accept_burst: 3,
            ..MAX_1_OF_PEER
        });
        let _client = admit(&limiter, Peer::Unknown).unwrap();
        assert!(admit(&limiter, Peer::Unknown).is_err());
        assert_eq!(limiter.lock().clients, 1);
        drop(limiter.reserve().unwrap());
        assert!(admit(&limiter, Peer::Vsock(3)).is_ok());
        assert!(matches!(
            limiter.reserve().err(),
            Some(Rest::Milliseconds(1..=1_000))
        ));
    }

    #[test]
    fn threads_change_different_limits_at_once() {
        const TIMES: u32 = 200;
        let fields: [fn(&mut Limits) -> &mut u32; 4] = [
            |of| &mut of.max_clients,
            |of| &mut of.max_clients_per_peer,
            |of| &mut of.handshake_timeout,
            |of| &mut of.idle_timeout,
        ];
        let limiter = limiter(Limits::NONE);
        std::thread::scope(|scope| {
            for field in fields {
                let limiter = &limiter;
                scope.spawn(move || {
                    for value in 1..=TIMES {
                        limiter.change(|of| *field(of) = value);
                        // Nobody takes it back by what was read before.
                        assert_eq!(*field(&mut limiter.limits()), value);
                    }
                });
            }
        });
        let mut limits = limiter.limits();
        assert_eq!(fields.map(|field| *field(&mut limits)), [TIMES; 4]);
    }

    #[test]
    fn a_change_of_other_limits_gives_no_new_tokens() {
        let limiter = limiter(Limits {
            accept_rate: 1,
            accept_burst: 1,
            ..Limits::NONE
        });
        let _client = admit(&limiter, Peer::Unknown).unwrap();
        limiter.change(|of| of.max_clients = 5);
        assert!(matches!(
            limiter.reserve().err(),
            Some(Rest::Milliseconds(_))
        ));
        limiter.change(|of| of.accept_burst = 2);
        assert!(limiter.reserve().is_ok());
    }

    #[test]
    fn the_burst_is_what_a_second_allows_unless_said() {
        let limiter = limiter(Limits {
            accept_rate: 5,
            ..Limits::NONE
        });
        for _ in 0..5 {
            admit(&limiter, Peer::Unknown).unwrap();
        }
        assert!(limiter.reserve().is_err());
    }
}
