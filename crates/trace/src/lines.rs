//! Events as lines of text.

use core::ffi::CStr;

use super::argument::Value;
use super::events::{EVENTS, Number};
use host::error::Error;
use platform::journal;
use platform::os::errno::Errno;

/// Adds the line of an event: its name, and each argument's name and value.
pub(super) fn add(event: Number, values: &[&dyn Value]) {
    journal::add(|line| {
        let event = &EVENTS[event as usize];
        line.extend_from_slice(event.name.as_bytes());
        for (name, value) in event.arguments.iter().zip(values) {
            line.push(b' ');
            line.extend_from_slice(name.as_bytes());
            line.push(b'=');
            value.put(line);
        }
    });
}

/// From now on lines are appended to that file; without a name, written to standard error.
pub fn set_file(name: Option<&CStr>) -> Result<(), Error> {
    journal::set_file(name).map_err(|errno| unwritable(name, errno))
}

/// Standard error, unless a file was set before.
pub(super) fn set_default_file() -> Result<(), Error> {
    journal::set_default_file().map_err(|errno| unwritable(None, errno))
}

fn unwritable(name: Option<&CStr>, errno: Errno) -> Error {
    let name = name.map_or("standard error".into(), CStr::to_string_lossy);
    Error::os(errno, format!("Unable to write the trace to {name}"))
}

/// Writes the lines that wait.
pub fn flush() {
    journal::flush();
}
