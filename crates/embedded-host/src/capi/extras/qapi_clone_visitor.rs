//! `qapi/clone-visitor.h`.

#[cfg(not(clone_visitor))]
use core::{
    ffi::{c_char, c_void},
    ptr,
};

#[cfg(not(clone_visitor))]
use crate::destination::ERROR_ABORT;
use crate::qapi::visitor;
#[cfg(not(clone_visitor))]
use abi::layout::Error;
use abi::layout::Visitor;

/// A visitor that puts deep copies in the place of what it is shown.
#[cfg(clone_visitor)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_clone_visitor_new() -> *mut Visitor {
    visitor::Visitor::Clone.into_ptr()
}

/// A visitor that gives a bytewise copy members of its own.
#[cfg(clone_visitor)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_clone_members_visitor_new() -> *mut Visitor {
    visitor::Visitor::Clone.into_ptr()
}

/// A deep copy of what `visit_type` visits.
#[cfg(not(clone_visitor))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_clone(
    src: *const c_void,
    visit_type: unsafe extern "C" fn(
        *mut Visitor,
        *const c_char,
        *mut *mut c_void,
        *mut *mut Error,
    ) -> bool,
) -> *mut c_void {
    if src.is_null() {
        return ptr::null_mut();
    }
    let v = visitor::Visitor::Clone.into_ptr();
    let mut copy = src.cast_mut();
    // SAFETY: the caller's function for the type of `src`; the visitor is live.
    unsafe { visit_type(v, ptr::null(), &raw mut copy, &raw mut ERROR_ABORT) };
    // SAFETY: the visitor is ours and done.
    drop(unsafe { visitor::Visitor::from_ptr_full(v) });
    copy
}

/// Fills `dst` with a deep copy of what `visit_type_members` visits.
#[cfg(not(clone_visitor))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_clone_members(
    dst: *mut c_void,
    src: *const c_void,
    sz: usize,
    visit_type_members: unsafe extern "C" fn(*mut Visitor, *mut c_void, *mut *mut Error) -> bool,
) {
    let v = visitor::Visitor::Clone.into_ptr();
    // SAFETY: the caller's structs of `sz` bytes; copying one onto itself is harmless.
    unsafe { ptr::copy(src.cast::<u8>(), dst.cast::<u8>(), sz) };
    // SAFETY: the caller's function for the type of `dst`; the visitor is live.
    unsafe { visit_type_members(v, dst, &raw mut ERROR_ABORT) };
    // SAFETY: the visitor is ours and done.
    drop(unsafe { visitor::Visitor::from_ptr_full(v) });
}
