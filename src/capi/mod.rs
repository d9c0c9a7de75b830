//! The exported functions, a file for each C header and five for `io/channel.h`; the mark of the
//! profile is in [`abi`].
//!
//! Each does four things: check, convert in, call, convert out. What it does is decided in
//! [`crate::logic`].
//!
//! # Safety
//!
//! The contract of all of them, in C's terms: object pointers are live instances of the named type
//! (or a subtype), and somebody holds a reference for the duration of the call; other pointers are
//! valid for what the header says, for the call or as long as it says; `errp` is NULL,
//! `&error_abort`, `&error_fatal` or points to an empty `Error *`; callbacks and their data stay
//! valid until their destroy notify has run. Breaking it is undefined behaviour, as in C.

pub mod abi;
pub mod channel;
pub mod channel_buffer;
pub mod channel_bytes;
mod channel_call;
pub mod channel_command;
pub mod channel_coroutine;
pub mod channel_file;
pub mod channel_null;
#[cfg(positional_all)]
pub mod channel_positional;
pub mod channel_socket;
#[cfg(feature = "tls")]
pub mod channel_tls;
pub mod channel_transfer;
pub mod channel_util;
pub mod channel_watch;
pub mod channel_websock;
pub mod channel_websock_client;
pub mod connect;
mod convert;
pub mod debug;
pub mod dns_resolver;
pub mod ext;
pub mod limits;
pub mod net_listener;
pub mod stats;
pub mod task;
pub mod trace;
