//! What lies below io/: one safe face on the symbols that a program, or [`crate::embedded`],
//! provides.

pub mod address;
pub mod error;
pub mod imports;
pub mod module;
