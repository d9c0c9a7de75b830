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

#[cfg(any(profile = "qemu-7.2", profile = "qemu-7.2.22"))]
assert_layout!(QIOChannelFile, size = 88, { parent @ 0, fd @ 80 });
#[cfg(any(profile = "qemu-10.0", profile = "qemu-10.0.13", profile = "qemu-10.2"))]
assert_layout!(QIOChannelFile, size = 104, { parent @ 0, fd @ 96 });
