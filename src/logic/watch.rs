//! Watches: event sources that call back when a channel's descriptors are ready.

use crate::object::Ref;
use crate::object::channel::{Channel, Feature};
use crate::object::watch::{self, Watcher};
use abi::layout;
use platform::glib::{self, Callback, Hooks, MainContext, PollFd, Source};
use platform::os::abort::misuse;

/// Input can be read.
pub const IN: u32 = 1;
/// Output can be written.
pub const OUT: u32 = 4;
/// An error is pending.
pub const ERR: u32 = 8;
/// The other side has hung up.
pub const HUP: u32 = 16;
/// The descriptor isn't open.
pub const NVAL: u32 = 32;

/// What the kernel reports unasked.
pub(super) const UNASKED: u32 = ERR | HUP | NVAL;

/// Which of the bits of `condition` a poll of one descriptor makes true.
///
/// A pipe whose writer is gone raises HUP without IN, and so on: if only bits are set that nobody
/// asked for, the transfer that was asked for would not wait any more, and finds out why
/// (W-WATCH-1). Who asked for neither IN nor OUT hears of nothing else (R-WATCH-9).
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

/// The bits that count as readiness although nobody asked for them.
///
/// A zero-copy socket raises ERR while notifications are unread, which is no readiness (W-8).
pub(super) fn unasked(channel: &Channel) -> u32 {
    if channel.has_feature(Feature::WRITE_ZERO_COPY) {
        UNASKED & !ERR
    } else {
        UNASKED
    }
}

/// A source that polls one descriptor.
struct FdWatch {
    poll_fd: [PollFd; 1],
    condition: u32,
    /// Until the source is finalised (R-WATCH-2).
    channel: Ref<layout::QIOChannel>,
}

impl FdWatch {
    fn ready(&self) -> u32 {
        let [poll_fd] = &self.poll_fd;
        ready(self.condition, poll_fd.revents(), unasked(&self.channel))
    }
}

impl Hooks for FdWatch {
    fn poll_fds(&self) -> &[PollFd] {
        &self.poll_fd
    }

    fn prepare(&self) -> bool {
        false
    }

    fn check(&self) -> bool {
        self.ready() != 0
    }

    fn dispatch(&self, callback: Callback) -> bool {
        dispatch(callback, &self.channel, self.ready())
    }
}

/// A source that polls one descriptor to read from and one to write to.
struct FdPairWatch {
    poll_fds: [PollFd; 2],
    condition: u32,
    /// Until the source is finalised (R-WATCH-2).
    channel: Ref<layout::QIOChannel>,
}

impl FdPairWatch {
    fn ready(&self) -> u32 {
        let [read, write] = &self.poll_fds;
        pair_ready(
            self.condition,
            read.revents(),
            write.revents(),
            unasked(&self.channel),
        )
    }
}

impl Hooks for FdPairWatch {
    fn poll_fds(&self) -> &[PollFd] {
        &self.poll_fds
    }

    fn prepare(&self) -> bool {
        false
    }

    fn check(&self) -> bool {
        self.ready() != 0
    }

    fn dispatch(&self, callback: Callback) -> bool {
        dispatch(callback, &self.channel, self.ready())
    }
}

/// A source of a channel without descriptors.
struct ReadyWatch {
    /// What it is ready for, whenever one looks; None never fires.
    condition: Option<u32>,
    /// Until the source is finalised (R-WATCH-2).
    channel: Ref<layout::QIOChannel>,
}

impl Hooks for ReadyWatch {
    fn prepare(&self) -> bool {
        self.condition.is_some()
    }

    fn check(&self) -> bool {
        self.condition.is_some()
    }

    fn dispatch(&self, callback: Callback) -> bool {
        dispatch(callback, &self.channel, self.condition.unwrap_or(0))
    }
}

/// Calls the program back. A source without callback would be ready again and again: it ends
/// (W-WATCH-3).
pub(super) fn dispatch(callback: Callback, channel: &Channel, ready: u32) -> bool {
    watch::call(callback, channel, ready).unwrap_or_else(|| {
        glib::warning(c"a channel watch became ready without a callback, and is removed");
        false
    })
}

/// A source for `fd`, which stays the caller's (R-WATCH-5).
pub fn of_fd(channel: &Channel, fd: i32, condition: u32) -> Source {
    Source::new(FdWatch {
        poll_fd: [PollFd::new(fd, condition)],
        condition,
        channel: channel.to_ref(),
    })
}

/// A source for a descriptor to read from and one to write to. Both are polled whatever is asked
/// for, PRI never (R-WATCH-6).
pub fn of_fd_pair(channel: &Channel, read: i32, write: i32, condition: u32) -> Source {
    Source::new(FdPairWatch {
        poll_fds: [
            PollFd::new(read, condition & IN),
            PollFd::new(write, condition & OUT),
        ],
        condition,
        channel: channel.to_ref(),
    })
}

/// A source that is ready for `condition` at once and for ever; None is never ready.
pub fn of_memory(channel: &Channel, condition: Option<u32>) -> Source {
    Source::new(ReadyWatch {
        condition,
        channel: channel.to_ref(),
    })
}

/// The channel's own source, named after it (R-CHAN-53). None if the class makes none.
pub fn create(channel: &Channel, condition: u32) -> Option<Source> {
    let source = channel.io_create_watch(condition)?;
    channel.name_source(&source);
    Some(source)
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
) -> (Source, u32) {
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

    const PRI: u32 = 2;

    #[test]
    fn what_was_asked_for_is_reported() {
        assert_eq!(ready(IN | OUT, IN | OUT, UNASKED), IN | OUT);
        assert_eq!(ready(IN, IN | OUT | HUP, UNASKED), IN);
        assert_eq!(ready(IN | PRI, PRI, UNASKED), PRI);
        assert_eq!(ready(IN | HUP, HUP, UNASKED), HUP);
        assert_eq!(ready(IN, 0, UNASKED), 0);
        assert_eq!(ready(0, IN | HUP, UNASKED), 0);
    }

    #[test]
    fn an_end_nobody_asked_for_counts_for_transfers_only() {
        assert_eq!(ready(IN, HUP, UNASKED), IN);
        assert_eq!(ready(OUT, ERR, UNASKED), OUT);
        assert_eq!(ready(IN | OUT, NVAL, UNASKED), IN | OUT);
        assert_eq!(ready(HUP, ERR | IN, UNASKED), 0);
        assert_eq!(ready(ERR, HUP, UNASKED), 0);
        assert_eq!(ready(PRI, HUP, UNASKED), 0);
    }

    #[test]
    fn notifications_of_a_zero_copy_socket_are_no_readiness() {
        assert_eq!(ready(IN, ERR, UNASKED & !ERR), 0);
        assert_eq!(ready(OUT, ERR | HUP, UNASKED & !ERR), OUT);
        assert_eq!(ready(ERR, ERR, UNASKED & !ERR), ERR);
    }

    #[test]
    fn each_side_of_a_pair_answers_for_its_direction() {
        assert_eq!(pair_ready(IN | OUT, IN, OUT, UNASKED), IN | OUT);
        assert_eq!(pair_ready(IN | OUT, HUP, 0, UNASKED), IN);
        assert_eq!(pair_ready(IN | OUT, 0, ERR, UNASKED), OUT);
        assert_eq!(pair_ready(IN, 0, ERR, UNASKED), 0);
        assert_eq!(pair_ready(ERR, HUP, ERR, UNASKED), ERR);
        assert_eq!(pair_ready(HUP, 0, ERR, UNASKED), 0);
    }
}
