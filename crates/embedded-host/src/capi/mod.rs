//! The C face of the embedded host, one file per header.
//!
//! # Safety
//!
//! As for all functions of the library: pointers are what their header says, live for the call, and `errp` is
//! NULL, `&error_abort`, `&error_fatal` or points to an empty `Error *`.

pub mod aio;
pub mod authz;
pub mod buffer;
pub mod coroutine;
#[cfg(feature = "tls")]
pub mod crypto_init;
pub mod cutils;
pub mod error;
pub mod error_report;
pub mod hash;
pub mod iov;
pub mod main_loop;
pub mod module;
pub mod object;
mod object_arguments;
pub mod object_interfaces;
pub mod object_property;
pub mod object_tree;
pub mod object_value;
pub mod osdep;
pub mod qapi_builtin_visit;
pub mod qapi_clone_visitor;
pub mod qapi_types;
pub mod qapi_util;
pub mod qapi_visit;
pub mod sockets;
pub mod thread;
#[cfg(feature = "tls")]
pub mod tlscreds;
#[cfg(feature = "tls")]
pub mod tlssession;
#[cfg(feature = "tls")]
pub mod tlssession_transfer;
