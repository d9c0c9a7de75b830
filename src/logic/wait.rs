//! Waiting until a channel is ready. Outside of coroutines that blocks the calling thread.
//!
//! Each class waits in its own way ([`Channel::wait_as_class`]), for a descriptor in the end. Only
//! for classes that the library knows nothing of a source is run, in a context that was made early:
//! no wait needs a descriptor that isn't there (C8).

use super::suspension;
use super::watch;
use crate::object::channel::Channel;
use crate::object::watch::Flag;
use host::coroutine::Coroutine;
use platform::glib::condition::{IN, OUT};
use platform::glib::polling::ALWAYS_REPORTED;
use platform::glib::{MainContext, SharedContext};
use platform::os::abort::misuse;
use platform::os::poll::{self, Until, Waited};

/// Waits for `condition`, in a coroutine without blocking its thread: what a transfer does that
/// would block (R-CHAN-24, R-CHAN-42).
pub fn for_transfer(channel: &Channel, condition: u32) {
    match Coroutine::current() {
        Some(coroutine) => suspension::wait(channel, condition, coroutine),
        None => wait(channel, condition),
    }
}

/// Blocks the thread until a watch of the channel for `condition` would fire (R-CHAN-41).
pub fn wait(channel: &Channel, condition: u32) {
    // Another thread may drop the channel meanwhile.
    let channel = channel.to_ref();
    let _waiting = channel
        .record()
        .waits(condition & IN != 0, condition & OUT != 0);
    while until(&channel, condition, Until::READY) == Waited::NotYet {}
}

/// Whether a watch of the channel for `condition` would fire now.
pub(super) fn is_ready(channel: &Channel, condition: u32) -> bool {
    matches!(until(channel, condition, Until::NOW), Waited::Ready(_))
}

/// Blocks the thread until a watch of the channel for `condition` would fire, and tells for what; or
/// until something else happens.
#[inline]
pub(super) fn until(channel: &Channel, condition: u32, until: Until) -> Waited {
    channel
        .wait_as_class(condition, until)
        .unwrap_or_else(|| run_watch(channel, condition, until))
}

/// What waiting for a new channel may need, while there is a descriptor for it.
pub fn prepare(channel: &Channel) {
    // Failing here is harmless: what needs the context later makes it then.
    drop(MainContext::try_default());
    if channel.has_foreign_watches() {
        SharedContext::get();
    }
}

/// Waits for one descriptor. A closed one counts as ready, since no transfer would wait: it fails.
#[inline]
pub fn for_fd(channel: &Channel, fd: i32, condition: u32, until: Until) -> Waited {
    if fd < 0 {
        return Waited::Ready(condition);
    }
    let unasked = watch::unasked(channel);
    poll::wait_for([(fd, condition)], until, condition, |[revents]| {
        watch::ready(condition, revents, unasked)
    })
}

/// Waits for a descriptor to read from and one to write to. If all that are waited for are closed,
/// they count as ready.
pub fn for_fd_pair(read: i32, write: i32, condition: u32, until: Until) -> Waited {
    // A side that isn't asked for would only keep raising its end (W-8).
    let read = if condition & !OUT == 0 { -1 } else { read };
    let write = if condition & !IN == 0 { -1 } else { write };
    if read < 0 && write < 0 {
        return Waited::Ready(condition);
    }
    let sides = [(read, condition & IN), (write, condition & OUT)];
    poll::wait_for(sides, until, condition, |[read, write]| {
        watch::pair_ready(condition, read, write, ALWAYS_REPORTED)
    })
}

/// Waits for memory, which is `ready` now, or never.
pub fn for_memory(ready: u32, until: Until) -> Waited {
    if ready != 0 {
        return Waited::Ready(ready);
    }
    poll::wait_for([(-1, 0)], until, 0, |_| 0)
}

/// Waits with a watch of a foreign class, in the context that threads share for that.
fn run_watch(channel: &Channel, condition: u32, until: Until) -> Waited {
    let Some(context) = SharedContext::get() else {
        // There was no descriptor, neither when the channel was made nor now: the caller tries, and
        // comes back.
        poll::rest(if until.limit() == 0 { 0 } else { PAUSE });
        return Waited::Ready(condition);
    };
    let Some(source) = watch::create(channel, condition) else {
        misuse(
            "qio_channel_wait",
            format_args!("the channel's io_create_watch method returned NULL"),
        )
    };
    let fired = Flag::set_by(&source);
    context.attach(&source);
    context.iterate(until, || fired.get().is_some());
    source.destroy();
    fired.get().map_or(Waited::NotYet, Waited::Ready)
}

/// Milliseconds between two tries of a caller that can't wait.
const PAUSE: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::file;
    use crate::object::channel::Polled;
    use platform::glib::condition::{ERR, HUP};
    use platform::os::fd::Descriptor;
    use platform::os::socket;

    fn channel() -> (crate::object::Ref<abi::layout::QIOChannel>, Descriptor) {
        crate::types::initialise();
        let (a, b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        (file::adopt(a.into_raw()).into_upcast(), b)
    }

    #[test]
    fn what_is_ready_ends_the_wait() {
        let (channel, peer) = channel();
        wait(&channel, OUT);
        assert!(is_ready(&channel, OUT));
        assert!(!is_ready(&channel, IN));
        let sender = std::thread::spawn(move || {
            assert_eq!(socket::send(peer.as_raw(), b"x"), Ok(1));
            peer
        });
        wait(&channel, IN);
        drop(sender.join().unwrap());
        wait(&channel, HUP | ERR);
    }

    #[test]
    fn a_closed_channel_is_not_waited_for() {
        let (channel, _peer) = channel();
        assert!(matches!(channel.polled(), Some(Polled::One(0..))));
        for condition in [IN, HUP] {
            for fd in [-1, i32::MAX] {
                let waited = for_fd(&channel, fd, condition, Until::READY);
                assert_eq!(waited, Waited::Ready(condition));
            }
        }
        let all = IN | OUT | HUP;
        assert_eq!(for_fd_pair(-1, -1, all, Until::READY), Waited::Ready(all));
        assert_eq!(
            for_fd_pair(i32::MAX, -1, IN, Until::READY),
            Waited::Ready(IN)
        );
    }

    #[test]
    fn a_side_of_a_pair_that_is_not_asked_for_is_not_looked_at() {
        let (mute, _peer) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (ended, _) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (mute, ended) = (mute.as_raw(), ended.as_raw());
        let wait = |read, write, condition| for_fd_pair(read, write, condition, Until::READY);
        assert_eq!(wait(mute, mute, OUT), Waited::Ready(OUT));
        assert_eq!(wait(ended, mute, IN), Waited::Ready(IN));
        assert_eq!(wait(mute, -1, OUT), Waited::Ready(OUT));
        assert_eq!(wait(-1, mute, IN), Waited::Ready(IN));
        assert_eq!(wait(-1, mute, IN | OUT), Waited::Ready(OUT));
        assert_eq!(wait(ended, mute, HUP), Waited::Ready(HUP));
        assert_eq!(for_fd_pair(mute, -1, IN, Until::NOW), Waited::NotYet);
    }

    #[test]
    fn memory_is_ready_now_or_never() {
        assert_eq!(for_memory(IN, Until::READY), Waited::Ready(IN));
        assert_eq!(for_memory(0, Until::NOW), Waited::NotYet);
    }
}
