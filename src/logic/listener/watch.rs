//! What the watches of listening sockets share, as event sources and as handlers of an AioContext.

use std::sync::Weak;

use super::accept::AcceptError;
use super::server::Server;
use super::state::state_of;
use crate::logic::limits::limiter::{Rest, Resume};
use crate::object::listener::Listener;
use platform::glib::condition::{IN, NVAL};
use platform::os::errno::Errno;

/// A socket that an event loop watches.
pub(super) trait Watch {
    /// What accepts its clients.
    fn server(&self) -> &Server;

    /// Its index in the listener.
    fn index(&self) -> usize;

    /// Doesn't look at the socket for so many milliseconds, or until [`Watch::resuming`] is told.
    fn suspend(&self, listener: &Listener, milliseconds: Option<u32>);

    /// What ends a [`Watch::suspend`] early.
    fn resuming(&self) -> Weak<dyn Resume>;

    /// Leaves the socket alone as long as a limit wants it.
    #[cold]
    fn rest(&self, listener: &Listener, rest: Rest) {
        self.server().tell_limit(listener, rest);
        match rest {
            Rest::Milliseconds(milliseconds) => self.suspend(listener, Some(milliseconds)),
            Rest::UntilOneGoes => {
                self.suspend(listener, None);
                let resuming = self.resuming();
                // A client may have gone meanwhile.
                if !state_of(listener)
                    .limiter
                    .wait_for_place(Weak::clone(&resuming))
                    && let Some(resuming) = resuming.upgrade()
                {
                    resuming.resume();
                }
            }
        }
    }

    /// The socket is ready for `found` (`G_IO_*`); None if its pause is over and nothing was looked
    /// at. Accepts clients and hands them over, some in a row. False if it is no longer watched.
    fn serve(&self, listener: &Listener, found: Option<u32>) -> bool {
        let server = self.server();
        let result = match found {
            Some(found) if found & NVAL != 0 => Err(AcceptError::Fatal(Errno::EBADF)),
            // An error or a hang-up, which poll always reports, and perhaps nothing more.
            Some(found) if found & IN == 0 => Err(AcceptError::OutOfResources(Errno::NONE)),
            found => server.take_clients(listener, found.is_some()),
        };
        match result {
            Ok(()) => true,
            // Leaves the socket alone for a while (L1).
            Err(AcceptError::OutOfResources(errno)) => {
                let milliseconds = server.longer_pause();
                server.tell_failure(listener, errno, Some(milliseconds));
                server.trace_pause(listener, milliseconds);
                self.suspend(listener, Some(milliseconds));
                true
            }
            Err(AcceptError::Limited(rest)) => {
                self.rest(listener, rest);
                true
            }
            // Gives it up: it can never be accepted from (W-LSN-1).
            Err(AcceptError::Fatal(errno)) => {
                server.tell_failure(listener, errno, None);
                state_of(listener).forget_watch(listener, self.index(), server);
                false
            }
            Err(_) => false,
        }
    }
}
