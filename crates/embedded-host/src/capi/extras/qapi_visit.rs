//! `qapi/visitor.h`, `qapi/qapi-visit-sockets.h` and `qapi/clone-visitor.h`.

use core::ffi::c_char;

use crate::error;
use crate::qapi::visitor;
use abi::address::copy::Record;
use abi::layout::{
    Error, FdSocketAddress, InetSocketAddress, InetSocketAddressBase, SocketAddress,
    SocketAddressList, UnixSocketAddress, Visitor, VsockSocketAddress,
};
use abi::origin;
use platform::os::abort::misuse;

/// Tells C code how a visit went.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn told(result: Result<(), error::Error>, errp: *mut *mut Error) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, &origin!(c"visit_type_SocketAddress")) };
            false
        }
    }
}

/// Shows a struct to the visitor.
///
/// # Safety
/// `v` is NULL or live; `obj` is NULL or points to NULL or a live struct; `errp` is the caller's.
unsafe fn visit<T: Record>(
    function: &str,
    v: *mut Visitor,
    obj: *mut *mut T,
    errp: *mut *mut Error,
) -> bool {
    if obj.is_null() {
        misuse(function, format_args!("@obj is NULL"));
    }
    // SAFETY: as promised.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, function) };
    // SAFETY: as promised.
    unsafe { told(visitor.visit(obj), errp) }
}

/// Shows the members of a struct to the visitor.
///
/// # Safety
/// `v` is NULL or live; `obj` is NULL or points to a live struct; `errp` is the caller's.
unsafe fn visit_members<T: Record>(
    function: &str,
    v: *mut Visitor,
    obj: *mut T,
    errp: *mut *mut Error,
) -> bool {
    if obj.is_null() {
        misuse(function, format_args!("@obj is NULL"));
    }
    // SAFETY: as promised.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, function) };
    // SAFETY: as promised.
    unsafe { told(visitor.visit_members(obj), errp) }
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
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_InetSocketAddressBase", v, obj, errp) }
}

/// Visits the members of host and port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddressBase_members(
    v: *mut Visitor,
    obj: *mut InetSocketAddressBase,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_InetSocketAddressBase_members", v, obj, errp) }
}

/// Visits an internet address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut InetSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_InetSocketAddress", v, obj, errp) }
}

/// Visits the members of an internet address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_InetSocketAddress_members(
    v: *mut Visitor,
    obj: *mut InetSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_InetSocketAddress_members", v, obj, errp) }
}

/// Visits a UNIX address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_UnixSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut UnixSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_UnixSocketAddress", v, obj, errp) }
}

/// Visits the members of a UNIX address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_UnixSocketAddress_members(
    v: *mut Visitor,
    obj: *mut UnixSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_UnixSocketAddress_members", v, obj, errp) }
}

/// Visits a virtio address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_VsockSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut VsockSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_VsockSocketAddress", v, obj, errp) }
}

/// Visits the members of a virtio address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_VsockSocketAddress_members(
    v: *mut Visitor,
    obj: *mut VsockSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_VsockSocketAddress_members", v, obj, errp) }
}

/// Visits a descriptor address.
#[cfg(not(fd_socket_address))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_String(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut FdSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_String", v, obj, errp) }
}

/// Visits the members of a descriptor address.
#[cfg(not(fd_socket_address))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_String_members(
    v: *mut Visitor,
    obj: *mut FdSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_String_members", v, obj, errp) }
}

/// Visits a descriptor address.
#[cfg(fd_socket_address)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_FdSocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut FdSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_FdSocketAddress", v, obj, errp) }
}

/// Visits the members of a descriptor address.
#[cfg(fd_socket_address)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_FdSocketAddress_members(
    v: *mut Visitor,
    obj: *mut FdSocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_FdSocketAddress_members", v, obj, errp) }
}

/// Visits an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_SocketAddress(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut SocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit("visit_type_SocketAddress", v, obj, errp) }
}

/// Visits the members of an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_SocketAddress_members(
    v: *mut Visitor,
    obj: *mut SocketAddress,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's visitor and struct.
    unsafe { visit_members("visit_type_SocketAddress_members", v, obj, errp) }
}

/// Visits a list of addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_SocketAddressList(
    v: *mut Visitor,
    _name: *const c_char,
    obj: *mut *mut SocketAddressList,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "visit_type_SocketAddressList";
    if obj.is_null() {
        misuse(FUNCTION, format_args!("@obj is NULL"));
    }
    // SAFETY: the caller's visitor.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, FUNCTION) };
    // SAFETY: the caller's list.
    unsafe { told(visitor.visit_addresses(obj), errp) }
}
