//! Watches: event sources that call back when a channel's descriptors are ready.

use super::hub_watch::{self, Counted};
use crate::object::Ref;
use crate::object::channel::{Channel, Feature};
use crate::object::registered::Watched;
use crate::object::watch::{self, WatchFunc, WatchSource, Watcher};
use abi::layout;
use core::marker::PhantomData;
use platform::glib::condition::{ERR, IN, OUT};
use platform::glib::polling::{ALWAYS_REPORTED, Polling};
use platform::glib::{self, Callback, Hooks, MainContext, PollFd, Resting};
use platform::os::abort::misuse;

/// Which of the bits of `condition` a poll of one descriptor makes true.
///
/// A pipe whose writer is gone raises HUP without IN, and so on: if only bits are set that
/// `condition` lacks, the transfer that was asked for would not wait any more, and finds out why
/// (W-WATCH-1). A condition without IN and OUT is told nothing else (R-WATCH-9).
pub(super) fn ready(condition: u32, revents: u32, unasked: u32) -> u32 {
    let asked = revents & condition;
    if asked == 0 && revents & unasked != 0 {
        return condition & (IN | OUT);
    }
    asked
}

/// As [`ready`] for two descriptors, each of which answers for its own direction.
pub(super) fn pair_ready(condition: u32, read: u32, write: u32, unasked: u32) -> u32 {
    let asked = (read | write) & condition;
    if asked != 0 {
        return asked;
    }
    ready(condition & IN, read, unasked) | ready(condition & OUT, write, unasked)
}

/// The bits that count as readiness although the condition lacks them.
///
/// A zero-copy socket raises ERR while notifications are unread, which is no readiness (W-8).
pub(super) fn unasked(channel: &Channel) -> u32 {
    if channel.has_feature(Feature::WRITE_ZERO_COPY) {
        ALWAYS_REPORTED & !ERR
    } else {
        ALWAYS_REPORTED
    }
}

/// What a watch makes of what was polled.
trait Ready<const N: usize>: Send + Sync + 'static {
    /// Which bits of the watch's condition are true.
    fn ready(condition: u32, revents: [u32; N], unasked: u32) -> u32;
}

/// One descriptor for both directions.
struct Single;

impl Ready<1> for Single {
    fn ready(condition: u32, [revents]: [u32; 1], unasked: u32) -> u32 {
        ready(condition, revents, unasked)
    }
}

/// One to read from and one to write to.
struct Pair;

impl Ready<2> for Pair {
    fn ready(condition: u32, [read, write]: [u32; 2], unasked: u32) -> u32 {
        pair_ready(condition, read, write, unasked)
    }
}

/// A source that polls descriptors.
struct FdWatch<const N: usize, R> {
    _counted: Counted,
    _watched: Watched,
    polling: Polling<N>,
    condition: u32,
    /// Until the source is finalised (R-WATCH-2, R-CHAN-8).
    channel: Ref<layout::QIOChannel>,
    kind: PhantomData<R>,
}

impl<const N: usize, R: Ready<N>> FdWatch<N, R> {
    fn create(channel: &Channel, fds: [(i32, u32); N], condition: u32) -> WatchSource {
        WatchSource::new(Self {
            _counted: Counted::new(),
            _watched: Watched::new(channel, condition),
            polling: Polling::new(fds, condition),
            condition,
            channel: channel.to_ref(),
            kind: PhantomData,
        })
    }

    fn ready(&self) -> u32 {
        R::ready(
            self.condition,
            self.polling.revents(),
            unasked(&self.channel),
        )
    }
}

impl<const N: usize, R: Ready<N>> Hooks for FdWatch<N, R> {
    type Func = WatchFunc;

    fn poll_fds(&self) -> &[PollFd] {
        self.polling.poll_fds()
    }

    /// There is no other timeout (R-WATCH-8).
    fn resting(&self) -> Resting {
        self.polling.resting()
    }

    /// Ready by what was polled alone (R-WATCH-8).
    fn check(&self) -> bool {
        let is_ready = self.ready() != 0;
        if !is_ready {
            found_nothing(&self.channel, &self.polling);
        }
        is_ready
    }

    fn dispatch(&self, callback: Callback<'_, WatchFunc>) -> bool {
        dispatch(callback, &self.channel, self.ready())
    }
}

/// What was polled is not what a watch is for. It must not be found again and again.
pub(super) fn found_nothing<const N: usize>(channel: &Channel, polling: &Polling<N>) {
    let revents = polling
        .revents()
        .into_iter()
        .fold(0, |all, bits| all | bits);
    if !took_notices(channel, revents) {
        polling.rest();
    }
}

/// Takes what a zero-copy socket raises ERR for, if that is what was found.
pub(super) fn took_notices(channel: &Channel, revents: u32) -> bool {
    revents == ERR && channel.has_feature(Feature::WRITE_ZERO_COPY) && channel.take_notices()
}

/// A source of a channel without descriptors.
struct ReadyWatch {
    _watched: Watched,
    /// What it is ready for, whenever one looks; None never fires.
    condition: Option<u32>,
    /// Until the source is finalised (R-WATCH-2).
    channel: Ref<layout::QIOChannel>,
}

impl Hooks for ReadyWatch {
    type Func = WatchFunc;

    fn prepare(&self) -> bool {
        self.condition.is_some()
    }

    fn check(&self) -> bool {
        self.condition.is_some()
    }

    fn dispatch(&self, callback: Callback<'_, WatchFunc>) -> bool {
        // Also for nothing at all, if that was asked for (R-CHAN-104).
        call(callback, &self.channel, self.condition.unwrap_or(0))
    }
}

/// Calls the program back, unless there is nothing to tell any more: what a source was found ready for
/// may have been taken meanwhile, by another thread or by a callback that has iterated the context.
pub(super) fn dispatch(callback: Callback<'_, WatchFunc>, channel: &Channel, ready: u32) -> bool {
    ready == 0 || call(callback, channel, ready)
}

/// A source without callback would be ready again and again: it ends (W-WATCH-3).
fn call(callback: Callback<'_, WatchFunc>, channel: &Channel, ready: u32) -> bool {
    watch::call(callback, channel, ready).unwrap_or_else(|| {
        glib::warning(c"a channel watch became ready without a callback, and is removed");
        false
    })
}

/// A source for `fd` (R-WATCH-5), which stays the caller's; what the channel has later is not watched
/// (R-WATCH-10).
pub fn for_fd(channel: &Channel, fd: i32, condition: u32) -> WatchSource {
    if hub_watch::suits(fd, condition) {
        return hub_watch::create(channel, fd, condition);
    }
    FdWatch::<1, Single>::create(channel, [(fd, condition)], condition)
}

/// A source for a descriptor to read from and one to write to, PRI never (R-WATCH-6). A side whose
/// direction isn't asked for, nor how it ends, would only raise its end.
pub fn for_fd_pair(channel: &Channel, read: i32, write: i32, condition: u32) -> WatchSource {
    let read = if condition & !OUT == 0 { -1 } else { read };
    let write = if condition & !IN == 0 { -1 } else { write };
    let sides = [(read, condition & IN), (write, condition & OUT)];
    FdWatch::<2, Pair>::create(channel, sides, condition)
}

/// A source that is ready for `condition` at once and for ever; None is never ready.
pub fn for_memory(channel: &Channel, condition: Option<u32>) -> WatchSource {
    WatchSource::new(ReadyWatch {
        _watched: Watched::new(channel, condition.unwrap_or(0)),
        condition,
        channel: channel.to_ref(),
    })
}

/// The channel's own source, named after it (R-CHAN-53). None if the class makes none.
pub fn create(channel: &Channel, condition: u32) -> Option<WatchSource> {
    let source = channel.io_create_watch(condition)?;
    channel.name_source(&source);
    Some(source)
}

/// As [`create`], for a watch that becomes a child of another source.
pub(super) fn create_part(channel: &Channel, condition: u32) -> Option<WatchSource> {
    hub_watch::as_part(|| create(channel, condition))
}

/// Starts a watch; returns it with its id in the context (R-CHAN-55).
///
/// The source comes from where it was made, not from a look-up by id: it may have fired and be
/// gone from the context already (W-11).
pub fn add(
    channel: &Channel,
    condition: u32,
    watcher: Watcher,
    context: &MainContext,
) -> (WatchSource, u32) {
    let Some(source) = create(channel, condition) else {
        misuse(
            "qio_channel_add_watch",
            format_args!("the channel's io_create_watch method returned NULL"),
        )
    };
    watcher.set_on(&source);
    let id = source.attach(context);
    (source, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::glib::condition::{HUP, NVAL, PRI};

    #[test]
    fn what_was_asked_for_is_reported() {
        assert_eq!(ready(IN | OUT, IN | OUT, ALWAYS_REPORTED), IN | OUT);
        assert_eq!(ready(IN, IN | OUT | HUP, ALWAYS_REPORTED), IN);
        assert_eq!(ready(IN | PRI, PRI, ALWAYS_REPORTED), PRI);
        assert_eq!(ready(IN | HUP, HUP, ALWAYS_REPORTED), HUP);
        assert_eq!(ready(IN, 0, ALWAYS_REPORTED), 0);
        assert_eq!(ready(0, IN | HUP, ALWAYS_REPORTED), 0);
    }

    #[test]
    fn an_end_nobody_asked_for_counts_for_transfers_only() {
        assert_eq!(ready(IN, HUP, ALWAYS_REPORTED), IN);
        assert_eq!(ready(OUT, ERR, ALWAYS_REPORTED), OUT);
        assert_eq!(ready(IN | OUT, NVAL, ALWAYS_REPORTED), IN | OUT);
        assert_eq!(ready(HUP, ERR | IN, ALWAYS_REPORTED), 0);
        assert_eq!(ready(ERR, HUP, ALWAYS_REPORTED), 0);
        assert_eq!(ready(PRI, HUP, ALWAYS_REPORTED), 0);
    }

    #[test]
    fn notifications_of_a_zero_copy_socket_are_no_readiness() {
        assert_eq!(ready(IN, ERR, ALWAYS_REPORTED & !ERR), 0);
        assert_eq!(ready(OUT, ERR | HUP, ALWAYS_REPORTED & !ERR), OUT);
        assert_eq!(ready(ERR, ERR, ALWAYS_REPORTED & !ERR), ERR);
    }

    #[test]
    fn each_side_of_a_pair_answers_for_its_direction() {
        assert_eq!(pair_ready(IN | OUT, IN, OUT, ALWAYS_REPORTED), IN | OUT);
        assert_eq!(pair_ready(IN | OUT, HUP, 0, ALWAYS_REPORTED), IN);
        assert_eq!(pair_ready(IN | OUT, 0, ERR, ALWAYS_REPORTED), OUT);
        assert_eq!(pair_ready(IN, 0, ERR, ALWAYS_REPORTED), 0);
        assert_eq!(pair_ready(ERR, HUP, ERR, ALWAYS_REPORTED), ERR);
        assert_eq!(pair_ready(HUP, 0, ERR, ALWAYS_REPORTED), 0);
    }
}
