//! Tracing by the environment of the program: `QIO_TRACE`, `QIO_TRACE_FILE`, `QIO_TRACE_TIMELINE`.

use core::ffi::CStr;

use super::{lines, patterns, timeline};
use platform::journal;
use platform::os::environment::variable;
use platform::os::stderr;

/// Runs when the library is loaded, before `main`.
extern "C" fn constructor() {
    if let Some(file) = variable(c"QIO_TRACE_TIMELINE")
        && let Err(error) = timeline::start(&file)
    {
        warn("QIO_TRACE_TIMELINE", &error.to_string());
    }
    if let Some(list) = variable(c"QIO_TRACE") {
        start_lines(&list);
    }
}

/// Has lines written for a list of patterns.
fn start_lines(list: &CStr) {
    let selection = patterns::select(&list.to_string_lossy());
    if let Some(complaint) = selection.complaint() {
        warn("QIO_TRACE", &complaint);
    }
    if !selection.chosen.contains(&true) {
        return;
    }
    if let Err(error) = lines::set_file(variable(c"QIO_TRACE_FILE").as_deref()) {
        warn("QIO_TRACE_FILE", &error.to_string());
        return;
    }
    selection.switch(true);
}

/// The one who started the program asked for tracing, and is told on standard error.
fn warn(variable: &str, complaint: &str) {
    stderr::write(format!("libqio: {variable}: {complaint}\n").as_bytes());
}

/// Runs when the process ends by `exit`, after the program's own exit handlers.
extern "C" fn destructor() {
    journal::finish();
}

#[used]
#[cfg_attr(not(miri), unsafe(link_section = ".init_array"))]
static CONSTRUCTOR: extern "C" fn() = constructor;

#[used]
#[cfg_attr(not(miri), unsafe(link_section = ".fini_array"))]
static DESTRUCTOR: extern "C" fn() = destructor;
