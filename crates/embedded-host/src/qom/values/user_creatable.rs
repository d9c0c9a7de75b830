//! Objects that are made of a type's name and properties (R-QOM-21, R-QOM-22).

use core::ffi::CStr;

use crate::error::{Error, catch};
use crate::qapi::scalar::Source;
use abi::layout::{Object, UserCreatable, UserCreatableClass};
use abi::profile;

use crate::qom::objects::instance::{self, ObjectRef};
use crate::qom::tree;
use crate::qom::types::{self, cast, class};
use crate::qom::values::value;

/// The interface.
pub(crate) const TYPE: &CStr = c"user-creatable";

/// The interface's struct in the class of an object that implements it.
///
/// # Safety
/// `obj` is a live object.
unsafe fn methods<'a>(obj: *mut Object) -> Option<&'a UserCreatableClass> {
    // SAFETY: as promised.
    let class = cast::class_as(unsafe { instance::class_of(obj) }, TYPE)?;
    // SAFETY: the class of that interface is such a struct, and classes are never freed.
    Some(unsafe { &*class.as_ptr().cast::<UserCreatableClass>() })
}

/// Completes an object whose properties are set; nothing if it has nothing to complete.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn complete(obj: *mut Object) -> Result<(), Error> {
    // SAFETY: as promised.
    let Some(complete) = unsafe { methods(obj) }.and_then(|methods| methods.complete) else {
        return Ok(());
    };
    // SAFETY: the class's hook gets an instance.
    let ((), failed) = catch(|errp| unsafe { complete(obj.cast::<UserCreatable>(), errp) });
    failed.map_or(Ok(()), Err)
}

/// Whether an object may be deleted.
///
/// # Safety
/// `obj` is a live object.
#[cfg(not(prepare_delete))]
pub(crate) unsafe fn can_be_deleted(obj: *mut Object) -> bool {
    // SAFETY: as promised.
    let asked = unsafe { methods(obj) }.and_then(|methods| methods.can_be_deleted);
    // SAFETY: the class's hook gets an instance.
    asked.is_none_or(|may| unsafe { may(obj.cast::<UserCreatable>()) })
}

/// Has an object get ready to be deleted, unless that is not to be (R-111-28).
///
/// # Safety
/// `obj` is a live object.
#[cfg(prepare_delete)]
pub(crate) unsafe fn prepare_delete(obj: *mut Object) -> Result<(), Error> {
    // SAFETY: as promised.
    let Some(prepare) = unsafe { methods(obj) }.and_then(|methods| methods.prepare_delete) else {
        return Ok(());
    };
    // SAFETY: the class's hook gets an instance.
    let (may, failed) = catch(|errp| unsafe { prepare(obj.cast::<UserCreatable>(), errp) });
    match failed {
        Some(error) => Err(error),
        None if may => Ok(()),
        None => Err(Error::new("The object can't be deleted")),
    }
}

/// Sets properties from words, in order, up to the first that fails.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn set_all(obj: *mut Object, pairs: &[(&CStr, &CStr)]) -> Result<(), Error> {
    for (name, word) in pairs {
        // SAFETY: as promised.
        unsafe { value::set_from(obj, name, Source::Word(word)) }?;
    }
    Ok(())
}

/// A new object with those properties, completed, as child `id` of `parent`, which owns it.
///
/// # Safety
/// `parent` is a live object.
pub(crate) unsafe fn create(
    type_name: &CStr,
    parent: *mut Object,
    id: &CStr,
    pairs: &[(&CStr, &CStr)],
) -> Result<*mut Object, Error> {
    if profile::IDS_ARE_CHECKED && !is_identifier(id.to_bytes()) {
        return Err(Error::new("Parameter 'id' expects an identifier"));
    }
    let held = with_properties(type_name, pairs)?;
    let obj = held.as_ptr();
    // SAFETY: both are live.
    unsafe { tree::try_add_child(parent, id, obj) }?;
    // SAFETY: live, see above.
    if let Err(error) = unsafe { complete(obj) } {
        // SAFETY: as above.
        unsafe { tree::unparent(obj) };
        return Err(error);
    }
    // SAFETY: as above.
    if unsafe { (*obj).parent }.is_null() {
        let id = id.to_string_lossy();
        return Err(Error::new(format!("object '{id}' is gone")));
    }
    Ok(obj)
}

/// A new object with those properties, completed, whose only reference is the caller's (R-111-26).
#[cfg(parentless_objects)]
pub(crate) fn create_parentless(
    type_name: &CStr,
    pairs: &[(&CStr, &CStr)],
) -> Result<*mut Object, Error> {
    created(type_name, pairs).map(ObjectRef::into_raw)
}

/// A new object with those properties, completed.
pub(crate) fn created(type_name: &CStr, pairs: &[(&CStr, &CStr)]) -> Result<ObjectRef, Error> {
    let held = with_properties(type_name, pairs)?;
    // SAFETY: live.
    unsafe { complete(held.as_ptr()) }?;
    Ok(held)
}

/// Whether a name is an ASCII letter, followed by letters, digits, `-`, `.` and `_` (R-111-25).
fn is_identifier(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(is_part)
}

/// A new object with those properties, not completed.
fn with_properties(type_name: &CStr, pairs: &[(&CStr, &CStr)]) -> Result<ObjectRef, Error> {
    let shown = type_name.to_string_lossy();
    let Some(ty) = types::find(type_name) else {
        return Err(Error::new(format!("invalid object type: {shown}")));
    };
    class::of(ty);
    if ty.resolved().is_abstract {
        return Err(Error::new(format!("object type '{shown}' is abstract")));
    }
    // SAFETY: a new object, whose reference is this function's.
    let held = unsafe { ObjectRef::owning(instance::create(ty, "object_new_with_props")) };
    // SAFETY: live until the end of this function.
    unsafe { set_all(held.as_ptr(), pairs) }?;
    Ok(held)
}
