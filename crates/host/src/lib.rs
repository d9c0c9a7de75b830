//! What lies below io/: safe handles on the symbols that a program, or the embedded host, provides.

pub mod aio;
pub mod aio_callback;
pub mod coroutine;
pub mod error;
pub mod file;
pub mod imports;
pub mod module;
#[cfg(feature = "properties")]
pub mod property;
pub mod socket;
#[cfg(feature = "tls")]
pub mod tls_session;

#[cfg(test)]
extern crate embedded_host as _;
