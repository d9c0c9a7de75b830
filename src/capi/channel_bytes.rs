//! `io/channel.h`: transfers of one piece of memory.

use core::ffi::c_int;

#[cfg(positional_io)]
use libc::off_t;
use libc::{size_t, ssize_t};

use super::channel_call::ChannelCall;
use crate::logic::transfer;
use abi::layout::{Byte, Error, QIOChannel};
use abi::origin;
use platform::os::fd_list::{PassedFds, ReceivedFds};

/// qio_channel_read:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to fill
/// @buflen: its size in bytes, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Reads what there is, at least a byte if there is not the end.
///
/// Threads: one reader at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
/// with errno EAGAIN and @errp untouched, if it would have to wait.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_read(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::filling(ioc, buf, buflen, errp, &origin!(c"qio_channel_read")) };
    let result = transfer::readv_full(call.channel, &memory, ReceivedFds::NONE, 0);
    call.transferred(result)
}

/// qio_channel_write:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to write
/// @buflen: its size in bytes, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Writes what fits, at least a byte.
///
/// Threads: one writer at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
/// @errp untouched, if it would have to wait.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_write(
    ioc: *mut QIOChannel,
    buf: *const Byte,
    buflen: size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::writing(ioc, buf, buflen, errp, &origin!(c"qio_channel_write")) };
    let result = transfer::writev_full(call.channel, &memory, PassedFds::NONE, 0);
    call.transferred(result)
}

/// qio_channel_read_all_eof:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to fill
/// @buflen: its size in bytes, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Reads until @buf is full, however many reads and waits that takes.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 1 if @buf is full; 0 if the data ended before any byte, @errp being untouched; -1 with
/// @errp set, also if the data ended in between.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_read_all_eof(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) = unsafe {
        ChannelCall::filling(
            ioc,
            buf,
            buflen,
            errp,
            &origin!(c"qio_channel_read_all_eof"),
        )
    };
    let result = transfer::readv_full_all_eof(call.channel, &memory, ReceivedFds::NONE, 0);
    call.read(result)
}

/// qio_channel_read_all:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to fill
/// @buflen: its size in bytes, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// As qio_channel_read_all_eof(), but any end before @buf is full is a failure.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 0 if @buf is full, or -1 with @errp set.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_read_all(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::filling(ioc, buf, buflen, errp, &origin!(c"qio_channel_read_all")) };
    let result = transfer::readv_full_all(call.channel, &memory, ReceivedFds::NONE);
    call.status(result)
}

/// qio_channel_write_all:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to write
/// @buflen: its size in bytes, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Writes all of @buf, however many writes and waits that takes.
///
/// Threads: one writer at a time. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything was written, or -1 with @errp set.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_write_all(
    ioc: *mut QIOChannel,
    buf: *const Byte,
    buflen: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::writing(ioc, buf, buflen, errp, &origin!(c"qio_channel_write_all")) };
    let result = transfer::writev_full_all(call.channel, &memory, PassedFds::NONE, 0);
    call.status(result)
}

/// qio_channel_pwrite:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to write
/// @buflen: its size in bytes, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Writes @buf at @offset: qio_channel_pwritev() with one piece of memory.
///
/// Threads: any, several at once. Blocks: as the blocking mode says.
/// Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
/// @errp untouched, if it would have to wait.
/// Since: qemu-9.0 profile.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[cfg(positional_io)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pwrite(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::writing(ioc, buf, buflen, errp, &origin!(c"qio_channel_pwrite")) };
    let result = transfer::pwritev(call.channel, &memory, offset);
    call.transferred(result)
}

/// qio_channel_pread:
/// @ioc: (transfer none): the channel
/// @buf: (array length=buflen): the memory to fill
/// @buflen: its size in bytes, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Reads into @buf from @offset: qio_channel_preadv() with one piece of memory.
///
/// Threads: any, several at once. Blocks: as the blocking mode says.
/// Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
/// with errno EAGAIN and @errp untouched, if it would have to wait.
/// Since: qemu-9.0 profile.
/// Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
#[cfg(positional_io)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pread(
    ioc: *mut QIOChannel,
    buf: *mut Byte,
    buflen: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let (call, memory) =
        unsafe { ChannelCall::filling(ioc, buf, buflen, errp, &origin!(c"qio_channel_pread")) };
    let result = transfer::preadv(call.channel, &memory, offset);
    call.transferred(result)
}
