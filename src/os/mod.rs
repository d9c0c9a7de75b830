//! System calls, each behind a safe function that says what it needs.

pub mod abort;
pub mod errno;
pub mod fd;
pub mod resolve;
pub mod socket;
pub mod socket_name;
pub mod stderr;
pub mod temporary;
pub mod thread;
