//! Messages for the person in front of the program, on stderr (R-ERR-9, R-ERR-10).

use core::ffi::{CStr, c_char};

use glib_sys::{g_get_prgname, g_set_prgname};

use super::error_object::LiveError;
use platform::os::{errno, stderr};

/// What kind of message it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Severity {
    /// Something failed.
    Error,
    /// Something may go wrong.
    Warning,
    /// Something is worth knowing.
    Info,
}

/// Prints a message as a line.
pub(crate) fn line(severity: Severity, message: &[u8]) {
    print(&format_line(program_name().as_deref(), severity, message));
}

/// Prints an error as a line, and its hint.
pub(crate) fn error(severity: Severity, err: &LiveError) {
    let mut text = format_line(program_name().as_deref(), severity, &err.message());
    text.extend(err.hint());
    print(&text);
}

/// Prints an error that must not happen, and where it was made (R-ERR-3).
pub(crate) fn unexpected(err: &LiveError) {
    let mut text = [b"Unexpected error in ", &err.origin()[..], b":\n"].concat();
    text.extend(format_line(
        program_name().as_deref(),
        Severity::Error,
        &err.message(),
    ));
    text.extend(err.hint());
    print(&text);
}

/// Prints `text` as it is, in one piece, and returns whether that worked. Keeps errno, which
/// callers look at after they have reported what failed.
pub(crate) fn print(text: &[u8]) -> bool {
    let errno = errno::last();
    let written = stderr::write(text);
    errno::set(errno);
    written == text.len()
}

/// `PROGRAM: SEVERITY: MESSAGE`, with as much in front of the message as there is.
fn format_line(program: Option<&[u8]>, severity: Severity, message: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    if let Some(program) = program {
        line.extend(program);
        line.extend(b": ");
    }
    line.extend(match severity {
        Severity::Error => &b""[..],
        Severity::Warning => b"warning: ",
        Severity::Info => b"info: ",
    });
    line.extend(message);
    line.push(b'\n');
    line
}

/// Makes what follows the last slash of `path` the program's name (R-ERR-10).
pub(crate) fn set_program_name(path: &CStr) {
    let bytes = path.to_bytes_with_nul();
    let start = bytes
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(0, |at| at + 1);
    // SAFETY: the rest of a C string is a C string; GLib makes a copy.
    unsafe { g_set_prgname(bytes[start..].as_ptr().cast::<c_char>()) };
}

/// The program's name, if anybody told it to GLib.
fn program_name() -> Option<Vec<u8>> {
    // SAFETY: callable at any time.
    let name = unsafe { g_get_prgname() };
    if name.is_null() {
        return None;
    }
    // SAFETY: it is a C string; programs change it at their start only, as GLib asks them to.
    let name = unsafe { CStr::from_ptr(name) };
    Some(name.to_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_with_what_is_known() {
        let line = |program, severity| format_line(program, severity, b"it broke");
        assert_eq!(line(None, Severity::Error), b"it broke\n");
        assert_eq!(line(Some(b"prog"), Severity::Error), b"prog: it broke\n");
        assert_eq!(line(None, Severity::Warning), b"warning: it broke\n");
        assert_eq!(
            line(Some(b"prog"), Severity::Info),
            b"prog: info: it broke\n"
        );
    }
}
