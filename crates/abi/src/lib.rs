//! The ABI as data: the C structs of the chosen profile, and errors and socket addresses, which
//! io/ and the host both make.

pub mod address;
pub mod attempts;
pub mod error;
pub mod layout;
pub mod profile;
pub mod propagate;
