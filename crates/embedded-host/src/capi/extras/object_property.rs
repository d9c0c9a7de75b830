//! `qom/object.h`: properties.

use core::ffi::{CStr, c_char, c_uint, c_void};
use core::ptr;
use std::ffi::CString;

use crate::destination::ERROR_ABORT;
use crate::error::{self, Origin};
use crate::qom::accessors::Accessors;
use crate::qom::class::Class;
use crate::qom::link::Link;
use crate::qom::property::{self, Property};
use abi::layout::{BoolGetter, BoolSetter, EnumGetter, EnumSetter, LinkCheck};
use abi::layout::{Error, Object, ObjectClass, ObjectProperty, ObjectPropertyAccessor};
use abi::layout::{ObjectPropertyRelease, QEnumLookup, TextGetter, TextSetter};
use abi::origin;
use platform::check_usage;
use platform::os::abort::misuse;

use crate::capi::arguments::{class, object, text};

/// The property, or NULL with the error in `errp`.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn told(
    result: Result<*mut Property, error::Error>,
    errp: *mut *mut Error,
    origin: &Origin,
) -> *mut ObjectProperty {
    match result {
        Ok(property) => Property::for_c(property),
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, origin) };
            ptr::null_mut()
        }
    }
}

/// Adds a property; a taken name ends the process (R-QOM-15).
///
/// # Safety
/// `obj` is live; what `accessors` has is made for it.
unsafe fn add(
    obj: *mut Object,
    name: &CStr,
    kind: &CStr,
    accessors: Accessors,
) -> *mut ObjectProperty {
    // SAFETY: as promised.
    let added = unsafe { property::try_add(obj, name, kind, accessors) };
    // SAFETY: that destination takes any error.
    unsafe {
        told(
            added,
            &raw mut ERROR_ABORT,
            &origin!(c"object_property_add"),
        )
    }
}

/// Adds a property to a class.
fn add_to_class(
    class: Class,
    name: &CStr,
    kind: &CStr,
    accessors: Accessors,
) -> *mut ObjectProperty {
    Property::for_c(property::add_to_class(
        class,
        Property::new(name, kind, accessors),
    ))
}

/// `object_property_try_add` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_try_add(
    obj: *mut Object,
    name: *const c_char,
    kind: *const c_char,
    get: Option<ObjectPropertyAccessor>,
    set: Option<ObjectPropertyAccessor>,
    release: Option<ObjectPropertyRelease>,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_try_add";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let kind = unsafe { text(kind, FUNCTION, "type") };
    let accessors = Accessors::Program {
        get,
        set,
        release,
        opaque,
    };
    // SAFETY: the caller's object, and functions made for it.
    let added = unsafe { property::try_add(obj, name, kind, accessors) };
    // SAFETY: the caller's `errp`.
    unsafe { told(added, errp, &origin!(c"object_property_try_add")) }
}

/// `object_property_add` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add(
    obj: *mut Object,
    name: *const c_char,
    kind: *const c_char,
    get: Option<ObjectPropertyAccessor>,
    set: Option<ObjectPropertyAccessor>,
    release: Option<ObjectPropertyRelease>,
    opaque: *mut c_void,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_add";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let kind = unsafe { text(kind, FUNCTION, "type") };
    let accessors = Accessors::Program {
        get,
        set,
        release,
        opaque,
    };
    // SAFETY: the caller's object, and functions made for it.
    unsafe { add(obj, name, kind, accessors) }
}

/// `object_class_property_add` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_property_add(
    klass: *mut ObjectClass,
    name: *const c_char,
    kind: *const c_char,
    get: Option<ObjectPropertyAccessor>,
    set: Option<ObjectPropertyAccessor>,
    release: Option<ObjectPropertyRelease>,
    opaque: *mut c_void,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_class_property_add";
    // SAFETY: the caller's class.
    let class = unsafe { class(klass, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let kind = unsafe { text(kind, FUNCTION, "type") };
    let accessors = Accessors::Program {
        get,
        set,
        release,
        opaque,
    };
    add_to_class(class, name, kind, accessors)
}

/// `object_property_add_str` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add_str(
    obj: *mut Object,
    name: *const c_char,
    get: TextGetter,
    set: TextSetter,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_add_str";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    let accessors = Accessors::Text { get, set };
    // SAFETY: the caller's object, and functions made for it.
    unsafe { add(obj, name, c"string", accessors) }
}

/// `object_class_property_add_str` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_property_add_str(
    klass: *mut ObjectClass,
    name: *const c_char,
    get: TextGetter,
    set: TextSetter,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_class_property_add_str";
    // SAFETY: the caller's class.
    let class = unsafe { class(klass, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    let accessors = Accessors::Text { get, set };
    add_to_class(class, name, c"string", accessors)
}

/// `object_property_add_bool` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add_bool(
    obj: *mut Object,
    name: *const c_char,
    get: BoolGetter,
    set: BoolSetter,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_add_bool";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    let accessors = Accessors::Truth { get, set };
    // SAFETY: the caller's object, and functions made for it.
    unsafe { add(obj, name, c"bool", accessors) }
}

/// `object_class_property_add_bool` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_property_add_bool(
    klass: *mut ObjectClass,
    name: *const c_char,
    get: BoolGetter,
    set: BoolSetter,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_class_property_add_bool";
    // SAFETY: the caller's class.
    let class = unsafe { class(klass, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    let accessors = Accessors::Truth { get, set };
    add_to_class(class, name, c"bool", accessors)
}

/// `object_property_add_enum` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add_enum(
    obj: *mut Object,
    name: *const c_char,
    kind: *const c_char,
    lookup: *const QEnumLookup,
    get: EnumGetter,
    set: EnumSetter,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_add_enum";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let kind = unsafe { text(kind, FUNCTION, "typename") };
    check_usage!(!lookup.is_null(), FUNCTION, "@lookup is NULL");
    let accessors = Accessors::Choice { lookup, get, set };
    // SAFETY: the caller's object, and functions made for it.
    unsafe { add(obj, name, kind, accessors) }
}

/// `object_class_property_add_enum` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_property_add_enum(
    klass: *mut ObjectClass,
    name: *const c_char,
    kind: *const c_char,
    lookup: *const QEnumLookup,
    get: EnumGetter,
    set: EnumSetter,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_class_property_add_enum";
    // SAFETY: the caller's class.
    let class = unsafe { class(klass, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let kind = unsafe { text(kind, FUNCTION, "typename") };
    check_usage!(!lookup.is_null(), FUNCTION, "@lookup is NULL");
    let accessors = Accessors::Choice { lookup, get, set };
    add_to_class(class, name, kind, accessors)
}

/// `object_property_add_link` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add_link(
    obj: *mut Object,
    name: *const c_char,
    kind: *const c_char,
    targetp: *mut *mut Object,
    check: LinkCheck,
    flags: c_uint,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_add_link";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's text.
    let kind = unsafe { text(kind, FUNCTION, "type") };
    check_usage!(!targetp.is_null(), FUNCTION, "@targetp is NULL");
    let shown = [b"link<", kind.to_bytes(), b">"].concat();
    let accessors = Accessors::Link(Link {
        kind: kind.to_owned(),
        slot: targetp,
        check,
        flags,
    });
    // SAFETY: the caller's object, and a slot that lives as long as the property.
    unsafe {
        add(
            obj,
            name,
            &CString::new(shown).unwrap_or_default(),
            accessors,
        )
    }
}

/// `object_property_del` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_del(obj: *mut Object, name: *const c_char) {
    const FUNCTION: &str = "object_property_del";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    match unsafe { property::find_own(obj, name) } {
        Some(property) => {
            // SAFETY: the object's own.
            unsafe { property::remove(obj, property) };
        }
        None => misuse(
            FUNCTION,
            // SAFETY: the caller's object.
            format_args!("there is no property '{}'", unsafe {
                property::full_name(obj, name)
            }),
        ),
    }
}

/// `object_property_find` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_find(
    obj: *mut Object,
    name: *const c_char,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_find";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    unsafe { property::find(obj, name) }.map_or(ptr::null_mut(), Property::for_c)
}

/// `object_property_find_err` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_find_err(
    obj: *mut Object,
    name: *const c_char,
    errp: *mut *mut Error,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_find_err";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    let found = unsafe { property::find_or_fail(obj, name) };
    // SAFETY: the caller's `errp`.
    unsafe { told(found, errp, &origin!(c"object_property_find_err")) }
}

/// `object_class_property_find` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_property_find(
    klass: *mut ObjectClass,
    name: *const c_char,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_class_property_find";
    // SAFETY: the caller's class.
    let class = unsafe { class(klass, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    property::find_in_class(class, name).map_or(ptr::null_mut(), Property::for_c)
}

/// `object_property_set_description` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_set_description(
    obj: *mut Object,
    name: *const c_char,
    description: *const c_char,
) {
    const FUNCTION: &str = "object_property_set_description";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: not NULL, so the caller's text.
    let description = (!description.is_null()).then(|| unsafe { CStr::from_ptr(description) });
    // SAFETY: the caller's object.
    let found = unsafe { property::find_or_fail(obj, name) };
    // SAFETY: that destination takes any error, and doesn't come back.
    let property = unsafe {
        told(
            found,
            &raw mut ERROR_ABORT,
            &origin!(c"object_property_set_description"),
        )
    };
    // SAFETY: found just now.
    unsafe { Property::describe(property.cast::<Property>(), description) };
}

/// `object_class_property_set_description` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_property_set_description(
    klass: *mut ObjectClass,
    name: *const c_char,
    description: *const c_char,
) {
    const FUNCTION: &str = "object_class_property_set_description";
    // SAFETY: the caller's class.
    let class = unsafe { class(klass, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: not NULL, so the caller's text.
    let description = (!description.is_null()).then(|| unsafe { CStr::from_ptr(description) });
    match property::find_in_class(class, name) {
        // SAFETY: properties of classes are never freed.
        Some(property) => unsafe { Property::describe(property, description) },
        None => misuse(
            FUNCTION,
            format_args!("there is no property '{}'", name.to_string_lossy()),
        ),
    }
}
