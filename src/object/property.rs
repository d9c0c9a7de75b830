//! Properties of classes, which an embedded build has: `object_property_set_uint` reaches what a function sets.

use core::ffi::CStr;

use super::{Instance, Shared};
use host::error::Error;

#[cfg(feature = "properties")]
mod accessors;
#[cfg(feature = "properties")]
pub(super) use accessors::add_all;

/// A property of type `uint32`.
pub struct Uint32<T: Instance> {
    /// Its name.
    pub name: &'static CStr,
    /// What a user is told of it.
    pub description: &'static CStr,
    /// Reads it; None if it can only be set.
    pub get: Option<fn(&Shared<T>) -> u32>,
    /// Sets it.
    pub set: fn(&Shared<T>, u32) -> Result<(), Error>,
}

/// Gives a class no properties: this build has none.
///
/// # Safety
/// Always safe; the other one isn't.
#[cfg(not(feature = "properties"))]
pub(super) const unsafe fn add_all<T: Instance>(_class: *mut abi::layout::ObjectClass) {}
