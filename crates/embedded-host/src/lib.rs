//! The host that libqio brings along, as far as io/ and the programs that use it need one: object
//! model, errors, socket helpers, threads, event loop and coroutines, TLS sessions and credentials,
//! authorization, QAPI visitors, hashes.
//!
//! Its C face, [`capi`], has two halves: [`capi::required`] is the 46 symbols that io/ imports,
//! [`capi::extras`] the rest of the same headers, for the program's own use. It knows nothing of channels,
//! tasks or listeners. [`rust`] is what Rust programs ask of it beside.

pub(crate) mod aio;
pub(crate) mod authz;
pub(crate) mod buffer;
pub mod capi;
pub(crate) mod co_mutex;
pub(crate) mod coroutine;
pub(crate) mod destination;
pub(crate) mod error;
pub(crate) mod error_object;
pub(crate) mod hash;
pub(crate) mod iov;
pub(crate) mod main_loop;
pub(crate) mod module;
pub(crate) mod monitor;
pub(crate) mod qapi;
pub(crate) mod qom;
pub(crate) mod report;
pub mod rust;
pub(crate) mod sockets;
mod stack;
pub(crate) mod thread;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod variadic;
