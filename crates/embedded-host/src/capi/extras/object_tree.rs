//! `qom/object.h`: the composition tree, and objects made of properties.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys::g_strdup;

use crate::destination::ERROR_ABORT;
use crate::qom::path::{self, Found};
use crate::qom::property::Property;
use crate::qom::tree;
use abi::layout::{Error, Object, ObjectProperty};
use abi::origin;
use platform::os::abort::misuse;

use crate::capi::arguments::{object, text};

/// `object_property_try_add_child` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_try_add_child(
    obj: *mut Object,
    name: *const c_char,
    child: *mut Object,
    errp: *mut *mut Error,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_try_add_child";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    let child = unsafe { object(child, FUNCTION) };
    // SAFETY: the caller's objects.
    match unsafe { tree::try_add_child(obj, name, child) } {
        Ok(property) => Property::for_c(property),
        Err(error) => {
            // SAFETY: the caller's `errp`.
            unsafe { error.store(errp, &origin!(c"object_property_try_add_child")) };
            ptr::null_mut()
        }
    }
}

/// `object_property_add_child` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add_child(
    obj: *mut Object,
    name: *const c_char,
    child: *mut Object,
) -> *mut ObjectProperty {
    const FUNCTION: &str = "object_property_add_child";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    let child = unsafe { object(child, FUNCTION) };
    // SAFETY: the caller's objects.
    match unsafe { tree::try_add_child(obj, name, child) } {
        Ok(property) => Property::for_c(property),
        Err(error) => {
            // SAFETY: that destination takes any error.
            unsafe { error.store(&raw mut ERROR_ABORT, &origin!(c"object_property_add_child")) };
            ptr::null_mut()
        }
    }
}

/// `object_unparent` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_unparent(obj: *mut Object) {
    const FUNCTION: &str = "object_unparent";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: as above.
    unsafe { tree::unparent(obj) };
}

/// `object_get_root` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_root() -> *mut Object {
    tree::root()
}

/// `object_get_objects_root` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_objects_root() -> *mut Object {
    tree::objects()
}

/// `object_get_internal_root` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_internal_root() -> *mut Object {
    tree::internal_root()
}

/// `container_get` of `qom/object.h`.
#[cfg(not(root_containers))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn container_get(root: *mut Object, path: *const c_char) -> *mut Object {
    const FUNCTION: &str = "container_get";
    // SAFETY: the caller's text.
    let path = unsafe { text(path, FUNCTION, "path") };
    // SAFETY: the caller's object.
    let root = unsafe { object(root, FUNCTION) };
    // SAFETY: as above.
    unsafe { tree::container_at(root, path, FUNCTION) }
}

/// `object_get_container` of `qom/object.h`.
#[cfg(root_containers)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_container(name: *const c_char) -> *mut Object {
    const FUNCTION: &str = "object_get_container";
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    match tree::container(name) {
        Some(container) => container,
        None => misuse(
            FUNCTION,
            format_args!("there is no container '{}'", name.to_string_lossy()),
        ),
    }
}

/// `object_property_add_new_container` of `qom/object.h`.
#[cfg(root_containers)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_property_add_new_container(
    obj: *mut Object,
    name: *const c_char,
) -> *mut Object {
    const FUNCTION: &str = "object_property_add_new_container";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: the caller's text.
    let name = unsafe { text(name, FUNCTION, "name") };
    // SAFETY: the caller's object.
    unsafe { tree::add_container(obj, name, FUNCTION) }
}

/// `object_get_canonical_path` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_canonical_path(obj: *const Object) -> *mut c_char {
    const FUNCTION: &str = "object_get_canonical_path";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj.cast_mut(), FUNCTION) };
    // SAFETY: as above.
    let path = unsafe { path::canonical(obj) };
    // SAFETY: a C string becomes one of the caller's.
    path.map_or(ptr::null_mut(), |path| unsafe { g_strdup(path.as_ptr()) })
}

/// `object_get_canonical_path_component` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_canonical_path_component(obj: *const Object) -> *const c_char {
    const FUNCTION: &str = "object_get_canonical_path_component";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj.cast_mut(), FUNCTION) };
    // SAFETY: as above.
    unsafe { path::component_of(obj) }.map_or(ptr::null(), CStr::as_ptr)
}

/// `object_resolve_path` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_resolve_path(
    path: *const c_char,
    ambiguous: *mut bool,
) -> *mut Object {
    const FUNCTION: &str = "object_resolve_path";
    // SAFETY: the caller's text.
    let path = unsafe { text(path, FUNCTION, "path") };
    // SAFETY: the caller's place for an answer, or NULL.
    unsafe { found(path::resolve_type(path, c"object"), ambiguous) }
}

/// `object_resolve_path_type` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_resolve_path_type(
    path: *const c_char,
    typename: *const c_char,
    ambiguous: *mut bool,
) -> *mut Object {
    const FUNCTION: &str = "object_resolve_path_type";
    // SAFETY: the caller's text.
    let path = unsafe { text(path, FUNCTION, "path") };
    // SAFETY: the caller's text.
    let typename = unsafe { text(typename, FUNCTION, "typename") };
    // SAFETY: the caller's place for an answer, or NULL.
    unsafe { found(path::resolve_type(path, typename), ambiguous) }
}

/// `object_resolve_path_component` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_resolve_path_component(
    parent: *mut Object,
    part: *const c_char,
) -> *mut Object {
    const FUNCTION: &str = "object_resolve_path_component";
    // SAFETY: the caller's text.
    let part = unsafe { text(part, FUNCTION, "part") };
    // SAFETY: the caller's object.
    let parent = unsafe { object(parent, FUNCTION) };
    // SAFETY: as above.
    unsafe { tree::component(parent, part) }.unwrap_or(ptr::null_mut())
}

/// What `object_child_foreach` calls.
pub type ChildVisitor = unsafe extern "C" fn(child: *mut Object, opaque: *mut c_void) -> c_int;

/// `object_child_foreach` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_child_foreach(
    obj: *mut Object,
    f: Option<ChildVisitor>,
    opaque: *mut c_void,
) -> c_int {
    const FUNCTION: &str = "object_child_foreach";
    // SAFETY: the caller's object.
    let obj = unsafe { object(obj, FUNCTION) };
    let Some(f) = f else {
        misuse(FUNCTION, format_args!("@fn is NULL"));
    };
    // SAFETY: as above.
    for child in unsafe { tree::children(obj) } {
        // An earlier call may have taken it away.
        // SAFETY: live: it is held.
        if unsafe { (*child.as_ptr()).parent } == obj {
            // SAFETY: the program's function gets a live child.
            let stop = unsafe { f(child.as_ptr(), opaque) };
            if stop != 0 {
                return stop;
            }
        }
    }
    0
}

/// Tells C code what is at a path.
///
/// # Safety
/// `ambiguous` is NULL or the C caller's.
unsafe fn found(found: Found, ambiguous: *mut bool) -> *mut Object {
    if !ambiguous.is_null() {
        // SAFETY: as promised.
        unsafe { ambiguous.write(found == Found::Several) };
    }
    match found {
        Found::One(object) => object,
        Found::None | Found::Several => ptr::null_mut(),
    }
}
