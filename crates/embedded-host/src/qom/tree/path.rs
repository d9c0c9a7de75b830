//! Objects at paths of the composition tree (R-QOM-20).

use core::ffi::CStr;
use std::ffi::CString;

use abi::layout::Object;

use crate::qom::objects::instance;
use crate::qom::tree;
use crate::qom::types::cast;

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
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
///
/// # Safety
/// No other thread changes the tree (R-QOM-24).
pub(crate) unsafe fn resolve_type(path: &CStr, kind: &CStr) -> Found {
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
///
/// # Safety
/// As [`resolve_type`].
pub(crate) unsafe fn resolves(path: &CStr) -> bool {
    // SAFETY: as promised.
    unsafe { resolve_type(path, c"object") != Found::None }
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
