//! `io/channel-null.h`.

use crate::logic::null;
use abi::layout::QIOChannelNull;

/// qio_channel_null_new:
///
/// Makes a channel from which nothing can be read, and that takes whatever is written. Once closed,
/// it does neither.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full): the channel, never NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_null_new() -> *mut QIOChannelNull {
    null::create().into_ptr()
}
