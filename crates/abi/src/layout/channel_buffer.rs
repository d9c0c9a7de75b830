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

const PARENT: usize = size_of::<QIOChannel>();

assert_layout!(QIOChannelBuffer, size = PARENT + 32, {
    parent @ 0, capacity @ PARENT, usage @ PARENT + 8, offset @ PARENT + 16, data @ PARENT + 24,
});
