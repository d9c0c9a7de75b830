//! `io/channel-util.h`.

use core::ffi::c_int;
#[cfg(two_aio_contexts)]
use core::ffi::c_void;

use super::convert::ptr_or_propagate;
#[cfg(two_aio_contexts)]
use crate::logic::aio;
use crate::logic::descriptor;
use crate::object::Ref;
#[cfg(two_aio_contexts)]
use abi::layout::{AioContext, IOHandler};
use abi::layout::{Error, QIOChannel};
use abi::origin;
#[cfg(two_aio_contexts)]
use host::aio::{Handlers, Places};

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
    let result = descriptor::channel(fd).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_new_fd")) }
}

/// qio_channel_util_set_aio_fd_handler:
/// @read_fd: a descriptor to read from
/// @read_ctx: (transfer none) (nullable): where @io_read runs; NULL leaves @read_fd alone
/// @io_read: (nullable): called when @read_fd is readable, hung up or in error; NULL removes
/// @write_fd: a descriptor to write to, perhaps the same
/// @write_ctx: (transfer none) (nullable): where @io_write runs; NULL leaves @write_fd alone
/// @io_write: (nullable): called when @write_fd is writable or in error; NULL removes
/// @opaque: (closure) (nullable): data for both
///
/// Sets handlers in event loop contexts, for those who write channels. With one descriptor and one
/// context both are set together. Otherwise each is set by itself, which takes away what the same
/// context had for the other direction of the same descriptor.
///
/// Threads: any; who removes handlers in the thread of their context can be sure that they don't run
/// afterwards. Blocks: no.
/// Context: the handlers run in the threads that poll their contexts.
/// Since: qemu-8.2 profile.
#[cfg(two_aio_contexts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_util_set_aio_fd_handler(
    read_fd: c_int,
    read_ctx: *mut AioContext,
    io_read: IOHandler,
    write_fd: c_int,
    write_ctx: *mut AioContext,
    io_write: IOHandler,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's contexts, or NULL.
    let places = unsafe { Places::from_ptrs(read_ctx, write_ctx) };
    // SAFETY: the caller's functions and their data.
    let handlers = unsafe { Handlers::new(io_read, io_write, opaque) };
    aio::set_fd_handlers(read_fd, write_fd, places, handlers);
}
