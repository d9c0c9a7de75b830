//! Objects, which keep properties: the last reference removes them, and they hold references.

pub(crate) mod accessors;
pub(crate) mod instance;
pub(crate) mod property;
