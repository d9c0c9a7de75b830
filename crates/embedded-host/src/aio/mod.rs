//! Event loop contexts: descriptor handlers and bottom halves that run in the thread that polls
//! the context, by itself or through its GLib source.

pub(crate) mod bottom_half;
mod context;
pub(crate) mod current;
mod handlers;

pub(crate) use context::Context;
