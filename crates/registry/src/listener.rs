//! What is noted of a listener.

use core::ffi::{CStr, c_int, c_void};
use core::fmt::{self, Write};

use super::names;
use super::slot::{self, Copied, Index, Kind, WORDS};
use crate::text::{Address, ErrnoName, Function, Name, NameAndAge, Seconds, number};
use platform::os::{clock, socket, thread};

// The words of a listener's slot. qio-gdb.py knows them, too.
const ADDRESS: usize = 0;
const MADE: usize = 1;
const ACCEPTED: usize = 2;
const FAILED: usize = 3;
/// Of the last failure.
const ERRNO: usize = 4;
/// When the accept back-off ends, in nanoseconds; 0 if there is none.
const PAUSE_END: usize = 5;
/// Instead of an end: there are as many clients as there may be.
const FULL: u64 = u64::MAX - 1;
const FUNC: usize = 6;
const CONTEXT: usize = 7;
const SOCKETS: usize = 8;
/// The sockets' descriptors, each plus one, two in a word.
const DESCRIPTORS: usize = 9;
const DESCRIPTOR_WORDS: usize = 3;
/// The last thread that waits for a client in a call.
const THREAD: usize = 12;
const NAME: usize = 13;
const NAME_WORDS: usize = 2;

/// The record of a listener. It ends with it.
#[derive(Debug)]
pub struct Record(Index);

impl Record {
    /// A new listener.
    pub fn new(listener: *const c_void) -> Self {
        let mut words = [0; WORDS];
        words[..2].copy_from_slice(&[number(listener), clock::coarse()]);
        Self(slot::claim(Kind::Listener, words))
    }

    /// A client was accepted.
    pub fn add_accepted(&self) {
        self.0.add_shared(ACCEPTED, 1);
        self.0.set(PAUSE_END, 0);
    }

    /// No client could be accepted, and none will be for so many milliseconds; None is for ever.
    pub fn add_failed(&self, errno: i32, pause: Option<u32>) {
        self.0.add_shared(FAILED, 1);
        self.0.set(ERRNO, u64::from(errno.unsigned_abs()));
        let end = pause.map_or(u64::MAX, |pause| {
            clock::coarse().saturating_add(u64::from(pause) * 1_000_000)
        });
        self.0.set(PAUSE_END, end);
    }

    /// A limit keeps it from accepting for so many milliseconds; None is until a client goes.
    pub fn set_limited(&self, pause: Option<u32>) {
        let end = pause.map_or(FULL, |pause| {
            clock::coarse().saturating_add(u64::from(pause) * 1_000_000)
        });
        self.0.set(PAUSE_END, end);
    }

    /// A limit that has changed, or a client that has gone, doesn't keep it from accepting any more.
    pub fn set_resumed(&self) {
        self.0.set(PAUSE_END, 0);
    }

    /// Which function gets the clients, NULL if none does, and in which context: NULL is the default one.
    pub fn set_registration(&self, func: *const c_void, context: *const c_void) {
        names::keep(func);
        self.0.set(FUNC, number(func));
        self.0.set(CONTEXT, number(context));
    }

    /// The listener has these sockets open.
    pub fn set_sockets(&self, fds: impl Iterator<Item = c_int>) {
        let mut words = [0; DESCRIPTOR_WORDS];
        let mut count = 0;
        for fd in fds {
            let half = u64::try_from(i64::from(fd) + 1).unwrap_or(0);
            if let Some(word) = words.get_mut(count / 2) {
                *word |= half << (32 * (count % 2));
            }
            count += 1;
        }
        for (number, word) in words.into_iter().enumerate() {
            self.0.set(DESCRIPTORS + number, word);
        }
        self.0.set(SOCKETS, count as u64);
        self.0.set(PAUSE_END, 0);
    }

    /// What the listener is called.
    pub fn set_name(&self, name: Option<&CStr>) {
        self.0
            .set_text(NAME, NAME_WORDS, name.map_or(b"", CStr::to_bytes));
    }

    /// The calling thread waits for a client, or no thread does any more.
    pub fn set_waiting(&self, waits: bool) {
        let thread = if waits { thread::number() } else { 0 };
        self.0.set(THREAD, thread.into());
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// Writes the line of a listener, if there is one in the slot.
pub(crate) fn write(index: Index, now: u64, output: &mut impl Write) -> Option<fmt::Result> {
    let copied = slot::copy(index, Kind::Listener)?;
    Some(line(&copied, now, output))
}

fn state(words: &[u64], now: u64) -> &'static str {
    if words[SOCKETS] == 0 {
        "closed"
    } else if words[THREAD] == 0 && words[FUNC] == 0 {
        "no-callback"
    } else if words[PAUSE_END] == u64::MAX {
        "given-up"
    } else if words[PAUSE_END] == FULL {
        "full"
    } else if words[PAUSE_END] > now {
        "backing-off"
    } else if words[THREAD] != 0 {
        "waited-for"
    } else {
        "watching"
    }
}

fn line(copied: &Copied, now: u64, output: &mut impl Write) -> fmt::Result {
    let words = &copied.words;
    let state = state(words, now);
    write!(output, "listener={} state={state}", Address(words[ADDRESS]))?;
    if state == "backing-off" {
        write!(output, " for={}", Seconds(words[PAUSE_END] - now))?;
    }
    let mut bytes = [0; 8 * NAME_WORDS];
    let name = copied.text(NAME, NAME_WORDS, &mut bytes);
    write!(
        output,
        "{} accepted={} failed={}",
        NameAndAge(name, now.saturating_sub(words[MADE])),
        words[ACCEPTED],
        words[FAILED]
    )?;
    if words[FAILED] != 0 {
        write!(output, " errno={}", ErrnoName(words[ERRNO]))?;
    }
    if words[THREAD] != 0 {
        write!(output, " thread={}", words[THREAD])?;
    }
    if words[FUNC] != 0 {
        write!(output, " func={}", Function(words[FUNC]))?;
        match words[CONTEXT] {
            0 => output.write_str(" context=default")?,
            context => write!(output, " context={}", Address(context))?,
        }
    }
    write!(output, " sockets={}", words[SOCKETS])?;
    let halves = words[DESCRIPTORS..DESCRIPTORS + DESCRIPTOR_WORDS]
        .iter()
        .flat_map(|word| [word & 0xffff_ffff, word >> 32]);
    for half in halves.filter(|&half| half != 0) {
        let fd = i32::try_from(half).map_or(-1, |fd| fd - 1);
        write!(output, " fd={fd}")?;
        if let Ok(name) = socket::local_name(fd) {
            write!(output, " local={}", Name(&name))?;
        }
    }
    output.write_str("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: &Record) -> String {
        let mut text = String::new();
        let now = clock::coarse();
        write(record.0, now, &mut text).unwrap().unwrap();
        text
    }

    #[test]
    fn a_listener_is_shown_with_what_keeps_it_from_accepting() {
        let record = Record::new(core::ptr::without_provenance(0x10));
        let text = shown(&record);
        assert!(
            text.starts_with("listener=0x10 state=closed age="),
            "{text}"
        );
        record.set_sockets([-1, 1_000_000].into_iter());
        record.set_name(Some(c"name"));
        assert!(shown(&record).contains(" state=no-callback name=\"name\" "));
        record.set_registration(
            core::ptr::without_provenance(0x20),
            core::ptr::without_provenance(0x30),
        );
        record.add_accepted();
        let text = shown(&record);
        assert!(text.contains(" state=watching "), "{text}");
        assert!(
            text.ends_with(" accepted=1 failed=0 func=0x20 context=0x30 sockets=2 fd=1000000\n"),
            "{text}"
        );
        record.add_failed(libc::EMFILE, Some(100_000));
        let text = shown(&record);
        assert!(text.contains(" state=backing-off for="), "{text}");
        assert!(text.contains(" failed=1 errno=EMFILE "), "{text}");
        record.add_failed(libc::EBADF, None);
        assert!(shown(&record).contains(" state=given-up "));
        record.set_limited(None);
        assert!(shown(&record).contains(" state=full "));
        record.set_resumed();
        assert!(shown(&record).contains(" state=watching "));
        record.set_limited(Some(100_000));
        assert!(shown(&record).contains(" state=backing-off for="));
        record.set_sockets([5].into_iter());
        record.set_waiting(true);
        assert!(shown(&record).contains(" state=waited-for "));
    }
}
