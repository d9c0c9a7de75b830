//! Taking one client off a listening socket.

use crate::logic::socket::establish;
use crate::object::Ref;
use crate::object::socket::Socket;
use crate::trace;
use abi::layout::QIOChannelSocket;
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;
use platform::os::poll;
use platform::os::socket::accept;
use platform::os::socket_name::SocketName;
use platform::sync::Mutex;

/// What came of an attempt to take a client.
#[derive(Debug)]
pub enum Attempt<T> {
    /// A client.
    Client(T),
    /// Nobody is waiting, or whoever was is gone.
    Nobody,
    /// A client went away on the way; there may be others.
    Lost,
    /// There is no room for a client at this moment (L1).
    Exhausted(Errno),
    /// There will never be a client.
    Useless(Errno),
    /// Whoever asked may not accept any more.
    Revoked,
}

/// What a failed accept means (W-LSN-1).
fn meaning<T>(errno: Errno) -> Attempt<T> {
    match errno.code() {
        libc::EAGAIN => Attempt::Nobody,
        libc::EBADF | libc::EINVAL | libc::ENOTSOCK | libc::EOPNOTSUPP => Attempt::Useless(errno),
        // Linux reports network errors that are pending on the new socket.
        libc::ECONNABORTED
        | libc::EPROTO
        | libc::ENETDOWN
        | libc::ENOPROTOOPT
        | libc::EHOSTDOWN
        | libc::ENONET
        | libc::EHOSTUNREACH
        | libc::ENETUNREACH
        | libc::ETIMEDOUT => Attempt::Lost,
        // EMFILE, ENFILE, ENOBUFS, ENOMEM, and whatever else may not go away by trying again.
        _ => Attempt::Exhausted(errno),
    }
}

/// The right to accept from one listening socket, which goes from one to the next.
///
/// Taking it, looking at the permission and accepting are one step: whoever withdraws a permission
/// under [`Turn::wait`] knows that no accept is under way, and may close the socket.
#[derive(Debug)]
pub struct Turn {
    lock: Mutex<()>,
    /// The library made the socket and made it non-blocking (W-LSN-3).
    is_nonblocking: bool,
}

impl Turn {
    /// The right to accept from a socket that the library made non-blocking, or from somebody
    /// else's.
    pub fn new(is_nonblocking: bool) -> Self {
        Self {
            lock: Mutex::new(()),
            is_nonblocking,
        }
    }

    /// Calls `withdraw` while nobody accepts.
    pub fn wait(&self, withdraw: impl FnOnce()) {
        let turn = self.lock.lock();
        withdraw();
        drop(turn);
    }

    /// Takes a client, if the asker still may. Never blocks, except when another *process* that has
    /// the same socket takes the client between the poll and the accept (W-LSN-3).
    ///
    /// `seen` says that a poll has just found a client.
    pub fn take(
        &self,
        channel: &Socket,
        seen: bool,
        may_accept: impl FnOnce() -> bool,
    ) -> Attempt<Ref<QIOChannelSocket>> {
        match self.take_descriptor(channel, seen, may_accept) {
            Attempt::Client((fd, name)) => match establish::of_client(channel, fd, &name) {
                Ok(client) => Attempt::Client(client),
                Err(_) => Attempt::Lost,
            },
            Attempt::Nobody => Attempt::Nobody,
            Attempt::Lost => Attempt::Lost,
            Attempt::Exhausted(errno) => Attempt::Exhausted(errno),
            Attempt::Useless(errno) => Attempt::Useless(errno),
            Attempt::Revoked => Attempt::Revoked,
        }
    }

    fn take_descriptor(
        &self,
        channel: &Socket,
        seen: bool,
        may_accept: impl FnOnce() -> bool,
    ) -> Attempt<(Descriptor, SocketName)> {
        let turn = self.lock.lock();
        if !may_accept() {
            return Attempt::Revoked;
        }
        let fd = channel.fd();
        if fd < 0 {
            return Attempt::Useless(Errno::new(libc::EBADF));
        }
        let is_safe = (seen && self.is_nonblocking) || poll::is_readable(fd);
        if !is_safe {
            return Attempt::Nobody;
        }
        let accepted = loop {
            trace::qio_channel_socket_accept(channel.into());
            match accept(fd) {
                Err(errno) if errno == Errno::EINTR => {}
                accepted => break accepted,
            }
        };
        drop(turn);
        match accepted {
            Ok(client) => Attempt::Client(client),
            Err(errno) => {
                trace::qio_channel_socket_accept_fail(channel.into());
                meaning(errno)
            }
        }
    }
}

/// How long to leave a socket alone that can't be accepted from: longer each time, until it works.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pause {
    last: u32,
}

impl Pause {
    const FIRST: u32 = 50;
    const LONGEST: u32 = 1_000;

    /// The next pause, in milliseconds (W-LSN-1).
    pub fn longer(&mut self) -> u32 {
        self.last = match self.last {
            0 => Self::FIRST,
            last => (2 * last).min(Self::LONGEST),
        };
        self.last
    }

    /// It works again.
    pub fn reset(&mut self) {
        self.last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_get_longer_up_to_a_second() {
        let mut pause = Pause::default();
        let pauses: Vec<_> = (0..7).map(|_| pause.longer()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1_000, 1_000]);
        pause.reset();
        assert_eq!(pause.longer(), 50);
    }

    #[test]
    fn a_second_at_the_descriptor_limit_has_few_attempts() {
        let mut pause = Pause::default();
        let mut time = 0;
        let mut attempts = 0;
        while time < 1_000 {
            attempts += 1;
            time += pause.longer();
        }
        assert!(attempts < 100, "{attempts}");
    }

    #[test]
    fn errors_have_their_meaning() {
        let meaning = |code| meaning::<()>(Errno::new(code));
        for code in [
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOBUFS,
            libc::ENOMEM,
            libc::EPERM,
        ] {
            assert!(matches!(meaning(code), Attempt::Exhausted(errno) if errno.code() == code));
        }
        for code in [libc::EBADF, libc::EINVAL, libc::ENOTSOCK, libc::EOPNOTSUPP] {
            assert!(matches!(meaning(code), Attempt::Useless(errno) if errno.code() == code));
        }
        assert!(matches!(meaning(libc::EAGAIN), Attempt::Nobody));
        for code in [libc::ECONNABORTED, libc::EPROTO, libc::ENETUNREACH] {
            assert!(matches!(meaning(code), Attempt::Lost));
        }
    }
}
