//! The standard error stream of the C library, which is where C programs look for messages.

use core::ffi::c_void;

use super::file;
use super::iov::IoVec;

unsafe extern "C" {
    #[link_name = "stderr"]
    static STDERR: *mut libc::FILE;
}

/// Writes `text` with one call, so that lines of several threads don't mix, and returns the number
/// of bytes written.
///
/// It goes through stdio and not to descriptor 2, to stay in order with what the program prints
/// itself and to follow a program that redirects its `stderr`.
pub fn write(text: &[u8]) -> usize {
    // SAFETY: the C library sets it before any code of ours runs.
    let stream = unsafe { STDERR };
    // SAFETY: `text` is readable for its length, the stream locks itself.
    unsafe { libc::fwrite(text.as_ptr().cast::<c_void>(), 1, text.len(), stream) }
}

/// Writes `text` to descriptor 2, for threads that can't wait for the lock of stdio. No matter if it can't be
/// written.
pub fn write_directly(text: &[u8]) {
    let _ = file::writev(libc::STDERR_FILENO, &[IoVec::from_slice(text)]);
}
