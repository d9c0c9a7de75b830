//! `qapi/qapi-builtin-visit.h`: visits of plain values.

use core::ffi::{CStr, c_char, c_int};

use crate::error;
use crate::qapi::scalar::IntegerType;
use crate::qapi::visitor;
use abi::address::shown;
use abi::layout::{Error, QEnumLookup, Visitor};
use abi::origin;
use platform::check_usage;

/// The value if the visit went well, for which `errp` is told otherwise.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn told<T>(result: Result<T, error::Error>, errp: *mut *mut Error) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            // SAFETY: as promised.
            unsafe { error.store(errp, &origin!(c"visit_type")) };
            None
        }
    }
}

/// The name of what is visited, for errors.
///
/// # Safety
/// `name` is NULL or a C string.
unsafe fn name_of(name: *const c_char) -> String {
    // SAFETY: not NULL, so a C string.
    shown((!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })).to_string()
}

/// Visits a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_str(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut *mut c_char,
    errp: *mut *mut Error,
) -> bool {
    check_usage!(!obj.is_null(), "visit_type_str", "@obj is NULL");
    // SAFETY: the caller's visitor.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, "visit_type_str") };
    // SAFETY: the caller's name and place for a text.
    let visited = unsafe { visitor.visit_text(&name_of(name), obj) };
    // SAFETY: the caller's `errp`.
    unsafe { told(visited, errp) }.is_some()
}

/// Visits yes or no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_bool(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut bool,
    errp: *mut *mut Error,
) -> bool {
    check_usage!(!obj.is_null(), "visit_type_bool", "@obj is NULL");
    // SAFETY: the caller's visitor.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, "visit_type_bool") };
    // SAFETY: the caller's value, which only for input may be none yet.
    let before = || unsafe { obj.read() };
    // SAFETY: the caller's name.
    let visited = visitor.visit_truth(&unsafe { name_of(name) }, before);
    // SAFETY: the caller's `errp`.
    let Some(value) = (unsafe { told(visited, errp) }) else {
        return false;
    };
    // SAFETY: the caller's place.
    unsafe { obj.write(value) };
    true
}

/// Visits a value of an enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_enum(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut c_int,
    lookup: *const QEnumLookup,
    errp: *mut *mut Error,
) -> bool {
    check_usage!(!obj.is_null(), "visit_type_enum", "@obj is NULL");
    check_usage!(!lookup.is_null(), "visit_type_enum", "@lookup is NULL");
    // SAFETY: the caller's visitor.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, "visit_type_enum") };
    // SAFETY: the caller's value, which only for input may be none yet.
    let before = || unsafe { obj.read() };
    // SAFETY: the caller's name and table.
    let visited = unsafe { visitor.visit_choice(&name_of(name), before, lookup) };
    // SAFETY: the caller's `errp`.
    let Some(value) = (unsafe { told(visited, errp) }) else {
        return false;
    };
    // SAFETY: the caller's place.
    unsafe { obj.write(value) };
    true
}

/// Visits a number of type `ty`.
///
/// # Safety
/// `v` is NULL or live; `name` is NULL or a C string; `obj` is NULL or a place for a number, which
/// has one but for input; `errp` is the C caller's.
unsafe fn visit_number<T: Copy + Into<i128> + TryFrom<i128>>(
    ty: &IntegerType,
    function: &str,
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut T,
    errp: *mut *mut Error,
) -> bool {
    check_usage!(!obj.is_null(), function, "@obj is NULL");
    // SAFETY: as promised.
    let visitor = unsafe { visitor::Visitor::from_ptr(v, function) };
    // SAFETY: as promised; only for input it may be none yet.
    let before = || unsafe { obj.read() }.into();
    // SAFETY: as promised.
    let visited = visitor.visit_number(&unsafe { name_of(name) }, before, ty);
    // SAFETY: as promised. The range of `ty` is that of `T`.
    match unsafe { told(visited, errp) }.map(T::try_from) {
        Some(Ok(value)) => {
            // SAFETY: as promised.
            unsafe { obj.write(value) };
            true
        }
        _ => false,
    }
}

/// Visits a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_int(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut i64,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "int64_t",
        min: i64::MIN as i128,
        max: i64::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_int", v, name, obj, errp) }
}

/// Visits a number of 8 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_int8(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut i8,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "int8_t",
        min: i8::MIN as i128,
        max: i8::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_int8", v, name, obj, errp) }
}

/// Visits a number of 16 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_int16(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut i16,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "int16_t",
        min: i16::MIN as i128,
        max: i16::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_int16", v, name, obj, errp) }
}

/// Visits a number of 32 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_int32(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut i32,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "int32_t",
        min: i32::MIN as i128,
        max: i32::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_int32", v, name, obj, errp) }
}

/// Visits a number of 64 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_int64(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut i64,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "int64_t",
        min: i64::MIN as i128,
        max: i64::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_int64", v, name, obj, errp) }
}

/// Visits a number of 8 bits without sign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_uint8(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut u8,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "uint8_t",
        min: u8::MIN as i128,
        max: u8::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_uint8", v, name, obj, errp) }
}

/// Visits a number of 16 bits without sign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_uint16(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut u16,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "uint16_t",
        min: u16::MIN as i128,
        max: u16::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_uint16", v, name, obj, errp) }
}

/// Visits a number of 32 bits without sign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_uint32(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut u32,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "uint32_t",
        min: u32::MIN as i128,
        max: u32::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_uint32", v, name, obj, errp) }
}

/// Visits a number of 64 bits without sign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_uint64(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut u64,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "uint64_t",
        min: u64::MIN as i128,
        max: u64::MAX as i128,
        is_size: false,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_uint64", v, name, obj, errp) }
}

/// Visits a number of bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit_type_size(
    v: *mut Visitor,
    name: *const c_char,
    obj: *mut u64,
    errp: *mut *mut Error,
) -> bool {
    const TYPE: IntegerType = IntegerType {
        name: "size",
        min: u64::MIN as i128,
        max: u64::MAX as i128,
        is_size: true,
    };
    // SAFETY: the caller's visitor, name, place and `errp`.
    unsafe { visit_number(&TYPE, "visit_type_size", v, name, obj, errp) }
}
