//! Taking the clients of one listening socket and handing them over, for as long as whoever watches
//! it may.

use std::sync::Arc;

use super::accept::{Attempt, Pause, Turn};
use super::registration::Registration;
use super::traces;
use crate::object::Ref;
use crate::object::listener::Listener;
use crate::object::socket::Socket;
use crate::trace;
use abi::layout::QIOChannelSocket;
use platform::os::errno::Errno;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Clients taken in a row before others get their turn (W-LSN-2).
const BATCH: usize = 16;

/// Who takes the clients of a socket for a registration.
pub struct Server {
    channel: Ref<QIOChannelSocket>,
    turn: Arc<Turn>,
    registration: Arc<Registration>,
    /// Nobody may accept here any more; changed in the socket's [`Turn`].
    is_revoked: AtomicBool,
    pause: Mutex<Pause>,
    probe: Probe,
}

/// How it went.
pub enum Served {
    /// There may be more later.
    ForNow,
    /// There is no room for a client at this moment (L1).
    Exhausted(Errno),
    /// There will never be a client.
    Useless(Errno),
    /// It is nobody's business here any more.
    Over,
}

impl Server {
    /// Of a socket, for `registration`.
    pub fn new(channel: &Socket, turn: &Arc<Turn>, registration: &Arc<Registration>) -> Self {
        Self {
            channel: channel.to_ref(),
            turn: Arc::clone(turn),
            registration: Arc::clone(registration),
            is_revoked: AtomicBool::new(false),
            pause: Mutex::default(),
            probe: Probe::default(),
        }
    }

    /// The socket.
    pub fn channel(&self) -> &Socket {
        &self.channel
    }

    /// Lets nobody accept here any more. When it returns, no accept is under way.
    pub fn revoke(&self) {
        self.turn
            .wait(|| self.is_revoked.store(true, Ordering::Release));
    }

    /// Whether somebody ended it on purpose.
    pub fn is_revoked(&self) -> bool {
        self.is_revoked.load(Ordering::Acquire)
    }

    /// How long to leave the socket alone, in milliseconds: longer each time.
    pub fn longer_pause(&self) -> u32 {
        self.pause.lock().longer()
    }

    /// Takes clients and hands them over, some in a row. `seen` says that a poll has just found one.
    pub fn take_clients(&self, listener: &Listener, mut seen: bool) -> Served {
        let mut taken = 0;
        for _ in 0..BATCH {
            if taken == 1 && !self.probe.pays() {
                return Served::ForNow;
            }
            // Asked before each accept: the callback may have unregistered (R-LSN-34, L13).
            let Some(permission) = self.registration.enter() else {
                return Served::Over;
            };
            let attempt = self.turn.take(&self.channel, seen, || !self.is_revoked());
            seen = false;
            match attempt {
                Attempt::Client(client) => {
                    taken += 1;
                    if taken == 2 {
                        self.probe.found(true);
                    }
                    self.pause.lock().reset();
                    traces::callback(listener, &self.registration);
                    permission.call(listener, &client);
                }
                Attempt::Lost => {}
                Attempt::Nobody => {
                    if taken == 1 {
                        self.probe.found(false);
                    }
                    return Served::ForNow;
                }
                Attempt::Exhausted(errno) => return Served::Exhausted(errno),
                Attempt::Useless(errno) => return Served::Useless(errno),
                Attempt::Revoked => return Served::Over,
            }
        }
        Served::ForNow
    }

    /// Tells of a socket that can't be accepted from.
    pub fn trace_failure(&self, listener: &Listener, errno: Errno) {
        let fd = self.channel.fd();
        trace::qio_net_listener_accept_fail(listener.as_ptr().into(), fd, errno.code());
    }
}

/// Whether it pays to look for another client right after one was taken. Only the thread that
/// serves the socket uses it.
///
/// Looking costs a system call. Where clients come one by one it finds nobody, so it is done less
/// and less often then; as soon as it finds somebody it is done each time.
#[derive(Debug, Default)]
struct Probe {
    /// Wake-ups to let pass without looking.
    skip: AtomicU32,
    /// How many that were after the last look in vain.
    pause: AtomicU32,
}

impl Probe {
    const LONGEST: u32 = 15;

    fn pays(&self) -> bool {
        let skip = self.skip.load(Ordering::Relaxed);
        self.skip.store(skip.saturating_sub(1), Ordering::Relaxed);
        skip == 0
    }

    fn found(&self, somebody: bool) {
        let pause = match somebody {
            true => 0,
            false => (2 * self.pause.load(Ordering::Relaxed) + 1).min(Self::LONGEST),
        };
        self.pause.store(pause, Ordering::Relaxed);
        self.skip.store(pause, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_in_vain_is_done_less_and_less_often() {
        let probe = Probe::default();
        let mut looks = 0;
        for _ in 0..100 {
            if probe.pays() {
                looks += 1;
                probe.found(false);
            }
        }
        assert!((6..15).contains(&looks), "{looks}");
    }

    #[test]
    fn looking_pays_again_once_somebody_was_found() {
        let probe = Probe::default();
        for _ in 0..10 {
            if probe.pays() {
                probe.found(false);
            }
        }
        probe.found(true);
        assert!(probe.pays());
        assert!(probe.pays());
    }
}
