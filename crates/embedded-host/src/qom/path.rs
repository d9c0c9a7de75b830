//! Names of objects in the composition tree (R-QOM-20).

use core::ffi::CStr;
use std::ffi::CString;

use abi::layout::Object;

use super::property::Property;
use super::{cast, instance, tree};

/// The name of an object below its parent; None without parent. It is the parent's.
///
/// # Safety
/// `obj` is a live object.
pub unsafe fn component_of<'a>(obj: *mut Object) -> Option<&'a CStr> {
    // SAFETY: as promised.
    let property = unsafe { tree::as_child(obj) }?;
    // SAFETY: the property is the parent's, as long as it has the child.
    Some(unsafe { Property::name(property) })
}

/// The path from the root; None if the object is not below it.
///
/// # Safety
/// `obj` is a live object.
pub unsafe fn canonical(obj: *mut Object) -> Option<CString> {
    let root = tree::known_root()?;
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut object = obj;
    while object != root {
        // SAFETY: as promised, or an ancestor, which outlives what is below.
        parts.push(unsafe { component_of(object) }?.to_bytes());
        // SAFETY: as above.
        object = unsafe { (*object).parent };
    }
    parts.reverse();
    CString::new([b"/", parts.join(&b'/').as_slice()].concat()).ok()
}

/// As [`canonical`]; empty without path, and for NULL.
///
/// # Safety
/// `obj` is NULL or a live object.
pub(super) unsafe fn canonical_or_empty(obj: *mut Object) -> CString {
    if obj.is_null() {
        return CString::default();
    }
    // SAFETY: live as promised.
    unsafe { canonical(obj) }.unwrap_or_default()
}

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// No object of that type.
    None,
    /// One.
    One(*mut Object),
    /// Several, as the path is a partial one.
    Several,
}

impl Found {
    /// What is found at both places.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, found) | (found, Self::None) => found,
            (Self::One(a), Self::One(b)) if a == b => self,
            _ => Self::Several,
        }
    }
}

/// The object of type `kind` at an absolute path, or the only one whose path ends with a partial
/// one. The empty path is the end of all.
pub fn resolve_type(path: &CStr, kind: &CStr) -> Found {
    let path = path.to_bytes();
    let parts: Vec<CString> = path
        .split(|&b| b == b'/')
        .filter(|part| !part.is_empty())
        .filter_map(|part| CString::new(part).ok())
        .collect();
    if path.starts_with(b"/") {
        // SAFETY: the root is live.
        unsafe { below(tree::root(), &parts, kind) }
    } else {
        // SAFETY: as above.
        unsafe { anywhere(tree::root(), &parts, kind) }
    }
}

/// Whether there is an object, of any type, at that path.
pub(super) fn resolves(path: &CStr) -> bool {
    resolve_type(path, c"object") != Found::None
}

/// The object of that type that `parts` lead to from `object`.
///
/// # Safety
/// `object` is live.
unsafe fn below(object: *mut Object, parts: &[CString], kind: &CStr) -> Found {
    let mut object = object;
    for part in parts {
        // SAFETY: live as promised, or in the tree.
        match unsafe { tree::component(object, part) } {
            Some(next) => object = next,
            None => return Found::None,
        }
    }
    // SAFETY: as above.
    if cast::is_a(unsafe { instance::class_of(object) }, kind) {
        Found::One(object)
    } else {
        Found::None
    }
}

/// The objects of that type that `parts` lead to from `object` or from anything below it.
///
/// # Safety
/// `object` is live.
unsafe fn anywhere(object: *mut Object, parts: &[CString], kind: &CStr) -> Found {
    // SAFETY: as promised.
    let mut found = unsafe { below(object, parts, kind) };
    // SAFETY: as promised.
    for child in unsafe { tree::children(object) } {
        if found == Found::Several {
            break;
        }
        // SAFETY: live: it is held.
        found = found.and(unsafe { anywhere(child.as_ptr(), parts, kind) });
    }
    found
}
