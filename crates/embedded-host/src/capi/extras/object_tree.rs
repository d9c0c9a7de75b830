//! `qom/object-tree.h`: the composition tree.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys::g_strdup;

use crate::capi::arguments::object;
use crate::capi::exports::exports;
use crate::destination::ERROR_ABORT;
#[cfg(unambiguous_type)]
use crate::error::Error;
#[cfg(resolve_and_typecheck)]
use crate::qom::objects::instance;
use crate::qom::objects::property::Property;
use crate::qom::tree;
use crate::qom::tree::path::{self, Found};
#[cfg(resolve_and_typecheck)]
use crate::qom::types::cast;
use abi::layout::{Object, ObjectProperty};
use abi::origin;
use platform::os::abort::misuse;
#[cfg(resolve_and_typecheck)]
use platform::os::errno::Errno;

/// What `object_child_foreach` calls.
pub type ChildVisitor = unsafe extern "C" fn(child: *mut Object, opaque: *mut c_void) -> c_int;

/// Tells C code what is at a path.
///
/// # Safety
/// `ambiguous` is NULL or the C caller's.
unsafe fn answer(found: Found, ambiguous: *mut bool) -> *mut Object {
    if !ambiguous.is_null() {
        // SAFETY: as promised.
        unsafe { ambiguous.write(found == Found::Several) };
    }
    match found {
        Found::One(object) => object,
        Found::None | Found::Several => ptr::null_mut(),
    }
}

/// Nothing is at that path, as an error of its own class.
#[cfg(resolve_and_typecheck)]
fn device_not_found(path: &CStr) -> Error {
    use crate::error_object::OwnedError;
    use abi::layout::{ERROR_CLASS_DEVICE_NOT_FOUND, ErrorPlace};

    let origin = origin!(c"object_resolve_and_typecheck");
    let place = ErrorPlace {
        src: origin.file.as_ptr(),
        line: origin.c_line(),
        func: origin.function.as_ptr(),
    };
    let parts = (c"Device '".as_ptr(), path.as_ptr(), c"' not found".as_ptr());
    // SAFETY: C strings, ended by NULL.
    let text = unsafe { glib_sys::g_strconcat(parts.0, parts.1, parts.2, ptr::null::<c_char>()) };
    // SAFETY: the text is this function's, the names of the place are static.
    let object = unsafe { OwnedError::new(place, ERROR_CLASS_DEVICE_NOT_FOUND, text) };
    Error::object(Some(object), Errno::NONE)
}

exports! { "qom/object-tree.h";
    fn object_property_try_add_child(
        obj: object, name: text, child: object,
    ) -> *mut ObjectProperty, else (ptr::null_mut()) {
        tree::try_add_child(obj, name, child).map(Property::for_c)
    }

    fn object_property_add_child(obj: object, name: text, child: object) -> *mut ObjectProperty {
        match tree::try_add_child(obj, name, child) {
            Ok(property) => Property::for_c(property),
            Err(error) => {
                error.store(&raw mut ERROR_ABORT, &origin!(c"object_property_add_child"));
                ptr::null_mut()
            }
        }
    }

    fn object_unparent(obj: object) -> () {
        tree::unparent(obj);
    }

    fn object_get_root() -> *mut Object {
        tree::root()
    }

    fn object_get_objects_root() -> *mut Object {
        tree::objects()
    }

    fn object_get_internal_root() -> *mut Object {
        tree::internal_root()
    }

    #[cfg(not(root_containers))]
    fn container_get(root: object, path: text) -> *mut Object {
        tree::container_at(root, path, FUNCTION)
    }

    #[cfg(root_containers)]
    fn object_get_container(name: text) -> *mut Object {
        tree::container(name).unwrap_or_else(|| {
            let name = name.to_string_lossy();
            misuse(FUNCTION, format_args!("there is no container '{name}'"))
        })
    }

    #[cfg(root_containers)]
    fn object_property_add_new_container(obj: object, name: text) -> *mut Object {
        tree::add_container(obj, name, FUNCTION)
    }

    fn object_get_canonical_path(obj: (*const Object)) -> *mut c_char {
        let path = tree::canonical(object(obj.cast_mut(), FUNCTION));
        path.map_or(ptr::null_mut(), |path| g_strdup(path.as_ptr()))
    }

    fn object_get_canonical_path_component(obj: (*const Object)) -> *const c_char {
        tree::component_of(object(obj.cast_mut(), FUNCTION)).map_or(ptr::null(), CStr::as_ptr)
    }

    fn object_resolve_path(path: text, ambiguous: (*mut bool)) -> *mut Object {
        answer(path::resolve_type(path, c"object"), ambiguous)
    }

    fn object_resolve_path_type(path: text, typename: text, ambiguous: (*mut bool)) -> *mut Object {
        answer(path::resolve_type(path, typename), ambiguous)
    }

    #[cfg(resolve_and_typecheck)]
    fn object_resolve_and_typecheck(
        path: text, name: text, r#type: text,
    ) -> *mut Object, else (ptr::null_mut()) {
        match path::resolve_type(path, c"object") {
            Found::One(object) if cast::is_a(instance::class_of(object), r#type) => Ok(object),
            Found::One(_) => Err(Error::new(format!(
                "Invalid parameter type for '{}', expected: {}",
                name.to_string_lossy(), r#type.to_string_lossy(),
            ))),
            Found::None => Err(device_not_found(path)),
            Found::Several => Err(Error::new(format!(
                "Path '{}' does not uniquely identify an object", path.to_string_lossy(),
            ))),
        }
    }

    #[cfg(unambiguous_type)]
    fn object_resolve_type_unambiguous(typename: text) -> *mut Object, else (ptr::null_mut()) {
        let name = || typename.to_string_lossy();
        match path::resolve_type(c"", typename) {
            Found::One(object) => Ok(object),
            Found::None => Err(Error::new(format!("No object of type {} found", name()))),
            Found::Several => Err(Error::new(format!("More than one object of type {}", name()))),
        }
    }

    fn object_resolve_path_component(parent: object, part: text) -> *mut Object {
        tree::component(parent, part).unwrap_or(ptr::null_mut())
    }

    fn object_child_foreach(obj: object, r#fn: (Option<ChildVisitor>), opaque: (*mut c_void)) -> c_int {
        let Some(visit) = r#fn else {
            misuse(FUNCTION, format_args!("@fn is NULL"));
        };
        for child in tree::children(obj) {
            // An earlier call may have taken it away.
            if (*child.as_ptr()).parent == obj {
                let stop = visit(child.as_ptr(), opaque);
                if stop != 0 {
                    return stop;
                }
            }
        }
        0
    }
}
