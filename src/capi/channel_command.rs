//! `io/channel-command.h`.

use core::ffi::{CStr, c_char, c_int};

use super::convert::ptr_or_propagate;
use crate::logic::command;
use crate::object::Ref;
use abi::layout::{Error, QIOChannelCommand};
use abi::origin;
use platform::check_usage;

/// The strings of an array that ends with NULL.
///
/// # Safety
/// The array and its strings live for `'a`.
unsafe fn strings<'a>(array: *const *const c_char) -> Vec<&'a CStr> {
    let mut strings = Vec::new();
    loop {
        // SAFETY: no element before this one was NULL.
        let string = unsafe { *array.add(strings.len()) };
        if string.is_null() {
            return strings;
        }
        // SAFETY: a C string, as promised.
        strings.push(unsafe { CStr::from_ptr(string) });
    }
}

/// qio_channel_command_new_spawn:
/// @argv: (transfer none) (array zero-terminated=1): the program's file name, which is not
///        searched for along the PATH, and its arguments
/// @flags: O_RDONLY to read the program's output, O_WRONLY to write its input, O_RDWR for both;
///         other bits are ignored
/// @errp: (nullable): as in qapi/error.h
///
/// Starts a program, and makes a channel over the pipes to it. It inherits environment, working
/// directory and standard error, but no other descriptor; input or output without a pipe is
/// /dev/null. No end of a pipe gets one of the numbers 0 to 2, also where these are closed.
///
/// Writing to a program that has ended, or has closed its input, is an error with EPIPE, never a
/// signal.
///
/// qio_channel_close() closes the pipes and waits for the program up to 1 second. Then it returns 0
/// all the same, and the program is reaped when it ends; closing never sends it a signal. If the
/// last reference goes without a close, the program gets SIGTERM, and SIGKILL after 10 ms. `pid` is
/// 0 after either. Where the process has its children reaped by the system (SIGCHLD ignored, or
/// SA_NOCLDWAIT) that is how the end is noticed; a program that the process itself has reaped is an error
/// with ECHILD.
///
/// Threads: any. Blocks: until the program has started or could not be.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_command_new_spawn(
    argv: *const *const c_char,
    flags: c_int,
    errp: *mut *mut Error,
) -> *mut QIOChannelCommand {
    const NAME: &str = "qio_channel_command_new_spawn";
    check_usage!(!argv.is_null(), NAME, "argv is NULL");
    // SAFETY: an array of C strings, live for the call.
    let argv = unsafe { strings(argv) };
    check_usage!(!argv.is_empty(), NAME, "argv is empty");
    let result = command::start(&argv, flags).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_command_new_spawn")) }
}
