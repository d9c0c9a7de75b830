//! What there is at this moment: each task, listener, channel and coroutine has a slot, where its owner
//! notes what becomes of it.
//!
//! The slots are a static array of atomic words. So whoever reads them needs no lock and no memory, and
//! never follows a pointer to an object: a signal handler ([`dump`]), or a debugger in a core file.
#![forbid(unsafe_code)]

pub mod dump;
pub mod names;
pub mod slot;
pub mod task;
mod text;

pub use slot::Index;
