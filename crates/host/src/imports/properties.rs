//! The symbols of properties, which only builds with properties import.

use core::ffi::{c_char, c_void};

use abi::layout::{
    Error, ObjectClass, ObjectProperty, ObjectPropertyAccessor, ObjectPropertyRelease, Visitor,
};

unsafe extern "C" {
    pub fn object_class_property_add(
        klass: *mut ObjectClass,
        name: *const c_char,
        r#type: *const c_char,
        get: Option<ObjectPropertyAccessor>,
        set: Option<ObjectPropertyAccessor>,
        release: Option<ObjectPropertyRelease>,
        opaque: *mut c_void,
    ) -> *mut ObjectProperty;
    pub fn object_class_property_set_description(
        klass: *mut ObjectClass,
        name: *const c_char,
        description: *const c_char,
    );
    pub fn visit_type_uint32(
        v: *mut Visitor,
        name: *const c_char,
        obj: *mut u32,
        errp: *mut *mut Error,
    ) -> bool;
}
