//! What is noted of a task.

use core::ffi::{CStr, c_void};
use core::fmt::{self, Write};

use super::names;
use super::slot::{self, Copied, Index, Kind, WORDS};
use crate::text::{Address, Function, NameAndAge, Seconds, number};
use platform::os::clock;
use platform::sync::atomic::{AtomicU64, Ordering};

/// Where a task stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum State {
    /// Driven by hand.
    Manual,
    /// Waits for a worker thread.
    Queued,
    /// A thread is in the worker function.
    Running,
    /// Finished; waits for its context to be iterated.
    Finished,
    /// The callback is being called.
    Delivering,
    /// Over, but not gone yet.
    Over,
}

const NAMES: [&str; 6] = [
    "manual",
    "queued",
    "running",
    "finished",
    "delivering",
    "over",
];

// The words of a task's slot. qio-gdb.py knows them, too.
const ADDRESS: usize = 0;
const STATE: usize = 1;
const MADE: usize = 2;
const SINCE: usize = 3;
const THREAD: usize = 4;
const WORKER: usize = 5;
const FUNC: usize = 6;
const SOURCE: usize = 7;
const CONTEXT: usize = 8;
/// How many forks lie between the process that has started the task and the first one; and whether it has a name.
const GENERATION: usize = 9;
/// Only of a task with that flag. Of others there may be anything, so that they pay nothing for it.
const NAME: usize = 10;
const NAME_WORDS: usize = WORDS - NAME;
const HAS_NAME: u64 = 1 << u32::BITS;

/// The default main context's address, once a task has met it.
static DEFAULT_CONTEXT: AtomicU64 = AtomicU64::new(0);

/// The record of a task. It ends with it.
#[derive(Debug)]
pub struct Record(Index);

impl Record {
    /// A new task with its completion callback and its source object.
    pub fn new(func: *const c_void, source: *const c_void) -> Self {
        names::keep(func);
        let now = clock::coarse();
        let (func, source) = (number(func), number(source));
        Self(slot::claim(
            Kind::Task,
            [0, State::Manual as u64, now, now, 0, 0, func, source, 0, 0],
        ))
    }

    /// How C code calls the task. Before that it isn't shown.
    pub fn set_address(&self, task: *const c_void) {
        self.0.set(ADDRESS, number(task));
    }

    /// The task goes to a thread, and comes back to a main context.
    pub fn set_worker(&self, worker: *const c_void, context: *const c_void, generation: u32) {
        self.0.set(WORKER, number(worker));
        self.0.set(CONTEXT, number(context));
        self.0.set(GENERATION, generation.into());
    }

    /// What the program calls the task. After [`Self::set_worker`], which knows of no name.
    pub fn set_name(&self, name: &CStr) {
        let generation = self.0.word(GENERATION);
        self.0.set_text_and_word(
            (NAME, NAME_WORDS, name.to_bytes()),
            GENERATION,
            generation | HAS_NAME,
        );
    }

    /// The task stands somewhere else from now on. Tells for how long it stood where it was, in nanoseconds.
    pub fn set_state(&self, state: State) -> u64 {
        let (now, since) = (clock::coarse(), self.0.word(SINCE));
        self.0.set(SINCE, now);
        self.0.set(STATE, state as u64);
        now.saturating_sub(since)
    }

    /// The thread that has to do with the task in its state, by the kernel's number.
    #[inline]
    pub fn set_thread(&self, thread: u32) {
        self.0.set(THREAD, thread.into());
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// Takes note of which context is the default one.
pub fn note_default_context(context: *const c_void) {
    DEFAULT_CONTEXT.store(number(context), Ordering::Relaxed);
}

/// Writes the line of a task, if there is one in the slot.
pub(crate) fn write(
    index: Index,
    now: u64,
    generation: u32,
    output: &mut impl Write,
) -> Option<fmt::Result> {
    let copied = slot::copy(index, Kind::Task).filter(|copied| copied.words[ADDRESS] != 0)?;
    Some(line(&copied, now, generation, output))
}

fn line(copied: &Copied, now: u64, generation: u32, output: &mut impl Write) -> fmt::Result {
    let words = &copied.words;
    let state = usize::try_from(words[STATE]).unwrap_or(usize::MAX);
    let state_name = NAMES.get(state).unwrap_or(&"?");
    let mut bytes = [0; 8 * NAME_WORDS];
    let name = match words[GENERATION] & HAS_NAME {
        0 => &[],
        _ => copied.text(NAME, NAME_WORDS, &mut bytes),
    };
    write!(
        output,
        "task={} state={state_name} for={}{}",
        Address(words[ADDRESS]),
        Seconds(now.saturating_sub(words[SINCE])),
        NameAndAge(name, now.saturating_sub(words[MADE])),
    )?;
    if [State::Running as u64, State::Delivering as u64].contains(&words[STATE]) {
        write!(output, " thread={}", words[THREAD])?;
    }
    if words[CONTEXT] != 0 {
        write!(output, " worker={}", Function(words[WORKER]))?;
    }
    write!(
        output,
        " func={} source={}",
        Function(words[FUNC]),
        Address(words[SOURCE])
    )?;
    if words[CONTEXT] != 0 {
        write!(output, " context={}", Address(words[CONTEXT]))?;
        if words[CONTEXT] == DEFAULT_CONTEXT.load(Ordering::Relaxed) {
            output.write_str(" (default)")?;
        }
        if words[GENERATION] & !HAS_NAME != u64::from(generation) {
            output.write_str(" (of the parent process)")?;
        }
    }
    output.write_str("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: &Record) -> String {
        let mut text = String::new();
        if let Some(result) = write(record.0, u64::MAX, 0, &mut text) {
            result.unwrap();
        }
        text
    }

    #[test]
    fn a_task_is_shown_with_what_it_does() {
        let func = libc::getpid as *const c_void;
        let record = Record::new(func, core::ptr::without_provenance(0x20));
        assert_eq!(shown(&record), "");
        record.set_address(core::ptr::without_provenance(0x10));
        let text = shown(&record);
        assert!(text.starts_with("task=0x10 state=manual for="), "{text}");
        assert!(text.contains("getpid source=0x20\n"), "{text}");
        assert!(!text.contains("worker="), "{text}");
        record.set_worker(func, core::ptr::without_provenance(0x30), 0);
        assert!(record.set_state(State::Running) < 1 << 40);
        record.set_thread(7);
        let text = shown(&record);
        assert!(text.contains(" thread=7 worker="), "{text}");
        assert!(text.ends_with(" context=0x30\n"), "{text}");
        record.set_worker(func, core::ptr::without_provenance(0x30), 1);
        assert!(shown(&record).ends_with(" context=0x30 (of the parent process)\n"));
    }

    #[test]
    fn a_name_is_shown_of_a_task_that_has_one_and_cut_to_fit() {
        let before = Record::new(core::ptr::null(), core::ptr::null());
        before.set_name(c"of whoever had the slot before");
        drop(before);
        let record = Record::new(core::ptr::null(), core::ptr::null());
        record.set_address(core::ptr::without_provenance(0x10));
        record.set_worker(core::ptr::null(), core::ptr::without_provenance(0x30), 3);
        assert!(!shown(&record).contains("name="));
        let long = "a \"name\" that is some letters longer than there is room for";
        record.set_name(&std::ffi::CString::new(long).unwrap());
        let text = shown(&record);
        assert!(
            text.contains("s name=\"a \\\"name\\\" that is some letters longer tha\" age="),
            "{text}"
        );
        assert!(text.ends_with(" context=0x30 (of the parent process)\n"));
        record.set_worker(core::ptr::null(), core::ptr::without_provenance(0x30), 0);
        record.set_name(c"");
        let text = shown(&record);
        assert!(text.ends_with(" context=0x30\n"), "{text}");
        assert!(!text.contains("name="), "{text}");
    }
}
