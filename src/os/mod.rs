//! System calls, each behind a safe function that says what it needs.

pub mod abort;
pub mod errno;
pub mod stderr;
pub mod thread;
