//! `SocketAddressLegacy`, whose addresses are behind pointers: freeing one.

use core::ffi::c_void;

use glib_sys::g_free;

use abi::address::copy::{self, Record};
use abi::layout::{
    FdSocketAddress, InetSocketAddress, SOCKET_ADDRESS_TYPE_FD, SOCKET_ADDRESS_TYPE_INET,
    SOCKET_ADDRESS_TYPE_UNIX, SOCKET_ADDRESS_TYPE_VSOCK, SocketAddressLegacy, SocketAddressWrapper,
    UnixSocketAddress, VsockSocketAddress,
};
use platform::os::abort::misuse;

/// Frees a wrapper with its address; nothing for NULL.
///
/// # Safety
/// `wrapper` is NULL or one in GLib memory that nobody uses any more.
pub(crate) unsafe fn free_wrapper<T: Record>(wrapper: *mut SocketAddressWrapper<T>) {
    if wrapper.is_null() {
        return;
    }
    // SAFETY: the address is NULL or GLib's and goes with the wrapper.
    unsafe { copy::free((*wrapper).data) };
    // SAFETY: as promised.
    unsafe { g_free(wrapper.cast::<c_void>()) };
}

/// Frees the address in force and the struct; nothing for NULL (R-QAPI-2).
///
/// # Safety
/// `this` is NULL or a struct in GLib memory that nobody uses any more.
pub(crate) unsafe fn free(this: *mut SocketAddressLegacy) {
    if this.is_null() {
        return;
    }
    // SAFETY: as promised.
    let (chosen, data) = unsafe { ((*this).r#type, (*this).u) };
    match chosen {
        SOCKET_ADDRESS_TYPE_INET => {
            // SAFETY: the branch in force points to NULL or to such an address; so below.
            unsafe { copy::free(data.cast::<InetSocketAddress>()) }
        }
        SOCKET_ADDRESS_TYPE_UNIX => {
            // SAFETY: as above.
            unsafe { copy::free(data.cast::<UnixSocketAddress>()) }
        }
        SOCKET_ADDRESS_TYPE_VSOCK => {
            // SAFETY: as above.
            unsafe { copy::free(data.cast::<VsockSocketAddress>()) }
        }
        SOCKET_ADDRESS_TYPE_FD => {
            // SAFETY: as above.
            unsafe { copy::free(data.cast::<FdSocketAddress>()) }
        }
        unknown => misuse(
            "qapi_free_SocketAddressLegacy",
            format_args!("no address has the type {unknown}"),
        ),
    }
    // SAFETY: as promised.
    unsafe { g_free(this.cast::<c_void>()) };
}
