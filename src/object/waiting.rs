//! The coroutines that wait for a channel: which, in which context, and how each is woken once.
//!
//! A waiting coroutine stands in its direction's slot. The thread that takes it out wakes it:
//! that of the descriptor's handler, or another one (C11).

use core::ffi::c_void;

use super::channel::Channel;
use super::fields::atomic_fields;
use abi::layout;
use host::aio::{Context, Handlers};
use host::coroutine::Coroutine;
use platform::sync::atomic::{AtomicPtr, Ordering};
use platform::sync::slot;

/// What a coroutine waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Something to read.
    Read,
    /// Room to write.
    Write,
}

atomic_fields!(Channel {
    reader: read_coroutine as AtomicPtr<layout::Coroutine>;
    writer: write_coroutine as AtomicPtr<layout::Coroutine>;
    #[cfg(two_aio_contexts)]
    reading_context: read_ctx as AtomicPtr<layout::AioContext>;
    #[cfg(two_aio_contexts)]
    writing_context: write_ctx as AtomicPtr<layout::AioContext>;
    #[cfg(not(two_aio_contexts))]
    context_field: ctx as AtomicPtr<layout::AioContext>;
});

impl Channel {
    /// The slot of a direction. A coroutine stands there from before its handlers are set.
    fn slot(&self, direction: Direction) -> &AtomicPtr<layout::Coroutine> {
        match direction {
            Direction::Read => self.reader(),
            Direction::Write => self.writer(),
        }
    }

    /// Whether a coroutine waits to read or to write.
    pub fn is_waited_for(&self) -> bool {
        let occupied = |direction| !self.slot(direction).load(Ordering::Acquire).is_null();
        occupied(Direction::Read) || occupied(Direction::Write)
    }

    /// The coroutine waits here from now on. False if another one does.
    pub fn publish(&self, direction: Direction, coroutine: Coroutine, context: Context) -> bool {
        let slot = self.slot(direction);
        if !slot.load(Ordering::Acquire).is_null() {
            return false;
        }
        self.note_context(direction, context);
        let stands = slot::publish(slot, coroutine.as_ptr());
        if stands {
            self.record()
                .set_coroutine(direction.into(), coroutine.as_ptr().cast());
        }
        stands
    }

    /// The coroutine waits no longer. True if it still stood in its slot.
    pub fn withdraw(&self, direction: Direction, coroutine: Coroutine) -> bool {
        self.record()
            .clear_coroutine(direction.into(), coroutine.as_ptr().cast());
        slot::withdraw(self.slot(direction), |found| is(found, coroutine))
    }

    /// Wakes the waiting coroutine, if there is one. The channel may be gone afterwards.
    pub fn wake(&self, direction: Direction) {
        if let Some(coroutine) = self.take_to_wake(direction) {
            coroutine.wake();
        }
    }

    /// Takes the waiting coroutine, for who can't wake it at once.
    pub fn take_to_wake(&self, direction: Direction) -> Option<ToWake> {
        self.take(direction).map(ToWake)
    }

    /// The handlers that wake those who wait in `context`; for the other directions none.
    pub fn waking_handlers(&self, context: Context) -> Handlers {
        let waits = |direction| self.waits_in(direction) == Some(context);
        let read: layout::IOHandler = waits(Direction::Read).then_some(read_ready);
        let write: layout::IOHandler = waits(Direction::Write).then_some(write_ready);
        // SAFETY: both take a channel. They are set for as long as somebody waits, who has a
        // reference and removes them before going on.
        unsafe { Handlers::new(read, write, self.as_ptr().cast::<c_void>()) }
    }
}

/// A coroutine that nobody else wakes any more.
#[must_use]
pub struct ToWake(Coroutine);

impl ToWake {
    /// Wakes it. It may run at once, so nothing is locked.
    pub fn wake(self) {
        // SAFETY: it stood in the slot to be woken, so it has not ended; others find it taken
        // and leave it alone.
        unsafe { self.0.wake() }
    }
}

unsafe extern "C" fn read_ready(opaque: *mut c_void) {
    // SAFETY: set with a channel, which lives as long as this is set.
    if let Some(channel) = unsafe { Channel::from_ptr(opaque.cast()) } {
        channel.wake(Direction::Read);
    }
}

unsafe extern "C" fn write_ready(opaque: *mut c_void) {
    // SAFETY: as above.
    if let Some(channel) = unsafe { Channel::from_ptr(opaque.cast()) } {
        channel.wake(Direction::Write);
    }
}

/// Each direction has a context (R-CHAN-44, R-CHAN-45).
#[cfg(two_aio_contexts)]
impl Channel {
    fn place(&self, direction: Direction) -> &AtomicPtr<layout::AioContext> {
        match direction {
            Direction::Read => self.reading_context(),
            Direction::Write => self.writing_context(),
        }
    }

    fn note_context(&self, direction: Direction, context: Context) {
        self.place(direction)
            .store(Context::into_ptr(Some(context)), Ordering::Release);
    }

    /// Where a coroutine that runs for `own` is to wait. None if that is nowhere.
    pub fn waiting_context(&self, own: Option<Context>) -> Option<Context> {
        if self.follows_coroutine() {
            own
        } else {
            Some(Context::iohandler())
        }
    }

    /// Where the coroutine of a direction waits, if one does.
    pub fn waits_in(&self, direction: Direction) -> Option<Context> {
        if self.slot(direction).load(Ordering::Acquire).is_null() {
            return None;
        }
        // SAFETY: a coroutine waits there, so the context lives.
        unsafe { Context::from_ptr(self.place(direction).load(Ordering::Acquire)) }
    }
}

/// The channel has one context (R-CHAN-49, R-CHAN-50).
#[cfg(not(two_aio_contexts))]
impl Channel {
    fn note_context(&self, _direction: Direction, _context: Context) {}

    /// Where coroutines are to wait.
    pub fn waiting_context(&self, _own: Option<Context>) -> Option<Context> {
        // SAFETY: the program keeps the context as long as the channel is attached to it.
        let attached = unsafe { Context::from_ptr(self.context_field().load(Ordering::Acquire)) };
        Some(attached.unwrap_or_else(Context::iohandler))
    }

    /// Where the coroutine of a direction waits, if one does that has not been taken.
    pub fn waits_in(&self, direction: Direction) -> Option<Context> {
        let waits = is_waiting(self.slot(direction).load(Ordering::Acquire));
        waits.then(|| self.waiting_context(None)).flatten()
    }

    /// Coroutines wait in another context from now on, or in the main loop (R-CHAN-50).
    pub fn set_context(&self, context: Option<Context>) {
        self.context_field()
            .store(Context::into_ptr(context), Ordering::Release);
    }

    /// Empties the slot without waking the coroutine.
    pub fn forget_waiting(&self) {
        for direction in [Direction::Read, Direction::Write] {
            self.slot(direction)
                .store(core::ptr::null_mut(), Ordering::Release);
        }
    }
}

/// The slot is empty once its coroutine has been taken (R-CHAN-46).
#[cfg(wake_read)]
impl Channel {
    fn take(&self, direction: Direction) -> Option<Coroutine> {
        let found = slot::take(self.slot(direction));
        // SAFETY: it stood in the slot, where it waits to be woken: by the caller now.
        unsafe { Coroutine::from_ptr(found) }
    }
}

/// Whether the slot has a coroutine that was not taken.
#[cfg(all(wake_read, not(two_aio_contexts)))]
fn is_waiting(found: *mut layout::Coroutine) -> bool {
    !found.is_null()
}

/// Whether the slot has this coroutine.
#[cfg(wake_read)]
fn is(found: *mut layout::Coroutine, coroutine: Coroutine) -> bool {
    found == coroutine.as_ptr()
}

/// The slot has its coroutine until that goes on or is detached (R-CHAN-49), with the lowest bit
/// of the address set once it has been taken.
#[cfg(not(wake_read))]
impl Channel {
    fn take(&self, direction: Direction) -> Option<Coroutine> {
        let found = slot::take_marked(self.slot(direction), |found| {
            is_waiting(found).then(|| found.map_addr(|address| address | TAKEN))
        })?;
        // SAFETY: it stood in the slot, where it waits to be woken: by the caller now.
        unsafe { Coroutine::from_ptr(found) }
    }
}

/// The bit that marks a coroutine which is going to be entered.
#[cfg(not(wake_read))]
const TAKEN: usize = 1;

/// Whether the slot has a coroutine that was not taken.
#[cfg(not(wake_read))]
fn is_waiting(found: *mut layout::Coroutine) -> bool {
    !found.is_null() && found.addr() & TAKEN == 0
}

/// Whether the slot has this coroutine, taken or not.
#[cfg(not(wake_read))]
fn is(found: *mut layout::Coroutine, coroutine: Coroutine) -> bool {
    found.map_addr(|address| address & !TAKEN) == coroutine.as_ptr()
}
