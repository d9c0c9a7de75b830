//! A journal: lines that all threads of a process add, written to one file in the order of their times.
//!
//! A thread that adds a line takes no lock that another thread could hold, unless it is the thread's
//! first line or the thread is 64 KiB ahead of the writer. The writer is a thread of its own, which looks every
//! [`PAUSE`] milliseconds; whoever calls [`flush`] writes as well. No line is dropped.
//!
//! Beside lines there are records: bytes that a function gets, in the same order, in the place of a file.
//!
//! A forked child starts anew, with a writer of its own: the lines that were waiting are the parent's.

mod destination;
mod ring;

use core::cell::RefCell;
use core::ffi::CStr;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::os::errno::{self, Errno};
use crate::os::{clock, poll, thread};
use crate::sync::Mutex;
use crate::sync::fork::{self, PerProcess};
use ring::{Entries, Kind, Ring};

/// Milliseconds that a line may wait.
const PAUSE: i32 = 50;

/// Milliseconds that a thread without room waits for one that doesn't get on with its line, before order is
/// given up: a debugger may have stopped it.
const PATIENCE: u32 = 1000;

static SHARED: PerProcess<Shared> = PerProcess::new();
/// Set at the end of the process: each line is written at once, since nobody comes after it.
static ENDING: AtomicBool = AtomicBool::new(false);

/// What the threads of a process share.
#[derive(Default)]
struct Shared {
    /// One for each thread that adds lines now, and those that such threads have left.
    rings: Mutex<Vec<Arc<Ring>>>,
    /// Held while lines are written.
    writing: Mutex<()>,
    has_writer: AtomicBool,
}

impl Shared {
    /// A ring for the calling thread.
    fn ring(&self) -> Arc<Ring> {
        let mut rings = self.rings.lock();
        if let Some(ring) = rings.iter().find(|ring| ring.own()) {
            return ring.clone();
        }
        let ring = Arc::new(Ring::new());
        rings.push(ring.clone());
        ring
    }

    /// Starts the writer, unless it runs. Without it, lines are written when a ring is full and at the end.
    fn start_writer(&'static self) {
        if ENDING.load(Ordering::Relaxed) || self.has_writer.swap(true, Ordering::Relaxed) {
            return;
        }
        let write = || {
            loop {
                poll::rest(PAUSE);
                self.write(Which::Settled);
            }
        };
        if thread::spawn_detached(c"trace-writer", Box::new(write)).is_err() {
            self.has_writer.store(false, Ordering::Relaxed);
        }
    }

    /// Writes what waits.
    fn write(&self, which: Which) {
        let writing = self.writing.lock();
        self.write_locked(which);
        drop(writing);
    }

    /// As [`Shared::write`], for who has the lock for it.
    fn write_locked(&self, which: Which) {
        let now = clock::monotonic();
        let rings = self.rings.lock().clone();
        let limit = match which {
            Which::Settled => rings.iter().fold(now, |limit, ring| ring.limit(limit)),
            Which::All => u64::MAX,
        };
        let mut entries = Entries::default();
        for ring in rings {
            ring.take(limit, &mut entries);
        }
        entries.sort();
        let text = entries.text();
        if !text.is_empty() {
            destination::write(&text);
        }
        if let Some(reader) = READER.get() {
            reader(&mut entries.of_kind(Kind::Record).map(Record::new));
        }
    }
}

/// What a reader of records gets: those that waited, in the order of their times.
pub type Reader = fn(&mut dyn Iterator<Item = Record<'_>>);

static READER: OnceLock<Reader> = OnceLock::new();

/// A record that was added.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// When, in nanoseconds of `CLOCK_MONOTONIC`.
    pub time: u64,
    /// The kernel's number of the thread that added it.
    pub thread: u32,
    /// The thread's name, as of its first entry.
    pub name: &'a [u8],
    /// What it added.
    pub bytes: &'a [u8],
}

impl<'a> Record<'a> {
    fn new((time, entry): (u64, &'a [u8])) -> Self {
        let (thread, rest) = entry.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let (&length, rest) = rest.split_first().unwrap_or((&0, &[]));
        let (name, bytes) = rest.split_at_checked(length.into()).unwrap_or_default();
        let thread = u32::from_ne_bytes(*thread);
        Self {
            time,
            thread,
            name,
            bytes,
        }
    }
}

/// From now on `reader` gets the records, each once, by one thread at a time. It may not add entries.
/// The first one stays.
pub fn set_reader(reader: Reader) {
    READER.get_or_init(|| reader);
}

/// Which entries are written.
#[derive(Clone, Copy)]
enum Which {
    /// Those that no earlier one can follow, since no thread is making it.
    Settled,
    /// All.
    All,
}

/// What a thread has of its own.
struct Own {
    generation: u32,
    ring: Arc<Ring>,
    /// Number and name of the thread, in a line.
    who: String,
    /// The same before a record's bytes.
    binary_who: Vec<u8>,
    /// The line that is being made.
    line: Vec<u8>,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

impl Own {
    fn new() -> Self {
        let shared = SHARED.get();
        shared.start_writer();
        let (number, name) = (thread::own_number(), thread::own_name());
        let mut binary_who = number.to_ne_bytes().to_vec();
        binary_who.push(u8::try_from(name.len()).unwrap_or(0));
        binary_who.extend_from_slice(name.as_bytes());
        Self {
            binary_who,
            generation: fork::generation(),
            ring: shared.ring(),
            who: format!(" {} [{}] ", number, printable(&name)),
            line: Vec::new(),
        }
    }

    fn add(&mut self, kind: Kind, put: impl FnOnce(&mut Vec<u8>)) {
        let time = self.ring.start_line(clock::monotonic);
        self.line.clear();
        match kind {
            Kind::Line => {
                // Writing to memory doesn't fail.
                let _ = write!(
                    self.line,
                    "{}.{:09}",
                    time / 1_000_000_000,
                    time % 1_000_000_000
                );
                self.line.extend_from_slice(self.who.as_bytes());
                put(&mut self.line);
                self.line.push(b'\n');
            }
            Kind::Record => {
                self.line.extend_from_slice(&self.binary_who);
                put(&mut self.line);
            }
        }
        let mut patience = PATIENCE;
        while !self.ring.put(time, kind, &self.line) {
            SHARED.get().write(Which::Settled);
            if self.ring.put(time, kind, &self.line) {
                break;
            }
            // Another thread is making an earlier line; whoever makes the earliest finds room.
            poll::rest(1);
            patience = patience.saturating_sub(1);
            if patience == 0 {
                SHARED.get().write(Which::All);
            }
        }
        if ENDING.load(Ordering::Relaxed) {
            SHARED.get().write(Which::All);
        }
    }
}

/// A thread's name can be anything.
fn printable(name: &str) -> String {
    let instead = |c: char| if c.is_control() { '?' } else { c };
    name.chars().map(instead).collect()
}

impl Drop for Own {
    fn drop(&mut self) {
        self.ring.disown();
    }
}

/// Adds a line: the time, the calling thread's number and name, and what `text` appends. Nothing once
/// writing has failed. errno stays.
///
/// The name is that which the thread had at its first line.
pub fn add(text: impl FnOnce(&mut Vec<u8>)) {
    if !destination::has_failed() {
        add_entry(Kind::Line, text);
    }
}

/// Adds a record: the bytes that `put` appends, for the reader. errno stays.
pub fn add_record(put: impl FnOnce(&mut Vec<u8>)) {
    add_entry(Kind::Record, put);
}

fn add_entry(kind: Kind, put: impl FnOnce(&mut Vec<u8>)) {
    let kept = errno::last();
    let mut put = Some(put);
    let added = OWN.try_with(|own| {
        // Only a signal handler that interrupts this very function finds it borrowed.
        let (Ok(mut own), Some(put)) = (own.try_borrow_mut(), put.take()) else {
            return;
        };
        let generation = fork::generation();
        let own = match &mut *own {
            Some(own) if own.generation == generation => own,
            own => own.insert(Own::new()),
        };
        own.add(kind, put);
    });
    // A thread that is ending has given up its own.
    if let (Err(_), Some(put)) = (added, put) {
        Own::new().add(kind, put);
    }
    errno::set(kept);
}

/// From now on lines are appended to this file; without a name, written to what standard error is at this
/// moment. Lines that were added before go where they would have gone. Takes back that writing has failed.
pub fn set_file(name: Option<&CStr>) -> Result<(), Errno> {
    let file = destination::open(name)?;
    let shared = SHARED.get();
    let writing = shared.writing.lock();
    if destination::is_open() {
        shared.write_locked(Which::All);
    }
    destination::change(file);
    drop(writing);
    Ok(())
}

/// As [`set_file`] without a name, unless a file was set before.
pub fn set_default_file() -> Result<(), Errno> {
    if destination::is_open() {
        return Ok(());
    }
    set_file(None)
}

/// Writes the lines that were added so far.
pub fn flush() {
    if destination::is_open() || READER.get().is_some() {
        SHARED.get().write(Which::All);
    }
}

/// For the end of the process: writes all, and from now on each line at once.
pub fn finish() {
    ENDING.store(true, Ordering::SeqCst);
    flush();
}
