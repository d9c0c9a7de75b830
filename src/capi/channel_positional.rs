//! `io/channel.h`: transfers at a position that go on until everything is done.

use core::ffi::{c_int, c_void};

use libc::{iovec, off_t, size_t};

use super::channel::borrow;
use super::channel_transfer::request;
use super::convert::{read_or_propagate, status_or_propagate};
use crate::logic::positional;
use abi::layout::{Byte, Error, QIOChannel};
use abi::origin;
use platform::os::iov::IoVec;

/// qio_channel_pwritev_all:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Writes everything from @offset on, leaving the channel's own position alone. The channel must have
/// QIO_CHANNEL_FEATURE_SEEKABLE, unless there is nothing to write.
///
/// Threads: any, several at once. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything was written; -1 with @errp set, also if something had been written before.
/// Since: qemu-11.1 profile, provisionally.
#[cfg(positional_all)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pwritev_all(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and the elements are valid for it.
    let (channel, iov) = unsafe { request(ioc, iov, niov, "qio_channel_pwritev_all") };
    let result = positional::pwritev_all(channel, iov, offset);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_pwritev_all")) }
}

/// qio_channel_preadv_all_eof:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Reads from @offset until everything has come, leaving the channel's own position alone. The channel
/// must have QIO_CHANNEL_FEATURE_SEEKABLE, unless there is nothing to read.
///
/// Threads: any, several at once. Blocks: yes, in either blocking mode.
/// Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
/// @errp set, also if the data ended in between: what had come is in the memory.
/// Since: qemu-11.1 profile, provisionally.
#[cfg(positional_all)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_preadv_all_eof(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and the elements are valid for it.
    let (channel, iov) = unsafe { request(ioc, iov, niov, "qio_channel_preadv_all_eof") };
    let result = positional::preadv_all_eof(channel, iov, offset);
    // SAFETY: the caller's error destination.
    unsafe { read_or_propagate(result, errp, &origin!(c"qio_channel_preadv_all_eof")) }
}

/// qio_channel_preadv_all:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// As qio_channel_preadv_all_eof(), but any end before everything has come is a failure.
///
/// Threads: any, several at once. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything came, or -1 with @errp set.
/// Since: qemu-11.1 profile, provisionally.
#[cfg(positional_all)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_preadv_all(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and the elements are valid for it.
    let (channel, iov) = unsafe { request(ioc, iov, niov, "qio_channel_preadv_all") };
    let result = positional::preadv_all(channel, iov, offset);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_preadv_all")) }
}

/// qio_channel_pwrite_all:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to write
/// @buflen: its size in bytes, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Writes all of @buf from @offset on: qio_channel_pwritev_all() with one piece of memory.
///
/// Threads: any, several at once. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything was written; -1 with @errp set, also if something had been written before.
/// Since: qemu-11.1 profile, provisionally.
#[cfg(positional_all)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pwrite_all(
    ioc: *mut QIOChannel,
    buf: *const Byte,
    buflen: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_pwrite_all") };
    // SAFETY: the memory is valid for the call.
    let memory = unsafe { IoVec::from_raw(buf.cast::<c_void>(), buflen) };
    let result = positional::pwritev_all(channel, &[memory], offset);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_pwrite_all")) }
}

/// qio_channel_pread_all_eof:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to fill
/// @buflen: its size in bytes, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Fills @buf from @offset: qio_channel_preadv_all_eof() with one piece of memory.
///
/// Threads: any, several at once. Blocks: yes, in either blocking mode.
/// Returns: 1 if @buf is full; 0 if the data ended before any byte, @errp being untouched; -1 with @errp
/// set, also if the data ended in between.
/// Since: qemu-11.1 profile, provisionally.
#[cfg(positional_all)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pread_all_eof(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_pread_all_eof") };
    // SAFETY: the memory is valid for the call.
    let memory = unsafe { IoVec::from_raw_mut(buf.cast::<c_void>(), buflen) };
    let result = positional::preadv_all_eof(channel, &[memory], offset);
    // SAFETY: the caller's error destination.
    unsafe { read_or_propagate(result, errp, &origin!(c"qio_channel_pread_all_eof")) }
}

/// qio_channel_pread_all:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to fill
/// @buflen: its size in bytes, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// As qio_channel_pread_all_eof(), but any end before everything has come is a failure.
///
/// Threads: any, several at once. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything came, or -1 with @errp set.
/// Since: qemu-11.1 profile, provisionally.
#[cfg(positional_all)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pread_all(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_pread_all") };
    // SAFETY: the memory is valid for the call.
    let memory = unsafe { IoVec::from_raw_mut(buf.cast::<c_void>(), buflen) };
    let result = positional::preadv_all(channel, &[memory], offset);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_pread_all")) }
}
