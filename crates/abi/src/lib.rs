//! The ABI as data: the C structs of the chosen profile, and the values that both sides of the
//! host's symbols make and read: errors and socket addresses.

pub mod address;
pub mod attempts;
pub mod error;
pub mod layout;
pub mod profile;
pub mod propagate;
