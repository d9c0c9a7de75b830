//! Properties of classes, where a build has them: of the symbols they take none is among those that io/ imports from
//! every program.

use core::ffi::{CStr, c_void};

use super::imports::properties as imports;
use abi::layout::{Error, ObjectClass, ObjectPropertyAccessor, Visitor};

/// Gives a class a property of type `uint32`.
///
/// # Safety
/// `class` is being made. Its instances can be given to the accessors, and `opaque` at any time.
pub unsafe fn add_uint32(
    class: *mut ObjectClass,
    name: &'static CStr,
    description: &'static CStr,
    (get, set): (Option<ObjectPropertyAccessor>, ObjectPropertyAccessor),
    opaque: *mut c_void,
) {
    // SAFETY: as promised; the texts live as long as the process, and are copied.
    unsafe {
        imports::object_class_property_add(
            class,
            name.as_ptr(),
            c"uint32".as_ptr(),
            get,
            Some(set),
            None,
            opaque,
        );
        imports::object_class_property_set_description(class, name.as_ptr(), description.as_ptr());
    }
}

/// Has a visitor read a number, or write it; None with the error stored if it can't.
///
/// # Safety
/// `visitor` and `name` are what an accessor was given, and so is `errp`.
pub unsafe fn visit_uint32(
    visitor: *mut Visitor,
    name: *const core::ffi::c_char,
    mut value: u32,
    errp: *mut *mut Error,
) -> Option<u32> {
    // SAFETY: as promised.
    unsafe { imports::visit_type_uint32(visitor, name, &raw mut value, errp) }.then_some(value)
}
