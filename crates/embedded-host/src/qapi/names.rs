//! Reading the names in an enum's table (`QEnumLookup`).

use core::ffi::{CStr, c_int};

use abi::layout::QEnumLookup;
use platform::os::abort::misuse;

/// The names of an enum, in the order of its values.
///
/// # Safety
/// `lookup` points to a table, which lives for `'a`, whose names are NULL or C strings.
pub(crate) unsafe fn of<'a>(lookup: *const QEnumLookup) -> impl Iterator<Item = &'a CStr> + Clone {
    // SAFETY: as promised.
    let (array, size) = unsafe { ((*lookup).array, (*lookup).size) };
    let size = usize::try_from(size).unwrap_or(0);
    (0..size).map(move |index| {
        // SAFETY: the table has `size` names.
        let name = unsafe { *array.add(index) };
        if name.is_null() {
            return c"";
        }
        // SAFETY: a name of the table.
        unsafe { CStr::from_ptr(name) }
    })
}

/// The name of a value; one that the enum doesn't have is a mistake of the program.
///
/// # Safety
/// As [`of`].
pub(crate) unsafe fn of_value<'a>(
    lookup: *const QEnumLookup,
    value: c_int,
    function: &str,
) -> &'a CStr {
    let index = usize::try_from(value).ok();
    // SAFETY: as promised.
    match index.and_then(|index| unsafe { of(lookup) }.nth(index)) {
        Some(name) => name,
        None => misuse(function, format_args!("the enum has no value {value}")),
    }
}
