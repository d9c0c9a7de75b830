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

#[cfg(not(two_aio_contexts))]
assert_layout!(QIOChannelCommand, size = 96, { parent @ 0, writefd @ 80, readfd @ 84, pid @ 88 });
#[cfg(two_aio_contexts)]
assert_layout!(QIOChannelCommand, size = 112, {
    parent @ 0, writefd @ 96, readfd @ 100, pid @ 104
});
