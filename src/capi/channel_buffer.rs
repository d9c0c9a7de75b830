//! `io/channel-buffer.h`.

use libc::size_t;

use crate::object::buffer::Buffer;
use abi::layout::QIOChannelBuffer;

/// qio_channel_buffer_new:
/// @capacity: bytes to allocate; 0 for none as yet
///
/// Makes a channel over zeroed memory that grows with what is written. Reads and writes begin at
/// `offset` and move it; a read ends at `usage`. A write beyond `usage` leaves zeros in between.
/// qio_channel_io_seek() moves `offset`. qio_channel_close() empties the channel, which stays
/// usable.
///
/// Threads: any; the channel is for one at a time. Blocks: no.
/// Returns: (transfer full): the channel, never NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_buffer_new(capacity: size_t) -> *mut QIOChannelBuffer {
    Buffer::create(capacity).into_ptr()
}
