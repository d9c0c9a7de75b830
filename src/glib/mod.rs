//! GLib's main contexts and sources behind safe, counted handles.

mod context;
mod log;
mod source;
mod user_data;

pub use context::MainContext;
pub use log::warning;
pub use source::{Callback, Hooks, PollFd, Source, SourceOf, monotonic_time};
pub use user_data::UserData;
