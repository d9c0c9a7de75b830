//! `qapi/visitor.h`, `qapi/qapi-visit-sockets.h` and `qapi/clone-visitor.h`.

use core::ffi::c_char;

use crate::embedded::qapi::visitor;
use crate::host::address_copy::Record;
use crate::layout::{
    Error, FdSocketAddress, InetSocketAddress, InetSocketAddressBase, SocketAddress,
    SocketAddressList, UnixSocketAddress, Visitor, VsockSocketAddress,
};
use crate::os::abort::misuse;

/// Shows a struct to the visitor.
///
/// # Safety
/// `v` is NULL or live; `obj` is NULL or points to NULL or a live struct.
unsafe fn visit<T: Record>(function: &str, v: *mut Visitor, obj: *mut *mut T) -> bool {
    if obj.is_null() {
        misuse(function, format_args!("@obj is NULL"));
    }
    // SAFETY: as promised.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, function) };
    // SAFETY: as promised.
    unsafe { visitor.visit(obj) }
}

/// Shows the members of a struct to the visitor.
///
/// # Safety
/// `v` is NULL or live; `obj` is NULL or points to a live struct.
unsafe fn visit_members<T: Record>(function: &str, v: *mut Visitor, obj: *mut T) -> bool {
    if obj.is_null() {
        misuse(function, format_args!("@obj is NULL"));
    }
    // SAFETY: as promised.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, function) };
    // SAFETY: as promised.
    unsafe { visitor.visit_members(obj) }
}

/// Ends a visitor; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_free(v: *mut Visitor) {
    // SAFETY: the caller gives its visitor away.
    drop(unsafe { visitor::Visitor::from_ptr_full(v) });
}

/// Visits host and port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddressBase(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut InetSocketAddressBase,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_InetSocketAddressBase", v, obj) }
}

/// Visits the members of host and port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddressBase_members(
    v: *mut Visitor,
    obj: *mut InetSocketAddressBase,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_InetSocketAddressBase_members", v, obj) }
}

/// Visits an internet address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut InetSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_InetSocketAddress", v, obj) }
}

/// Visits the members of an internet address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddress_members(
    v: *mut Visitor,
    obj: *mut InetSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_InetSocketAddress_members", v, obj) }
}

/// Visits a UNIX address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_UnixSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut UnixSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_UnixSocketAddress", v, obj) }
}

/// Visits the members of a UNIX address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_UnixSocketAddress_members(
    v: *mut Visitor,
    obj: *mut UnixSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_UnixSocketAddress_members", v, obj) }
}

/// Visits a virtio address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_VsockSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut VsockSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_VsockSocketAddress", v, obj) }
}

/// Visits the members of a virtio address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_VsockSocketAddress_members(
    v: *mut Visitor,
    obj: *mut VsockSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_VsockSocketAddress_members", v, obj) }
}

/// Visits a descriptor address.
#[cfg(any(feature = "qemu-7.2", feature = "qemu-7.2.22"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_String(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut FdSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_String", v, obj) }
}

/// Visits the members of a descriptor address.
#[cfg(any(feature = "qemu-7.2", feature = "qemu-7.2.22"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_String_members(
    v: *mut Visitor,
    obj: *mut FdSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_String_members", v, obj) }
}

/// Visits a descriptor address.
#[cfg(not(any(feature = "qemu-7.2", feature = "qemu-7.2.22")))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_FdSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut FdSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_FdSocketAddress", v, obj) }
}

/// Visits the members of a descriptor address.
#[cfg(not(any(feature = "qemu-7.2", feature = "qemu-7.2.22")))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_FdSocketAddress_members(
    v: *mut Visitor,
    obj: *mut FdSocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_FdSocketAddress_members", v, obj) }
}

/// Visits an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_SocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut SocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_SocketAddress", v, obj) }
}

/// Visits the members of an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_SocketAddress_members(
    v: *mut Visitor,
    obj: *mut SocketAddress,
    _errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_SocketAddress_members", v, obj) }
}

/// Visits a list of addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_SocketAddressList(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut SocketAddressList,
    _errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "visit_type_SocketAddressList";
    if obj.is_null() {
        misuse(FUNCTION, format_args!("@obj is NULL"));
    }
    // SAFETY: the caller's visitor.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, FUNCTION) };
    // SAFETY: the caller's list.
    unsafe { visitor.visit_addresses(obj) }
}
