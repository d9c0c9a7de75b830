//! `io/channel-buffer.h`.

use libc::size_t;

use super::channel::QIOChannel;

/// A channel over memory. Programs read and store all fields between calls, and may replace `data`
/// by other memory of g_malloc; the channel looks at them in each call.
#[repr(C)]
pub struct QIOChannelBuffer {
    /// The parent.
    pub parent: QIOChannel,
    /// Bytes allocated at `data`.
    pub capacity: size_t,
    /// Bytes of content, from the start of `data`.
    pub usage: size_t,
    /// Where the next read or write begins; may be beyond `usage`.
    pub offset: size_t,
    /// The content, in GLib memory; may be NULL if `capacity` is 0.
    pub data: *mut u8,
}

#[cfg(not(two_aio_contexts))]
assert_layout!(QIOChannelBuffer, size = 112, {
    parent @ 0, capacity @ 80, usage @ 88, offset @ 96, data @ 104
});
#[cfg(two_aio_contexts)]
assert_layout!(QIOChannelBuffer, size = 128, {
    parent @ 0, capacity @ 96, usage @ 104, offset @ 112, data @ 120
});
