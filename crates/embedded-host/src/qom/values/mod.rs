//! Values of properties, and what is made of them.

pub(crate) mod builtin;
pub(crate) mod link;
pub(crate) mod user_creatable;
pub(crate) mod value;
