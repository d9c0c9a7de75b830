//! Objects that are made of a type's name and properties (R-QOM-21, R-QOM-22).

use core::ffi::CStr;

use crate::error::{Error, catch};
use crate::qapi::scalar::Source;
use abi::layout::{Object, UserCreatable, UserCreatableClass};

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
pub(crate) unsafe fn can_be_deleted(obj: *mut Object) -> bool {
    // SAFETY: as promised.
    let asked = unsafe { methods(obj) }.and_then(|methods| methods.can_be_deleted);
    // SAFETY: the class's hook gets an instance.
    asked.is_none_or(|may| unsafe { may(obj.cast::<UserCreatable>()) })
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
    let obj = held.as_ptr();
    // SAFETY: live until the end of this function.
    unsafe { set_all(obj, pairs) }?;
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
