//! `qom/object.h`, where the functions are documented.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys::GSList;

use crate::capi::arguments::{class, object, optional_text, require, text};
use crate::capi::required::object::type_register_static;
use crate::qom::cast::{self, CastCache};
use crate::qom::class::{self as classes, Class};
use crate::qom::table::TYPES;
use crate::qom::{instance, list};
use abi::layout::{Object, ObjectClass, TypeInfo};
use platform::os::abort::{self, misuse};

/// `type_register` of `qom/object.h`.
#[cfg(type_register)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn type_register(info: *const TypeInfo) -> abi::layout::Type {
    // SAFETY: the same promise; strings are copied in either.
    unsafe { type_register_static(info) }
}

/// `type_register_static_array` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn type_register_static_array(infos: *const TypeInfo, nr_infos: c_int) {
    for i in 0..usize::try_from(nr_infos).unwrap_or(0) {
        require(infos, "type_register_static_array", "infos");
        // SAFETY: the array has that many elements.
        let info = unsafe { infos.add(i) };
        // SAFETY: elements are what `type_register_static` asks for.
        unsafe { type_register_static(info) };
    }
}

/// `object_new_with_class` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_new_with_class(klass: *mut ObjectClass) -> *mut Object {
    const FUNCTION: &str = "object_new_with_class";
    // SAFETY: NULL or a class.
    let class = unsafe { class(klass, FUNCTION) };
    instance::create(class.ty(), FUNCTION)
}

/// `object_initialize` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_initialize(
    obj: *mut c_void,
    size: usize,
    type_name: *const c_char,
) {
    const FUNCTION: &str = "object_initialize";
    require(obj, FUNCTION, "obj");
    // SAFETY: NULL or a C string.
    let name = unsafe { text(type_name, FUNCTION, "type_name") };
    let ty = instance::type_named(name, FUNCTION);
    // SAFETY: `obj` has `size` bytes that the caller gives to the object.
    unsafe { instance::create_in(obj, size, ty, FUNCTION) };
}

/// `object_get_class` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_class(obj: *mut Object) -> *mut ObjectClass {
    // SAFETY: NULL or a live object.
    unsafe { instance::class_of(object(obj, "object_get_class")) }.as_ptr()
}

/// `object_get_typename` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_get_typename(obj: *const Object) -> *const c_char {
    require(obj, "object_get_typename", "obj");
    // SAFETY: a live object, not NULL.
    unsafe { instance::class_of(obj) }.name().as_ptr()
}

/// `object_dynamic_cast` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_dynamic_cast(
    obj: *mut Object,
    type_name: *const c_char,
) -> *mut Object {
    if obj.is_null() {
        return obj;
    }
    // SAFETY: NULL or a C string.
    let name = unsafe { text(type_name, "object_dynamic_cast", "type_name") };
    // SAFETY: a live object, not NULL.
    if cast::is_a(unsafe { instance::class_of(obj) }, name) {
        obj
    } else {
        ptr::null_mut()
    }
}

/// `object_dynamic_cast_assert` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_dynamic_cast_assert(
    obj: *mut Object,
    type_name: *const c_char,
    file: *const c_char,
    line: c_int,
    func: *const c_char,
) -> *mut Object {
    if obj.is_null() {
        return obj;
    }
    require(type_name, "object_dynamic_cast_assert", "type_name");
    // SAFETY: a live object, not NULL.
    let cache = CastCache::of_objects(unsafe { instance::class_of(obj) });
    if !cache.contains(type_name) {
        // SAFETY: as the caller of this function promises.
        if unsafe { object_dynamic_cast(obj, type_name) }.is_null() {
            // SAFETY: C strings, as the header asks.
            unsafe { mismatch(obj.cast(), type_name, file, line, func) };
        }
        cache.remember(type_name);
    }
    obj
}

/// `object_class_dynamic_cast` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_dynamic_cast(
    klass: *mut ObjectClass,
    type_name: *const c_char,
) -> *mut ObjectClass {
    // SAFETY: NULL or a class.
    let Some(class) = (unsafe { Class::from_ptr(klass) }) else {
        return klass;
    };
    // SAFETY: NULL or a C string.
    let name = unsafe { text(type_name, "object_class_dynamic_cast", "type_name") };
    class_or_null(cast::class_as(class, name))
}

/// `object_class_dynamic_cast_assert` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_dynamic_cast_assert(
    klass: *mut ObjectClass,
    type_name: *const c_char,
    file: *const c_char,
    line: c_int,
    func: *const c_char,
) -> *mut ObjectClass {
    // SAFETY: NULL or a class.
    let Some(class) = (unsafe { Class::from_ptr(klass) }) else {
        return klass;
    };
    require(type_name, "object_class_dynamic_cast_assert", "type_name");
    let cache = CastCache::of_classes(class);
    if cache.contains(type_name) {
        return klass;
    }
    // SAFETY: as the caller of this function promises.
    let found = unsafe { object_class_dynamic_cast(klass, type_name) };
    if found.is_null() {
        // SAFETY: C strings, as the header asks.
        unsafe { mismatch(klass.cast(), type_name, file, line, func) };
    }
    // The cache has no room for an interface's struct, only for "it is itself".
    if found == klass {
        cache.remember(type_name);
    }
    found
}

/// `object_class_get_parent` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_get_parent(klass: *mut ObjectClass) -> *mut ObjectClass {
    // SAFETY: NULL or a class.
    class_or_null(unsafe { class(klass, "object_class_get_parent") }.parent())
}

/// `object_class_get_name` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_get_name(klass: *mut ObjectClass) -> *const c_char {
    // SAFETY: NULL or a class.
    unsafe { class(klass, "object_class_get_name") }
        .name()
        .as_ptr()
}

/// `object_class_is_abstract` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_is_abstract(klass: *mut ObjectClass) -> bool {
    // SAFETY: NULL or a class.
    let class = unsafe { class(klass, "object_class_is_abstract") };
    class.ty().shape().is_abstract
}

/// `object_class_by_name` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_by_name(type_name: *const c_char) -> *mut ObjectClass {
    // SAFETY: NULL or a C string.
    let name = unsafe { text(type_name, "object_class_by_name", "type_name") };
    class_or_null(TYPES.find(name).map(classes::of))
}

/// What `object_class_foreach` calls.
pub type ClassVisitor = unsafe extern "C" fn(klass: *mut ObjectClass, opaque: *mut c_void);

/// `object_class_foreach` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_foreach(
    f: Option<ClassVisitor>,
    implements_type: *const c_char,
    include_abstract: bool,
    opaque: *mut c_void,
) {
    let Some(f) = f else {
        misuse("object_class_foreach", format_args!("@fn is NULL"));
    };
    // SAFETY: NULL or a C string.
    for class in list::classes(unsafe { optional_text(implements_type) }, include_abstract) {
        // SAFETY: the program's function gets a class and the program's pointer.
        unsafe { f(class.as_ptr(), opaque) };
    }
}

/// `object_class_get_list` of `qom/object.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn object_class_get_list(
    implements_type: *const c_char,
    include_abstract: bool,
) -> *mut GSList {
    // SAFETY: NULL or a C string.
    let classes = list::classes(unsafe { optional_text(implements_type) }, include_abstract);
    let mut classes: Vec<Class> = classes.collect();
    let mut elements = ptr::null_mut();
    while let Some(class) = classes.pop() {
        // SAFETY: NULL or a list of this function's own.
        elements = unsafe { glib_sys::g_slist_prepend(elements, class.as_ptr().cast()) };
    }
    elements
}

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
        unsafe { optional_text(text) }.map_or("?".into(), CStr::to_string_lossy)
    });
    abort::with_line(format_args!(
        "{file}:{line}:{func}: Object {what:p} is not an instance of type {type_name}"
    ))
}
