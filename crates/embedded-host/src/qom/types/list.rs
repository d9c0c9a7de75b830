//! Listing the classes that descend from a type (`object_class_get_list`).

use core::ffi::CStr;

use crate::module;
use crate::qom::types::cast;
use crate::qom::types::class::{self, Class};
use crate::qom::types::table::TYPES;

/// The classes of all types there are now, in the order of registration: those that are of type
/// `kind`, if given, and abstract ones only if wanted. Classes that were not used yet get made.
pub(crate) fn classes(kind: Option<&CStr>, include_abstract: bool) -> impl Iterator<Item = Class> {
    module::run_pending(module::QOM);
    TYPES
        .all()
        .into_iter()
        .filter(move |ty| include_abstract || !ty.resolved().is_abstract)
        .map(class::of)
        .filter(move |class| kind.is_none_or(|kind| cast::is_a(*class, kind)))
}
