//! Spans that are open: on threads, where they nest, and asynchronous ones, which have tracks.

use std::collections::HashMap;

/// What a span is of: a kind of it, and the address of the object.
pub(super) type Key = (&'static str, u64);

/// A span that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub key: Key,
    pub name: String,
}

/// Spans by where they are: a thread's number, or a track's.
#[derive(Default)]
pub(super) struct Stacks<P>(HashMap<P, Vec<Span>>);

impl<P: core::hash::Hash + Eq + Copy + Default> Stacks<P> {
    /// Whether the place has had none yet.
    pub(super) fn is_new(&self, place: P) -> bool {
        !self.0.contains_key(&place)
    }

    /// Opens a span over those that are open there.
    pub(super) fn begin(&mut self, place: P, span: Span) {
        self.0.entry(place).or_default().push(span);
    }

    /// Notes that the place is there.
    pub(super) fn meet(&mut self, place: P) {
        self.0.entry(place).or_default();
    }

    /// Ends the span, and first those above it, which can't last longer. None if it isn't open there.
    pub(super) fn end(&mut self, place: P, key: Key) -> Vec<Span> {
        let Some(stack) = self.0.get_mut(&place) else {
            return Vec::new();
        };
        let Some(at) = stack.iter().rposition(|span| span.key == key) else {
            return Vec::new();
        };
        let mut ended = stack.split_off(at);
        ended.reverse();
        ended
    }

    /// Forgets the place.
    pub(super) fn forget(&mut self, place: P) {
        self.0.remove(&place);
    }
}

/// The tracks of asynchronous spans.
#[derive(Default)]
pub(super) struct Tracks {
    stacks: Stacks<u64>,
    /// Where the spans are that are open.
    places: HashMap<Key, u64>,
    last: u64,
}

impl Tracks {
    /// Opens a span, over `under` if that is open, else in a track of its own; the track.
    pub(super) fn begin(&mut self, key: Key, under: Option<Key>, name: &str) -> u64 {
        let place = under.and_then(|key| self.places.get(&key).copied());
        let track = place.unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        self.places.insert(key, track);
        let name = name.to_owned();
        self.stacks.begin(track, Span { key, name });
        track
    }

    /// The track of a span that is open.
    pub(super) fn of(&self, key: Key) -> Option<u64> {
        self.places.get(&key).copied()
    }

    /// Ends a span and those above it: the track, and their names in that order.
    pub(super) fn end(&mut self, key: Key) -> Option<(u64, Vec<String>)> {
        let track = *self.places.get(&key)?;
        let ended = self.stacks.end(track, key);
        for span in &ended {
            self.places.remove(&span.key);
        }
        if self.places.values().all(|&place| place != track) {
            self.stacks.forget(track);
        }
        Some((track, ended.into_iter().map(|span| span.name).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(kind: &'static str, of: u64) -> Span {
        Span {
            key: (kind, of),
            name: format!("{kind} {of}"),
        }
    }

    #[test]
    fn what_lies_above_ends_first() {
        let mut threads = Stacks::default();
        assert!(threads.is_new(1));
        for of in 1..=3 {
            threads.begin(1, span("callback", of));
        }
        let ended = threads.end(1, ("callback", 2));
        assert_eq!(ended, [span("callback", 3), span("callback", 2)]);
        assert_eq!(threads.end(1, ("callback", 2)), []);
        assert_eq!(threads.end(2, ("callback", 1)), []);
        assert_eq!(threads.end(1, ("callback", 1)), [span("callback", 1)]);
        assert!(!threads.is_new(1));
    }

    #[test]
    fn spans_share_the_track_of_what_they_are_under() {
        let mut tracks = Tracks::default();
        let (socket, tls) = (("socket", 1), ("handshake", 2));
        assert_eq!(tracks.begin(socket, None, "s"), 1);
        assert_eq!(tracks.begin(tls, Some(socket), "t"), 1);
        assert_eq!(tracks.begin(("socket", 9), Some(("socket", 8)), "other"), 2);
        assert_eq!(tracks.of(tls), Some(1));
        let (track, names) = tracks.end(socket).unwrap();
        assert_eq!((track, names), (1, vec!["t".to_owned(), "s".to_owned()]));
        assert_eq!(tracks.end(tls), None);
        assert_eq!(tracks.begin(socket, None, "again"), 3);
    }
}
