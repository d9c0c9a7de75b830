//! How a property is read and set.
//!
//! # Safety
//!
//! The contract of the accessors, which the host calls through the property: `object` is a live instance of the class,
//! `visitor` and `name` are valid for the call, `opaque` is the [`Uint32`] that the property was made of, and `errp` is
//! NULL, `&error_abort`, `&error_fatal` or points to an empty `Error *`.

use core::ffi::{c_char, c_void};
use core::ptr;

use super::Uint32;
use crate::object::class::{ObjectImpl, borrow};
use crate::object::propagate::ok_or_propagate;
use abi::layout::{Error, Object, ObjectClass, Visitor};
use abi::origin;
use host::property;

/// Gives a class its properties.
///
/// # Safety
/// `class` is that of `T`, and is being made.
pub(in crate::object) unsafe fn add_all<T: ObjectImpl>(class: *mut ObjectClass) {
    for own in T::PROPERTIES {
        let accessors = (own.get.map(|_| get::<T> as _), set::<T> as _);
        let opaque = ptr::from_ref(own).cast_mut().cast();
        // SAFETY: as promised; a constant's reference lives for ever, and is only read.
        unsafe { property::add_uint32(class, own.name, own.description, accessors, opaque) };
    }
}

/// # Safety
/// As above.
unsafe extern "C" fn get<T: ObjectImpl>(
    object: *mut Object,
    visitor: *mut Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: as promised.
    let (object, own) = unsafe { (borrow::<T, _>(object), &*opaque.cast::<Uint32<T>>()) };
    if let Some(read) = own.get {
        // SAFETY: what the host has given. A failure is in `errp`.
        unsafe { property::visit_uint32(visitor, name, read(object), errp) };
    }
}

/// # Safety
/// As above.
unsafe extern "C" fn set<T: ObjectImpl>(
    object: *mut Object,
    visitor: *mut Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: as promised.
    let (object, own) = unsafe { (borrow::<T, _>(object), &*opaque.cast::<Uint32<T>>()) };
    // SAFETY: what the host has given.
    if let Some(value) = unsafe { property::visit_uint32(visitor, name, 0, errp) } {
        let result = (own.set)(object, value);
        // SAFETY: no error is there yet.
        unsafe { ok_or_propagate(result, errp, &origin!(c"object_property_set")) };
    }
}
