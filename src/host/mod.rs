//! What lies below io/: one safe face on the symbols that a program, or [`crate::embedded`],
//! provides.

pub mod address;
pub mod address_copy;
pub mod address_family;
mod address_fields;
mod address_view;
pub mod aio;
pub mod coroutine;
pub mod error;
pub mod file;
pub mod imports;
pub mod module;
pub mod socket;
