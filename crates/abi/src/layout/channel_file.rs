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

#[cfg(not(two_aio_contexts))]
assert_layout!(QIOChannelFile, size = 88, { parent @ 0, fd @ 80 });
#[cfg(two_aio_contexts)]
assert_layout!(QIOChannelFile, size = 104, { parent @ 0, fd @ 96 });
