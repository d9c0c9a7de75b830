//! The host that libqio brings along: a small QOM, errors, socket addresses and helpers, threads
//! and a main loop, as far as io/ and the programs that use it need them.
//!
//! It defines, in [`capi`], the C symbols that [`crate::host`] imports, and more of the same
//! headers for the program's own use. It may use [`crate::host::error`] to report failures and
//! [`crate::host::address`] to read and make addresses, and knows nothing of channels, tasks or
//! listeners.

pub mod aio;
pub mod authz;
pub mod buffer;
pub mod capi;
pub mod co_mutex;
pub mod coroutine;
pub mod destination;
pub mod error;
pub mod formatted;
pub mod hash;
pub mod hint;
pub mod iov;
pub mod main_loop;
pub mod module;
pub mod monitor;
pub mod qapi;
pub mod qom;
pub mod report;
pub mod sockets;
pub mod thread;
#[cfg(feature = "tls")]
pub mod tls;
