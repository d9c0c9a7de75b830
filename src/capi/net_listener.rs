//! `io/net-listener.h`.

#[cfg(listener_source)]
use core::ffi::c_void;
use core::ffi::{c_char, c_int};
use core::ptr;

use glib_sys::{GDestroyNotify, GMainContext, gpointer};

#[cfg(listener_source)]
use super::convert::ptr_or_propagate;
use super::convert::{optional_text, required, status_or_propagate};
use crate::logic::listener;
use crate::object::client_func::{ClientFunc, ContextName};
use crate::object::listener::Listener;
use crate::object::{Ref, Shared};
#[cfg(listener_source)]
use abi::address::Address;
use abi::address::View;
#[cfg(listener_source)]
use abi::layout::AioContext;
use abi::layout::{
    Error, QIOChannelSocket, QIONetListener, QIONetListenerClientFunc, SocketAddress,
};
use abi::origin;
#[cfg(listener_source)]
use host::aio;
#[cfg(listener_source)]
use platform::check_usage;
use platform::glib::{MainContext, UserData};

/// The listener behind the C pointer, borrowed; NULL ends the process.
///
/// # Safety
/// `listener` is NULL or live for `'a`.
unsafe fn borrow<'a>(listener: *mut QIONetListener, function: &str) -> &'a Listener {
    // SAFETY: as promised.
    required(unsafe { Shared::from_ptr(listener) }, function, "listener")
}

/// qio_net_listener_new:
///
/// Makes a listener without sockets, name and callback. object_new() makes the same.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full): the listener, never NULL; free with object_unref(). While a callback is
/// registered, each open socket holds a reference, so drop yours after unregistering or
/// qio_net_listener_disconnect(), or the listener goes on listening.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_new() -> *mut QIONetListener {
    listener::create().into_ptr()
}

/// qio_net_listener_set_name:
/// @listener: (transfer none): the listener
/// @name: (transfer none) (nullable): a label, which is copied; NULL for none
///
/// Sets the name that sockets get when they are added later. Without one they keep theirs.
///
/// Threads: the one that configures the listener. Blocks: no.
/// Differs: before qemu-8.2 the sockets are named @name with "-listen" behind it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_set_name(
    listener: *mut QIONetListener,
    name: *const c_char,
) {
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, "qio_net_listener_set_name") };
    // SAFETY: NULL or a C string.
    let name = unsafe { optional_text(name) };
    listener::set_name(listener, name);
}

/// qio_net_listener_open_sync:
/// @listener: (transfer none): the listener
/// @addr: (transfer none): where to listen; names are resolved, all results are used
/// @num: backlog per socket, in connections
/// @errp: (nullable): as in qapi/error.h
///
/// Listens on all addresses that @addr stands for, in addition to what the listener has. Addresses
/// that can't be used are left out, as long as one can. With port 0, or a range, all get the same port
/// where that is possible: one that the kernel chooses, or the lowest that all have free. The sockets are non-blocking, but for one
/// that @addr names by descriptor, which stays as it is; clients are blocking.
///
/// Threads: the one that configures the listener. Blocks: yes, for DNS.
/// Returns: 0, or -1 with @errp set to the failure that says most, all addresses named; then nothing
/// has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_open_sync(
    listener: *mut QIONetListener,
    addr: *mut SocketAddress,
    num: c_int,
    errp: *mut *mut Error,
) -> c_int {
    const ME: &str = "qio_net_listener_open_sync";
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, ME) };
    // SAFETY: the caller's address is live and unchanged during the call.
    let address = required(unsafe { View::from_ptr(addr) }, ME, "addr");
    let result = listener::open(listener, address, num);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_net_listener_open_sync")) }
}

/// qio_net_listener_add:
/// @listener: (transfer none): the listener
/// @sioc: (transfer none): a listening socket; the listener takes a reference
///
/// Adds a socket. Its descriptor's flags are left alone. If it is a blocking one that another
/// process has too, and that process takes a client between the listener's poll and its accept, the
/// accept waits for the next client.
///
/// Threads: the one that configures the listener. Blocks: no.
/// Context: with a callback registered, the socket is watched in the context of the registration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_add(
    listener: *mut QIONetListener,
    sioc: *mut QIOChannelSocket,
) {
    const ME: &str = "qio_net_listener_add";
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, ME) };
    // SAFETY: as above.
    let channel = required(unsafe { Shared::from_ptr(sioc) }, ME, "sioc");
    listener::add(listener, channel);
}

/// qio_net_listener_set_client_func_full:
/// @listener: (transfer none): the listener
/// @func: (scope notified) (nullable): called for each client; NULL unregisters
/// @data: (closure) (nullable): data for @func
/// @notify: (destroy) (nullable): frees @data; called once, when another registration replaces this
///   one or the listener ends, also if @func is NULL
/// @context: (transfer none) (nullable): where @func runs; NULL is the global default context
///
/// Registers the callback for clients, in the place of the one before: its watches are removed, its
/// data is freed, then the sockets are watched again. @func borrows the client: it is closed when @func
/// returns, unless @func takes a reference. @func may be called several times in one iteration of
/// @context; once it has unregistered, further clients stay in the backlog. If the listener can't
/// accept for lack of descriptors or memory, or only finds clients that have gone, it tries again after 50 ms, and up to 1 s later the
/// longer that lasts; a socket that can never be accepted from is no longer watched.
///
/// Threads: the one that configures the listener, also from inside @func or @notify. Blocks: no.
/// If another thread is inside the old callback, its data is freed there, when the callback returns.
/// Context: @func runs in the thread that iterates @context; @notify in the one that replaces it. The
/// registration doesn't keep @context alive. The program may drop its last reference at any time and
/// on any thread, also while another one is in a function of this listener: the watches, and the
/// references they hold on @listener, end with @context, @func isn't called any more, and sockets
/// added later aren't watched until the next registration.
/// Differs: from qemu-10.2.0 on, registering what is registered already does nothing, and @notify won't
/// run for it; in the other profiles the watches are made again, and @notify runs for the old one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_set_client_func_full(
    listener: *mut QIONetListener,
    func: QIONetListenerClientFunc,
    data: gpointer,
    notify: GDestroyNotify,
    context: *mut GMainContext,
) {
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, "qio_net_listener_set_client_func_full") };
    // SAFETY: the caller gives the data to the registration.
    let data = unsafe { UserData::new(data, notify) };
    // SAFETY: the function takes listeners, clients and this data.
    let func = unsafe { ClientFunc::new(func, data) };
    let name = ContextName::new(context);
    // SAFETY: the context is live or NULL.
    let context = unsafe { MainContext::from_ptr_none(context) };
    listener::registration::register(listener, func, &context, name);
}

/// qio_net_listener_set_client_func:
/// @listener: (transfer none): the listener
/// @func: (scope notified) (nullable): called for each client; NULL unregisters
/// @data: (closure) (nullable): data for @func
/// @notify: (destroy) (nullable): frees @data
///
/// As qio_net_listener_set_client_func_full() with NULL for the context.
///
/// The clients' channels are blocking: a read, or a TLS handshake, in @func waits for that client, and
/// one who says nothing stops all others. qio_channel_set_blocking() changes it.
///
/// Threads: the one that configures the listener, also from inside @func or @notify. Blocks: no.
/// Context: @func runs in the global default context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_set_client_func(
    listener: *mut QIONetListener,
    func: QIONetListenerClientFunc,
    data: gpointer,
    notify: GDestroyNotify,
) {
    // SAFETY: as the function called asks for.
    unsafe {
        qio_net_listener_set_client_func_full(listener, func, data, notify, ptr::null_mut());
    }
}

/// qio_net_listener_set_client_aio_func:
/// @listener: (transfer none): the listener
/// @func: (scope notified) (nullable): called for each client; NULL unregisters
/// @data: (closure) (nullable): data for @func
/// @context: must be NULL, which stands for the main AioContext
///
/// As qio_net_listener_set_client_func(), but the sockets are watched by handlers in the main
/// AioContext, so that clients are also served by a thread that polls only that, from inside @func too.
/// In the place of whatever callback was registered before, of either kind.
///
/// Threads: the main one. Blocks: no.
/// Context: @func runs in the main thread.
/// Since: qemu-10.2.0.
#[cfg(listener_source)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_set_client_aio_func(
    listener: *mut QIONetListener,
    func: QIONetListenerClientFunc,
    data: *mut c_void,
    context: *mut AioContext,
) {
    const ME: &str = "qio_net_listener_set_client_aio_func";
    check_usage!(context.is_null(), ME, "context is not NULL");
    check_usage!(
        aio::in_main_thread(),
        ME,
        "the caller is not the main thread"
    );
    let Some(context) = aio::Context::main() else {
        platform::os::abort::misuse(
            ME,
            format_args!("qemu_init_main_loop() has not been called"),
        )
    };
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, ME) };
    // SAFETY: there is no destroy notify.
    let data = unsafe { UserData::new(data, None) };
    // SAFETY: the function takes listeners, clients and this data.
    let func = unsafe { ClientFunc::new(func, data) };
    listener::registration::register_aio(listener, func, context);
}

/// qio_net_listener_wait_client:
/// @listener: (transfer none): the listener
///
/// Waits for a client on any of the sockets, without running any main context. A registered callback
/// isn't called meanwhile and is registered again afterwards. Exactly one client is taken; others stay
/// in the backlog. Failures to accept are tried again, ever more slowly.
///
/// Threads: the one that configures the listener. Blocks: until there is a client, or another thread
/// calls qio_net_listener_disconnect().
/// Returns: (transfer full) (nullable): the client; NULL if no socket is open, which only happens
/// if there was none or all are disconnected meanwhile. Free with object_unref().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_wait_client(
    listener: *mut QIONetListener,
) -> *mut QIOChannelSocket {
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, "qio_net_listener_wait_client") };
    listener::wait_client(listener).map_or(ptr::null_mut(), Ref::into_ptr)
}

/// qio_net_listener_disconnect:
/// @listener: (transfer none): the listener
///
/// Closes all sockets, and removes what listening on UNIX addresses left in the file system. The
/// callback stays registered: it serves sockets added later. Does nothing if there are no open
/// sockets.
///
/// Threads: the one that configures the listener, also from inside the callback, or any while
/// another one is in qio_net_listener_wait_client(). Blocks: until that has noticed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_disconnect(listener: *mut QIONetListener) {
    // SAFETY: the caller holds a reference for the call.
    listener::disconnect(unsafe { borrow(listener, "qio_net_listener_disconnect") });
}

/// qio_net_listener_is_connected:
/// @listener: (transfer none): the listener
///
/// Threads: any. Blocks: no.
/// Returns: whether sockets were added since the listener was made or disconnected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_is_connected(listener: *mut QIONetListener) -> bool {
    // SAFETY: the caller holds a reference for the call.
    listener::is_connected(unsafe { borrow(listener, "qio_net_listener_is_connected") })
}

/// qio_net_listener_nsioc:
/// @listener: (transfer none): the listener
///
/// Threads: any. Blocks: no.
/// Returns: how many sockets were ever added; closed ones count.
/// Since: qemu-10.2.0.
#[cfg(listener_source)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_nsioc(listener: *mut QIONetListener) -> usize {
    // SAFETY: the caller holds a reference for the call.
    listener::socket_count(unsafe { borrow(listener, "qio_net_listener_nsioc") })
}

/// qio_net_listener_sioc:
/// @listener: (transfer none): the listener
/// @n: the number of the socket, in the order in which they were added, from 0
///
/// Threads: any. Blocks: no.
/// Returns: (transfer none) (nullable): the socket, open or closed, as long as the listener lives;
/// NULL if there aren't so many.
/// Since: qemu-10.2.0.
#[cfg(listener_source)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_sioc(
    listener: *mut QIONetListener,
    n: usize,
) -> *mut QIOChannelSocket {
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, "qio_net_listener_sioc") };
    // The listener keeps its own reference.
    listener::socket_at(listener, n).map_or(ptr::null_mut(), |channel| channel.as_ptr())
}

/// qio_net_listener_get_local_address:
/// @listener: (transfer none): the listener
/// @n: the number of the socket, in the order in which they were added, from 0
/// @errp: (nullable): as in qapi/error.h
///
/// The address that a socket listens on, or did until it was closed.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full) (nullable): the address, or NULL with @errp set; free with
/// qapi_free_SocketAddress().
/// Since: qemu-10.2.0.
#[cfg(listener_source)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_get_local_address(
    listener: *mut QIONetListener,
    n: usize,
    errp: *mut *mut Error,
) -> *mut SocketAddress {
    // SAFETY: the caller holds a reference for the call.
    let listener = unsafe { borrow(listener, "qio_net_listener_get_local_address") };
    let result = listener::local_address(listener, n).map(Address::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe {
        ptr_or_propagate(
            result,
            errp,
            &origin!(c"qio_net_listener_get_local_address"),
        )
    }
}
