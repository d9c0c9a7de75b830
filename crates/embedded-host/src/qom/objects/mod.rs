//! Objects, which keep properties: the last reference removes them, and they hold references.

pub(crate) mod accessors;
pub(in crate::qom) mod child_names;
pub(crate) mod instance;
pub(crate) mod property;
