//! Watches where there are many: their descriptors are looked at by the hub of their context.
//!
//! A watch learns of its context when GLib first asks it. Until then it is polled as any source, and
//! again when the hub can't look for it any more.

use core::cell::Cell;
use std::sync::{Arc, OnceLock};

use super::hub::{Hub, Member};
use super::watch::{self, dispatch};
use crate::object::Ref;
use crate::object::channel::Channel;
use crate::object::registered::Watched;
use crate::object::watch::{WatchFunc, WatchSource};
use abi::layout;
use platform::glib::condition::{IN, OUT};
use platform::glib::{Callback, Hooks, PollFd, Source, SourceOf, Turn, monotonic_time};
use platform::os::incarnation;
use platform::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};

/// So many watches are polled one by one.
const FEW: usize = 32;

/// Watches of one descriptor that exist.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Stands for one of them.
pub(super) struct Counted(());

impl Counted {
    pub(super) fn new() -> Self {
        COUNT.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

thread_local! {
    /// A watch is made as a part of another one: GLib keeps that from being called in its own callback.
    static IS_PART: Cell<bool> = const { Cell::new(false) };
}

/// Makes watches that are parts of others.
pub(super) fn as_part<T>(make: impl FnOnce() -> T) -> T {
    let before = IS_PART.replace(true);
    let made = make();
    IS_PART.set(before);
    made
}

/// Whether a watch for this descriptor should be of this kind.
pub(super) fn suits(fd: i32, condition: u32) -> bool {
    COUNT.load(Ordering::Relaxed) >= FEW
        && condition & (IN | OUT) != 0
        && incarnation::of(fd).is_some()
        && !IS_PART.get()
}

/// Pauses, in microseconds, in which a descriptor that raises what the watch isn't for is left alone.
const PAUSE_FIRST: u32 = 1_000;
const PAUSE_LAST: u32 = 5_000;

/// Who looks at the descriptor: GLib's poll, and the hub is to be asked.
const NEW: u8 = 0;
/// The hub.
const IN_HUB: u8 = 1;
/// GLib's poll.
const ALONE: u8 = 2;
/// Nobody, for a while.
const RESTS: u8 = 3;

/// The source.
struct Watch {
    _counted: Counted,
    _watched: Watched,
    own: [PollFd; 1],
    condition: u32,
    place: AtomicU8,
    pause: AtomicU32,
    hub: OnceLock<(Arc<Hub>, Arc<Member>)>,
    /// Until the source is finalised (R-WATCH-2).
    channel: Ref<layout::QIOChannel>,
}

/// A source for `fd`, which is one of the channel's.
pub(super) fn create(channel: &Channel, fd: i32, condition: u32) -> WatchSource {
    WatchSource::new(Watch {
        _counted: Counted::new(),
        _watched: Watched::new(channel, condition),
        own: [PollFd::new(fd, condition)],
        condition,
        place: AtomicU8::new(NEW),
        pause: AtomicU32::new(0),
        hub: OnceLock::new(),
        channel: channel.to_ref(),
    })
}

impl Watch {
    fn place(&self) -> u8 {
        self.place.load(Ordering::Relaxed)
    }

    fn set_place(&self, place: u8) {
        self.place.store(place, Ordering::Relaxed);
    }

    fn revents(&self) -> u32 {
        match (self.place(), self.hub.get()) {
            (IN_HUB, Some((_, member))) => member.revents(),
            (RESTS, _) => 0,
            _ => self.own[0].revents(),
        }
    }

    fn ready(&self, revents: u32) -> u32 {
        let unasked = watch::unasked(&self.channel);
        watch::ready(self.condition, revents, unasked)
    }

    /// Has the hub look at the descriptor from now on, if it can.
    fn join(&self, turn: &Turn<'_>) {
        let source = turn.source();
        self.set_place(ALONE);
        let (Some(context), Some(this)) = (source.context(), SourceOf::with_hooks(source, self))
        else {
            return;
        };
        let Some(hub) = Hub::of(&context) else {
            return;
        };
        let eye = this.eye();
        let Some(member) = hub.join(self.own[0].fd(), self.condition, Arc::clone(&eye)) else {
            return;
        };
        if self.hub.set((hub, member)).is_ok() && !source.is_destroyed() {
            this.stop_polling();
            self.set_place(IN_HUB);
            // The hub has it asked when there is something to tell.
            eye.set_asked(turn, false);
        }
    }

    /// What was found is not what the watch is for. It must not be found again and again.
    fn rest(&self, source: &Source, revents: u32) {
        if watch::took_notices(&self.channel, revents) {
            return;
        }
        let Some(this) = SourceOf::with_hooks(source, self) else {
            return;
        };
        match (self.place(), self.hub.get()) {
            (IN_HUB, Some((hub, member))) => hub.leave(member),
            _ if !source.is_destroyed() => this.stop_polling(),
            _ => {}
        }
        self.set_place(RESTS);
        let pause = self.pause.load(Ordering::Relaxed) * 2;
        let pause = pause.clamp(PAUSE_FIRST, PAUSE_LAST);
        self.pause.store(pause, Ordering::Relaxed);
        source.set_ready_time(monotonic_time() + i64::from(pause));
    }

    /// Has GLib poll the descriptor from now on.
    fn look_alone(&self, source: &Source) {
        if let Some(this) = SourceOf::with_hooks(source, self)
            && !source.is_destroyed()
        {
            this.resume_polling();
        }
        self.set_place(ALONE);
    }
}

impl Hooks for Watch {
    type Func = WatchFunc;

    const PREPARES: bool = false;

    fn poll_fds(&self) -> &[PollFd] {
        &self.own
    }

    fn check_in(&self, turn: &Turn<'_>) -> bool {
        let source = turn.source();
        let revents = self.revents();
        if revents == 0 {
            if self.place() == NEW {
                self.join(turn);
            }
            return false;
        }
        if let Some((_, member)) = self.hub.get()
            && self.place() == IN_HUB
            && member.is_out()
        {
            // The next poll tells.
            self.look_alone(source);
            return false;
        }
        let is_ready = self.ready(revents) != 0;
        if !is_ready {
            self.rest(source, revents);
        }
        is_ready
    }

    fn dispatch(&self, callback: Callback<'_, WatchFunc>) -> bool {
        dispatch(callback, &self.channel, self.ready(self.revents()))
    }

    fn dispatch_parent(&self, source: &Source, callback: Callback<'_, WatchFunc>) -> bool {
        match (self.place(), self.hub.get()) {
            (RESTS, _) => {
                source.set_ready_time(-1);
                self.look_alone(source);
                true
            }
            (IN_HUB, Some((hub, member))) => hub.calling(member, || self.dispatch(callback)),
            _ => self.dispatch(callback),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((hub, member)) = self.hub.get() {
            hub.leave(member);
        }
    }
}
