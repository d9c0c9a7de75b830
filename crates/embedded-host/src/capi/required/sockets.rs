//! `qemu/sockets.h`: sockets of an address.

use core::ffi::c_int;

use libc::{sockaddr, sockaddr_storage, socklen_t};

use crate::error::{Error, Origin};
use crate::sockets::{self, datagram, names};
use abi::address::{Address, View};
use abi::layout::{self, SocketAddress};
use abi::origin;
use abi::propagate::{ok_or_propagate, ptr_or_propagate};
use platform::check_usage;
use platform::os::abort::misuse;
use platform::os::fd::Descriptor;
use platform::os::socket_name::SocketName;

/// The caller's address; NULL is a mistake.
///
/// # Safety
/// `addr` is NULL or a live address that nobody changes for `'a`.
pub(in crate::capi) unsafe fn view<'a>(function: &str, addr: *const SocketAddress) -> View<'a> {
    // SAFETY: as promised.
    let view = unsafe { View::from_ptr(addr) };
    view.unwrap_or_else(|| misuse(function, format_args!("the address is NULL")))
}

/// For C: a descriptor, or -1 with the error stored and its errno set.
///
/// # Safety
/// `errp` is as in `qapi/error.h`.
pub(in crate::capi) unsafe fn descriptor_or_propagate(
    result: Result<Descriptor, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> c_int {
    // SAFETY: as promised.
    unsafe { ok_or_propagate(result, errp, origin) }.map_or(-1, Descriptor::into_raw)
}

/// For C: an address, or NULL with the error stored and its errno set.
///
/// # Safety
/// `errp` is as in `qapi/error.h`.
pub(in crate::capi) unsafe fn address_or_propagate(
    result: Result<Address, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> *mut SocketAddress {
    // SAFETY: as promised.
    unsafe { ptr_or_propagate(result.map(Address::into_ptr), errp, origin) }
}

/// Connects to an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_connect(
    addr: *mut SocketAddress,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's address.
    let result = sockets::connect(unsafe { view("socket_connect", addr) });
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"socket_connect")) }
}

/// Listens at an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_listen(
    addr: *mut SocketAddress,
    num: c_int,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's address.
    let result = sockets::listen(unsafe { view("socket_listen", addr) }, num);
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"socket_listen")) }
}

/// Makes a datagram socket between two addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_dgram(
    remote: *mut SocketAddress,
    local: *mut SocketAddress,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's address.
    let remote = unsafe { view("socket_dgram", remote) };
    // SAFETY: the caller's address, or NULL.
    let result = datagram::open(remote, unsafe { View::from_ptr(local) });
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"socket_dgram")) }
}

/// Removes the path of a listening UNIX socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_listen_cleanup(fd: c_int, errp: *mut *mut layout::Error) {
    if let Err(error) = names::cleanup_listening(fd) {
        // SAFETY: `errp` is the caller's.
        unsafe { error.store(errp, &origin!(c"socket_listen_cleanup")) };
    }
}

/// The address of a socket name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_sockaddr_to_address(
    sa: *mut sockaddr_storage,
    salen: socklen_t,
    errp: *mut *mut layout::Error,
) -> *mut SocketAddress {
    check_usage!(!sa.is_null(), "socket_sockaddr_to_address", "@sa is NULL");
    // SAFETY: the caller's name of `salen` bytes.
    let name = unsafe { SocketName::from_ptr(sa.cast::<sockaddr>(), salen) };
    let result = names::to_address(&name);
    // SAFETY: `errp` is the caller's.
    unsafe { address_or_propagate(result, errp, &origin!(c"socket_sockaddr_to_address")) }
}
