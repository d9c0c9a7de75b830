//! `qom/object-value.h`: values of properties.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;

use glib_sys::g_strdup;

use crate::capi::exports::exports;
use crate::qapi::scalar::Source;
use crate::qom::objects::property::{self, Property};
use crate::qom::values::value;
use abi::layout::Object;

/// A text of the caller's own.
fn own(text: &CStr) -> *mut c_char {
    // SAFETY: a C string.
    unsafe { g_strdup(text.as_ptr()) }
}

exports! { "qom/object-value.h";
    fn object_property_get(obj: object, name: text, v: visitor) -> bool, else (false) {
        value::get(obj, name, v.as_ptr()).map(|()| true)
    }

    fn object_property_set(obj: object, name: text, v: visitor) -> bool, else (false) {
        value::set(obj, name, v.as_ptr()).map(|()| true)
    }

    fn object_property_set_str(obj: object, name: text, value: text) -> bool, else (false) {
        value::set_from(obj, name, Source::Text(value)).map(|()| true)
    }

    fn object_property_set_bool(obj: object, name: text, value: (bool)) -> bool, else (false) {
        value::set_from(obj, name, Source::Truth(value)).map(|()| true)
    }

    fn object_property_set_int(obj: object, name: text, value: (i64)) -> bool, else (false) {
        value::set_from(obj, name, Source::Number(value.into())).map(|()| true)
    }

    fn object_property_set_uint(obj: object, name: text, value: (u64)) -> bool, else (false) {
        value::set_from(obj, name, Source::Number(value.into())).map(|()| true)
    }

    fn object_property_parse(obj: object, name: text, string: text) -> bool, else (false) {
        value::set_from(obj, name, Source::Word(string)).map(|()| true)
    }

    fn object_property_set_link(obj: object, name: text, value: (*mut Object)) -> bool, else (false) {
        value::set_target(obj, name, value).map(|()| true)
    }

    fn object_property_get_str(obj: object, name: text) -> *mut c_char, else (ptr::null_mut()) {
        value::text(obj, name).map(|text| own(&text))
    }

    fn object_property_print(obj: object, name: text, human: (bool)) -> *mut c_char, else (ptr::null_mut()) {
        value::shown(obj, name).map(|shown| own(&shown.print(human)))
    }

    fn object_property_get_bool(obj: object, name: text) -> bool, else (false) {
        value::truth(obj, name)
    }

    fn object_property_get_int(obj: object, name: text) -> i64, else (-1) {
        value::number(obj, name, "int")
    }

    fn object_property_get_uint(obj: object, name: text) -> u64, else (0) {
        value::number(obj, name, "uint")
    }

    fn object_property_get_enum(obj: object, name: text, typename: text) -> c_int, else (-1) {
        value::choice(obj, name, typename)
    }

    fn object_property_get_link(obj: object, name: text) -> *mut Object, else (ptr::null_mut()) {
        value::target(obj, name)
    }
}

exports! { "qom/object-property.h";
    // The text is the property's.
    fn object_property_get_type(obj: object, name: text) -> *const c_char, else (ptr::null()) {
        property::find_or_fail(obj, name).map(|found| Property::kind(found).as_ptr())
    }
}
