//! Properties that lead to other objects (R-QOM-23).

use core::ffi::CStr;
use core::ptr;

use crate::error::{Error, catch};
use crate::qapi::scalar;
use abi::layout::{Object, ObjectPropertyAccessor};

use crate::qom::objects::accessors::{Accessors, Link, accessors, with_text};
use crate::qom::objects::instance;
use crate::qom::objects::instance::ObjectRef;
use crate::qom::objects::property;
use crate::qom::tree;
use crate::qom::tree::path::{self, Found};
use crate::qom::types::cast;

/// The accessors of a link; without a check of the program's it can't be written.
pub(crate) fn accessors(link: Link) -> Accessors {
    let set = link.check.map(|_| set_path as ObjectPropertyAccessor);
    Accessors::Link {
        link,
        get: tree::get_path,
        set,
    }
}

accessors! {
    fn set_path(obj, v, name, Accessors::Link { link, .. }) {
        // Not NULL after a visit that went well.
        with_text(v, &name, |text| link.lead_to_path(obj, &name, CStr::from_ptr(text)))
    }
}

impl Link {
    /// Lets it lead to the object at `path`; to none if that is empty.
    ///
    /// # Safety
    /// `obj` is a live object that has this link, called `name`.
    pub(crate) unsafe fn lead_to_path(
        &self,
        obj: *mut Object,
        name: &CStr,
        path: &CStr,
    ) -> Result<(), Error> {
        // SAFETY: as promised.
        let target = match unsafe { path::resolve_type(path, &self.kind) } {
            _ if path.is_empty() => ptr::null_mut(),
            Found::One(target) => target,
            // SAFETY: as promised.
            Found::None if unsafe { path::resolves(path) } => return Err(self.wrong_type(name)),
            Found::None => return Err(not_found(path)),
            Found::Several => {
                let path = path.to_string_lossy();
                return Err(Error::new(format!(
                    "Path '{path}' does not uniquely identify an object"
                )));
            }
        };
        // SAFETY: as promised; the target is in the tree, so it is live.
        unsafe { self.lead_to(obj, name, target) }
    }

    /// Lets it lead to `target`, or to none.
    ///
    /// # Safety
    /// As above; `target` is NULL or a live object.
    pub(crate) unsafe fn lead_to(
        &self,
        obj: *mut Object,
        name: &CStr,
        target: *mut Object,
    ) -> Result<(), Error> {
        // SAFETY: live as promised.
        if !target.is_null() && !cast::is_a(unsafe { instance::class_of(target) }, &self.kind) {
            return Err(self.wrong_type(name));
        }
        let Some(check) = self.check else {
            // SAFETY: as promised.
            return Err(unsafe { property::not_writable(obj, name) });
        };
        // The check may take it from where it is, and drop what kept this one.
        // SAFETY: live as promised, unless it is NULL.
        let _held = (!target.is_null()).then(|| unsafe { ObjectRef::new(target) });
        // SAFETY: live as promised.
        let _kept = unsafe { ObjectRef::new(obj) };
        // The name may be the property's own.
        // SAFETY: live as promised.
        let shown = unsafe { property::full_name(obj, name) };
        // SAFETY: the program's function gets what it was registered for.
        let ((), refused) = catch(|errp| unsafe { check(obj, name.as_ptr(), target, errp) });
        if let Some(error) = refused {
            return Err(error);
        }
        // SAFETY: it is kept.
        if !unsafe { self.is_of(obj) } {
            return Err(Error::new(format!("Property '{shown}' not found")));
        }
        let strong = self.is_strong();
        if strong && !target.is_null() {
            // SAFETY: live as promised.
            unsafe { instance::add_reference(target) };
        }
        // SAFETY: the slot is there as long as the property, which the check hasn't removed.
        let before = unsafe { self.slot.replace(target) };
        if strong && !before.is_null() {
            // Last, as the program's hooks may run.
            // SAFETY: the reference was the slot's.
            unsafe { instance::drop_reference(before) };
        }
        Ok(())
    }

    /// Whether it is still a property of an object.
    ///
    /// # Safety
    /// `obj` is a live object.
    unsafe fn is_of(&self, obj: *mut Object) -> bool {
        // SAFETY: as promised.
        unsafe { property::own(obj) }.into_iter().any(|property| {
            // SAFETY: an object's properties are live while nothing runs.
            let accessors = unsafe { &(*property).accessors };
            matches!(accessors, Accessors::Link { link, .. } if link.slot == self.slot)
        })
    }

    fn wrong_type(&self, name: &CStr) -> Error {
        scalar::wrong_kind(&name.to_string_lossy(), &self.kind.to_string_lossy())
    }
}

/// Nothing is at that path.
pub(crate) fn not_found(path: &CStr) -> Error {
    Error::new(format!("Device '{}' not found", path.to_string_lossy()))
}
