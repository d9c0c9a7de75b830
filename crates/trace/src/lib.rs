//! The trace events of io/: a table of them, and who is told when one fires.
//!
//! io/ calls a function for each event. Nobody listens at first: it then loads a pointer, and goes on.
//! A *sink* is a C function that takes the arguments of one event. Whoever traces registers sinks:
//! a hosting tree its own trace functions, by a C file that `scripts/abi-profile` writes (R-TRACE-6).

mod argument;
mod events;
mod sinks;

pub use argument::Id;
pub use events::*;
pub use sinks::{Sink, register};

#[cfg(test)]
extern crate embedded_host as _;
