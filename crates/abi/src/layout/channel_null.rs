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

#[cfg(not(two_aio_contexts))]
assert_layout!(QIOChannelNull, size = 88, { parent @ 0, closed @ 80 });
#[cfg(two_aio_contexts)]
assert_layout!(QIOChannelNull, size = 104, { parent @ 0, closed @ 96 });
