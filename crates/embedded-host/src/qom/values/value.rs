//! Values of properties, as texts and as themselves.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use std::ffi::CString;

use crate::error::{Error, catch};
use crate::qapi::scalar::{Shown, Sink, Source, wrong_kind};
use crate::qapi::visitor::Visitor;
use crate::qapi::{names, words};
use abi::layout::{self, Object, ObjectPropertyAccessor};

use crate::qom::objects::accessors::Accessors;
use crate::qom::objects::property::{self, Property};
use crate::qom::tree;
use crate::qom::tree::path::{self, Found};

/// Calls an accessor, which may do anything to the property and the object.
///
/// # Safety
/// `obj` is a live object with a property that has this accessor and `opaque`; `v` is live.
unsafe fn access(
    accessor: ObjectPropertyAccessor,
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: &CStr,
    opaque: *mut c_void,
) -> Result<(), Error> {
    // SAFETY: as promised.
    let ((), failed) = catch(|errp| unsafe { accessor(obj, v, name.as_ptr(), opaque, errp) });
    failed.map_or(Ok(()), Err)
}

/// Shows the value to a visitor.
///
/// # Safety
/// `obj` is a live object, `v` a live visitor.
pub(crate) unsafe fn get(
    obj: *mut Object,
    name: &CStr,
    v: *mut layout::Visitor,
) -> Result<(), Error> {
    // SAFETY: as promised.
    let property = unsafe { property::find_or_fail(obj, name) }?;
    // SAFETY: found just now.
    let (get, opaque) = unsafe { ((*property).c.get, (*property).c.opaque) };
    let Some(get) = get else {
        // SAFETY: as promised.
        let name = unsafe { property::full_name(obj, name) };
        return Err(Error::new(format!("Property '{name}' is not readable")));
    };
    // SAFETY: as promised.
    unsafe { access(get, obj, v, name, opaque) }
}

/// Takes the value from a visitor.
///
/// # Safety
/// `obj` is a live object, `v` a live visitor.
pub(crate) unsafe fn set(
    obj: *mut Object,
    name: &CStr,
    v: *mut layout::Visitor,
) -> Result<(), Error> {
    // SAFETY: as promised.
    let property = unsafe { property::find_or_fail(obj, name) }?;
    // SAFETY: found just now.
    let (set, opaque) = unsafe { ((*property).c.set, (*property).c.opaque) };
    let Some(set) = set else {
        // SAFETY: as promised.
        return Err(unsafe { property::not_writable(obj, name) });
    };
    // SAFETY: as promised.
    unsafe { access(set, obj, v, name, opaque) }
}

/// Sets a property from a value or a word.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn set_from(
    obj: *mut Object,
    name: &CStr,
    source: Source<'_>,
) -> Result<(), Error> {
    let visitor = Visitor::Input(source);
    // SAFETY: as promised; the visitor lives for the call.
    unsafe { set(obj, name, visitor.as_ptr()) }
}

/// The value that the property shows.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn shown(obj: *mut Object, name: &CStr) -> Result<Shown, Error> {
    let sink = Sink::default();
    let visitor = Visitor::Output(&sink);
    // SAFETY: as promised; the visitor lives for the call.
    unsafe { get(obj, name, visitor.as_ptr()) }?;
    let name = name.to_string_lossy();
    sink.take()
        .ok_or_else(|| Error::new(format!("Property '{name}' has shown no value")))
}

/// A text.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn text(obj: *mut Object, name: &CStr) -> Result<CString, Error> {
    // SAFETY: as promised.
    unsafe { shown(obj, name) }?.text(&name.to_string_lossy())
}

/// Yes or no.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn truth(obj: *mut Object, name: &CStr) -> Result<bool, Error> {
    // SAFETY: as promised.
    unsafe { shown(obj, name) }?.truth(&name.to_string_lossy())
}

/// A number, of a C type that is called `expected`.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn number<T: TryFrom<i128>>(
    obj: *mut Object,
    name: &CStr,
    expected: &str,
) -> Result<T, Error> {
    // SAFETY: as promised.
    unsafe { shown(obj, name) }?.number(&name.to_string_lossy(), expected)
}

/// A value of the enum that is called `kind`.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn choice(obj: *mut Object, name: &CStr, kind: &CStr) -> Result<c_int, Error> {
    // SAFETY: as promised.
    let property = unsafe { property::find_or_fail(obj, name) }?;
    // SAFETY: found just now; the program's accessors haven't run.
    let lookup = match unsafe { &(*property).accessors } {
        // SAFETY: as above.
        Accessors::Choice { lookup, .. } if unsafe { Property::kind(property) } == kind => *lookup,
        _ => {
            // SAFETY: as promised.
            let name = unsafe { property::full_name(obj, name) };
            let kind = kind.to_string_lossy();
            return Err(Error::new(format!(
                "Property '{name}' is not of enum type '{kind}'"
            )));
        }
    };
    // SAFETY: as promised.
    let text = match unsafe { shown(obj, name) }? {
        Shown::Choice(value, _) => return Ok(value),
        other => other.text(&name.to_string_lossy())?,
    };
    // SAFETY: the program's table.
    words::position(&text, unsafe { names::of(lookup) })
        .ok_or_else(|| wrong_kind(&name.to_string_lossy(), &kind.to_string_lossy()))
}

/// The object that a link or a child property leads to; NULL for none.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn target(obj: *mut Object, name: &CStr) -> Result<*mut Object, Error> {
    // SAFETY: as promised.
    let property = unsafe { property::find_or_fail(obj, name) }?;
    // Not by its path: objects may be elsewhere than below the root.
    // SAFETY: found just now; the program's accessors haven't run.
    let accessors = unsafe { &(*property).accessors };
    if matches!(accessors, Accessors::Child { .. } | Accessors::Link { .. }) {
        // SAFETY: as above.
        return Ok(unsafe { accessors.object() });
    }
    // SAFETY: as promised.
    let path = unsafe { text(obj, name) }?;
    // SAFETY: as promised.
    match unsafe { path::resolve_type(&path, c"object") } {
        _ if path.is_empty() => Ok(ptr::null_mut()),
        Found::One(target) => Ok(target),
        Found::None | Found::Several => Err(super::link::not_found(&path)),
    }
}

/// Lets a link property lead to `target`, which may be NULL.
///
/// # Safety
/// `obj` is a live object; `target` is NULL or one.
pub(crate) unsafe fn set_target(
    obj: *mut Object,
    name: &CStr,
    target: *mut Object,
) -> Result<(), Error> {
    // SAFETY: as promised.
    let property = unsafe { property::find_or_fail(obj, name) }?;
    // SAFETY: found just now. A copy, as the program's check may do anything.
    let accessors = unsafe { (*property).accessors.clone() };
    if let Accessors::Link { link, .. } = accessors {
        // SAFETY: as promised.
        return unsafe { link.lead_to(obj, name, target) };
    }
    // SAFETY: as promised.
    let path = unsafe { tree::canonical_or_empty(target) };
    if !target.is_null() && path.is_empty() {
        let name = name.to_string_lossy();
        return Err(Error::new(format!("the object for '{name}' has no path")));
    }
    // SAFETY: as promised.
    unsafe { set_from(obj, name, Source::Text(&path)) }
}
