//! `qapi/qapi-builtin-types.h`, `qapi/qapi-types-common.h` and `qapi/qapi-types-sockets.h`, but for
//! the enums' tables, which are in [`crate::qapi::tables`].

use crate::qapi::{legacy, lists};
use abi::address::copy;
use abi::layout::{
    FdSocketAddress, FdSocketAddressWrapper, InetSocketAddress, InetSocketAddressBase,
    InetSocketAddressWrapper, SocketAddressLegacy, SocketAddressList, UnixSocketAddress,
    UnixSocketAddressWrapper, VsockSocketAddress, VsockSocketAddressWrapper, strList,
};

/// Frees a list of texts; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_strList(obj: *mut strList) {
    // SAFETY: the caller gives its list away.
    unsafe { lists::free_texts(obj) }
}

/// Frees a descriptor address; NULL is fine.
#[cfg(not(fd_socket_address))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_String(obj: *mut FdSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { copy::free(obj) }
}

/// Frees a descriptor address; NULL is fine.
#[cfg(fd_socket_address)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_FdSocketAddress(obj: *mut FdSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { copy::free(obj) }
}

/// Frees host and port; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_InetSocketAddressBase(obj: *mut InetSocketAddressBase) {
    // SAFETY: the caller gives its struct away.
    unsafe { copy::free(obj) }
}

/// Frees an internet address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_InetSocketAddress(obj: *mut InetSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { copy::free(obj) }
}

/// Frees a UNIX address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_UnixSocketAddress(obj: *mut UnixSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { copy::free(obj) }
}

/// Frees a virtio address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_VsockSocketAddress(obj: *mut VsockSocketAddress) {
    // SAFETY: the caller gives its struct away.
    unsafe { copy::free(obj) }
}

/// Frees a list of addresses; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_SocketAddressList(obj: *mut SocketAddressList) {
    // SAFETY: the caller gives its list away.
    unsafe { lists::free_addresses(obj) }
}

/// Frees an internet address behind a pointer; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_InetSocketAddressWrapper(obj: *mut InetSocketAddressWrapper) {
    // SAFETY: the caller gives its struct away.
    unsafe { legacy::free_wrapper(obj) }
}

/// Frees a UNIX address behind a pointer; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_UnixSocketAddressWrapper(obj: *mut UnixSocketAddressWrapper) {
    // SAFETY: the caller gives its struct away.
    unsafe { legacy::free_wrapper(obj) }
}

/// Frees a virtio address behind a pointer; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_VsockSocketAddressWrapper(obj: *mut VsockSocketAddressWrapper) {
    // SAFETY: the caller gives its struct away.
    unsafe { legacy::free_wrapper(obj) }
}

/// Frees a descriptor address behind a pointer; NULL is fine.
#[cfg(not(fd_socket_address))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_StringWrapper(obj: *mut FdSocketAddressWrapper) {
    // SAFETY: the caller gives its struct away.
    unsafe { legacy::free_wrapper(obj) }
}

/// Frees a descriptor address behind a pointer; NULL is fine.
#[cfg(fd_socket_address)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_FdSocketAddressWrapper(obj: *mut FdSocketAddressWrapper) {
    // SAFETY: the caller gives its struct away.
    unsafe { legacy::free_wrapper(obj) }
}

/// Frees an address of the older kind; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_SocketAddressLegacy(obj: *mut SocketAddressLegacy) {
    // SAFETY: the caller gives its address away.
    unsafe { legacy::free(obj) }
}
