//! `qapi/qapi-builtin-types.h`, `qapi/qapi-types-common.h` and `qapi/qapi-types-sockets.h`, but for
//! the enums' tables, which are in [`crate::embedded::qapi::tables`].

use crate::embedded::qapi::lists;
use crate::host::address_copy;
use crate::layout::{
    FdSocketAddress, InetSocketAddress, InetSocketAddressBase, SocketAddress, SocketAddressList,
    UnixSocketAddress, VsockSocketAddress, strList,
};

/// Frees a list of texts; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_strList(obj: *mut strList) {
    // SAFETY: the caller gives its list away.
    unsafe { lists::free_texts(obj) }
}

/// Frees a descriptor address; NULL is fine.
#[cfg(any(feature = "qemu-7.2", feature = "qemu-7.2.22"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_String(obj: *mut FdSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { address_copy::free(obj) }
}

/// Frees a descriptor address; NULL is fine.
#[cfg(not(any(feature = "qemu-7.2", feature = "qemu-7.2.22")))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_FdSocketAddress(obj: *mut FdSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { address_copy::free(obj) }
}

/// Frees host and port; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_InetSocketAddressBase(obj: *mut InetSocketAddressBase) {
    // SAFETY: the caller gives its struct away.
    unsafe { address_copy::free(obj) }
}

/// Frees an internet address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_InetSocketAddress(obj: *mut InetSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { address_copy::free(obj) }
}

/// Frees a UNIX address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_UnixSocketAddress(obj: *mut UnixSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { address_copy::free(obj) }
}

/// Frees a virtio address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_VsockSocketAddress(obj: *mut VsockSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { address_copy::free(obj) }
}

/// Frees an address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_SocketAddress(obj: *mut SocketAddress) {
    // SAFETY: the caller gives its address away.
    unsafe { address_copy::free(obj) }
}

/// Frees a list of addresses; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_SocketAddressList(obj: *mut SocketAddressList) {
    // SAFETY: the caller gives its list away.
    unsafe { lists::free_addresses(obj) }
}
