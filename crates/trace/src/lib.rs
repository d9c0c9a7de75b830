//! The trace events of io/: a table of them, and who is told when one fires.
//!
//! io/ calls a function for each event. Nobody listens at first: it then loads a word, and goes on.
//! Otherwise a line is written (R-TRACE-7), or a sink called, or both. A *sink* is a C function that takes the
//! arguments of one event. Whoever traces by functions of its own registers sinks: a hosting tree its own trace functions, by a C file that `scripts/abi-profile` writes (R-TRACE-6).

mod argument;
mod environment;
mod events;
mod lines;
mod listeners;
mod patterns;
mod sinks;
mod timeline;
mod usdt;

pub use argument::Id;
pub use events::*;
pub use lines::{flush, set_file};
pub use patterns::{disable, enable};
pub use sinks::{Sink, register};

#[cfg(test)]
extern crate embedded_host as _;
