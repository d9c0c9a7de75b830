//! All behaviour of io/, in safe Rust that unit tests reach without C.
#![forbid(unsafe_code)]

pub mod aio;
pub mod buffer;
pub mod command;
pub mod control;
pub mod descriptor;
pub mod file;
mod hub;
mod hub_watch;
mod layered;
pub mod limits;
pub mod listener;
pub mod null;
#[cfg(positional_all)]
pub mod positional;
pub mod resolver;
pub mod socket;
pub mod statistics;
pub mod suspension;
pub mod task;
#[cfg(feature = "tls")]
pub mod tls;
pub mod transfer;
pub mod wait;
pub mod watch;
pub mod websock;
