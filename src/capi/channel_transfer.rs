//! `io/channel.h`: transfers of any number of pieces of memory, and of descriptors beside them.

use core::ffi::c_int;

#[cfg(positional_io)]
use libc::off_t;
use libc::{iovec, size_t, ssize_t};

use super::channel_call::ChannelCall;
use crate::logic::transfer;
use abi::layout::{Error, QIOChannel};
use abi::origin;
use platform::os::fd_list::{PassedFds, ReceivedFds};

/// qio_channel_readv_full:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
///   in an array to be freed with g_free(); NULL if none came
/// @nfds: (out) (optional): their number
/// @flags: QIO_CHANNEL_READ_FLAG_* bits; unknown ones are ignored
/// @errp: (nullable): as in qapi/error.h
///
/// Reads what there is, at least a byte if there is not the end, with the descriptors that came along.
/// They are close-on-exec and in blocking mode. If one of @fds and @nfds is given, the channel must
/// have QIO_CHANNEL_FEATURE_FD_PASS; if not both are, descriptors are discarded. On failure they
/// are untouched, or NULL and 0.
///
/// QIO_CHANNEL_READ_FLAG_MSG_PEEK leaves what was read in the channel, if that has
/// QIO_CHANNEL_FEATURE_READ_MSG_PEEK.
///
/// Threads: one reader at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
/// with errno EAGAIN and @errp untouched, if it would have to wait.
/// Differs: without @flags before the qemu-8.0.1 profile.
#[cfg(readv_flags)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_full(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_readv_full")) };
    // SAFETY: each is NULL or the caller's variable.
    let fds = unsafe { ReceivedFds::from_ptr(fds, nfds) };
    let result = transfer::readv_full(call.channel, call.memory, fds, flags);
    call.transferred(result)
}

/// qio_channel_readv_full:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
///   in an array to be freed with g_free(); NULL if none came
/// @nfds: (out) (optional): their number
/// @errp: (nullable): as in qapi/error.h
///
/// Reads what there is, at least a byte if there is not the end, with the descriptors that came along.
/// They are close-on-exec and in blocking mode. If one of @fds and @nfds is given, the channel must
/// have QIO_CHANNEL_FEATURE_FD_PASS; if not both are, descriptors are discarded. On failure they
/// are untouched, or NULL and 0.
///
/// Threads: one reader at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
/// with errno EAGAIN and @errp untouched, if it would have to wait.
/// Differs: with flags before @errp in the later profiles.
#[cfg(not(readv_flags))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_full(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_readv_full")) };
    // SAFETY: each is NULL or the caller's variable.
    let fds = unsafe { ReceivedFds::from_ptr(fds, nfds) };
    let result = transfer::readv_full(call.channel, call.memory, fds, 0);
    call.transferred(result)
}

/// qio_channel_writev_full:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (nullable) (array length=nfds): descriptors to send, which stay the caller's
/// @nfds: their number, at most 16 on a socket
/// @flags: QIO_CHANNEL_WRITE_FLAG_* bits; unknown ones are ignored
/// @errp: (nullable): as in qapi/error.h
///
/// Writes what fits, at least a byte, and the descriptors along with it. @fds and @nfds need
/// QIO_CHANNEL_FEATURE_FD_PASS, also an array of none.
///
/// QIO_CHANNEL_WRITE_FLAG_ZERO_COPY needs QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY and goes without
/// descriptors; the memory must then stay as it is until qio_channel_flush().
///
/// Threads: one writer at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
/// @errp untouched, if it would have to wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_writev_full(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut c_int,
    nfds: size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_writev_full")) };
    // SAFETY: NULL or the caller's array.
    let fds = unsafe { PassedFds::from_ptr(fds, nfds) };
    let result = transfer::writev_full(call.channel, call.memory, fds, flags);
    call.transferred(result)
}

/// qio_channel_readv:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Reads what there is, at least a byte if there is not the end.
///
/// Threads: one reader at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
/// with errno EAGAIN and @errp untouched, if it would have to wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_readv")) };
    let result = transfer::readv_full(call.channel, call.memory, ReceivedFds::NONE, 0);
    call.transferred(result)
}

/// qio_channel_writev:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Writes what fits, at least a byte.
///
/// Threads: one writer at a time. Blocks: as the blocking mode says.
/// Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
/// @errp untouched, if it would have to wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_writev(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_writev")) };
    let result = transfer::writev_full(call.channel, call.memory, PassedFds::NONE, 0);
    call.transferred(result)
}

/// qio_channel_readv_full_all_eof:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
///   in an array to be freed with g_free(); NULL if none came
/// @nfds: (out) (optional): their number
/// @flags: QIO_CHANNEL_READ_FLAG_* bits for each read; peeking makes no sense here
/// @errp: (nullable): as in qapi/error.h
///
/// Reads until everything has come, however many reads and waits that takes. Descriptors are taken
/// from the first read that succeeds; later ones discard them. If a failure follows, they are
/// closed, and @fds and @nfds are NULL and 0. Descriptors without a byte are not the end. A request
/// of 0 bytes with @fds reads once, and finds descriptors or the end.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
/// @errp set, also if the data ended in between.
/// Differs: without @flags before the qemu-10.0 profile.
#[cfg(tls_bye)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_full_all_eof(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call = unsafe {
        ChannelCall::of_list(
            ioc,
            iov,
            niov,
            errp,
            &origin!(c"qio_channel_readv_full_all_eof"),
        )
    };
    // SAFETY: each is NULL or the caller's variable.
    let fds = unsafe { ReceivedFds::from_ptr(fds, nfds) };
    let result = transfer::readv_full_all_eof(call.channel, call.memory, fds, flags);
    call.read(result)
}

/// qio_channel_readv_full_all_eof:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
///   in an array to be freed with g_free(); NULL if none came
/// @nfds: (out) (optional): their number
/// @errp: (nullable): as in qapi/error.h
///
/// Reads until everything has come, however many reads and waits that takes. Descriptors are taken
/// from the first read that succeeds; later ones discard them. If a failure follows, they are
/// closed, and @fds and @nfds are NULL and 0. Descriptors without a byte are not the end. A request
/// of 0 bytes with @fds reads once, and finds descriptors or the end.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
/// @errp set, also if the data ended in between.
/// Differs: with flags before @errp in the later profiles.
#[cfg(not(tls_bye))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_full_all_eof(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call = unsafe {
        ChannelCall::of_list(
            ioc,
            iov,
            niov,
            errp,
            &origin!(c"qio_channel_readv_full_all_eof"),
        )
    };
    // SAFETY: each is NULL or the caller's variable.
    let fds = unsafe { ReceivedFds::from_ptr(fds, nfds) };
    let result = transfer::readv_full_all_eof(call.channel, call.memory, fds, 0);
    call.read(result)
}

/// qio_channel_readv_full_all:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
///   in an array to be freed with g_free(); NULL if none came
/// @nfds: (out) (optional): their number
/// @errp: (nullable): as in qapi/error.h
///
/// As qio_channel_readv_full_all_eof() without flags, but any end before everything has come is a
/// failure.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything came, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_full_all(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call = unsafe {
        ChannelCall::of_list(
            ioc,
            iov,
            niov,
            errp,
            &origin!(c"qio_channel_readv_full_all"),
        )
    };
    // SAFETY: each is NULL or the caller's variable.
    let fds = unsafe { ReceivedFds::from_ptr(fds, nfds) };
    let result = transfer::readv_full_all(call.channel, call.memory, fds);
    call.status(result)
}

/// qio_channel_writev_full_all:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @fds: (nullable) (array length=nfds): descriptors to send, which stay the caller's
/// @nfds: their number, at most 16 on a socket
/// @flags: QIO_CHANNEL_WRITE_FLAG_* bits for each write
/// @errp: (nullable): as in qapi/error.h
///
/// Writes until everything is written, however many writes and waits that takes. Descriptors go with
/// the first write that succeeds. A request of 0 bytes sends nothing, not even descriptors. After a
/// failure it is unknown how much was written.
///
/// Threads: one writer at a time. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything was written, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_writev_full_all(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut c_int,
    nfds: size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call = unsafe {
        ChannelCall::of_list(
            ioc,
            iov,
            niov,
            errp,
            &origin!(c"qio_channel_writev_full_all"),
        )
    };
    // SAFETY: NULL or the caller's array.
    let fds = unsafe { PassedFds::from_ptr(fds, nfds) };
    let result = transfer::writev_full_all(call.channel, call.memory, fds, flags);
    call.status(result)
}

/// qio_channel_readv_all_eof:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Reads until everything has come, however many reads and waits that takes.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
/// @errp set, also if the data ended in between.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_all_eof(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call = unsafe {
        ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_readv_all_eof"))
    };
    let result = transfer::readv_full_all_eof(call.channel, call.memory, ReceivedFds::NONE, 0);
    call.read(result)
}

/// qio_channel_readv_all:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// As qio_channel_readv_all_eof(), but any end before everything has come is a failure.
///
/// Threads: one reader at a time. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything came, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_readv_all(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_readv_all")) };
    let result = transfer::readv_full_all(call.channel, call.memory, ReceivedFds::NONE);
    call.status(result)
}

/// qio_channel_writev_all:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @errp: (nullable): as in qapi/error.h
///
/// Writes until everything is written, however many writes and waits that takes.
///
/// Threads: one writer at a time. Blocks: yes, in either blocking mode.
/// Returns: 0 if everything was written, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_writev_all(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_writev_all")) };
    let result = transfer::writev_full_all(call.channel, call.memory, PassedFds::NONE, 0);
    call.status(result)
}

/// qio_channel_pwritev:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Writes what fits at @offset, leaving the channel's own position alone. The channel must have
/// QIO_CHANNEL_FEATURE_SEEKABLE. A file channel goes on until everything is done, the file ends or
/// a call fails.
///
/// Threads: any, several at once. Blocks: as the blocking mode says.
/// Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
/// @errp untouched, if it would have to wait.
/// Since: qemu-9.0 profile.
#[cfg(positional_io)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_pwritev(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_pwritev")) };
    let result = transfer::pwritev(call.channel, call.memory, offset);
    call.transferred(result)
}

/// qio_channel_preadv:
/// @ioc: (transfer none): the channel
/// @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
/// @niov: the number of pieces, may be 0
/// @offset: where, in bytes from the start
/// @errp: (nullable): as in qapi/error.h
///
/// Reads what there is at @offset, leaving the channel's own position alone. The channel must have
/// QIO_CHANNEL_FEATURE_SEEKABLE. A file channel goes on until everything is done, the file ends or
/// a call fails.
///
/// Threads: any, several at once. Blocks: as the blocking mode says.
/// Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
/// with errno EAGAIN and @errp untouched, if it would have to wait.
/// Since: qemu-9.0 profile.
#[cfg(positional_io)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_preadv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller holds a reference for the call, and what it passed is valid for it.
    let call =
        unsafe { ChannelCall::of_list(ioc, iov, niov, errp, &origin!(c"qio_channel_preadv")) };
    let result = transfer::preadv(call.channel, call.memory, offset);
    call.transferred(result)
}
