//! The dump: a line for each object, written by nothing but system calls that a signal handler may make.

use core::ffi::{CStr, c_int};
use core::fmt::{self, Write};

use super::{channel, coroutine, listener, slot, task};
use crate::text::{ErrnoName, Seconds};
use libc::{O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY, STDERR_FILENO};
use platform::os::bounded::Output;
use platform::os::errno::{self, Errno};
use platform::os::{clock, fd, process, thread};
use platform::sync::fork;

/// Writes what there is to a descriptor. errno stays, but for a failure.
pub fn write(fd: c_int) -> Result<(), Errno> {
    let errno = errno::last();
    let mut output = Output::new(fd);
    // What goes wrong with the descriptor is kept in there.
    let _ = all(&mut output);
    output.finish()?;
    errno::set(errno);
    Ok(())
}

/// Writes what there is, at the end of a file, or to standard error: also if the file can't be opened, with a
/// line that says so.
pub fn write_for_signal(file: Option<&CStr>) -> Result<(), Errno> {
    let Some(file) = file else {
        return write(STDERR_FILENO);
    };
    // A pipe without a reader isn't waited for.
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK;
    match fd::open(file, flags, 0o666) {
        Ok(descriptor) => write(descriptor.as_raw()),
        Err(errno) => {
            let mut output = Output::new(STDERR_FILENO);
            let code = ErrnoName(u64::from(errno.code().unsigned_abs()));
            // As in `write`.
            let _ = writeln!(output, "libqio: QIO_DUMP_FILE can't be opened: {code}");
            output.finish()?;
            write(STDERR_FILENO)
        }
    }
}

/// A line for each object, and how many have none (R-DUMP-7).
fn all(output: &mut Output) -> fmt::Result {
    let now = clock::coarse();
    writeln!(
        output,
        "libqio: process={} thread={} time={}",
        process::own_id(),
        thread::own_number(),
        Seconds(now)
    )?;
    let generation = fork::generation_now();
    let [mut tasks, mut listeners, mut channels, mut coroutines] = [0; 4];
    for index in slot::all() {
        // Whoever doesn't read won't read the rest either.
        if output.has_failed() {
            return Ok(());
        }
        if let Some(result) = task::write(index, now, generation, output) {
            result?;
            tasks += 1;
        } else if let Some(result) = listener::write(index, now, output) {
            result?;
            listeners += 1;
        } else if let Some(result) = channel::write(index, now, output) {
            result?;
            channels += 1;
        } else if let Some(result) = coroutine::write(index, output) {
            result?;
            coroutines += 1;
        }
    }
    write!(
        output,
        "libqio: tasks={tasks} listeners={listeners} channels={channels} coroutines={coroutines}"
    )?;
    match slot::without() {
        0 => output.write_str("\n"),
        more => writeln!(output, " not-listed={more}"),
    }
}
