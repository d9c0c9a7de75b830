//! `io/channel-socket.h`.

use core::ffi::c_int;

use glib_sys::{GDestroyNotify, GMainContext, gpointer};
#[cfg(send_buffer)]
use libc::size_t;

use super::channel::borrow;
use super::convert::{ptr_or_propagate, required, status_or_propagate};
use super::task::{QIOTaskFunc, completion};
use crate::logic::socket::{self, control, establish};
use crate::object::Ref;
use crate::object::socket::End;
use abi::address::Address;
use abi::layout::{Error, QIOChannelSocket, SocketAddress};
use abi::origin;
use host::socket::AddressRef;
use platform::glib::MainContext;

/// The address behind the C pointer, borrowed; NULL ends the process.
///
/// # Safety
/// `addr` is NULL, or live and unchanged for `'a`.
unsafe fn address<'a>(addr: *mut SocketAddress, function: &str) -> AddressRef<'a> {
    // SAFETY: as promised.
    required(
        unsafe { AddressRef::from_ptr(addr) },
        function,
        "the address",
    )
}

/// qio_channel_socket_new:
///
/// Makes a closed channel, to be opened by one of the connect, listen or dgram functions.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full): the channel, never NULL; its fd is -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_new() -> *mut QIOChannelSocket {
    socket::create().into_ptr()
}

/// qio_channel_socket_new_fd:
/// @fd: a socket; the channel's if this succeeds, else still the caller's. Its blocking mode stays
/// @errp: (nullable): as in qapi/error.h
///
/// Makes a channel for a socket that exists. Also for a listening socket the channel hasn't
/// QIO_CHANNEL_FEATURE_LISTEN, so that its path stays when it is closed; nor can it send without a
/// copy, or peek.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set if @fd is no socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_new_fd(
    fd: c_int,
    errp: *mut *mut Error,
) -> *mut QIOChannelSocket {
    let result = establish::from_fd(fd).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_socket_new_fd")) }
}

/// qio_channel_socket_connect_sync:
/// @ioc: (transfer none): a closed channel
/// @addr: (transfer none): whom to connect to; of type fd, the descriptor becomes the channel's
/// @errp: (nullable): as in qapi/error.h
///
/// Looks names up and connects; of several addresses the first that answers is taken. The socket
/// is blocking. While this waits, another thread may call qio_channel_shutdown(), which fails
/// until the connection stands. A channel that is open already is left alone, and so is @addr.
///
/// Threads: any. Blocks: yes, for the look-up and for the connection.
/// Returns: 0, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_connect_sync(
    ioc: *mut QIOChannelSocket,
    addr: *mut SocketAddress,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_connect_sync") };
    // SAFETY: the address is the caller's, for the call.
    let addr = unsafe { address(addr, "qio_channel_socket_connect_sync") };
    let result = establish::connect(socket, addr);
    // SAFETY: `errp` is a destination as in qapi/error.h.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_connect_sync")) }
}

/// qio_channel_socket_connect_async:
/// @ioc: (transfer none): a closed channel; referenced until the callback has returned
/// @addr: (transfer none): whom to connect to; copied
/// @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
/// @opaque: (closure) (nullable): data for @callback
/// @destroy: (destroy) (nullable): ends @opaque, after the callback
/// @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
///
/// Runs qio_channel_socket_connect_sync() on a worker thread. The task's source is @ioc.
///
/// Threads: any. Blocks: no.
/// Context: @callback and @destroy run in the thread that iterates @context, never before this
/// function has returned to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_connect_async(
    ioc: *mut QIOChannelSocket,
    addr: *mut SocketAddress,
    callback: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
) {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_connect_async") };
    // SAFETY: the address is the caller's, for the call.
    let addr = unsafe { address(addr, "qio_channel_socket_connect_async") };
    // SAFETY: the callback takes tasks and this data, which the caller gives away.
    let completion = unsafe { completion(callback, opaque, destroy) };
    // SAFETY: the context is live or NULL.
    let context = unsafe { MainContext::from_ptr_none(context) };
    establish::connect_async(socket, addr, completion, context);
}

/// qio_channel_socket_listen_sync:
/// @ioc: (transfer none): a closed channel
/// @addr: (transfer none): where to listen; of type fd, the descriptor becomes the channel's
/// @num: how many connections may wait to be accepted
/// @errp: (nullable): as in qapi/error.h
///
/// Looks names up and listens on the first address that can be had. A port is a number from 0 to
/// 65535, without sign, blanks or base prefix, or the name of a service; a host has no brackets. A
/// channel that is open already is left alone, and nothing is bound.
///
/// A socket that stands at a UNIX path is replaced; any other file is an error and stays. The path is
/// removed when the channel is closed or freed, as long as the file that this call made stands there
/// and the process is the one that called: a forked child's copy, and a channel of a descriptor,
/// leave it. A UNIX listener that was shut down never listens again. Clients of a descriptor on which
/// this function has called listen() see this process as their peer.
///
/// Threads: any. Blocks: yes, for the look-up.
/// Returns: 0, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_listen_sync(
    ioc: *mut QIOChannelSocket,
    addr: *mut SocketAddress,
    num: c_int,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_listen_sync") };
    // SAFETY: the address is the caller's, for the call.
    let addr = unsafe { address(addr, "qio_channel_socket_listen_sync") };
    let result = establish::listen(socket, addr, num);
    // SAFETY: `errp` is a destination as in qapi/error.h.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_listen_sync")) }
}

/// qio_channel_socket_listen_async:
/// @ioc: (transfer none): a closed channel; referenced until the callback has returned
/// @addr: (transfer none): where to listen; copied
/// @num: how many connections may wait to be accepted
/// @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
/// @opaque: (closure) (nullable): data for @callback
/// @destroy: (destroy) (nullable): ends @opaque, after the callback
/// @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
///
/// Runs qio_channel_socket_listen_sync() on a worker thread. The task's source is @ioc.
///
/// Threads: any. Blocks: no.
/// Context: @callback and @destroy run in the thread that iterates @context, never before this
/// function has returned to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_listen_async(
    ioc: *mut QIOChannelSocket,
    addr: *mut SocketAddress,
    num: c_int,
    callback: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
) {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_listen_async") };
    // SAFETY: the address is the caller's, for the call.
    let addr = unsafe { address(addr, "qio_channel_socket_listen_async") };
    // SAFETY: the callback takes tasks and this data, which the caller gives away.
    let completion = unsafe { completion(callback, opaque, destroy) };
    // SAFETY: the context is live or NULL.
    let context = unsafe { MainContext::from_ptr_none(context) };
    establish::listen_async(socket, addr, num, completion, context);
}

/// qio_channel_socket_dgram_sync:
/// @ioc: (transfer none): a closed channel
/// @localAddr: (transfer none) (nullable): what to be bound to; NULL for any address and port
/// @remoteAddr: (transfer none): whom to send to and receive from; of type inet
/// @errp: (nullable): as in qapi/error.h
///
/// Makes a datagram socket, bound and connected. One write is one datagram, also an empty one.
/// A channel that is open already is left alone.
///
/// Threads: any. Blocks: yes, for the look-ups.
/// Returns: 0, or -1 with @errp set.
#[expect(non_snake_case, reason = "the names that the headers show")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_dgram_sync(
    ioc: *mut QIOChannelSocket,
    localAddr: *mut SocketAddress,
    remoteAddr: *mut SocketAddress,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_dgram_sync") };
    // SAFETY: the address is the caller's, for the call; or NULL.
    let local = unsafe { AddressRef::from_ptr(localAddr) };
    // SAFETY: the address is the caller's, for the call.
    let remote = unsafe { address(remoteAddr, "qio_channel_socket_dgram_sync") };
    let result = establish::datagram(socket, local, remote);
    // SAFETY: `errp` is a destination as in qapi/error.h.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_dgram_sync")) }
}

/// qio_channel_socket_dgram_async:
/// @ioc: (transfer none): a closed channel; referenced until the callback has returned
/// @localAddr: (transfer none) (nullable): what to be bound to; copied
/// @remoteAddr: (transfer none): whom to send to and receive from; copied
/// @callback: (scope async): called when it is done; qio_task_propagate_error() tells how it went
/// @opaque: (closure) (nullable): data for @callback
/// @destroy: (destroy) (nullable): ends @opaque, after the callback
/// @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
///
/// Runs qio_channel_socket_dgram_sync() on a worker thread. The task's source is @ioc.
///
/// Threads: any. Blocks: no.
/// Context: @callback and @destroy run in the thread that iterates @context, never before this
/// function has returned to it.
#[expect(non_snake_case, reason = "the names that the headers show")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_dgram_async(
    ioc: *mut QIOChannelSocket,
    localAddr: *mut SocketAddress,
    remoteAddr: *mut SocketAddress,
    callback: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
) {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_dgram_async") };
    // SAFETY: the address is the caller's, for the call; or NULL.
    let local = unsafe { AddressRef::from_ptr(localAddr) };
    // SAFETY: the address is the caller's, for the call.
    let remote = unsafe { address(remoteAddr, "qio_channel_socket_dgram_async") };
    // SAFETY: the callback takes tasks and this data, which the caller gives away.
    let completion = unsafe { completion(callback, opaque, destroy) };
    // SAFETY: the context is live or NULL.
    let context = unsafe { MainContext::from_ptr_none(context) };
    establish::datagram_async(socket, local, remote, completion, context);
}

/// qio_channel_socket_get_local_address:
/// @ioc: (transfer none): the channel
/// @errp: (nullable): as in qapi/error.h
///
/// Tells the address of this end, as it was when the channel was opened; also after it was closed.
///
/// Threads: any, but not while the channel is being opened. Blocks: no.
/// Returns: (transfer full) (nullable): the address, or NULL with @errp set if the channel was never
/// opened; free with qapi_free_SocketAddress().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_get_local_address(
    ioc: *mut QIOChannelSocket,
    errp: *mut *mut Error,
) -> *mut SocketAddress {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_get_local_address") };
    let result = control::address(socket, End::Local).map(Address::into_ptr);
    let origin = origin!(c"qio_channel_socket_get_local_address");
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin) }
}

/// qio_channel_socket_get_remote_address:
/// @ioc: (transfer none): the channel
/// @errp: (nullable): as in qapi/error.h
///
/// Tells the address of the peer, as it was when the channel was opened; also after it was closed.
///
/// Threads: any, but not while the channel is being opened. Blocks: no.
/// Returns: (transfer full) (nullable): the address, or NULL with @errp set if there is no peer, as
/// for a listening socket; free with qapi_free_SocketAddress().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_get_remote_address(
    ioc: *mut QIOChannelSocket,
    errp: *mut *mut Error,
) -> *mut SocketAddress {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_get_remote_address") };
    let result = control::address(socket, End::Remote).map(Address::into_ptr);
    let origin = origin!(c"qio_channel_socket_get_remote_address");
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin) }
}

/// qio_channel_socket_accept:
/// @ioc: (transfer none): a listening channel
/// @errp: (nullable): as in qapi/error.h
///
/// Takes the first connection that waits. Its socket is blocking, whatever that of @ioc is, and
/// closed in programs that are executed. If @ioc is non-blocking and no connection waits, this fails, with
/// errno EAGAIN. @ioc goes on listening in any case.
///
/// Threads: any. Blocks: until a peer connects, if @ioc is blocking.
/// Returns: (transfer full) (nullable): the connection, or NULL with @errp and errno set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_accept(
    ioc: *mut QIOChannelSocket,
    errp: *mut *mut Error,
) -> *mut QIOChannelSocket {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_accept") };
    let result = establish::accept(socket).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_socket_accept")) }
}

/// qio_channel_socket_set_send_buffer:
/// @ioc: (transfer none): an open channel
/// @size: bytes that the system should hold for the socket; more than an int counts as INT_MAX
/// @errp: (nullable): as in qapi/error.h
///
/// Sets SO_SNDBUF. The system has a limit of its own, which this meets without an error.
///
/// Threads: any. Blocks: no.
/// Returns: 0, or -1 with @errp set.
/// Since: qemu-10.1 profile.
#[cfg(send_buffer)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_set_send_buffer(
    ioc: *mut QIOChannelSocket,
    size: size_t,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_set_send_buffer") };
    let result = control::set_send_buffer(socket, size);
    let origin = origin!(c"qio_channel_socket_set_send_buffer");
    // SAFETY: `errp` is a destination as in qapi/error.h.
    unsafe { status_or_propagate(result, errp, &origin) }
}
