//! `qom/object-property.h`: properties.

use core::ffi::{CStr, c_uint, c_void};
use core::ptr;
use std::ffi::CString;

use crate::capi::exports::exports;
use crate::destination::ERROR_ABORT;
use crate::error::{self, Origin};
use crate::qom::objects::accessors::Accessors;
use crate::qom::objects::accessors::Link;
use crate::qom::objects::property::{self, Property};
use crate::qom::types::class::Class;
use crate::qom::values::link;
use abi::layout::{BoolGetter, BoolSetter, EnumGetter, EnumSetter, LinkCheck};
use abi::layout::{Object, ObjectProperty, ObjectPropertyAccessor, ObjectPropertyRelease};
use abi::layout::{QEnumLookup, TextGetter, TextSetter};
use abi::origin;
use platform::os::abort::misuse;

/// `get`, `set`.
type Accessor = Option<ObjectPropertyAccessor>;
/// `release`.
type Release = Option<ObjectPropertyRelease>;

/// A property that has to be there: its absence ends the process (R-QOM-15).
///
/// # Safety
/// The property, if there is one, is live.
unsafe fn or_abort(found: Result<*mut Property, error::Error>, origin: &Origin) -> *mut Property {
    found.unwrap_or_else(|error| {
        // SAFETY: that destination takes any error, and doesn't come back.
        unsafe { error.store(&raw mut ERROR_ABORT, origin) };
        ptr::null_mut()
    })
}

/// Adds a property to an object; a taken name ends the process.
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
    // SAFETY: added just now.
    Property::for_c(unsafe { or_abort(added, &origin!(c"object_property_add")) })
}

/// Adds a property to a class; a taken name ends the process.
///
/// # Safety
/// As [`property::add_to_class`].
unsafe fn add_to_class(
    class: Class,
    name: &CStr,
    kind: &CStr,
    accessors: Accessors,
) -> *mut ObjectProperty {
    // SAFETY: as promised.
    Property::for_c(unsafe { property::add_to_class(class, name, kind, accessors) })
}

exports! { "qom/object-property.h";
    fn object_property_try_add(
        obj: object, name: text, r#type: text,
        get: (Accessor), set: (Accessor), release: (Release), opaque: (*mut c_void),
    ) -> *mut ObjectProperty, else (ptr::null_mut()) {
        let accessors = Accessors::Program { get, set, release, opaque };
        property::try_add(obj, name, r#type, accessors).map(Property::for_c)
    }

    fn object_property_add(
        obj: object, name: text, r#type: text,
        get: (Accessor), set: (Accessor), release: (Release), opaque: (*mut c_void),
    ) -> *mut ObjectProperty {
        add(obj, name, r#type, Accessors::Program { get, set, release, opaque })
    }

    fn object_class_property_add(
        klass: class, name: text, r#type: text,
        get: (Accessor), set: (Accessor), release: (Release), opaque: (*mut c_void),
    ) -> *mut ObjectProperty {
        add_to_class(klass, name, r#type, Accessors::Program { get, set, release, opaque })
    }

    fn object_property_add_str(
        obj: object, name: text, get: (TextGetter), set: (TextSetter),
    ) -> *mut ObjectProperty {
        add(obj, name, c"string", Accessors::Text { get, set })
    }

    fn object_class_property_add_str(
        klass: class, name: text, get: (TextGetter), set: (TextSetter),
    ) -> *mut ObjectProperty {
        add_to_class(klass, name, c"string", Accessors::Text { get, set })
    }

    fn object_property_add_bool(
        obj: object, name: text, get: (BoolGetter), set: (BoolSetter),
    ) -> *mut ObjectProperty {
        add(obj, name, c"bool", Accessors::Truth { get, set })
    }

    fn object_class_property_add_bool(
        klass: class, name: text, get: (BoolGetter), set: (BoolSetter),
    ) -> *mut ObjectProperty {
        add_to_class(klass, name, c"bool", Accessors::Truth { get, set })
    }

    fn object_property_add_enum(
        obj: object, name: text, typename: text, lookup: [*const QEnumLookup],
        get: (EnumGetter), set: (EnumSetter),
    ) -> *mut ObjectProperty {
        add(obj, name, typename, Accessors::Choice { lookup, get, set })
    }

    fn object_class_property_add_enum(
        klass: class, name: text, typename: text, lookup: [*const QEnumLookup],
        get: (EnumGetter), set: (EnumSetter),
    ) -> *mut ObjectProperty {
        add_to_class(klass, name, typename, Accessors::Choice { lookup, get, set })
    }

    fn object_property_add_link(
        obj: object, name: text, r#type: text, targetp: [*mut *mut Object],
        check: (LinkCheck), flags: (c_uint),
    ) -> *mut ObjectProperty {
        let shown = [b"link<", r#type.to_bytes(), b">"].concat();
        let link = Link { kind: r#type.to_owned(), slot: targetp, check, flags };
        add(obj, name, &CString::new(shown).unwrap_or_default(), link::accessors(link))
    }

    fn object_property_del(obj: object, name: text) -> () {
        let Some(property) = property::find_own(obj, name) else {
            let name = property::full_name(obj, name);
            misuse(FUNCTION, format_args!("there is no property '{name}'"));
        };
        property::remove(obj, property);
    }

    fn object_property_find(obj: object, name: text) -> *mut ObjectProperty {
        property::find(obj, name).map_or(ptr::null_mut(), Property::for_c)
    }

    fn object_property_find_err(obj: object, name: text) -> *mut ObjectProperty, else (ptr::null_mut()) {
        property::find_or_fail(obj, name).map(Property::for_c)
    }

    fn object_class_property_find(klass: class, name: text) -> *mut ObjectProperty {
        property::find_in_class(klass, name).map_or(ptr::null_mut(), Property::for_c)
    }

    fn object_property_set_description(obj: object, name: text, description: optional_text) -> () {
        let origin = origin!(c"object_property_set_description");
        Property::describe(or_abort(property::find_or_fail(obj, name), &origin), description);
    }

    fn object_class_property_set_description(
        klass: class, name: text, description: optional_text,
    ) -> () {
        let Some(property) = property::find_in_class(klass, name) else {
            let name = name.to_string_lossy();
            misuse(FUNCTION, format_args!("there is no property '{name}'"));
        };
        Property::describe(property, description);
    }
}
