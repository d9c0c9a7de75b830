//! Properties that lead to other objects (R-QOM-23).

use core::ffi::{CStr, c_uint};
use core::ptr;
use std::ffi::CString;

use crate::error::{Error, catch};
use crate::qapi::scalar;
use abi::layout::{LinkCheck, Object};

use super::accessors::Accessors;
use super::instance::Held;
use super::path::{self, Found};
use super::{cast, instance, property};

/// `OBJ_PROP_LINK_STRONG`: the slot owns a reference.
pub const STRONG: c_uint = 1;

/// A slot of the program's that a property reads and writes.
#[derive(Clone)]
pub struct Link {
    /// What objects it may lead to.
    pub kind: CString,
    /// The slot.
    pub slot: *mut *mut Object,
    /// Asked before the slot changes; None if nobody may.
    pub check: LinkCheck,
    /// `OBJ_PROP_LINK_*`.
    pub flags: c_uint,
}

impl Link {
    /// Where it leads.
    ///
    /// # Safety
    /// The property is there, so the slot is.
    pub(super) unsafe fn target(&self) -> *mut Object {
        // SAFETY: as promised.
        unsafe { self.slot.read() }
    }

    /// Lets it lead to the object at `path`; to none if that is empty.
    ///
    /// # Safety
    /// `obj` is a live object that has this link, called `name`.
    pub(super) unsafe fn lead_to_path(
        &self,
        obj: *mut Object,
        name: &CStr,
        path: &CStr,
    ) -> Result<(), Error> {
        let target = match path::resolve_type(path, &self.kind) {
            _ if path.is_empty() => ptr::null_mut(),
            Found::One(target) => target,
            Found::None if path::resolves(path) => return Err(self.wrong_type(name)),
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
    pub(super) unsafe fn lead_to(
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
            return Err(unsafe { super::value::not_writable(obj, name) });
        };
        // The check may take it from where it is, and drop what kept this one.
        // SAFETY: live as promised, unless it is NULL.
        let _held = (!target.is_null()).then(|| unsafe { Held::new(target) });
        // SAFETY: live as promised.
        let _kept = unsafe { Held::new(obj) };
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
        let strong = self.flags & STRONG != 0;
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
            matches!(accessors, Accessors::Link(link) if link.slot == self.slot)
        })
    }

    /// The property is gone.
    ///
    /// # Safety
    /// The slot is still there if it owns references.
    pub(super) unsafe fn let_go(&self) {
        if self.flags & STRONG == 0 {
            return;
        }
        // SAFETY: as promised.
        let before = unsafe { self.slot.replace(ptr::null_mut()) };
        if !before.is_null() {
            // SAFETY: the reference was the slot's.
            unsafe { instance::drop_reference(before) };
        }
    }

    fn wrong_type(&self, name: &CStr) -> Error {
        scalar::wrong_kind(&name.to_string_lossy(), &self.kind.to_string_lossy())
    }
}

/// Nothing is at that path.
pub(super) fn not_found(path: &CStr) -> Error {
    Error::new(format!("Device '{}' not found", path.to_string_lossy()))
}
