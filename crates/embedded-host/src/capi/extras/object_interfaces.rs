//! `qom/object_interfaces.h`, and what the variadic functions of `c/extras/object.c` call (R-HDR-9).

use core::ffi::{CStr, c_char};

use crate::capi::arguments::{object, text};
use crate::capi::exports::exports;
use crate::qom::values::user_creatable;
use abi::layout::{Error, Object, UserCreatable};
use abi::origin;
use abi::propagate::{bool_or_propagate, ptr_or_propagate};

exports! { "qom/object_interfaces.h";
    fn user_creatable_complete(uc: (*mut UserCreatable)) -> bool, else (false) {
        user_creatable::complete(object(uc.cast::<Object>(), FUNCTION)).map(|()| true)
    }

    #[cfg(not(prepare_delete))]
    fn user_creatable_can_be_deleted(uc: (*mut UserCreatable)) -> bool {
        user_creatable::can_be_deleted(object(uc.cast::<Object>(), FUNCTION))
    }

    #[cfg(prepare_delete)]
    fn user_creatable_prepare_delete(uc: (*mut UserCreatable)) -> bool, else (false) {
        user_creatable::prepare_delete(object(uc.cast::<Object>(), FUNCTION)).map(|()| true)
    }
}

/// Makes an object of `count` names, each followed by its value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_internal_object_new_with_props(
    type_name: *const c_char,
    parent: *mut Object,
    id: *const c_char,
    errp: *mut *mut Error,
    props: *const *const c_char,
    count: usize,
) -> *mut Object {
    const FUNCTION: &str = "object_new_with_props";
    // SAFETY: the C caller's, as are the next two.
    let type_name = unsafe { text(type_name, FUNCTION, "typename") };
    // SAFETY: as above.
    let parent = unsafe { object(parent, FUNCTION) };
    // Without name the object would be gone before the caller gets it (R-QOM-21).
    // SAFETY: as above.
    let id = unsafe { text(id, FUNCTION, "id") };
    // SAFETY: what c/extras/object.c has collected.
    let pairs = unsafe { pairs(props, count, FUNCTION) };
    // SAFETY: the C caller's objects and `errp`.
    unsafe {
        ptr_or_propagate(
            user_creatable::create(type_name, parent, id, &pairs),
            errp,
            &origin!(c"object_new_with_props"),
        )
    }
}

/// Makes an object of `count` names, each followed by its value, which is the caller's.
#[cfg(parentless_objects)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_internal_object_new_parentless(
    type_name: *const c_char,
    errp: *mut *mut Error,
    props: *const *const c_char,
    count: usize,
) -> *mut Object {
    const FUNCTION: &str = "object_new_with_props_parentless";
    // SAFETY: the C caller's.
    let type_name = unsafe { text(type_name, FUNCTION, "typename") };
    // SAFETY: what c/extras/object.c has collected.
    let pairs = unsafe { pairs(props, count, FUNCTION) };
    // SAFETY: the C caller's `errp`.
    unsafe {
        ptr_or_propagate(
            user_creatable::create_parentless(type_name, &pairs),
            errp,
            &origin!(c"object_new_with_props_parentless"),
        )
    }
}

/// Sets `count` properties of an object, given as names followed by their values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_internal_object_set_props(
    obj: *mut Object,
    errp: *mut *mut Error,
    props: *const *const c_char,
    count: usize,
) -> bool {
    const FUNCTION: &str = "object_set_props";
    // SAFETY: the C caller's.
    let obj = unsafe { object(obj, FUNCTION) };
    // SAFETY: what c/extras/object.c has collected.
    let pairs = unsafe { pairs(props, count, FUNCTION) };
    // SAFETY: the C caller's object and `errp`.
    unsafe {
        bool_or_propagate(
            user_creatable::set_all(obj, &pairs),
            errp,
            &origin!(c"object_set_props"),
        )
    }
}

/// The names and values that were given in a variable list.
///
/// # Safety
/// `props` has twice `count` elements, NULL or C strings that live for `'a`.
unsafe fn pairs<'a>(
    props: *const *const c_char,
    count: usize,
    function: &str,
) -> Vec<(&'a CStr, &'a CStr)> {
    let pair = |index| {
        // SAFETY: as promised.
        let (name, value) = unsafe { (*props.add(2 * index), *props.add(2 * index + 1)) };
        // SAFETY: as promised.
        unsafe { (text(name, function, "name"), text(value, function, "value")) }
    };
    (0..count).map(pair).collect()
}
