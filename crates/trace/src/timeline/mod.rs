//! A picture of time, `QIO_TRACE_TIMELINE` (R-TRACE-11): events become rows of the Trace Event format.
//!
//! Threads add [`record`]s to the journal. Whoever writes the journal gets them here in the order of time, and
//! makes [`picture::Picture`]s of them, which remember what is open, and writes to a file that is valid JSON at any moment.

mod json;
mod names;
mod picture;
mod record;
mod tracks;

use core::ffi::CStr;
use std::ffi::CString;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::events::EVENTS;
use super::listeners::{self, TIMELINE};
use host::error::Error;
use json::Rows;
use picture::Picture;
use platform::journal::{self, Record};
use platform::os::document::Document;
use platform::os::errno::Errno;
use platform::os::{process, stderr, thread};
use platform::sync::fork::PerProcess;
use record::Fired;

pub(super) use record::{add, pack_number, pack_text};

/// The file's name, to which a forked child adds its number.
static FILE: OnceLock<CString> = OnceLock::new();

/// What a process makes; None before its first event, and once it has failed.
#[derive(Default)]
struct Session(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Unused,
    Open(Box<Picture>, Document),
    Failed,
}

static SESSION: PerProcess<Session> = PerProcess::new();

/// Has a picture made in the file, which is made anew.
pub(super) fn start(name: &CStr) -> Result<(), Error> {
    // A forked child may be in another directory.
    let path = std::path::absolute(name.to_string_lossy().as_ref()).ok();
    let path = path.and_then(|path| CString::new(path.into_os_string().into_encoded_bytes()).ok());
    let path = path.unwrap_or_else(|| name.to_owned());
    let process = process::own_number();
    let opened = match open(&path, process) {
        // The variable is the parent's, which is writing.
        Err(Errno::EAGAIN) => open(&path_of(&path, process), process),
        opened => opened,
    };
    let opened = opened.map_err(|errno| unwritable(name, errno))?;
    FILE.get_or_init(|| path);
    let mut state = SESSION
        .get()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    *state = opened;
    drop(state);
    journal::set_reader(read);
    for (number, event) in EVENTS.iter().enumerate() {
        if event.known && picture::EVENTS.contains(&event.name) {
            listeners::set(number, TIMELINE, true);
        }
    }
    Ok(())
}

fn unwritable(name: &CStr, errno: Errno) -> Error {
    let name = name.to_string_lossy();
    Error::os(errno, format!("Unable to write the timeline to {name}"))
}

fn open(path: &CStr, process: u32) -> Result<State, Errno> {
    const HEAD: &str = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"clock\":\"CLOCK_MONOTONIC\",\
        \"library\":\"libqio\"},\"traceEvents\":[\n";
    let mut document = Document::create(path, HEAD, "\n]}\n")?;
    let picture = Box::new(Picture::new(process));
    document.append(&picture.process_name(&thread::own_name()))?;
    Ok(State::Open(picture, document))
}

/// The journal's reader.
fn read(records: &mut dyn Iterator<Item = Record<'_>>) {
    let mut records = records.peekable();
    if records.peek().is_none() {
        return;
    }
    let mut state = SESSION
        .get()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if matches!(*state, State::Unused) {
        *state = open_for_child();
    }
    if let State::Open(picture, document) = &mut *state {
        let mut rows = Rows::default();
        for record in records {
            if let Some(fired) = Fired::of(&record) {
                picture.add(&mut rows, &fired);
            }
        }
        if !rows.text.is_empty()
            && let Err(errno) = document.append(&rows.text)
        {
            tell(&format!(
                "the timeline stops: its file can't be written: {errno}"
            ));
            *state = State::Failed;
        }
    }
    drop(state);
}

/// The file of another process than the one that has `name`.
fn path_of(name: &CStr, process: u32) -> CString {
    let mut path = name.to_bytes().to_vec();
    path.extend(format!(".{process}").bytes());
    CString::new(path).unwrap_or_default()
}

/// A forked child has a file of its own.
fn open_for_child() -> State {
    let Some(name) = FILE.get() else {
        return State::Failed;
    };
    let process = process::own_number();
    let path = path_of(name, process);
    open(&path, process).unwrap_or_else(|errno| {
        tell(&unwritable(&path, errno).to_string());
        State::Failed
    })
}

/// One line on standard error. Not by stdio, whose lock the program may have.
fn tell(what: &str) {
    stderr::write_directly(format!("libqio: {what}\n").as_bytes());
}
