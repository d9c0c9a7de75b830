//! Arguments from C: NULL where something is needed is a mistake of the program.

use core::ffi::{CStr, c_char};

use crate::qom::types::class::Class;
use abi::layout::{Object, ObjectClass};
use platform::os::abort::misuse;

/// The object that a function needs.
///
/// # Safety
/// `obj` is NULL or live.
pub(super) unsafe fn object(obj: *mut Object, function: &str) -> *mut Object {
    if obj.is_null() {
        misuse(function, format_args!("the object is NULL"));
    }
    obj
}

/// The class that a function needs.
///
/// # Safety
/// `klass` is NULL or a class.
pub(super) unsafe fn class(klass: *mut ObjectClass, function: &str) -> Class {
    // SAFETY: as promised.
    match unsafe { Class::from_ptr(klass) } {
        Some(class) => class,
        None => misuse(function, format_args!("@klass is NULL")),
    }
}

/// Ends the process if an argument that a function needs is NULL.
pub(super) fn require<T>(argument: *const T, function: &str, name: &str) {
    if argument.is_null() {
        misuse(function, format_args!("@{name} is NULL"));
    }
}

/// The text that a function needs.
///
/// # Safety
/// `ptr` is NULL or a C string that lives for `'a`.
pub(super) unsafe fn text<'a>(ptr: *const c_char, function: &str, name: &str) -> &'a CStr {
    require(ptr, function, name);
    // SAFETY: not NULL, so a C string.
    unsafe { CStr::from_ptr(ptr) }
}

/// The text that a function may be given.
///
/// # Safety
/// `ptr` is NULL or a C string that lives for `'a`.
pub(super) unsafe fn optional_text<'a>(ptr: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so a C string.
    (!ptr.is_null()).then(|| unsafe { CStr::from_ptr(ptr) })
}

/// The name that an argument has in C: without the marks of Rust.
pub(super) fn name(argument: &'static str) -> &'static str {
    argument.trim_start_matches("r#")
}
