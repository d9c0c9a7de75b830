//! QAPI: enum names, words for yes and no, numbers, address lists, and visitors.

pub(crate) mod legacy;
pub(crate) mod lists;
pub(crate) mod names;
pub(crate) mod scalar;
pub(crate) mod tables;
pub(crate) mod visitor;
pub(crate) mod words;
