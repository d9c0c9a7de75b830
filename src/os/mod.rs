//! System calls, each behind a safe function that says what it needs.

pub mod abort;
mod control;
pub mod errno;
pub mod error_queue;
pub mod fd;
pub mod iov;
pub mod message;
pub mod resolve;
pub mod socket;
pub mod socket_name;
pub mod stderr;
pub mod temporary;
pub mod thread;
