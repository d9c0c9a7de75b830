//! `qapi/qapi-builtin-visit.h`: visits of plain values. An input visitor finds no value, but makes
//! one; only the others look at what is there.

use core::ffi::{CStr, c_char, c_int};

use crate::capi::exports::exports;
use crate::error::Error;
use crate::qapi::scalar::IntegerType;
use crate::qapi::visitor::Visitor;
use abi::address::shown;
use abi::layout::QEnumLookup;

/// A name, for errors.
fn shown_name(name: Option<&CStr>) -> String {
    shown(name).to_string()
}

/// Visits a number of type `ty`, whose range is that of `T`.
///
/// # Safety
/// `obj` is a place for a number, which has one but for input.
unsafe fn visit_number<T: Copy + Into<i128> + TryFrom<i128>>(
    ty: &IntegerType,
    visitor: &Visitor<'_>,
    name: Option<&CStr>,
    obj: *mut T,
) -> Result<bool, Error> {
    // SAFETY: as promised.
    let before = || unsafe { obj.read() }.into();
    let value = visitor.visit_number(&shown_name(name), before, ty)?;
    T::try_from(value).map_or(Ok(false), |value| {
        // SAFETY: as promised.
        unsafe { obj.write(value) };
        Ok(true)
    })
}

/// Visits of numbers; the C type has the name that errors tell.
macro_rules! numbers {
    ($( fn $name:ident: $number:ty as $shown:literal $(, is_size: $is_size:literal)?; )*) => {
        exports! { "qapi/qapi-builtin-visit.h"; $(
            fn $name(v: visitor, name: optional_text, obj: [*mut $number]) -> bool, else (false) {
                const TYPE: IntegerType = IntegerType {
                    name: $shown,
                    min: <$number>::MIN as i128,
                    max: <$number>::MAX as i128,
                    is_size: false $(|| $is_size)?,
                };
                visit_number(&TYPE, v, name, obj)
            }
        )* }
    };
}

numbers! {
    fn visit_type_int: i64 as "int64_t";
    fn visit_type_int8: i8 as "int8_t";
    fn visit_type_int16: i16 as "int16_t";
    fn visit_type_int32: i32 as "int32_t";
    fn visit_type_int64: i64 as "int64_t";
    fn visit_type_uint8: u8 as "uint8_t";
    fn visit_type_uint16: u16 as "uint16_t";
    fn visit_type_uint32: u32 as "uint32_t";
    fn visit_type_uint64: u64 as "uint64_t";
    fn visit_type_size: u64 as "size", is_size: true;
}

exports! { "qapi/qapi-builtin-visit.h";
    fn visit_type_str(v: visitor, name: optional_text, obj: [*mut *mut c_char]) -> bool, else (false) {
        v.visit_text(&shown_name(name), obj).map(|()| true)
    }

    fn visit_type_bool(v: visitor, name: optional_text, obj: [*mut bool]) -> bool, else (false) {
        let visited = v.visit_truth(&shown_name(name), || obj.read());
        visited.map(|value| obj.write(value)).map(|()| true)
    }

    fn visit_type_enum(
        v: visitor, name: optional_text, obj: [*mut c_int], lookup: [*const QEnumLookup],
    ) -> bool, else (false) {
        let visited = v.visit_choice(&shown_name(name), || obj.read(), lookup);
        visited.map(|value| obj.write(value)).map(|()| true)
    }
}
