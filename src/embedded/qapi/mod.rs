//! QAPI: enum names, words for yes and no, address lists, and visitors.

pub mod lists;
pub mod visitor;
pub mod words;
