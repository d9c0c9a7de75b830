//! What io/ needs of its host, and what every program that brings its own host therefore has.

pub mod aio;
pub mod coroutine;
pub mod error;
pub mod main_loop;
pub mod module;
pub mod object;
pub mod osdep;
pub mod qapi_types;
pub mod sockets;
pub mod thread;
#[cfg(feature = "tls")]
pub mod tlssession;
#[cfg(feature = "tls")]
pub mod tlssession_transfer;
