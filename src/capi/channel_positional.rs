//! `io/channel.h`: transfers at a position that go on until everything is done.

use core::ffi::c_int;

use libc::{iovec, off_t, size_t};

use super::channel_call::ChannelCall;
use crate::logic::positional;
use abi::layout::{Byte, Error, QIOChannel};
use abi::origin;

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
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_pwritev_all")) };
    let result = positional::pwritev_all(call.channel, call.memory, offset);
    call.status(result)
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
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call = unsafe {
        ChannelCall::of_list(
            ioc,
            iov,
            niov,
            errp,
            &origin!(c"qio_channel_preadv_all_eof"),
        )
    };
    let result = positional::preadv_all_eof(call.channel, call.memory, offset);
    call.read(result)
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
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_preadv_all")) };
    let result = positional::preadv_all(call.channel, call.memory, offset);
    call.status(result)
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
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) = unsafe {
        ChannelCall::writing(ioc, buf, buflen, errp, &origin!(c"qio_channel_pwrite_all"))
    };
    let result = positional::pwritev_all(call.channel, &memory, offset);
    call.status(result)
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
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) = unsafe {
        ChannelCall::filling(
            ioc,
            buf,
            buflen,
            errp,
            &origin!(c"qio_channel_pread_all_eof"),
        )
    };
    let result = positional::preadv_all_eof(call.channel, &memory, offset);
    call.read(result)
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
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::filling(ioc, buf, buflen, errp, &origin!(c"qio_channel_pread_all")) };
    let result = positional::preadv_all(call.channel, &memory, offset);
    call.status(result)
}
