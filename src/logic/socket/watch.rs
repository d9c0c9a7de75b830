//! Watches of socket channels: of their descriptor, and of what the system doesn't tell about it.

use super::writers::Writer;
use crate::logic::watch;
use crate::object::Ref;
use crate::object::registered::Watched;
use crate::object::socket::Socket;
use crate::object::watch::{WatchFunc, WatchSource};
use abi::layout;
use platform::glib::condition::OUT;
use platform::glib::polling::Polling;
use platform::glib::waiters::Waiter;
use platform::glib::{Callback, Hooks, PollFd, Resting};

/// A source for writing to a UNIX socket.
struct Watch {
    _watched: Watched,
    polling: Polling<1>,
    condition: u32,
    writer: Writer,
    waiter: Waiter,
    /// Until the source is finalised (R-WATCH-2).
    channel: Ref<layout::QIOChannelSocket>,
}

/// A source that is ready when the socket is.
pub fn create(socket: &Socket, condition: u32) -> WatchSource {
    let Some((writer, waiter, wakeup)) = Writer::for_watch(socket, condition) else {
        return watch::for_fd(socket.upcast(), socket.fd(), condition);
    };
    let source = WatchSource::new(Watch {
        _watched: Watched::new(socket.upcast(), condition),
        polling: Polling::new([(socket.fd(), condition)], condition),
        condition,
        writer,
        waiter,
        channel: socket.to_ref(),
    });
    source.add_child(&wakeup);
    source
}

impl Watch {
    fn ready(&self) -> u32 {
        let [revents] = self.polling.revents();
        let unasked = watch::unasked(self.channel.upcast());
        let shut = if self.writer.is_shut() { OUT } else { 0 };
        watch::ready(self.condition, revents, unasked) | shut
    }
}

impl Hooks for Watch {
    type Func = WatchFunc;

    fn poll_fds(&self) -> &[PollFd] {
        self.polling.poll_fds()
    }

    fn resting(&self) -> Resting {
        self.polling.resting()
    }

    fn prepare(&self) -> bool {
        // A shutdown from here on wakes; one before is seen.
        self.waiter.begin();
        self.writer.is_shut()
    }

    fn check(&self) -> bool {
        self.waiter.end();
        let is_ready = self.ready() != 0;
        if !is_ready {
            watch::found_nothing(self.channel.upcast(), &self.polling);
        }
        is_ready
    }

    fn dispatch(&self, callback: Callback<'_, WatchFunc>) -> bool {
        self.waiter.end();
        watch::dispatch(callback, self.channel.upcast(), self.ready())
    }
}
