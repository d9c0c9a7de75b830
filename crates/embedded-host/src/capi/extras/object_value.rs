//! `qom/object.h`: values of properties.

use core::ffi::{c_char, c_int};
use core::ptr;

use glib_sys::g_strdup;

use crate::error::{self, Origin};
use crate::qapi::scalar::Source;
use crate::qapi::visitor;
use crate::qom::property::{self, Property};
use crate::qom::value;
use abi::layout::{Error, Object, Visitor};
use abi::origin;

use crate::capi::arguments::{object, text};

/// The value of a call that went well; of a failed one `otherwise`, with the error in `errp`.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn told<T>(
    result: Result<T, error::Error>,
    otherwise: T,
    errp: *mut *mut Error,
    origin: &Origin,
) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, origin) };
            otherwise
        }
    }
}

/// Whether a call went well; if not, the error is in `errp`.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn done(result: Result<(), error::Error>, errp: *mut *mut Error, origin: &Origin) -> bool {
    // SAFETY: as promised.
    unsafe { told(result.map(|()| true), false, errp, origin) }
}

/// `object_property_get` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get(
    obj: *mut Object,
    name: *const c_char,
    v: *mut Visitor,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_get";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's visitor; it has to be there.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, FUNCTION) };
    // SAFETY: the caller's object, visitor and `errp`.
    unsafe {
        done(
            value::get(obj, name, visitor.as_ptr()),
            errp,
            &origin!(c"object_property_get"),
        )
    }
}

/// `object_property_set` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set(
    obj: *mut Object,
    name: *const c_char,
    v: *mut Visitor,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_set";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's visitor; it has to be there.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, FUNCTION) };
    // SAFETY: the caller's object, visitor and `errp`.
    unsafe {
        done(
            value::set(obj, name, visitor.as_ptr()),
            errp,
            &origin!(c"object_property_set"),
        )
    }
}

/// `object_property_set_str` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set_str(
    obj: *mut Object,
    name: *const c_char,
    value: *const c_char,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_set_str";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let value = unsafe { text(value, FUNCTION, "value") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        done(
            value::set_from(obj, name, Source::Text(value)),
            errp,
            &origin!(c"object_property_set_str"),
        )
    }
}

/// `object_property_set_bool` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set_bool(
    obj: *mut Object,
    name: *const c_char,
    value: bool,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_set_bool";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        done(
            value::set_from(obj, name, Source::Truth(value)),
            errp,
            &origin!(c"object_property_set_bool"),
        )
    }
}

/// `object_property_set_int` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set_int(
    obj: *mut Object,
    name: *const c_char,
    value: i64,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_set_int";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        done(
            value::set_from(obj, name, Source::Number(value.into())),
            errp,
            &origin!(c"object_property_set_int"),
        )
    }
}

/// `object_property_set_uint` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set_uint(
    obj: *mut Object,
    name: *const c_char,
    value: u64,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_set_uint";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        done(
            value::set_from(obj, name, Source::Number(value.into())),
            errp,
            &origin!(c"object_property_set_uint"),
        )
    }
}

/// `object_property_parse` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_parse(
    obj: *mut Object,
    name: *const c_char,
    string: *const c_char,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_parse";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let string = unsafe { text(string, FUNCTION, "string") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        done(
            value::set_from(obj, name, Source::Word(string)),
            errp,
            &origin!(c"object_property_parse"),
        )
    }
}

/// `object_property_set_link` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set_link(
    obj: *mut Object,
    name: *const c_char,
    value: *mut Object,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_set_link";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's objects and `errp`.
    unsafe {
        done(
            value::set_target(obj, name, value),
            errp,
            &origin!(c"object_property_set_link"),
        )
    }
}

/// `object_property_get_str` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_str(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> *mut c_char {
    const FUNCTION: &str = "object_property_get_str";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    let shown = unsafe { value::text(obj, name) };
    // SAFETY: a C string becomes one of the caller's.
    let shown = shown.map(|shown| unsafe { g_strdup(shown.as_ptr()) });
    // SAFETY: the caller's `errp`.
    unsafe {
        told(
            shown,
            ptr::null_mut(),
            errp,
            &origin!(c"object_property_get_str"),
        )
    }
}

/// `object_property_print` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_print(
    obj: *mut Object,
    name: *const c_char,
    human: bool,
    errp: *mut *mut Error,
) -> *mut c_char {
    const FUNCTION: &str = "object_property_print";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    let shown = unsafe { value::shown(obj, name) }.map(|shown| shown.print(human));
    // SAFETY: a C string becomes one of the caller's.
    let shown = shown.map(|shown| unsafe { g_strdup(shown.as_ptr()) });
    // SAFETY: the caller's `errp`.
    unsafe {
        told(
            shown,
            ptr::null_mut(),
            errp,
            &origin!(c"object_property_print"),
        )
    }
}

/// `object_property_get_bool` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_bool(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "object_property_get_bool";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        told(
            value::truth(obj, name),
            false,
            errp,
            &origin!(c"object_property_get_bool"),
        )
    }
}

/// `object_property_get_int` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_int(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> i64 {
    const FUNCTION: &str = "object_property_get_int";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        told(
            value::number(obj, name, "int"),
            -1,
            errp,
            &origin!(c"object_property_get_int"),
        )
    }
}

/// `object_property_get_uint` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_uint(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> u64 {
    const FUNCTION: &str = "object_property_get_uint";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        told(
            value::number(obj, name, "uint"),
            0,
            errp,
            &origin!(c"object_property_get_uint"),
        )
    }
}

/// `object_property_get_enum` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_enum(
    obj: *mut Object,
    name: *const c_char,
    typename: *const c_char,
    errp: *mut *mut Error,
) -> c_int {
    const FUNCTION: &str = "object_property_get_enum";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let typename = unsafe { text(typename, FUNCTION, "typename") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        told(
            value::choice(obj, name, typename),
            -1,
            errp,
            &origin!(c"object_property_get_enum"),
        )
    }
}

/// `object_property_get_link` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_link(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> *mut Object {
    const FUNCTION: &str = "object_property_get_link";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        told(
            value::target(obj, name),
            ptr::null_mut(),
            errp,
            &origin!(c"object_property_get_link"),
        )
    }
}

/// `object_property_get_type` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_get_type(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> *const c_char {
    const FUNCTION: &str = "object_property_get_type";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    let found = unsafe { property::find_or_fail(obj, name) };
    // SAFETY: found just now; the text is the property's.
    let kind = found.map(|found| unsafe { Property::kind(found) }.as_ptr());
    // SAFETY: the caller's `errp`.
    unsafe {
        told(
            kind,
            ptr::null(),
            errp,
            &origin!(c"object_property_get_type"),
        )
    }
}
