//! Programming errors of the caller: a message on stderr, then the end of the process.

use core::fmt;
use std::ffi::CStr;
use std::io::{self, Write};

/// Says what `function` was given, and aborts.
#[cold]
pub fn abort(function: &str, what: fmt::Arguments<'_>) -> ! {
    abort_saying(format_args!("{function}: {what}"))
}

/// Prints a line whose words are fixed by the specification, and aborts.
#[cold]
pub fn abort_saying(line: fmt::Arguments<'_>) -> ! {
    print(line);
    std::process::abort()
}

/// Prints an error report (R-ERR-9) and exits with status 1; exit handlers run.
#[cold]
pub fn exit_reporting(message: fmt::Arguments<'_>) -> ! {
    print(format_args!("{}{message}", report_prefix()));
    std::process::exit(1)
}

/// Prints an error report (R-ERR-9) and aborts.
#[cold]
pub fn abort_reporting(message: fmt::Arguments<'_>) -> ! {
    abort_saying(format_args!("{}{message}", report_prefix()))
}

/// Aborts if a pointer that `function` needs is NULL.
#[inline]
pub fn require<T>(ptr: *const T, function: &str, argument: &str) {
    if ptr.is_null() {
        abort(function, format_args!("{argument} must not be NULL"));
    }
}

/// "PROGRAM: ", if the program has told GLib its name.
fn report_prefix() -> String {
    // SAFETY: GLib keeps the name it returns for as long as the process.
    let name = unsafe { glib_sys::g_get_prgname() };
    if name.is_null() {
        return String::new();
    }
    // SAFETY: not NULL, so it is the C string that GLib keeps.
    let name = unsafe { CStr::from_ptr(name) };
    format!("{}: ", name.to_string_lossy())
}

/// One write, so that lines of several threads don't mix.
fn print(line: fmt::Arguments<'_>) {
    // A closed stderr must not hide how the process ends.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
