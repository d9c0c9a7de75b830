//! `io/channel-util.h`.

use core::ffi::c_int;
use core::ptr;

use crate::layout::{Error, QIOChannel};
use crate::logic::descriptor;
use crate::object::Ref;
use crate::origin;

/// qio_channel_new_fd:
/// @fd: (transfer full): any descriptor, which stays the caller's on failure
/// @errp: (nullable): as in qapi/error.h
///
/// Makes a channel over a descriptor, and closes that with the channel: a QIOChannelSocket over a
/// socket, a QIOChannelFile over anything else. What isn't open gives a QIOChannelFile, whose
/// transfers fail. A socket that listens is none of the channel's making: its path is not removed.
/// The blocking mode stays as it is.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_new_fd(fd: c_int, errp: *mut *mut Error) -> *mut QIOChannel {
    match descriptor::channel(fd) {
        Ok(channel) => Ref::into_ptr(channel),
        Err(error) => {
            // SAFETY: the caller's error destination.
            unsafe { error.store(errp, &origin!(c"qio_channel_new_fd")) };
            ptr::null_mut()
        }
    }
}
