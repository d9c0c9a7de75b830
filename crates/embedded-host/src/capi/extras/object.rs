//! `qom/object.h`: objects and classes.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use glib_sys::GSList;

use crate::capi::arguments::{optional_text, require, text};
use crate::capi::exports::exports;
use crate::capi::required::object::type_register_static;
use crate::qom::objects::instance;
use crate::qom::types::cast::{self, CastCache};
use crate::qom::types::class::Class;
use crate::qom::types::list;
use crate::qom::values::builtin;
use abi::layout::{Object, ObjectClass, TypeInfo};
use platform::os::abort::{self, misuse};

/// What `object_class_foreach` calls.
pub type ClassVisitor = unsafe extern "C" fn(klass: *mut ObjectClass, opaque: *mut c_void);

fn class_or_null(class: Option<Class>) -> *mut ObjectClass {
    class.map_or(ptr::null_mut(), Class::as_ptr)
}

/// Ends the process over a failed cast, in the words of R-QOM-13.
///
/// # Safety
/// The strings are NULL or C strings.
#[cold]
unsafe fn mismatch(
    what: *const c_void,
    type_name: *const c_char,
    file: *const c_char,
    line: c_int,
    func: *const c_char,
) -> ! {
    let [type_name, file, func] = [type_name, file, func].map(|text| {
        // SAFETY: as promised; the process ends before they could go.
        unsafe { optional_text(text) }.map_or("?".into(), |text| text.to_string_lossy())
    });
    abort::with_line(format_args!(
        "{file}:{line}:{func}: Object {what:p} is not an instance of type {type_name}"
    ))
}

exports! { "qom/object.h";
    #[cfg(type_register)]
    fn type_register(info: (*const TypeInfo)) -> abi::layout::Type {
        // Strings are copied in either.
        type_register_static(info)
    }

    fn type_register_static_array(infos: (*const TypeInfo), nr_infos: (c_int)) -> () {
        for i in 0..usize::try_from(nr_infos).unwrap_or(0) {
            require(infos, FUNCTION, "infos");
            type_register_static(infos.add(i));
        }
    }

    fn object_new_with_class(klass: class) -> *mut Object {
        instance::create(klass.ty(), FUNCTION)
    }

    fn object_initialize(obj: [*mut c_void], size: (usize), type_name: text) -> () {
        instance::create_in(obj, size, instance::type_named(type_name, FUNCTION), FUNCTION);
    }

    fn object_get_class(obj: [*mut Object]) -> *mut ObjectClass {
        instance::class_of(obj).as_ptr()
    }

    fn object_get_typename(obj: [*const Object]) -> *const c_char {
        instance::class_of(obj).name().as_ptr()
    }

    fn object_dynamic_cast(obj: (*mut Object), type_name: (*const c_char)) -> *mut Object {
        if obj.is_null() || cast::is_a(instance::class_of(obj), text(type_name, FUNCTION, "type_name")) {
            obj
        } else {
            ptr::null_mut()
        }
    }

    fn object_dynamic_cast_assert(
        obj: (*mut Object), type_name: (*const c_char),
        file: (*const c_char), line: (c_int), func: (*const c_char),
    ) -> *mut Object {
        if obj.is_null() {
            return obj;
        }
        require(type_name, FUNCTION, "type_name");
        let cache = CastCache::of_objects(instance::class_of(obj));
        if !cache.contains(type_name) {
            if object_dynamic_cast(obj, type_name).is_null() {
                mismatch(obj.cast(), type_name, file, line, func);
            }
            cache.remember(type_name);
        }
        obj
    }

    fn object_class_dynamic_cast(
        klass: (*mut ObjectClass), type_name: (*const c_char),
    ) -> *mut ObjectClass {
        match Class::from_ptr(klass) {
            Some(class) => class_or_null(cast::class_as(class, text(type_name, FUNCTION, "type_name"))),
            None => klass,
        }
    }

    fn object_class_dynamic_cast_assert(
        klass: (*mut ObjectClass), type_name: (*const c_char),
        file: (*const c_char), line: (c_int), func: (*const c_char),
    ) -> *mut ObjectClass {
        let Some(class) = Class::from_ptr(klass) else {
            return klass;
        };
        require(type_name, FUNCTION, "type_name");
        let cache = CastCache::of_classes(class);
        if cache.contains(type_name) {
            return klass;
        }
        let found = object_class_dynamic_cast(klass, type_name);
        if found.is_null() {
            mismatch(klass.cast(), type_name, file, line, func);
        }
        // The cache has no room for an interface's struct, only for "it is itself".
        if found == klass {
            cache.remember(type_name);
        }
        found
    }

    fn object_class_get_parent(klass: class) -> *mut ObjectClass {
        class_or_null(klass.parent())
    }

    fn object_class_get_name(klass: class) -> *const c_char {
        klass.name().as_ptr()
    }

    fn object_class_is_abstract(klass: class) -> bool {
        klass.ty().resolved().is_abstract
    }

    fn object_class_by_name(type_name: text) -> *mut ObjectClass {
        class_or_null(builtin::class_by_name(type_name))
    }

    fn object_class_foreach(
        r#fn: (Option<ClassVisitor>), implements_type: optional_text,
        include_abstract: (bool), opaque: (*mut c_void),
    ) -> () {
        let Some(visit) = r#fn else {
            misuse(FUNCTION, format_args!("@fn is NULL"));
        };
        for class in list::classes(implements_type, include_abstract) {
            visit(class.as_ptr(), opaque);
        }
    }

    fn object_class_get_list(implements_type: optional_text, include_abstract: (bool)) -> *mut GSList {
        let mut classes: Vec<Class> = list::classes(implements_type, include_abstract).collect();
        let mut elements = ptr::null_mut();
        while let Some(class) = classes.pop() {
            elements = glib_sys::g_slist_prepend(elements, class.as_ptr().cast());
        }
        elements
    }
}
