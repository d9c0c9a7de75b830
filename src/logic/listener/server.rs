//! Accepting the clients of one listening socket and handing them over, as long as its watch is in
//! force.

use std::sync::Arc;

use super::accept::{AcceptError, AcceptLock, Backoff, Limited};
use super::registration::Registration;
use super::state::state_of;
use super::traces;
use crate::logic::limits::limiter::Rest;
use crate::object::Ref;
use crate::object::client_func::Permission;
use crate::object::listener::Listener;
use crate::object::socket::Socket;
use abi::layout::QIOChannelSocket;
use platform::os::errno::Errno;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// Clients accepted in a row before other sources get their turn (W-LSN-2).
const BATCH: usize = 16;

/// What accepts the clients of a socket for a registration.
pub struct Server {
    channel: Ref<QIOChannelSocket>,
    accept_lock: Arc<AcceptLock>,
    registration: Arc<Registration>,
    /// Accepting here is over; changed under the [`AcceptLock`].
    is_cancelled: AtomicBool,
    pace: Mutex<Pace>,
}

/// Of one socket.
#[derive(Default)]
struct Pace {
    backoff: Backoff,
    lookahead: Lookahead,
}

impl Server {
    /// Of a socket, for `registration`.
    pub fn new(
        channel: &Socket,
        accept_lock: &Arc<AcceptLock>,
        registration: &Arc<Registration>,
    ) -> Self {
        Self {
            channel: channel.to_ref(),
            accept_lock: Arc::clone(accept_lock),
            registration: Arc::clone(registration),
            is_cancelled: AtomicBool::new(false),
            pace: Mutex::default(),
        }
    }

    /// The socket.
    pub fn channel(&self) -> &Socket {
        &self.channel
    }

    /// Ends accepting here. When it returns, no accept is under way.
    pub fn cancel(&self) {
        self.accept_lock
            .wait(|| self.is_cancelled.store(true, Ordering::Release));
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// How long to leave the socket alone, in milliseconds: longer each time.
    pub fn longer_pause(&self) -> u32 {
        self.pace.lock().backoff.longer()
    }

    /// Accepts clients and hands them over, some in a row. `seen` says that a poll has just found
    /// one. Fails only for reasons to stop looking, for a while or for good (R-LSN-16, R-LSN-30, R-LSN-51).
    pub fn take_clients(&self, listener: &Listener, mut seen: bool) -> Result<(), AcceptError> {
        let mut taken = 0;
        let limited = Limited {
            listener,
            limiter: &state_of(listener).limiter,
        };
        for _ in 0..BATCH {
            if taken == 1 && !self.pace.lock().lookahead.pays() {
                break;
            }
            // Asked before each accept: the callback may have unregistered (R-LSN-34, L13).
            let Some(permission) = self.registration.func.enter() else {
                return Err(AcceptError::Cancelled);
            };
            let may_accept = || !self.is_cancelled();
            let accepted = self
                .accept_lock
                .accept(&self.channel, seen, &limited, may_accept);
            seen = false;
            match accepted {
                Ok(client) => {
                    taken += 1;
                    self.note_client(taken);
                    state_of(listener).record.add_accepted();
                    traces::callback(listener, &self.registration);
                    self.hand_over(listener, &permission, &client);
                }
                Err(AcceptError::WouldBlock) => {
                    if taken == 1 {
                        self.pace.lock().lookahead.found(false);
                    }
                    break;
                }
                Err(AcceptError::Aborted(errno)) => {
                    if self.pace.lock().backoff.add_aborted() {
                        return Err(AcceptError::OutOfResources(errno));
                    }
                }
                Err(AcceptError::Refused) => self.note_client(0),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Calls the callback with no lock held. The client has the caller's reference and no name; it is closed
    /// with that reference unless the callback takes one (R-LSN-31, R-LSN-32).
    fn hand_over(&self, listener: &Listener, permission: &Permission<'_>, client: &Socket) {
        let (listener_id, client_id) = (listener.as_ptr().into(), client.into());
        trace::qio_net_listener_client(listener_id, client_id, self.registration.func.id());
        permission.call(listener, client);
        trace::qio_net_listener_client_done(listener_id, client_id);
    }

    /// Accepting works; this is client number `taken` of the round.
    fn note_client(&self, taken: usize) {
        let mut pace = self.pace.lock();
        pace.backoff.reset();
        if taken == 2 {
            pace.lookahead.found(true);
        }
        drop(pace);
    }

    /// Tells of a socket that is left alone for a while.
    pub fn trace_pause(&self, listener: &Listener, milliseconds: u32) {
        trace::qio_net_listener_pause(listener.as_ptr().into(), self.channel.fd(), milliseconds);
    }

    /// Tells of a socket that is no longer left alone.
    pub fn trace_resume(&self, listener: &Listener) {
        state_of(listener).record.set_resumed();
        trace::qio_net_listener_resume(listener.as_ptr().into(), self.channel.fd());
    }

    /// Tells of a socket that is left alone because of a limit.
    pub fn tell_limit(&self, listener: &Listener, rest: Rest) {
        traces::limit(listener, self.channel.fd(), rest);
    }

    /// Tells of a socket that can't be accepted from for so many milliseconds, or ever again.
    pub fn tell_failure(&self, listener: &Listener, errno: Errno, pause: Option<u32>) {
        state_of(listener).record.add_failed(errno.code(), pause);
        let fd = self.channel.fd();
        trace::qio_net_listener_accept_fail(listener.as_ptr().into(), fd, errno.code());
    }
}

/// Whether to look for another client right after one was accepted.
///
/// A look is a system call, one of the five that a client costs, and in vain where clients come one
/// by one. Where they come in bursts it saves an iteration of the loop for each. So it is done less
/// and less often while it finds none; as soon as it finds one it is done each time.
#[derive(Debug, Default)]
struct Lookahead {
    /// Wake-ups to let pass without looking.
    skip: u32,
    /// How many that were after the last look in vain.
    pause: u32,
}

impl Lookahead {
    const LONGEST: u32 = 15;

    fn pays(&mut self) -> bool {
        let pays = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        pays
    }

    fn found(&mut self, client: bool) {
        self.pause = match client {
            true => 0,
            false => (2 * self.pause + 1).min(Self::LONGEST),
        };
        self.skip = self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_in_vain_is_done_less_and_less_often() {
        let mut lookahead = Lookahead::default();
        let mut looks = 0;
        for _ in 0..100 {
            if lookahead.pays() {
                looks += 1;
                lookahead.found(false);
            }
        }
        assert!((6..15).contains(&looks), "{looks}");
    }

    #[test]
    fn looking_pays_again_once_a_client_was_found() {
        let mut lookahead = Lookahead::default();
        for _ in 0..10 {
            if lookahead.pays() {
                lookahead.found(false);
            }
        }
        lookahead.found(true);
        assert!(lookahead.pays());
        assert!(lookahead.pays());
    }
}
