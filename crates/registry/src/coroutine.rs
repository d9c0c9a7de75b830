//! What is noted of a coroutine of the embedded host.

use core::ffi::c_void;
use core::fmt::{self, Write};

use super::names;
use super::slot::{self, Copied, Index, Kind};
use crate::text::{Address, Function, number};

// The words of a coroutine's slot. qio-gdb.py knows them, too.
const ADDRESS: usize = 0;
const ENTRY: usize = 1;
const CONTEXT: usize = 2;
const STATE: usize = 3;

/// Has not begun, or is between two calls: it waits to be entered.
const WAITS: u64 = 0;
/// Runs, or has entered another one that does.
const RUNS: u64 = 1;

/// The record of a coroutine. It ends with it.
#[derive(Debug)]
pub struct Record(Index);

impl Record {
    /// A new coroutine and its function.
    pub fn new(coroutine: *const c_void, entry: *const c_void) -> Self {
        names::keep(entry);
        let words = [number(coroutine), number(entry), 0, WAITS];
        Self(slot::claim(Kind::Coroutine, words))
    }

    /// A thread enters it, for a context.
    #[inline]
    pub fn enter(&self, context: *const c_void) {
        self.0.set(CONTEXT, number(context));
        self.0.set(STATE, RUNS);
    }

    /// It has yielded.
    #[inline]
    pub fn leave(&self) {
        self.0.set(STATE, WAITS);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// Writes the line of a coroutine, if there is one in the slot.
pub(crate) fn write(index: Index, output: &mut impl Write) -> Option<fmt::Result> {
    let copied = slot::copy(index, Kind::Coroutine)?;
    Some(line(&copied, output))
}

fn line(copied: &Copied, output: &mut impl Write) -> fmt::Result {
    let words = &copied.words;
    let state = match words[STATE] {
        RUNS => "runs",
        _ => "waits",
    };
    writeln!(
        output,
        "coroutine={} state={state} entry={} context={}",
        Address(words[ADDRESS]),
        Function(words[ENTRY]),
        Address(words[CONTEXT])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coroutine_waits_or_runs() {
        let shown = |record: &Record| {
            let mut text = String::new();
            write(record.0, &mut text).unwrap().unwrap();
            text
        };
        let place = core::ptr::without_provenance;
        let record = Record::new(place(0x10), place(0x20));
        let text = shown(&record);
        assert_eq!(
            text,
            "coroutine=0x10 state=waits entry=0x20 context=(nil)\n"
        );
        record.enter(place(0x30));
        assert!(shown(&record).contains(" state=runs entry=0x20 context=0x30\n"));
        record.leave();
        assert!(shown(&record).contains(" state=waits "));
    }
}
