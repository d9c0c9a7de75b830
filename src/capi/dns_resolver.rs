//! `io/dns-resolver.h`.

use core::ffi::c_int;
use core::mem;

use glib_sys::{GDestroyNotify, g_malloc_n, gpointer};

use super::convert::required;
use super::task::{QIOTaskFunc, borrow, completion};
use crate::logic::resolver;
use crate::object::Shared;
use abi::address::{Address, View};
use abi::layout::{Error, QIODNSResolver, QIOTask, SocketAddress};
use abi::origin;
use platform::check_usage;

/// Gives addresses to C code: an array in GLib memory, NULL for none (R-DNS-3, R-HOST-3).
///
/// # Safety
/// `naddrs` and `addrs` may be written to.
unsafe fn give(addresses: Vec<Address>, naddrs: *mut usize, addrs: *mut *mut *mut SocketAddress) {
    let count = addresses.len();
    // SAFETY: GLib ends the process rather than return NULL, except for an array of nothing.
    let array = unsafe { g_malloc_n(count, mem::size_of::<*mut SocketAddress>()) };
    let array = array.cast::<*mut SocketAddress>();
    for (index, address) in addresses.into_iter().enumerate() {
        // SAFETY: the array has `count` places.
        unsafe { array.add(index).write(address.into_ptr()) };
    }
    // SAFETY: as promised.
    unsafe { *naddrs = count };
    // SAFETY: as promised.
    unsafe { *addrs = array };
}

/// qio_dns_resolver_get_instance:
///
/// The resolver of the process, made on first use and never freed. The types of the library must
/// have been registered before.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer none): the resolver, never NULL, always the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_dns_resolver_get_instance() -> *mut QIODNSResolver {
    resolver::instance().as_ptr()
}

/// qio_dns_resolver_lookup_sync:
/// @resolver: (transfer none) (nullable): not used; any number of lookups may run at once
/// @addr: (transfer none): what to look up; not changed
/// @naddrs: (out): the number of addresses, 0 on failure
/// @addrs: (out) (transfer full) (array length=naddrs): the addresses in the system's order, each
///   freed with qapi_free_SocketAddress(), the array with g_free(); NULL on failure
/// @errp: (nullable): as in qapi/error.h
///
/// Looks an address up. For an internet address the results have numeric host and port and the
/// other options of @addr; an empty host stands for any address to listen on, a missing port for 0.
/// A port is a number from 0 to 65535, without sign, blanks or base prefix, or the name of a service;
/// a host has no brackets.
/// Of any other address the result is one copy, and nothing can fail.
///
/// Threads: any. Blocks: yes, as long as the system's resolver does.
/// Returns: 0, or -1 with @errp set.
/// Differs: before qemu-10.1 the results don't have the keep-alive options of @addr.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_dns_resolver_lookup_sync(
    resolver: *mut QIODNSResolver,
    addr: *mut SocketAddress,
    naddrs: *mut usize,
    addrs: *mut *mut *mut SocketAddress,
    errp: *mut *mut Error,
) -> c_int {
    const ME: &str = "qio_dns_resolver_lookup_sync";
    let _ = resolver;
    check_usage!(!naddrs.is_null(), ME, "naddrs is NULL");
    check_usage!(!addrs.is_null(), ME, "addrs is NULL");
    // SAFETY: the caller's address is live and unchanged during the call.
    let query = required(unsafe { View::from_ptr(addr) }, ME, "addr");
    let (found, error) = match resolver::look_up(query) {
        Ok(found) => (found, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    // Before the error, which may end the process: both outputs are clear by then (R-DNS-4).
    // SAFETY: the caller wants them written.
    unsafe { give(found, naddrs, addrs) };
    let Some(error) = error else { return 0 };
    // SAFETY: `errp` is a destination as in qapi/error.h.
    unsafe { error.store(errp, &origin!(c"qio_dns_resolver_lookup_sync")) };
    -1
}

/// qio_dns_resolver_lookup_async:
/// @resolver: (transfer none): the resolver, which becomes the task's source
/// @addr: (transfer none): what to look up; copied
/// @func: (scope async): called when the lookup has ended, with a task whose error says if it failed
/// @opaque: (closure) (nullable): data for @func
/// @notify: (destroy) (nullable): frees @opaque; called once, after @func
///
/// Looks an address up on a worker thread. @func gets the addresses with
/// qio_dns_resolver_lookup_result(). It never runs before this function has returned to the main
/// loop, also for an address that needs no lookup.
///
/// Threads: any. Blocks: no.
/// Context: @func and @notify run in the global default context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_dns_resolver_lookup_async(
    resolver: *mut QIODNSResolver,
    addr: *mut SocketAddress,
    func: QIOTaskFunc,
    opaque: gpointer,
    notify: GDestroyNotify,
) {
    const ME: &str = "qio_dns_resolver_lookup_async";
    check_usage!(func.is_some(), ME, "func is NULL");
    // SAFETY: the caller's resolver is live.
    let resolver = required(unsafe { Shared::from_ptr(resolver) }, ME, "resolver");
    // SAFETY: the caller's address is live.
    let query = required(unsafe { Address::deep_copy(addr) }, ME, "addr");
    // SAFETY: the function takes tasks and the data, which the caller gives to the task.
    let completion = unsafe { completion(func, opaque, notify) };
    resolver::look_up_in_thread(resolver, query, completion);
}

/// qio_dns_resolver_lookup_result:
/// @resolver: (transfer none) (nullable): not used
/// @task: (transfer none): the task that qio_dns_resolver_lookup_async() gave to its callback
/// @naddrs: (out): the number of addresses, 0 if the lookup failed
/// @addrs: (out) (transfer full) (array length=naddrs) (nullable): copies of the addresses, each
///   freed with qapi_free_SocketAddress(), the array with g_free(); NULL if the lookup failed
///
/// The addresses that a lookup has found. May be called again, for further copies.
///
/// Threads: the one that runs the callback, before it returns. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_dns_resolver_lookup_result(
    resolver: *mut QIODNSResolver,
    task: *mut QIOTask,
    naddrs: *mut usize,
    addrs: *mut *mut *mut SocketAddress,
) {
    const ME: &str = "qio_dns_resolver_lookup_result";
    let _ = resolver;
    check_usage!(!naddrs.is_null(), ME, "naddrs is NULL");
    check_usage!(!addrs.is_null(), ME, "addrs is NULL");
    // SAFETY: the task is live.
    let found = resolver::result(unsafe { borrow(task, ME) }).unwrap_or_default();
    // SAFETY: the caller wants them written.
    unsafe { give(found, naddrs, addrs) };
}
