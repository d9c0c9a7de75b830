//! QAPI: enum names, words for yes and no, numbers, address lists, and visitors.

pub mod legacy;
pub mod lists;
pub mod names;
pub mod scalar;
pub mod tables;
pub mod visitor;
pub mod words;
