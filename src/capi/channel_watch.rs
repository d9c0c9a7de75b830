//! `io/channel-watch.h`.

use core::ffi::c_int;

use glib_sys::{GIOCondition, GSource};

use crate::logic::watch;
use abi::layout::QIOChannel;

/// qio_channel_create_fd_watch:
/// @ioc: (transfer none): the channel that the callback gets
/// @fd: the descriptor to poll; -1 is never ready. It stays the caller's and open
/// @condition: what to wait for
///
/// Makes a source that polls @fd for @condition, for the io_create_watch method of a class.
/// Its callback is a QIOChannelFunc, cast to GSourceFunc for g_source_set_callback(); it gets what
/// became true of @condition, and returns FALSE to end the source. ERR, HUP and NVAL are told only
/// if @condition has them. If it has IN or OUT and one of those three comes alone and unasked, IN
/// and OUT are told as far as @condition has them, since a transfer would not wait; ERR, though, is
/// not an end while @ioc has QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY. A source that gets ready without
/// a callback logs a warning and ends.
///
/// The source holds a reference on @ioc until it is finalised. It keeps the number @fd: end it
/// before @fd is closed.
///
/// Threads: any. Blocks: no.
/// Context: the callback runs wherever the caller attaches the source.
/// Returns: (transfer full): the source, neither attached nor named, at default priority.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_create_fd_watch(
    ioc: *mut QIOChannel,
    fd: c_int,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { super::channel::borrow(ioc, "qio_channel_create_fd_watch") };
    watch::for_fd(channel, fd, condition).into_ptr()
}

/// qio_channel_create_socket_watch:
/// @ioc: (transfer none): the channel that the callback gets
/// @fd: the socket to poll; -1 is never ready. It stays the caller's and open
/// @condition: what to wait for
///
/// Makes a source for a socket: qio_channel_create_fd_watch() under another name.
///
/// Threads: any. Blocks: no.
/// Context: the callback runs wherever the caller attaches the source.
/// Returns: (transfer full): the source, neither attached nor named, at default priority.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_create_socket_watch(
    ioc: *mut QIOChannel,
    fd: c_int,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { super::channel::borrow(ioc, "qio_channel_create_socket_watch") };
    // There is only POSIX here (R-WATCH-12), where a socket is a descriptor (R-WATCH-3).
    watch::for_fd(channel, fd, condition).into_ptr()
}

/// qio_channel_create_fd_pair_watch:
/// @ioc: (transfer none): the channel that the callback gets
/// @fdread: the descriptor that is polled for IN, if @condition has it; -1 is never ready
/// @fdwrite: the descriptor that is polled for OUT, if @condition has it; may be @fdread
/// @condition: what to wait for; PRI is never found
///
/// Makes a source that polls two descriptors, and tells of both in one call of the callback. ERR,
/// HUP and NVAL of either are told if @condition has them; otherwise as for
/// qio_channel_create_fd_watch(), each descriptor for its own direction.
///
/// Threads: any. Blocks: no.
/// Context: the callback runs wherever the caller attaches the source.
/// Returns: (transfer full): the source, neither attached nor named, at default priority.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_create_fd_pair_watch(
    ioc: *mut QIOChannel,
    fdread: c_int,
    fdwrite: c_int,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { super::channel::borrow(ioc, "qio_channel_create_fd_pair_watch") };
    watch::for_fd_pair(channel, fdread, fdwrite, condition).into_ptr()
}
