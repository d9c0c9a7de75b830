//! Taking one client off a listening socket.

use crate::logic::limits;
use crate::logic::limits::limiter::{Limiter, Place, Rest};
use crate::logic::limits::peer::Peer;
use crate::logic::socket::establish;
use crate::logic::statistics;
use crate::object::Ref;
use crate::object::listener::Listener;
use crate::object::socket::Socket;
use abi::layout::QIOChannelSocket;
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;
use platform::os::poll;
use platform::os::socket::accept;
use platform::os::socket_name::SocketName;
use platform::sync::permit::Permit;
use std::sync::Arc;

/// Why no client was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcceptError {
    /// No client is waiting, or the one that was is gone.
    WouldBlock,
    /// A client went away before it was accepted; there may be others.
    Aborted(Errno),
    /// No descriptor or memory for a client at this moment (L1).
    OutOfResources(Errno),
    /// There will never be a client.
    Fatal(Errno),
    /// The watch or the wait that asked has ended.
    Cancelled,
    /// Nothing was looked for, because of a limit (R-LIMIT-7, R-LIMIT-8).
    Limited(Rest),
    /// A client has come, and was closed: its peer has as many as it may have (R-LIMIT-6).
    Refused,
}

impl From<Errno> for AcceptError {
    /// What a failed accept means (W-LSN-1).
    fn from(errno: Errno) -> Self {
        match errno.code() {
            libc::EAGAIN => Self::WouldBlock,
            libc::EBADF | libc::EINVAL | libc::ENOTSOCK | libc::EOPNOTSUPP => Self::Fatal(errno),
            // Linux reports network errors that are pending on the new socket.
            libc::ECONNABORTED
            | libc::EPROTO
            | libc::ENETDOWN
            | libc::ENOPROTOOPT
            | libc::EHOSTDOWN
            | libc::ENONET
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH
            | libc::ETIMEDOUT => Self::Aborted(errno),
            // EMFILE, ENFILE, ENOBUFS, ENOMEM, and what else may not go away by trying again.
            _ => Self::OutOfResources(errno),
        }
    }
}

/// The lock under which clients are accepted from one socket.
///
/// Taking it, asking whether one still may, and accepting are one step: after a call of
/// [`AcceptLock::wait`] that forbids it no accept is under way, and the socket may be closed.
#[derive(Debug)]
pub struct AcceptLock {
    permit: Permit,
    /// The library made the socket and made it non-blocking (W-LSN-3).
    is_nonblocking: bool,
}

impl AcceptLock {
    /// For a socket that the library made non-blocking, or for the program's.
    pub fn new(is_nonblocking: bool) -> Self {
        Self {
            permit: Permit::new(),
            is_nonblocking,
        }
    }

    /// Calls `forbid` while no accept is under way.
    pub fn wait(&self, forbid: impl FnOnce()) {
        self.permit.wait(forbid);
    }

    /// Accepts a client, if `may_accept`. Never blocks, except when another *process* that has the
    /// same socket takes the client between the poll and the accept (W-LSN-3).
    ///
    /// `seen` says that a poll has just found a client.
    pub fn accept(
        &self,
        channel: &Socket,
        seen: bool,
        limited: &Limited<'_>,
        may_accept: impl FnOnce() -> bool,
    ) -> Result<Ref<QIOChannelSocket>, AcceptError> {
        let place = limited.limiter.reserve().map_err(AcceptError::Limited)?;
        let (fd, name) = self.accept_descriptor(channel, seen, may_accept)?;
        match place {
            None => Ok(establish::of_listeners_client(channel, fd, &name)),
            Some(place) => limited.admit(place, channel, fd, &name),
        }
    }

    fn accept_descriptor(
        &self,
        channel: &Socket,
        seen: bool,
        may_accept: impl FnOnce() -> bool,
    ) -> Result<(Descriptor, SocketName), AcceptError> {
        let accepted = self
            .permit
            .act(may_accept, || self.try_accept(channel, seen))
            .ok_or(AcceptError::Cancelled)??;
        accepted.map_err(|errno| {
            trace::qio_channel_socket_accept_fail(channel.into());
            if errno != Errno::EAGAIN {
                statistics::failed(errno);
            }
            AcceptError::from(errno)
        })
    }

    /// What accepting gave, or why it was not tried.
    fn try_accept(&self, channel: &Socket, seen: bool) -> Result<Accepted, AcceptError> {
        let fd = channel.fd();
        if fd < 0 {
            return Err(AcceptError::Fatal(Errno::EBADF));
        }
        let is_safe = (seen && self.is_nonblocking) || poll::is_readable(fd);
        if !is_safe {
            return Err(AcceptError::WouldBlock);
        }
        loop {
            trace::qio_channel_socket_accept(channel.into());
            match accept(fd) {
                Err(errno) if errno == Errno::EINTR => {}
                accepted => return Ok(accepted),
            }
        }
    }
}

/// A client, and its address.
type Accepted = Result<(Descriptor, SocketName), Errno>;

/// The limits that clients are accepted under, and whose they are.
pub struct Limited<'a> {
    /// For traces.
    pub listener: &'a Listener,
    /// The limits.
    pub limiter: &'a Arc<Limiter>,
}

impl Limited<'_> {
    /// A client has come for `place`. It is closed if its peer has too many.
    #[cold]
    fn admit(
        &self,
        place: Place,
        channel: &Socket,
        descriptor: Descriptor,
        name: &SocketName,
    ) -> Result<Ref<QIOChannelSocket>, AcceptError> {
        let fd = descriptor.as_raw();
        let admitted = place.admit(|limits| Peer::of_socket(fd, name, limits));
        let Ok(admitted) = admitted else {
            let listener = self.listener.as_ptr().into();
            trace::qio_net_listener_refuse(listener, channel.fd(), Some(name));
            return Err(AcceptError::Refused);
        };
        let client = establish::of_listeners_client(channel, descriptor, name);
        limits::enter(&client, admitted);
        Ok(client)
    }
}

/// The accept back-off: how long to leave a socket alone that can't be accepted from, longer each
/// time, until it works.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    last: u32,
    aborted: u32,
}

impl Backoff {
    const FIRST: u32 = 50;
    const LONGEST: u32 = 1_000;

    /// So many clients in a row go away. Were there more, each would be answered by the next at
    /// once, for ever.
    const ABORTED_MAX: u32 = 16;

    /// The next pause, in milliseconds (W-LSN-1).
    pub fn longer(&mut self) -> u32 {
        self.last = match self.last {
            0 => Self::FIRST,
            last => (2 * last).min(Self::LONGEST),
        };
        self.last
    }

    /// One more client went away; whether it is time to pause.
    pub fn add_aborted(&mut self) -> bool {
        self.aborted = self.aborted.saturating_add(1);
        self.aborted >= Self::ABORTED_MAX
    }

    /// It works again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_get_longer_up_to_a_second() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..7).map(|_| backoff.longer()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1_000, 1_000]);
        backoff.reset();
        assert_eq!(backoff.longer(), 50);
    }

    #[test]
    fn a_second_at_the_descriptor_limit_has_few_attempts() {
        let mut backoff = Backoff::default();
        let mut time = 0;
        let mut attempts = 0;
        while time < 1_000 {
            attempts += 1;
            time += backoff.longer();
        }
        assert!(attempts < 100, "{attempts}");
    }

    #[test]
    fn aborted_clients_pause_from_the_16th_on() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..18).filter(|_| backoff.add_aborted()).collect();
        assert_eq!(pauses, [15, 16, 17]);
        backoff.reset();
        assert!(!backoff.add_aborted());
    }

    #[test]
    fn errors_have_their_meaning() {
        for code in [
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOBUFS,
            libc::ENOMEM,
            libc::EPERM,
        ] {
            let errno = Errno::new(code);
            assert_eq!(AcceptError::from(errno), AcceptError::OutOfResources(errno));
        }
        for code in [libc::EBADF, libc::EINVAL, libc::ENOTSOCK, libc::EOPNOTSUPP] {
            let errno = Errno::new(code);
            assert_eq!(AcceptError::from(errno), AcceptError::Fatal(errno));
        }
        for code in [libc::ECONNABORTED, libc::EPROTO, libc::ENETUNREACH] {
            let errno = Errno::new(code);
            assert_eq!(AcceptError::from(errno), AcceptError::Aborted(errno));
        }
        assert_eq!(AcceptError::from(Errno::EAGAIN), AcceptError::WouldBlock);
    }
}
