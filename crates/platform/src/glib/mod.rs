//! GLib's main contexts and sources behind safe, counted handles, and its spawner.

mod asking;
pub mod callback_data;
mod cancellable;
pub mod condition;
mod context;
mod eye;
mod log;
#[cfg(miri)]
mod miri;
pub mod polling;
pub mod reaper;
mod shared_context;
mod source;
mod source_fd;
mod spawn;
mod user_data;
pub mod waiters;
mod weak_context;

pub use asking::Turn;
pub use cancellable::{Cancellable, Cancelled, Connection, GCancellable};
pub use context::MainContext;
pub use eye::Eye;
pub use log::warning;
pub use shared_context::SharedContext;
pub use source::{Callback, Hooks, PollFd, Resting, Source, SourceOf, monotonic_time};
pub use source_fd::FdTag;
pub use spawn::{Spawned, spawn};
pub use user_data::UserData;
pub use weak_context::WeakContext;
