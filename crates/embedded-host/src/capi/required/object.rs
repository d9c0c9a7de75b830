//! `qom/object.h`: types, and the references on objects.

use core::ffi::{c_char, c_void};

use crate::capi::arguments::{require, text};
use crate::qom::objects::instance;
use crate::qom::types::{self, TypeDescription};
use abi::layout::{Object, Type, TypeInfo};

/// `type_register_static` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn type_register_static(info: *const TypeInfo) -> Type {
    require(info, "type_register_static", "info");
    // SAFETY: a live struct as the header asks, not NULL.
    let info = unsafe { &*info };
    // SAFETY: its strings and array are what the header says.
    unsafe { types::register(TypeDescription::from_info(info)) }.handle()
}

/// `object_new` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_new(type_name: *const c_char) -> *mut Object {
    const FUNCTION: &str = "object_new";
    // SAFETY: NULL or a C string.
    let name = unsafe { text(type_name, FUNCTION, "type_name") };
    instance::create(instance::type_named(name, FUNCTION), FUNCTION)
}

/// `object_ref` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_ref(obj: *mut c_void) -> *mut Object {
    let obj = obj.cast::<Object>();
    if !obj.is_null() {
        // SAFETY: a live object, not NULL.
        unsafe { instance::add_reference(obj) };
    }
    obj
}

/// `object_unref` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_unref(obj: *mut c_void) {
    if !obj.is_null() {
        // SAFETY: a live object, not NULL, and the caller gives a reference up.
        unsafe { instance::drop_reference(obj.cast::<Object>()) };
    }
}
