//! `io/channel-file.h`.

use core::ffi::c_int;

use super::channel::QIOChannel;

/// A channel over any descriptor. Programs read `fd`.
#[repr(C)]
pub struct QIOChannelFile {
    /// The parent.
    pub parent: QIOChannel,
    /// The descriptor, -1 when closed; re-read at each call.
    pub fd: c_int,
}

const PARENT: usize = size_of::<QIOChannel>();

assert_layout!(QIOChannelFile, size = PARENT + 8, {
    parent @ 0, fd @ PARENT,
});
