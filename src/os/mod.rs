//! System calls, each behind a safe function that says what it needs.

pub mod errno;
pub mod thread;
