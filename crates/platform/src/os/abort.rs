//! The end of the process after a mistake of the program.

use core::fmt;
use std::io::Write;

/// Ends the process, naming the function that was misused and how.
///
/// Only for what the contract calls a programming error: where it gives an error, an error is
/// returned instead.
#[cold]
pub fn misuse(function: &str, problem: fmt::Arguments<'_>) -> ! {
    with_line(format_args!("{function}: {problem}"))
}

/// Ends the process with a line of which the words are fixed.
#[cold]
pub fn with_line(line: fmt::Arguments<'_>) -> ! {
    // One write, so that lines of several threads don't mix. A failure can't be reported.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    std::process::abort()
}

/// Ends the process with [`misuse`] unless the condition holds.
#[macro_export]
macro_rules! check_usage {
    ($condition:expr, $function:expr, $($problem:tt)+) => {
        if !$condition {
            $crate::os::abort::misuse($function, ::core::format_args!($($problem)+))
        }
    };
}
