//! Waiting until a channel is ready, on the calling thread.

use super::watch::{self, NVAL};
use crate::glib::MainContext;
use crate::object::channel::Channel;
use crate::object::watch::Flag;
use crate::os::abort::misuse;
use crate::os::poll;

/// Milliseconds between two looks at a descriptor that keeps raising what nobody waits for.
const PAUSE_FIRST: i32 = 1;
const PAUSE_LAST: i32 = 5;

/// Waits for `condition`: what a transfer does that would block (R-CHAN-24).
pub(super) fn until_ready(channel: &Channel, condition: u32) {
    wait(channel, condition);
}

/// Blocks the thread until a watch of the channel for `condition` would fire (R-CHAN-41).
pub fn wait(channel: &Channel, condition: u32) {
    // Whoever waits may lose the channel to another thread meanwhile.
    let channel = channel.to_ref();
    match channel.polled_fd() {
        Some(fd) => poll(fd, condition, watch::unasked(&channel)),
        None => run_watch(&channel, condition),
    }
}

/// Waits with no more than a system call (C8).
///
/// A descriptor that isn't open counts as ready, since no transfer would wait: it fails.
fn poll(fd: i32, condition: u32, unasked: u32) {
    if fd < 0 {
        return;
    }
    let mut pause = PAUSE_FIRST;
    loop {
        let Ok(revents) = poll::wait_for(fd, condition) else {
            // The descriptor limit is 0, or memory is short: the caller tries, and comes back.
            poll::rest(PAUSE_LAST);
            return;
        };
        if revents & NVAL != 0 || watch::ready(condition, revents, unasked) != 0 {
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

#[cfg(feature = "embedded")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::file;
    use crate::logic::watch::{ERR, HUP, IN, OUT};
    use crate::os::fd::Descriptor;
    use crate::os::socket;

    fn channel() -> (crate::object::Ref<crate::layout::QIOChannel>, Descriptor) {
        crate::qom::initialise();
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
        assert!(channel.polled_fd().is_some_and(|fd| fd >= 0));
        poll(-1, IN, watch::UNASKED);
        poll(i32::MAX, HUP, watch::UNASKED);
    }
}
