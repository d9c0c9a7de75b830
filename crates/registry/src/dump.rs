//! The dump: a line for each object, written by nothing but system calls that a signal handler may make.

use core::ffi::c_int;
use core::fmt::{self, Write};

use super::{slot, task};
use crate::text::Seconds;
use platform::os::bounded::Output;
use platform::os::errno::{self, Errno};
use platform::os::{clock, process, thread};
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
    let mut tasks = 0;
    for index in slot::all() {
        // Whoever doesn't read won't read the rest either.
        if output.has_failed() {
            return Ok(());
        }
        if let Some(result) = task::write(index, now, generation, output) {
            result?;
            tasks += 1;
        }
    }
    write!(output, "libqio: tasks={tasks}")?;
    match slot::without() {
        0 => output.write_str("\n"),
        more => writeln!(output, " not-listed={more}"),
    }
}
