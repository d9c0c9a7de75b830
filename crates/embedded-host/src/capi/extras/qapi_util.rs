//! `qapi/util.h`.

use core::ffi::{CStr, c_char, c_int};

use crate::error::Error;
use crate::qapi::{names, words};
use abi::address::shown;
use abi::layout::{self, QEnumLookup};
use abi::origin;
use platform::check_usage;
use platform::os::abort::misuse;

/// The text at `ptr`, if there is one.
///
/// # Safety
/// `ptr` is NULL or a C string that lives for `'a`.
unsafe fn text<'a>(ptr: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so a C string.
    (!ptr.is_null()).then(|| unsafe { CStr::from_ptr(ptr) })
}

/// The name of a value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_enum_lookup(lookup: *const QEnumLookup, val: c_int) -> *const c_char {
    const FUNCTION: &str = "qapi_enum_lookup";
    check_usage!(!lookup.is_null(), "qapi_enum_lookup", "@lookup is NULL");
    // SAFETY: the caller's table.
    let (array, size) = unsafe { ((*lookup).array, (*lookup).size) };
    match usize::try_from(val) {
        // SAFETY: the table has `size` names.
        Ok(index) if val < size => unsafe { *array.add(index) },
        _ => misuse(FUNCTION, format_args!("@val is {val} of {size} values")),
    }
}

/// The value of a name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_enum_parse(
    lookup: *const QEnumLookup,
    buf: *const c_char,
    def: c_int,
    errp: *mut *mut layout::Error,
) -> c_int {
    check_usage!(!lookup.is_null(), "qapi_enum_parse", "@lookup is NULL");
    // SAFETY: the caller's text, or NULL.
    let Some(wanted) = (unsafe { text(buf) }) else {
        return def;
    };
    // SAFETY: the caller's table.
    if let Some(value) = words::position(wanted, unsafe { names::of(lookup) }) {
        return value;
    }
    let error = Error::new(format!("invalid parameter value: {}", shown(Some(wanted))));
    // SAFETY: `errp` is the caller's.
    unsafe { error.store(errp, &origin!(c"qapi_enum_parse")) };
    def
}

/// The truth value of a word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_bool_parse(
    name: *const c_char,
    value: *const c_char,
    obj: *mut bool,
    errp: *mut *mut layout::Error,
) -> bool {
    check_usage!(!value.is_null(), "qapi_bool_parse", "@value is NULL");
    // SAFETY: not NULL, so the caller's text.
    let word = unsafe { CStr::from_ptr(value) };
    if let Some(value) = words::yes_or_no(word.to_bytes()) {
        // SAFETY: the caller's place for the result.
        unsafe { *obj = value };
        return true;
    }
    // SAFETY: the caller's text, or NULL.
    let name = shown(unsafe { text(name) });
    let error = Error::new(format!("Parameter '{name}' expects 'on' or 'off'"));
    // SAFETY: `errp` is the caller's.
    unsafe { error.store(errp, &origin!(c"qapi_bool_parse")) };
    false
}
