//! The entries of one thread that aren't written yet: lines, and records for the reader.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};

/// How many words of 8 bytes a thread can be ahead of the writer.
const WORDS: usize = if cfg!(miri) { 256 } else { 8192 };
/// The words before each entry: its time, its length and kind.
const HEAD: usize = 2;
/// Beside the length of a record.
const RECORD: u64 = 1 << 63;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Text, with its end.
    Line,
    /// Bytes for the reader.
    Record,
}

/// A ring that one thread fills, its owner, and one empties, without a lock.
#[derive(Debug)]
pub(super) struct Ring {
    words: Box<[AtomicU64]>,
    /// How many words were ever put in.
    filled: AtomicUsize,
    /// How many words were ever taken out.
    emptied: AtomicUsize,
    owned: AtomicBool,
    /// The time of the line that the owner is making; [`NONE`], or [`UNKNOWN`] while it looks at the clock.
    making: AtomicU64,
    /// The time of the line before.
    last: AtomicU64,
}

const NONE: u64 = 0;
const UNKNOWN: u64 = 1;

impl Ring {
    /// An empty ring, the caller's.
    pub(super) fn new() -> Self {
        Self {
            words: (0..WORDS).map(|_| AtomicU64::new(0)).collect(),
            filled: AtomicUsize::new(0),
            emptied: AtomicUsize::new(0),
            owned: AtomicBool::new(true),
            making: AtomicU64::new(NONE),
            last: AtomicU64::new(NONE),
        }
    }

    /// Makes the ring the caller's, unless it is another thread's. Lines of the owner before stay.
    pub(super) fn own(&self) -> bool {
        // Acquire: what the owner before has put in is there.
        self.owned
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Leaves the ring to others.
    pub(super) fn disown(&self) {
        self.owned.store(false, Ordering::Release);
    }

    /// The time of a line that the owner makes from now on.
    pub(super) fn start_line(&self, clock: impl FnOnce() -> u64) -> u64 {
        // Release: who sees it also sees `last`, of the line before.
        self.making.store(UNKNOWN, Ordering::Release);
        // Who doesn't see it has looked at the clock before. That is no access to memory, so the store has
        // to be through before it, which its own order doesn't say.
        fence(Ordering::SeqCst);
        let time = clock();
        self.making.store(time, Ordering::Release);
        time
    }

    /// Up to which time all lines are in. A clock of before the call says `now`.
    pub(super) fn limit(&self, now: u64) -> u64 {
        // As in `start_line`: the clock first, then this.
        fence(Ordering::SeqCst);
        match self.making.load(Ordering::Acquire) {
            NONE => now,
            UNKNOWN => now.min(self.last.load(Ordering::Relaxed)),
            time => now.min(time),
        }
    }

    /// Puts a line in; false if there is no room now. For the owner. A line that is longer than all the
    /// ring loses its end.
    pub(super) fn put(&self, time: u64, kind: Kind, line: &[u8]) -> bool {
        let line = line.get(..(WORDS - HEAD) * 8).unwrap_or(line);
        let pieces = line.chunks(8);
        let filled = self.filled.load(Ordering::Relaxed);
        let emptied = self.emptied.load(Ordering::Acquire);
        if filled.wrapping_sub(emptied) + HEAD + pieces.len() > WORDS {
            return false;
        }
        let kind = if kind == Kind::Record { RECORD } else { 0 };
        let head = [time, line.len() as u64 | kind].into_iter();
        let body = pieces.map(|piece| {
            let mut word = [0; 8];
            word[..piece.len()].copy_from_slice(piece);
            u64::from_ne_bytes(word)
        });
        let mut end = filled;
        for word in head.chain(body) {
            self.words[end % WORDS].store(word, Ordering::Relaxed);
            end = end.wrapping_add(1);
        }
        self.last.store(time, Ordering::Relaxed);
        self.filled.store(end, Ordering::Release);
        self.making.store(NONE, Ordering::Release);
        true
    }

    /// Moves the entries of up to the time of `limit` to `entries`. For the one that empties.
    pub(super) fn take(&self, limit: u64, entries: &mut Entries) {
        let filled = self.filled.load(Ordering::Acquire);
        let mut at = self.emptied.load(Ordering::Relaxed);
        let word = |at: usize| self.words[at % WORDS].load(Ordering::Relaxed);
        while at != filled {
            let time = word(at);
            if time > limit {
                break;
            }
            let head = word(at.wrapping_add(1));
            let length = usize::try_from(head & !RECORD).unwrap_or(0);
            let kind = match head & RECORD {
                0 => Kind::Line,
                _ => Kind::Record,
            };
            let start = entries.bytes.len();
            at = at.wrapping_add(HEAD);
            for _ in 0..length.div_ceil(8) {
                entries.bytes.extend(word(at).to_ne_bytes());
                at = at.wrapping_add(1);
            }
            entries.bytes.truncate(start + length);
            let end = start + length;
            entries.rows.push(Row {
                time,
                kind,
                start,
                end,
            });
        }
        self.emptied.store(at, Ordering::Release);
    }
}

/// Entries that were taken out of rings.
#[derive(Default, Debug)]
pub(super) struct Entries {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    time: u64,
    kind: Kind,
    start: usize,
    end: usize,
}

impl Entries {
    /// From now on in the order of their times; those of one thread in their own.
    pub(super) fn sort(&mut self) {
        self.rows.sort_by_key(|row| row.time);
    }

    /// Those of a kind, each with its time.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (u64, &[u8])> {
        let rows = self.rows.iter().filter(move |row| row.kind == kind);
        rows.map(|row| (row.time, &self.bytes[row.start..row.end]))
    }

    /// All lines.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.bytes.len());
        self.of_kind(Kind::Line)
            .for_each(|(_, line)| text.extend_from_slice(line));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(rings: &[&Ring]) -> String {
        let mut entries = Entries::default();
        rings
            .iter()
            .for_each(|ring| ring.take(u64::MAX, &mut entries));
        entries.sort();
        String::from_utf8(entries.text()).unwrap()
    }

    #[test]
    fn lines_come_out_in_the_order_of_time() {
        let (a, b) = (Ring::new(), Ring::new());
        assert!(
            a.put(1, Kind::Line, b"first\n")
                && a.put(4, Kind::Line, b"")
                && a.put(4, Kind::Line, b"fourth, longer than a word\n")
        );
        assert!(b.put(2, Kind::Line, b"second\n") && b.put(3, Kind::Line, b"8 bytes\n"));
        assert_eq!(
            text_of(&[&b, &a]),
            "first\nsecond\n8 bytes\nfourth, longer than a word\n"
        );
        assert_eq!(text_of(&[&b, &a]), "");
    }

    #[test]
    fn records_are_apart_from_lines() {
        let ring = Ring::new();
        assert!(ring.put(1, Kind::Line, b"line\n") && ring.put(2, Kind::Record, b"bytes"));
        let mut entries = Entries::default();
        ring.take(u64::MAX, &mut entries);
        assert_eq!(entries.text(), b"line\n");
        let records: Vec<_> = entries.of_kind(Kind::Record).collect();
        assert_eq!(records, [(2, &b"bytes"[..])]);
    }

    #[test]
    fn a_full_ring_takes_no_more_until_it_is_emptied() {
        let ring = Ring::new();
        let line = [b'x'; 100];
        let mut count = 0;
        for _ in 0..5 {
            while ring.put(0, Kind::Line, &line) {
                count += 1;
            }
            assert_eq!(text_of(&[&ring]).len(), count * line.len());
            assert_eq!(count, WORDS / (HEAD + 13));
            count = 0;
        }
    }

    #[test]
    fn a_line_longer_than_the_ring_loses_its_end() {
        let ring = Ring::new();
        assert!(ring.put(0, Kind::Line, &[b'x'; WORDS * 9]));
        assert_eq!(text_of(&[&ring]).len(), (WORDS - HEAD) * 8);
    }

    #[test]
    fn lines_wait_for_earlier_ones_that_are_being_made() {
        let (slow, fast) = (Ring::new(), Ring::new());
        assert_eq!(slow.limit(10), 10);
        assert!(slow.put(2, Kind::Line, b"2"));
        assert_eq!(slow.limit(10), 10);
        let clock = || {
            assert_eq!(slow.limit(10), 2);
            3
        };
        assert_eq!(slow.start_line(clock), 3);
        assert_eq!(slow.limit(10), 3);
        assert!(fast.put(1, Kind::Line, b"1") && fast.put(4, Kind::Line, b"4"));
        let mut lines = Entries::default();
        fast.take(slow.limit(10), &mut lines);
        slow.take(slow.limit(10), &mut lines);
        lines.sort();
        assert_eq!(lines.text(), b"12");
        assert!(slow.put(3, Kind::Line, b"3"));
        assert_eq!(slow.limit(10), 10);
        assert_eq!(text_of(&[&fast, &slow]), "34");
    }

    #[test]
    fn a_ring_has_one_owner() {
        let ring = Ring::new();
        assert!(!ring.own());
        assert!(ring.put(0, Kind::Line, b"left behind"));
        ring.disown();
        assert!(ring.own() && !ring.own());
        assert_eq!(text_of(&[&ring]), "left behind");
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "its threads wait for each other, which takes Miri minutes"
    )]
    fn nothing_is_lost_between_two_threads() {
        const COUNT: u64 = 20_000;
        let ring = Ring::new();
        let mut seen = Vec::new();
        std::thread::scope(|scope| {
            let filling = scope.spawn(|| {
                for number in 0..COUNT {
                    while !ring.put(number, Kind::Line, format!("{number}\n").as_bytes()) {
                        std::thread::yield_now();
                    }
                }
            });
            while !filling.is_finished() {
                seen.push(text_of(&[&ring]));
            }
        });
        seen.push(text_of(&[&ring]));
        let numbers: Vec<u64> = seen
            .concat()
            .lines()
            .map(|line| line.parse().unwrap())
            .collect();
        assert_eq!(numbers, (0..COUNT).collect::<Vec<_>>());
    }
}
