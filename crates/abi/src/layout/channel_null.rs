//! `io/channel-null.h`.

use super::channel::QIOChannel;

/// A channel that is always at its end and forgets what is written.
#[repr(C)]
pub struct QIOChannelNull {
    /// The parent.
    pub parent: QIOChannel,
    /// Whether the channel was closed.
    pub closed: bool,
}

#[cfg(any(profile = "qemu-7.2", profile = "qemu-7.2.22"))]
assert_layout!(QIOChannelNull, size = 88, { parent @ 0, closed @ 80 });
#[cfg(any(profile = "qemu-10.0", profile = "qemu-10.0.13", profile = "qemu-10.2"))]
assert_layout!(QIOChannelNull, size = 104, { parent @ 0, closed @ 96 });
