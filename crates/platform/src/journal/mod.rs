//! A journal: lines that all threads of a process add, written to one file in the order of their times.
//!
//! A thread that adds a line takes no lock that another thread could hold, unless it is the thread's
//! first line or the thread is 64 KiB ahead of the writer. The writer is a thread of its own, which looks every
//! [`PAUSE`] milliseconds; whoever calls [`flush`] writes as well. No line is dropped.
//!
//! A forked child starts anew, with a writer of its own: the lines that were waiting are the parent's.

mod destination;
mod ring;

use core::cell::RefCell;
use core::ffi::CStr;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::os::errno::{self, Errno};
use crate::os::{clock, poll, thread};
use crate::sync::Mutex;
use crate::sync::fork::{self, PerProcess};
use ring::{Lines, Ring};

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
        let mut lines = Lines::default();
        for ring in rings {
            ring.take(limit, &mut lines);
        }
        let text = lines.in_order();
        if !text.is_empty() {
            destination::write(&text);
        }
    }
}

/// Which lines are written.
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
    /// Number and name of the thread.
    who: String,
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
        Self {
            generation: fork::generation(),
            ring: shared.ring(),
            who: format!(
                " {} [{}] ",
                thread::own_number(),
                printable(&thread::own_name())
            ),
            line: Vec::new(),
        }
    }

    fn add(&mut self, text: impl FnOnce(&mut Vec<u8>)) {
        let time = self.ring.start_line(clock::monotonic);
        self.line.clear();
        // Writing to memory doesn't fail.
        let _ = write!(
            self.line,
            "{}.{:09}",
            time / 1_000_000_000,
            time % 1_000_000_000
        );
        self.line.extend_from_slice(self.who.as_bytes());
        text(&mut self.line);
        self.line.push(b'\n');
        let mut patience = PATIENCE;
        while !self.ring.put(time, &self.line) {
            SHARED.get().write(Which::Settled);
            if self.ring.put(time, &self.line) {
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
    if destination::has_failed() {
        return;
    }
    let kept = errno::last();
    let mut text = Some(text);
    let added = OWN.try_with(|own| {
        // Only a signal handler that interrupts this very function finds it borrowed.
        let (Ok(mut own), Some(text)) = (own.try_borrow_mut(), text.take()) else {
            return;
        };
        let generation = fork::generation();
        let own = match &mut *own {
            Some(own) if own.generation == generation => own,
            own => own.insert(Own::new()),
        };
        own.add(text);
    });
    // A thread that is ending has given up its own.
    if let (Err(_), Some(text)) = (added, text) {
        Own::new().add(text);
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
    if destination::is_open() {
        SHARED.get().write(Which::All);
    }
}

/// For the end of the process: writes all, and from now on each line at once.
pub fn finish() {
    ENDING.store(true, Ordering::SeqCst);
    flush();
}
