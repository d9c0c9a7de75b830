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

const PARENT: usize = size_of::<QIOChannel>();

assert_layout!(QIOChannelNull, size = PARENT + 8, {
    parent @ 0, closed @ PARENT,
});
