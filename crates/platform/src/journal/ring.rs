//! The lines of one thread that aren't written yet.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// How many words of 8 bytes a thread can be ahead of the writer.
const WORDS: usize = if cfg!(miri) { 256 } else { 8192 };
/// The words before each line: its time, its length.
const HEAD: usize = 2;

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
        // Sequentially consistent with `limit`: who doesn't see it has looked at the clock before.
        self.making.store(UNKNOWN, Ordering::SeqCst);
        let time = clock();
        self.making.store(time, Ordering::Release);
        time
    }

    /// Up to which time all lines are in. A clock of before the call says `now`.
    pub(super) fn limit(&self, now: u64) -> u64 {
        match self.making.load(Ordering::SeqCst) {
            NONE => now,
            UNKNOWN => now.min(self.last.load(Ordering::Relaxed)),
            time => now.min(time),
        }
    }

    /// Puts a line in; false if there is no room now. For the owner. A line that is longer than all the
    /// ring loses its end.
    pub(super) fn put(&self, time: u64, line: &[u8]) -> bool {
        let line = line.get(..(WORDS - HEAD) * 8).unwrap_or(line);
        let pieces = line.chunks(8);
        let filled = self.filled.load(Ordering::Relaxed);
        let emptied = self.emptied.load(Ordering::Acquire);
        if filled.wrapping_sub(emptied) + HEAD + pieces.len() > WORDS {
            return false;
        }
        let head = [time, line.len() as u64].into_iter();
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

    /// Moves the lines of up to the time of `limit` to `lines`. For the one that empties.
    pub(super) fn take(&self, limit: u64, lines: &mut Lines) {
        let filled = self.filled.load(Ordering::Acquire);
        let mut at = self.emptied.load(Ordering::Relaxed);
        let word = |at: usize| self.words[at % WORDS].load(Ordering::Relaxed);
        while at != filled {
            let time = word(at);
            if time > limit {
                break;
            }
            let length = usize::try_from(word(at.wrapping_add(1))).unwrap_or(0);
            let start = lines.text.len();
            at = at.wrapping_add(HEAD);
            for _ in 0..length.div_ceil(8) {
                lines.text.extend(word(at).to_ne_bytes());
                at = at.wrapping_add(1);
            }
            lines.text.truncate(start + length);
            lines.rows.push((time, start, start + length));
        }
        self.emptied.store(at, Ordering::Release);
    }
}

/// Lines that were taken out of rings.
#[derive(Default, Debug)]
pub(super) struct Lines {
    text: Vec<u8>,
    /// Time, start and end of each.
    rows: Vec<(u64, usize, usize)>,
}

impl Lines {
    /// All, in the order of their times; those of one thread in their own.
    pub(super) fn in_order(mut self) -> Vec<u8> {
        self.rows.sort_by_key(|&(time, ..)| time);
        let mut text = Vec::with_capacity(self.text.len());
        for (_, start, end) in self.rows {
            text.extend_from_slice(&self.text[start..end]);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(rings: &[&Ring]) -> String {
        let mut lines = Lines::default();
        rings
            .iter()
            .for_each(|ring| ring.take(u64::MAX, &mut lines));
        String::from_utf8(lines.in_order()).unwrap()
    }

    #[test]
    fn lines_come_out_in_the_order_of_time() {
        let (a, b) = (Ring::new(), Ring::new());
        assert!(a.put(1, b"first\n") && a.put(4, b"") && a.put(4, b"fourth, longer than a word\n"));
        assert!(b.put(2, b"second\n") && b.put(3, b"8 bytes\n"));
        assert_eq!(
            text_of(&[&b, &a]),
            "first\nsecond\n8 bytes\nfourth, longer than a word\n"
        );
        assert_eq!(text_of(&[&b, &a]), "");
    }

    #[test]
    fn a_full_ring_takes_no_more_until_it_is_emptied() {
        let ring = Ring::new();
        let line = [b'x'; 100];
        let mut count = 0;
        for _ in 0..5 {
            while ring.put(0, &line) {
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
        assert!(ring.put(0, &[b'x'; WORDS * 9]));
        assert_eq!(text_of(&[&ring]).len(), (WORDS - HEAD) * 8);
    }

    #[test]
    fn lines_wait_for_earlier_ones_that_are_being_made() {
        let (slow, fast) = (Ring::new(), Ring::new());
        assert_eq!(slow.limit(10), 10);
        assert!(slow.put(2, b"2"));
        assert_eq!(slow.limit(10), 10);
        let clock = || {
            assert_eq!(slow.limit(10), 2);
            3
        };
        assert_eq!(slow.start_line(clock), 3);
        assert_eq!(slow.limit(10), 3);
        assert!(fast.put(1, b"1") && fast.put(4, b"4"));
        let mut lines = Lines::default();
        fast.take(slow.limit(10), &mut lines);
        slow.take(slow.limit(10), &mut lines);
        assert_eq!(lines.in_order(), b"12");
        assert!(slow.put(3, b"3"));
        assert_eq!(slow.limit(10), 10);
        assert_eq!(text_of(&[&fast, &slow]), "34");
    }

    #[test]
    fn a_ring_has_one_owner() {
        let ring = Ring::new();
        assert!(!ring.own());
        assert!(ring.put(0, b"left behind"));
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
                    while !ring.put(number, format!("{number}\n").as_bytes()) {
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
