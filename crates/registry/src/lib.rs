//! What there is at this moment: each task, listener, channel and coroutine has a slot, where its owner
//! notes what becomes of it.
//!
//! The slots are a static array of atomic words. So whoever reads them needs no lock and no memory, and
//! never follows a pointer to an object: a signal handler ([`dump`]), or a debugger in a core file.
#![forbid(unsafe_code)]

pub mod channel;
pub mod coroutine;
pub mod dump;
pub mod listener;
pub mod names;
pub mod slot;
pub mod task;
mod text;

use core::sync::atomic::AtomicU32;

pub use slot::Index;

/// Where everything is, for a debugger: gdb/qio-gdb.py reads it, and the words of the slots.
#[repr(C)]
pub struct Place {
    /// Changes whenever that script has to.
    version: u64,
    slots: &'static [slot::Slot; slot::CAPACITY],
    end: &'static AtomicU32,
    names: &'static [names::Entry; names::CAPACITY],
    names_count: u64,
    /// How far behind a socket channel's address its local name stands.
    socket_names: u64,
}

impl Place {
    /// The one place, with what only the channels' structs tell.
    pub const fn get(socket_names: u64) -> Self {
        let (slots, end) = slot::place();
        Self {
            version: 2,
            slots,
            end,
            names: names::place(),
            names_count: names::CAPACITY as u64,
            socket_names,
        }
    }
}
