//! Event loop contexts: descriptor handlers and bottom halves that run in the thread that polls
//! the context, by itself or through its GLib source.

pub mod bottom_half;
mod context;
pub mod current;
mod handlers;

pub use context::Context;
