//! Waiting until a channel is ready. Outside of coroutines that blocks the calling thread.

use super::suspension;
use super::watch::{self, IN, NVAL, OUT};
use crate::object::channel::{Channel, Polled};
use crate::object::watch::Flag;
use host::coroutine::Coroutine;
use platform::glib::MainContext;
use platform::os::abort::misuse;
use platform::os::poll;

/// Milliseconds between two looks at a descriptor that keeps raising what nobody waits for.
const PAUSE_FIRST: i32 = 1;
const PAUSE_LAST: i32 = 5;

/// Waits for `condition`, in a coroutine without blocking its thread: what a transfer does that
/// would block (R-CHAN-24, R-CHAN-42).
pub fn until_ready(channel: &Channel, condition: u32) {
    match Coroutine::current() {
        Some(coroutine) => suspension::wait(channel, condition, coroutine),
        None => wait(channel, condition),
    }
}

/// Blocks the thread until a watch of the channel for `condition` would fire (R-CHAN-41).
pub fn wait(channel: &Channel, condition: u32) {
    // Whoever waits may lose the channel to another thread meanwhile.
    let channel = channel.to_ref();
    #[cfg(feature = "tls")]
    if let Some(tls) = channel.as_tls()
        && let Some(master) = tls.master()
    {
        return super::tls::wait(tls, master, condition);
    }
    match channel.polled() {
        Some(Polled::One(fd)) => poll_one(fd, condition, watch::unasked(&channel)),
        Some(Polled::Pair { read, write }) => poll_pair(read, write, condition),
        None => run_watch(&channel, condition),
    }
}

/// Waits for one descriptor. A closed one counts as ready, since no transfer would wait: it fails.
fn poll_one(fd: i32, condition: u32, unasked: u32) {
    if fd >= 0 {
        poll([(fd, condition)], |[revents]| {
            watch::ready(condition, revents, unasked) != 0
        });
    }
}

/// Waits for a descriptor to read from and one to write to. If all that are waited for are closed,
/// they count as ready.
fn poll_pair(read: i32, write: i32, condition: u32) {
    // A side that isn't asked for would only keep raising its end (W-8).
    let read = if condition & !OUT == 0 { -1 } else { read };
    let write = if condition & !IN == 0 { -1 } else { write };
    if read >= 0 || write >= 0 {
        let sides = [(read, condition & IN), (write, condition & OUT)];
        poll(sides, |[read, write]| {
            watch::pair_ready(condition, read, write, watch::UNASKED) != 0
        });
    }
}

/// Waits with no more than a system call (C8).
///
/// A number that isn't open counts as ready, as a closed descriptor does.
fn poll<const N: usize>(fds: [(i32, u32); N], is_ready: impl Fn([u32; N]) -> bool) {
    let mut pause = PAUSE_FIRST;
    loop {
        let Ok(revents) = poll::wait_for(fds) else {
            // The descriptor limit is 0, or memory is short: the caller tries, and comes back.
            poll::rest(PAUSE_LAST);
            return;
        };
        if revents.iter().any(|bits| bits & NVAL != 0) || is_ready(revents) {
            return;
        }
        // HUP and ERR can't be masked, and may stay raised: an ERR-only wait on a connection that
        // has ended, a zero-copy socket with unread notifications (W-8).
        poll::rest(pause);
        pause = (pause * 2).min(PAUSE_LAST);
    }
}

/// Waits with a watch of the channel's own making, in a context where nothing else runs.
fn run_watch(channel: &Channel, condition: u32) {
    let context = MainContext::create();
    let Some(source) = watch::create(channel, condition) else {
        misuse(
            "qio_channel_wait",
            format_args!("the channel's io_create_watch method returned NULL"),
        )
    };
    let fired = Flag::set_by(&source);
    source.attach(&context);
    while !fired.is_set() {
        context.iteration(true);
    }
    source.destroy();
}

/// Whether a watch of the channel for `condition` would fire now.
pub(super) fn is_ready(channel: &Channel, condition: u32) -> bool {
    let context = MainContext::create();
    let Some(source) = watch::create(channel, condition) else {
        return false;
    };
    let fired = Flag::set_by(&source);
    source.attach(&context);
    context.iteration(false);
    source.destroy();
    fired.is_set()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::file;
    use crate::logic::watch::{ERR, HUP, IN, OUT};
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
        poll_one(-1, IN, watch::UNASKED);
        poll_one(i32::MAX, HUP, watch::UNASKED);
        poll_pair(-1, -1, IN | OUT | HUP);
        poll_pair(i32::MAX, -1, IN);
    }

    #[test]
    fn a_side_of_a_pair_that_is_not_asked_for_is_not_looked_at() {
        let (mute, _peer) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (ended, _) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        poll_pair(mute.as_raw(), mute.as_raw(), OUT);
        poll_pair(ended.as_raw(), mute.as_raw(), IN);
        poll_pair(mute.as_raw(), -1, OUT);
        poll_pair(-1, mute.as_raw(), IN);
        poll_pair(-1, mute.as_raw(), IN | OUT);
        poll_pair(ended.as_raw(), mute.as_raw(), HUP);
    }
}
