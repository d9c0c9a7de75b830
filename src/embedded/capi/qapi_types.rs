//! `qapi/qapi-builtin-types.h`, `qapi/qapi-types-common.h` and `qapi/qapi-types-sockets.h`.

use core::ffi::c_char;
use core::ptr;

use crate::embedded::qapi::lists;
use crate::host::address_copy;
use crate::layout::{
    FdSocketAddress, InetSocketAddress, InetSocketAddressBase, QEnumLookup, SocketAddress,
    SocketAddressList, UnixSocketAddress, VsockSocketAddress, strList,
};

/// Names for a table. Constant, so any thread may read them.
#[repr(transparent)]
struct Names<const N: usize>([*const c_char; N]);

// SAFETY: pointers to constant texts.
unsafe impl<const N: usize> Sync for Names<N> {}

static SOCKET_ADDRESS_TYPES: Names<4> = Names([
    c"inet".as_ptr(),
    c"unix".as_ptr(),
    c"vsock".as_ptr(),
    c"fd".as_ptr(),
]);

static NETWORK_ADDRESS_FAMILIES: Names<5> = Names([
    c"ipv4".as_ptr(),
    c"ipv6".as_ptr(),
    c"unix".as_ptr(),
    c"vsock".as_ptr(),
    c"unknown".as_ptr(),
]);

/// The names of `SocketAddressType`.
#[unsafe(no_mangle)]
pub static SocketAddressType_lookup: QEnumLookup = QEnumLookup {
    array: SOCKET_ADDRESS_TYPES.0.as_ptr(),
    features: ptr::null(),
    size: 4,
};

/// The names of `NetworkAddressFamily`.
#[unsafe(no_mangle)]
pub static NetworkAddressFamily_lookup: QEnumLookup = QEnumLookup {
    array: NETWORK_ADDRESS_FAMILIES.0.as_ptr(),
    features: ptr::null(),
    size: 5,
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
