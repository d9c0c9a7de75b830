//! `io/channel-command.h`.

use core::ffi::c_int;

use glib_sys::GPid;

use super::channel::QIOChannel;

/// A channel over the standard input and output of a child process.
#[repr(C)]
pub struct QIOChannelCommand {
    /// The parent.
    pub parent: QIOChannel,
    /// The pipe to the child's standard input, -1 if there is none or it is closed.
    pub writefd: c_int,
    /// The pipe from the child's standard output, -1 if there is none or it is closed.
    pub readfd: c_int,
    /// The child; 0 once it was reaped, or left to be reaped when it ends.
    pub pid: GPid,
}

const PARENT: usize = size_of::<QIOChannel>();

assert_layout!(QIOChannelCommand, size = PARENT + 16, {
    parent @ 0, writefd @ PARENT, readfd @ PARENT + 4, pid @ PARENT + 8,
});
