//! The hand-over of work between threads: locks, the lock-free inbox, what a fork leaves behind.
//!
//! io/ takes its locks and atomics from here alone. What threads hand over without a lock, or wait for, they
//! do by the protocols of this folder, which models try in all orders.

pub mod ending;
mod facade;
pub mod fork;
pub mod gate;
pub mod handover;
pub mod inbox;
mod lock;
mod monitor;
pub mod permit;
pub mod places;
pub mod slot;
mod striped;
pub mod timers;
pub mod turns;
pub mod waiters;
pub mod workers;

pub use lock::{Condvar, Mutex, MutexGuard};
pub use monitor::Monitor;
pub use once_cell::race::OnceBox;
pub use striped::Striped;

/// Atomic types.
pub use core::sync::atomic;
