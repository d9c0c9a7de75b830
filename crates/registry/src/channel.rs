//! What is noted of a channel.

use core::ffi::{CStr, c_int, c_void};
use core::fmt::{self, Write};

use super::names;
use super::slot::{self, Copied, Index, Kind, WORDS};
use crate::text::{Address, Ends, Function, NameAndAge, Seconds, number};
use platform::os::{clock, thread};

/// How far a handshake has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Handshake {
    /// The peer's turn.
    Receives = 1,
    /// There is no room for what this end sends.
    Sends = 2,
    /// It has succeeded.
    Complete = 3,
    /// It has failed, or was given up.
    Failed = 4,
}

const HANDSHAKES: [&str; 5] = ["", "receives", "sends", "complete", "failed"];

/// A direction in which somebody waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// For something to read.
    Read = 0,
    /// For room to write.
    Write = 1,
}

// The words of a channel's slot. qio-gdb.py knows them, too.
const ADDRESS: usize = 0;
const CLASS: usize = 1;
const MADE: usize = 2;
const BYTES_IN: usize = 3;
const BYTES_OUT: usize = 4;
/// The descriptor to read from, and in the upper half the one to write to, each plus one.
const DESCRIPTORS: usize = 5;
const MASTER: usize = 6;
/// The lower 8 bits; above them since when, in milliseconds.
const HANDSHAKE: usize = 7;
const READER: usize = 8;
const WRITER: usize = 9;
/// Threads that wait in a call: the last one of each direction.
const THREADS: usize = 10;
/// Watches for reading, and in the upper half for writing.
const WATCHES: usize = 11;
const NAME: usize = 12;
const NAME_WORDS: usize = 3;

/// The record of a channel: what its own memory has of it, so that it can be had again and again.
#[derive(Clone, Copy, Debug)]
pub struct Record(Index);

impl Record {
    /// A new channel of a class.
    pub fn begin(channel: *const c_void, class: *const c_void) -> Self {
        let mut words = [0; WORDS];
        words[..3].copy_from_slice(&[number(channel), number(class), clock::coarse()]);
        Self(slot::claim(Kind::Channel, words))
    }

    /// The record whose [`Record::get`] was kept.
    #[inline]
    pub fn new(kept: u16) -> Self {
        Self(Index::new(kept))
    }

    /// A number to keep.
    pub fn get(self) -> u16 {
        self.0.get()
    }

    /// The channel is gone.
    pub fn end(self) {
        self.0.release();
    }

    /// So many bytes were read.
    #[inline]
    pub fn add_read(self, bytes: usize) {
        self.0.add(BYTES_IN, bytes as u64);
    }

    /// So many bytes were written.
    #[inline]
    pub fn add_written(self, bytes: usize) {
        self.0.add(BYTES_OUT, bytes as u64);
    }

    /// How many bytes were read and written. None if there is no record.
    pub fn moved(self) -> Option<u64> {
        let moved = || self.0.word(BYTES_IN).wrapping_add(self.0.word(BYTES_OUT));
        (self.0 != Index::default()).then(moved)
    }

    /// What is read from and written to from now on; negative numbers for nothing.
    #[inline]
    pub fn set_descriptors(self, read: c_int, write: c_int) {
        let half = |fd: c_int| u64::try_from(i64::from(fd) + 1).unwrap_or(0);
        self.0.set(DESCRIPTORS, half(read) | half(write) << 32);
    }

    /// The channel travels over another one.
    pub fn set_master(self, master: *const c_void) {
        self.0.set(MASTER, number(master));
    }

    /// The handshake has come so far.
    pub fn set_handshake(self, state: Handshake) {
        let since = clock::coarse() / 1_000_000;
        self.0.set(HANDSHAKE, since << 8 | state as u64);
    }

    /// What the channel is called.
    pub fn set_name(self, name: Option<&CStr>) {
        self.0
            .set_text(NAME, NAME_WORDS, name.map_or(b"", CStr::to_bytes));
    }

    /// A coroutine waits.
    pub fn set_coroutine(self, direction: Direction, coroutine: *const c_void) {
        self.0.set(READER + direction as usize, number(coroutine));
    }

    /// It waits no longer. Another one may do so already.
    pub fn clear_coroutine(self, direction: Direction, coroutine: *const c_void) {
        let word = READER + direction as usize;
        if self.0.word(word) == number(coroutine) {
            self.0.set(word, 0);
        }
    }

    /// The calling thread waits in each direction that is given, until the value is dropped.
    pub fn waits(self, reads: bool, writes: bool) -> WaitingThread {
        let own = u64::from(thread::number());
        let before = self.0.word(THREADS);
        let mut waiting = before;
        if reads {
            waiting = waiting & !HALF | own;
        }
        if writes {
            waiting = waiting & HALF | own << 32;
        }
        self.0.set(THREADS, waiting);
        WaitingThread {
            record: self,
            change: before ^ waiting,
        }
    }

    /// There is a watch more.
    pub fn add_watch(self, reads: bool, writes: bool) {
        let one = u64::from(reads) | u64::from(writes) << 32;
        self.0.add_shared(WATCHES, one);
    }

    /// There is one less.
    pub fn remove_watch(self, reads: bool, writes: bool) {
        let one = u64::from(reads) | u64::from(writes) << 32;
        self.0.add_shared(WATCHES, one.wrapping_neg());
    }
}

/// A thread that waits for a channel.
#[must_use]
#[derive(Debug)]
pub struct WaitingThread {
    record: Record,
    /// What the wait has made of the word: nothing in the half of the other direction, whose thread begins and ends
    /// meanwhile. If two threads change the word in the same instant one change is lost; to exclude that each wait would
    /// have to pay for a locked instruction.
    change: u64,
}

impl Drop for WaitingThread {
    fn drop(&mut self) {
        let now = self.record.0.word(THREADS);
        self.record.0.set(THREADS, now ^ self.change);
    }
}

const HALF: u64 = 0xffff_ffff;

/// Has the name of a class ready.
pub fn keep_class(class: *const c_void, name: &'static CStr) {
    names::keep_as(class, name);
}

/// Writes the line of a channel, if there is one in the slot.
pub(crate) fn write(index: Index, now: u64, output: &mut impl Write) -> Option<fmt::Result> {
    let copied = slot::copy(index, Kind::Channel)?;
    Some(line(&copied, now, output))
}

fn line(copied: &Copied, now: u64, output: &mut impl Write) -> fmt::Result {
    let words = &copied.words;
    write!(
        output,
        "channel={} class={}",
        Address(words[ADDRESS]),
        Function(words[CLASS])
    )?;
    let mut bytes = [0; 8 * NAME_WORDS];
    let name = copied.text(NAME, NAME_WORDS, &mut bytes);
    write!(
        output,
        "{} in={} out={}",
        NameAndAge(name, now.saturating_sub(words[MADE])),
        words[BYTES_IN],
        words[BYTES_OUT]
    )?;
    if words[MASTER] != 0 {
        write!(output, " master={}", Address(words[MASTER]))?;
    }
    let fds = [words[DESCRIPTORS] & HALF, words[DESCRIPTORS] >> 32];
    // One more than the number, so that 0 is none.
    let [read, write_to] = fds.map(|fd| i32::try_from(fd).map_or(-1, |fd| fd - 1));
    if read >= 0 && read == write_to {
        write!(output, " fd={read}{}", Ends(read))?;
    } else if read >= 0 || write_to >= 0 {
        write!(output, " read-fd={read} write-fd={write_to}")?;
    }
    if words[HANDSHAKE] != 0 {
        let state = usize::try_from(words[HANDSHAKE] & 0xff).unwrap_or(0);
        let since = (words[HANDSHAKE] >> 8).saturating_mul(1_000_000);
        write!(
            output,
            " handshake={} for={}",
            HANDSHAKES.get(state).unwrap_or(&"?"),
            Seconds(now.saturating_sub(since))
        )?;
    }
    for (direction, (coroutine, half)) in [("read", (READER, 0)), ("write", (WRITER, 32))] {
        if words[coroutine] != 0 {
            write!(
                output,
                " {direction}-coroutine={}",
                Address(words[coroutine])
            )?;
        }
        if words[THREADS] >> half & HALF != 0 {
            write!(
                output,
                " {direction}-thread={}",
                words[THREADS] >> half & HALF
            )?;
        }
        if words[WATCHES] >> half & HALF != 0 {
            write!(
                output,
                " {direction}-watches={}",
                words[WATCHES] >> half & HALF
            )?;
        }
    }
    output.write_str("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: Record) -> String {
        let mut text = String::new();
        write(record.0, u64::MAX, &mut text).unwrap().unwrap();
        text
    }

    #[test]
    fn a_channel_is_shown_with_who_waits_for_it() {
        static CLASS: u8 = 0;
        let class: *const u8 = &raw const CLASS;
        keep_class(class.cast(), c"a-class");
        let record = Record::begin(core::ptr::without_provenance(0x100), class.cast());
        let text = shown(record);
        assert!(
            text.starts_with("channel=0x100 class=a-class age="),
            "{text}"
        );
        assert!(text.ends_with(" in=0 out=0\n"), "{text}");
        record.set_name(Some(c"a name of no less than 24 letters"));
        record.add_read(5);
        record.add_read(2);
        record.add_written(3);
        record.set_descriptors(-1, 7);
        record.set_master(core::ptr::without_provenance(0x200));
        record.add_watch(true, false);
        record.add_watch(true, true);
        record.remove_watch(true, false);
        record.set_coroutine(Direction::Write, core::ptr::without_provenance(0x300));
        let text = shown(record);
        assert!(
            text.contains(" name=\"a name of no less than 2\""),
            "{text}"
        );
        assert!(
            text.ends_with(
                " in=7 out=3 master=0x200 read-fd=-1 write-fd=7 read-watches=1 \
                 write-coroutine=0x300 write-watches=1\n"
            ),
            "{text}"
        );
        record.set_handshake(Handshake::Receives);
        let waiting = record.waits(true, false);
        let text = shown(record);
        assert!(text.contains(" handshake=receives for="), "{text}");
        assert!(text.contains(" read-thread="), "{text}");
        drop(waiting);
        assert!(!shown(record).contains("-thread="));
        record.end();
        assert!(write(record.0, 0, &mut String::new()).is_none());
    }

    #[test]
    fn each_direction_is_shown_with_its_own_thread() {
        use std::sync::mpsc::channel;

        let record = Record::begin(core::ptr::without_provenance(0x100), core::ptr::null());
        let (begun, begins) = channel();
        let (end, ends) = channel::<()>();
        let reader = std::thread::spawn(move || {
            let waiting = record.waits(true, false);
            begun.send(thread::number()).unwrap();
            ends.recv().unwrap();
            drop(waiting);
        });
        let reads = format!(" read-thread={}", begins.recv().unwrap());
        let waiting = record.waits(false, true);
        let writes = format!(" write-thread={}", thread::number());
        let text = shown(record);
        assert!(text.contains(&reads) && text.contains(&writes), "{text}");
        end.send(()).unwrap();
        reader.join().unwrap();
        let text = shown(record);
        assert!(!text.contains(&reads) && text.contains(&writes), "{text}");
        drop(waiting);
        let text = shown(record);
        assert!(!text.contains("-thread="), "{text}");
        record.end();
    }
}
