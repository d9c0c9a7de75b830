//! The hand-over of work between threads: locks, the lock-free inbox, what a fork leaves behind.
//!
//! io/ takes its locks and atomics from here alone.

pub mod fork;
pub mod inbox;
mod lock;
mod monitor;
mod striped;

pub use lock::{Condvar, Mutex, MutexGuard};
pub use monitor::Monitor;
pub use striped::Striped;

/// Atomic types.
pub use core::sync::atomic;
