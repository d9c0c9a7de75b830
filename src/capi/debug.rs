//! `qio/debug.h`, and the signal that asks for a dump: `QIO_DUMP_SIGNAL`, `QIO_DUMP_FILE`.

use core::ffi::c_int;
use core::mem::offset_of;
use std::ffi::CString;
use std::sync::OnceLock;

use abi::layout::QIOChannelSocket;
use platform::os::environment::variable;
use platform::os::signal::{self, Refused};
use platform::os::{errno, stderr};
use registry::dump;

/// See `qio/debug.h`.
#[unsafe(no_mangle)]
pub extern "C" fn qio_debug_dump(fd: c_int) -> c_int {
    match dump::write(fd) {
        Ok(()) => 0,
        Err(errno) => {
            errno::set(errno);
            -1
        }
    }
}

/// Where the dumps go that a signal asks for. None for standard error.
static FILE: OnceLock<CString> = OnceLock::new();

extern "C" fn dump_on_signal(_signal: c_int) {
    let errno = errno::last();
    // Nobody is there to be told of a failure.
    let _ = dump::write_for_signal(FILE.get().map(CString::as_c_str));
    errno::set(errno);
}

/// Where a debugger finds everything: a local symbol of the libraries. The name is that of no export.
#[unsafe(export_name = "qio_internal_registry")]
static PLACE: registry::Place =
    registry::Place::get(offset_of!(QIOChannelSocket, localAddr) as u64);

/// Runs when the library is loaded, before `main`.
extern "C" fn constructor() {
    // Linkers leave out what nothing refers to.
    core::hint::black_box(&raw const PLACE);
    let Some(name) = variable(c"QIO_DUMP_SIGNAL") else {
        return;
    };
    let name = name.to_string_lossy();
    let Some(signal) = signal::number(&name) else {
        return warn(&format!("there is no signal {name} to ask for a dump by"));
    };
    if let Some(file) = variable(c"QIO_DUMP_FILE") {
        let _ = FILE.set(file);
    }
    // SAFETY: a dump may be written in a signal handler, and the handler restores errno.
    match unsafe { signal::handle(signal, dump_on_signal) } {
        Ok(()) => {}
        Err(Refused::Taken) => warn(&format!("{name} has a handler already, or is ignored")),
        Err(Refused::Failed(errno)) => warn(&errno.to_string()),
    }
}

/// The one who started the program asked for dumps, and is told on standard error.
fn warn(complaint: &str) {
    stderr::write(format!("libqio: QIO_DUMP_SIGNAL: {complaint}\n").as_bytes());
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
