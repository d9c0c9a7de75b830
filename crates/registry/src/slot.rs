//! The slots: taken and given back without a lock, read by anybody at any time.

use platform::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// As many objects have a slot at once; further ones do without, and are counted.
pub const CAPACITY: usize = 1 << u16::BITS;
/// Words that the owner has for itself.
pub const WORDS: usize = 15;

/// A record of one object. 128 bytes, two cache lines, so that owners on two threads don't disturb each other.
#[repr(C, align(128))]
pub struct Slot {
    /// What the slot is of (the lower 8 bits), and how often that or a text in it has changed. Odd while a
    /// text changes.
    head: AtomicU64,
    words: [AtomicU64; WORDS],
}

const _: () = assert!(size_of::<Slot>() == 128);

/// What a slot is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Nothing: it may be taken.
    Free = 0,
    /// A `QIOTask`.
    Task = 1,
    /// A `QIONetListener`.
    Listener = 2,
    /// A `QIOChannel`.
    Channel = 3,
    /// A `Coroutine`.
    Coroutine = 4,
}

const KINDS: u64 = 0xff;
/// One change more.
const CHANGE: u64 = 0x100;

static SLOTS: [Slot; CAPACITY] = [const {
    Slot {
        head: AtomicU64::new(0),
        words: [const { AtomicU64::new(0) }; WORDS],
    }
}; CAPACITY];

/// The slots from this one on were never taken. The first one is nobody's.
static END: AtomicU32 = AtomicU32::new(1);
/// The slot that was given back last, 0 if none is left; above it a count, so that who compares sees changes.
/// A free slot's first word is the next one.
static FREE: AtomicU64 = AtomicU64::new(0);
/// Objects that have found no slot, and live.
static WITHOUT: AtomicU32 = AtomicU32::new(0);

/// The number of a slot. That of nobody's slot is 0: who has it may note anything there, and nobody looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Index(u16);

impl Index {
    /// The number that was written somewhere as [`Index::get`]; any other number is some slot's, too.
    #[inline]
    pub fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number, to be written somewhere.
    #[inline]
    pub fn get(self) -> u16 {
        self.0
    }

    #[inline]
    fn slot(self) -> &'static Slot {
        // There is no number beyond the array.
        &SLOTS[usize::from(self.0)]
    }

    /// Stores a word. There are [`WORDS`].
    #[inline]
    pub fn set(self, word: usize, value: u64) {
        self.slot().words[word].store(value, Ordering::Relaxed);
    }

    /// Adds to a word that only one thread at a time adds to.
    #[inline]
    pub fn add(self, word: usize, value: u64) {
        let word = &self.slot().words[word];
        word.store(
            word.load(Ordering::Relaxed).wrapping_add(value),
            Ordering::Relaxed,
        );
    }

    /// Adds to a word that any thread adds to.
    pub(crate) fn add_shared(self, word: usize, value: u64) {
        self.slot().words[word].fetch_add(value, Ordering::Relaxed);
    }

    /// The word.
    pub fn word(self, word: usize) -> u64 {
        self.slot().words[word].load(Ordering::Relaxed)
    }

    /// Stores a text in a row of words, cut to fit, and filled up with NULs. Readers see the old or the new
    /// one. One thread at a time changes the texts of a slot.
    pub fn set_text(self, first: usize, count: usize, text: &[u8]) {
        self.change(|slot| slot.store_text(first, count, text));
    }

    /// The same, and a word that readers see changed if and only if they see the new text.
    pub(crate) fn set_text_and_word(
        self,
        (first, count, text): (usize, usize, &[u8]),
        word: usize,
        value: u64,
    ) {
        self.change(|slot| {
            slot.words[word].store(value, Ordering::Relaxed);
            slot.store_text(first, count, text);
        });
    }

    /// Changes several words for readers at once.
    #[inline]
    fn change(self, change: impl FnOnce(&Slot)) {
        let slot = self.slot();
        let head = slot.head.load(Ordering::Relaxed);
        slot.head.store(head + CHANGE, Ordering::Relaxed);
        fence(Ordering::Release);
        change(slot);
        slot.head.store(head + 2 * CHANGE, Ordering::Release);
    }

    /// Gives the slot back.
    pub fn release(self) {
        if self.0 == 0 {
            WITHOUT.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let slot = self.slot();
        let head = slot.head.load(Ordering::Relaxed);
        slot.head
            .store((head & !KINDS) + 2 * CHANGE, Ordering::Relaxed);
        // Who reads the link, which is written next, sees that.
        fence(Ordering::Release);
        let mut free = FREE.load(Ordering::Relaxed);
        loop {
            slot.words[0].store(free & u64::from(u32::MAX), Ordering::Relaxed);
            let next = (free >> 32).wrapping_add(1) << 32 | u64::from(self.0);
            match FREE.compare_exchange_weak(free, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => free = now,
            }
        }
    }
}

impl Slot {
    /// Stores a text in a row of words, cut to fit, and filled up with NULs.
    fn store_text(&self, first: usize, count: usize, text: &[u8]) {
        let (chunks, rest) = text.as_chunks::<8>();
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        for number in 0..count {
            let bytes = match chunks.get(number) {
                Some(chunk) => *chunk,
                // Behind the last one there is nothing.
                None => core::mem::take(&mut last),
            };
            self.words[first + number].store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
        }
    }
}

/// A slot for an object of a kind, with `words` as its first ones. In the others there may be anything.
#[inline]
pub(crate) fn claim<const N: usize>(kind: Kind, words: [u64; N]) -> Index {
    let index = take();
    if index.0 == 0 {
        WITHOUT.fetch_add(1, Ordering::Relaxed);
        return index;
    }
    let slot = index.slot();
    // Who reads a word that is written from here on sees that the owner before has given the slot back: a
    // fence by that one alone would not order what this thread writes.
    fence(Ordering::Release);
    for (word, value) in slot.words.iter().zip(words) {
        word.store(value, Ordering::Relaxed);
    }
    let head = slot.head.load(Ordering::Relaxed);
    slot.head.store(head | kind as u64, Ordering::Release);
    index
}

/// The number of a slot in the lower half of a word.
fn low(word: u64) -> u16 {
    u16::try_from(word & 0xffff).unwrap_or(0)
}

/// A slot that nobody has.
fn take() -> Index {
    let mut free = FREE.load(Ordering::Acquire);
    loop {
        let index = Index(low(free));
        if index.0 == 0 {
            return take_new();
        }
        let next = index.slot().words[0].load(Ordering::Relaxed) & u64::from(u32::MAX);
        let next = (free >> 32).wrapping_add(1) << 32 | next;
        match FREE.compare_exchange_weak(free, next, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => return index,
            Err(now) => free = now,
        }
    }
}

#[cold]
fn take_new() -> Index {
    let more = |end: u32| ((end as usize) < CAPACITY).then_some(end + 1);
    match END.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
        Ok(index) => Index(low(index.into())),
        Err(_) => Index(0),
    }
}

/// What a slot had at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    /// The words.
    pub words: [u64; WORDS],
}

impl Copied {
    /// The text in a row of words: its bytes, up to the first NUL.
    pub fn text<'a>(&self, first: usize, count: usize, bytes: &'a mut [u8]) -> &'a [u8] {
        let words = self.words.iter().skip(first).take(count);
        let from = words.flat_map(|word| word.to_ne_bytes());
        let mut length = 0;
        for (to, from) in bytes.iter_mut().zip(from.take_while(|&byte| byte != 0)) {
            *to = from;
            length += 1;
        }
        bytes.get(..length).unwrap_or_default()
    }
}

/// The slot as it is, if it is of this kind.
pub fn copy(index: Index, kind: Kind) -> Option<Copied> {
    let slot = index.slot();
    // Of a slot that changes all the time nothing is told.
    for _ in 0..8 {
        let head = slot.head.load(Ordering::Acquire);
        if head & KINDS != kind as u64 {
            return None;
        }
        let mut words = [0; WORDS];
        for (to, from) in words.iter_mut().zip(&slot.words) {
            *to = from.load(Ordering::Relaxed);
        }
        fence(Ordering::Acquire);
        if head & CHANGE == 0 && slot.head.load(Ordering::Relaxed) == head {
            return Some(Copied { words });
        }
    }
    None
}

/// The slots that were ever taken.
pub fn all() -> impl Iterator<Item = Index> {
    (1..END.load(Ordering::Acquire)).map(|number| Index(low(number.into())))
}

/// How many objects live without a slot.
pub fn without() -> u32 {
    WITHOUT.load(Ordering::Relaxed)
}

/// Where the slots are, and how many of them were ever taken.
pub(crate) const fn place() -> (&'static [Slot; CAPACITY], &'static AtomicU32) {
    (&SLOTS, &END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_read_while_it_is_somebodys() {
        let index = claim(Kind::Task, [1, 2, 0, 0]);
        index.set(2, 3);
        index.add(2, 4);
        let copied = copy(index, Kind::Task).unwrap();
        assert_eq!(copied.words[..4], [1, 2, 7, 0]);
        assert!(copy(index, Kind::Channel).is_none());
        assert!(all().any(|other| other == index));
        index.release();
        assert!(copy(index, Kind::Task).is_none());
    }

    #[test]
    fn texts_are_cut_to_fit() {
        let index = claim(Kind::Listener, []);
        let mut bytes = [0; 16];
        index.set_text(3, 2, b"seventeen letters");
        let copied = copy(index, Kind::Listener).unwrap();
        assert_eq!(copied.text(3, 2, &mut bytes), b"seventeen letter");
        index.set_text(3, 2, b"short");
        let copied = copy(index, Kind::Listener).unwrap();
        assert_eq!(copied.text(3, 2, &mut bytes), b"short");
        index.release();
    }

    #[test]
    fn readers_see_a_word_change_with_its_text() {
        let index = claim(Kind::Task, [0; WORDS]);
        let writer = std::thread::spawn(move || {
            for turn in 1..20_000_u64 {
                let text = turn.to_ne_bytes();
                index.set_text_and_word((3, 1, &text), 2, turn);
            }
        });
        while !writer.is_finished() {
            if let Some(copied) = copy(index, Kind::Task) {
                assert_eq!(copied.words[2], copied.words[3]);
            }
        }
        writer.join().unwrap();
        index.release();
    }

    #[test]
    fn threads_never_get_the_same_slot_and_readers_never_a_mixture() {
        let threads: Vec<_> = (1..=4_u64)
            .map(|thread| {
                std::thread::spawn(move || {
                    for turn in 0..20_000 {
                        let number = thread << 32 | turn;
                        let index = claim(Kind::Coroutine, [number; WORDS]);
                        let copied = copy(index, Kind::Coroutine).unwrap();
                        assert_eq!(copied.words, [number; WORDS]);
                        index.release();
                    }
                })
            })
            .collect();
        for _ in 0..1_000 {
            for index in all() {
                if let Some(copied) = copy(index, Kind::Coroutine) {
                    assert_eq!(copied.words, [copied.words[0]; WORDS]);
                }
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
