//! Sockets that others look at without a reference: a thread that keeps deadlines can shut one down as long as
//! its channel lives and has its descriptor, and keeps neither.
//!
//! The table's lock is what makes it so. An entry is taken out, under the lock, before the channel closes its
//! descriptor, and at the latest when the channel is finalised (`class::finalize`), before its memory goes. Who has
//! the lock and finds the entry has both.

use core::ptr::NonNull;
use std::collections::HashMap;

use super::Shared;
use super::socket::Socket;
use abi::layout::{Object, QIOChannelSocket};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use platform::sync::fork::PerProcess;
use platform::sync::timers::Armed;

/// What is kept of a socket.
#[derive(Default)]
pub struct Kept {
    /// It is a client of somebody who has limits; dropped when it goes.
    pub client: Option<Box<dyn Send>>,
    /// Milliseconds that a handshake over it may take; 0 is any time.
    pub handshake_timeout: u32,
    /// It may not be idle for ever.
    pub idle: Option<Idle>,
    /// It was shut down since it was idle.
    pub is_timed_out: bool,
}

/// How long a socket has been idle.
pub struct Idle {
    /// How long it may.
    pub milliseconds: u32,
    /// Bytes that it had moved when it was looked at.
    pub moved: u64,
    /// Looks since then that found no more.
    pub quiet: u32,
    /// The next look.
    pub armed: Armed,
}

/// Which entry: no other one ever has the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    address: usize,
    number: u64,
}

struct Entry {
    socket: NonNull<QIOChannelSocket>,
    number: u64,
    kept: Kept,
}

// SAFETY: the pointer is followed only under the table's lock, and then as any thread may (`Shared`).
unsafe impl Send for Entry {}

/// By the channel's address. A forked child has none of its parent's: a thread may have held the lock.
static ENTRIES: PerProcess<Mutex<HashMap<usize, Entry>>> = PerProcess::new();
/// There was an entry. Until then nothing is looked for.
static IS_USED: AtomicBool = AtomicBool::new(false);
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Has `change` change what is kept of a socket, which has an entry from now on.
pub fn enter<R>(socket: &Socket, change: impl FnOnce(Key, &mut Kept) -> R) -> R {
    IS_USED.store(true, Ordering::Release);
    let address = socket.as_ptr().addr();
    let mut entries = ENTRIES.get().lock();
    let entry = entries.entry(address).or_insert_with(|| Entry {
        // SAFETY: the address of a reference.
        socket: unsafe { NonNull::new_unchecked(socket.as_ptr()) },
        number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        kept: Kept::default(),
    });
    let key = Key {
        address,
        number: entry.number,
    };
    let result = change(key, &mut entry.kept);
    drop(entries);
    result
}

/// What is kept of a socket; None if nothing is.
pub fn look<R>(socket: &Socket, look: impl FnOnce(&Kept) -> R) -> Option<R> {
    if !IS_USED.load(Ordering::Acquire) {
        return None;
    }
    let entries = ENTRIES.get().lock();
    let entry = entries.get(&socket.as_ptr().addr());
    let result = entry.map(|entry| look(&entry.kept));
    drop(entries);
    result
}

/// Does something with the socket of an entry, which stays open meanwhile. None if it was closed. `act` calls
/// nothing of the program, and waits for nothing.
pub fn with<R>(key: Key, act: impl FnOnce(&Socket, &mut Kept) -> R) -> Option<R> {
    let mut entries = ENTRIES.get().lock();
    let entry = entries.get_mut(&key.address);
    let result = entry
        .filter(|entry| entry.number == key.number)
        .and_then(|entry| {
            // SAFETY: the entry is there, and the lock held, so the channel lives: see above.
            let socket: &Socket = unsafe { Shared::from_ptr(entry.socket.as_ptr()) }?;
            Some(act(socket, &mut entry.kept))
        });
    drop(entries);
    result
}

/// Takes a socket's entry out; nobody acts on it when this returns. Any object may be asked about.
#[inline]
pub fn remove(object: *const Object) -> Option<Kept> {
    if IS_USED.load(Ordering::Acquire) {
        remove_entry(object.addr())
    } else {
        None
    }
}

#[cold]
fn remove_entry(address: usize) -> Option<Kept> {
    let mut entries = ENTRIES.get().lock();
    let entry = entries.remove(&address);
    drop(entries);
    entry.map(|entry| entry.kept)
}
