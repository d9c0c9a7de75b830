//! What can be done to a connected socket beside sending and receiving.

use core::ffi::{c_int, c_void};

use libc::socklen_t;

use super::errno::Errno;
use super::fd::check;
use super::socket::{option, set_option};

/// The directions that [`shutdown`] ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Receiving.
    Read,
    /// Sending.
    Write,
    /// Both.
    Both,
}

/// Shuts down one or both directions; calls that are blocked in them, in any thread, return.
pub fn shutdown(fd: c_int, direction: Direction) -> Result<(), Errno> {
    let how = match direction {
        Direction::Read => libc::SHUT_RD,
        Direction::Write => libc::SHUT_WR,
        Direction::Both => libc::SHUT_RDWR,
    };
    // SAFETY: takes numbers only.
    check(unsafe { libc::shutdown(fd, how) }).map(|_| ())
}

/// Whether small sends leave at once instead of being gathered (TCP).
pub fn set_no_delay(fd: c_int, enabled: bool) -> Result<(), Errno> {
    set_option(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, enabled.into())
}

/// Whether incomplete segments are held back (TCP).
pub fn set_cork(fd: c_int, enabled: bool) -> Result<(), Errno> {
    set_option(fd, libc::IPPROTO_TCP, libc::TCP_CORK, enabled.into())
}

/// Asks for a send buffer of so many bytes; the system may give more or less.
pub fn set_send_buffer(fd: c_int, bytes: usize) -> Result<(), Errno> {
    // An option is an int (W-16).
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    set_option(fd, libc::SOL_SOCKET, libc::SO_SNDBUF, bytes)
}

/// Allows zero-copy sends, where the kind of socket has them.
pub fn allow_zero_copy(fd: c_int) -> Result<(), Errno> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_ZEROCOPY, 1)
}

/// The process that connected, or that listened for, the other end of a UNIX socket.
pub fn peer_process(fd: c_int) -> Result<u32, Errno> {
    Ok(peer_credentials(fd)?.pid.unsigned_abs())
}

/// The user of that process, when it connected.
pub fn peer_user(fd: c_int) -> Result<u32, Errno> {
    Ok(peer_credentials(fd)?.uid)
}

fn peer_credentials(fd: c_int) -> Result<libc::ucred, Errno> {
    let mut peer = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    #[expect(clippy::cast_possible_truncation, reason = "it is 12")]
    let mut size = size_of::<libc::ucred>() as socklen_t;
    let slot = (&raw mut peer).cast::<c_void>();
    // SAFETY: `slot` has room for `size` bytes.
    check(unsafe {
        libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_PEERCRED, slot, &raw mut size)
    })?;
    Ok(peer)
}

/// How far this end of a TCP connection is from its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It can send.
    Sending,
    /// It has ended its direction, and the peer hasn't acknowledged all of it, or not ended its own.
    EndedHere,
    /// Both have ended theirs and know it, or the connection is broken.
    EndedBoth,
}

/// Tells how far a TCP connection has ended; other sockets don't tell.
pub fn ending(fd: c_int) -> Option<Ending> {
    // The state is the first byte of the structure, which the kernel cuts to what is asked for.
    let [state, ..] = option(fd, libc::IPPROTO_TCP, libc::TCP_INFO)
        .ok()?
        .to_ne_bytes();
    // The numbers of `<netinet/tcp.h>`.
    Some(match state {
        // FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING: what was sent isn't acknowledged yet.
        4 | 5 | 9 | 11 => Ending::EndedHere,
        // TIME_WAIT, CLOSE
        6 | 7 => Ending::EndedBoth,
        _ => Ending::Sending,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fd::Descriptor;
    use crate::os::iov::IoVec;
    use crate::os::message::{ReceiveMode, SendMode, receive, send};
    use crate::os::socket;
    use crate::os::tests::tcp_connection;

    fn pair() -> (Descriptor, Descriptor) {
        socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn directions_end_one_by_one() {
        let (a, b) = pair();
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        shutdown(a.as_raw(), Direction::Read).unwrap();
        assert_eq!(receive(a.as_raw(), &iov, ReceiveMode::Consume), Ok(0));
        assert_eq!(
            send(a.as_raw(), &iov.map(IoVec::filled), SendMode::Copy),
            Ok(1)
        );
        assert_eq!(receive(b.as_raw(), &iov, ReceiveMode::Consume), Ok(1));
        shutdown(a.as_raw(), Direction::Write).unwrap();
        let broken = Err(Errno::new(libc::EPIPE));
        assert_eq!(
            send(a.as_raw(), &iov.map(IoVec::filled), SendMode::Copy),
            broken
        );

        let (a, _b) = pair();
        shutdown(a.as_raw(), Direction::Both).unwrap();
        assert_eq!(receive(a.as_raw(), &iov, ReceiveMode::Consume), Ok(0));
        assert_eq!(
            send(a.as_raw(), &iov.map(IoVec::filled), SendMode::Copy),
            broken
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_peer_is_this_process() {
        let (a, _b) = pair();
        assert_eq!(peer_process(a.as_raw()), Ok(std::process::id()));
        assert_eq!(peer_process(-1), Err(Errno::new(libc::EBADF)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn options_are_switched_both_ways() {
        let (a, _b) = tcp_connection(c"127.0.0.1");
        let fd = a.as_raw();
        for enabled in [true, false] {
            set_no_delay(fd, enabled).unwrap();
            let set = option(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY);
            assert_eq!(set, Ok(enabled.into()));
            set_cork(fd, enabled).unwrap();
            let set = option(fd, libc::IPPROTO_TCP, libc::TCP_CORK);
            assert_eq!(set, Ok(enabled.into()));
        }
        allow_zero_copy(fd).unwrap();
        let (unix, _other) = pair();
        assert!(allow_zero_copy(unix.as_raw()).is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_send_buffer_of_any_size_can_be_asked_for() {
        let (a, _b) = pair();
        let size = || option(a.as_raw(), libc::SOL_SOCKET, libc::SO_SNDBUF).unwrap();
        set_send_buffer(a.as_raw(), 65536).unwrap();
        let smaller = size();
        set_send_buffer(a.as_raw(), usize::MAX).unwrap();
        assert!(smaller >= 65536 && size() > smaller);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_end_of_a_connection_comes_in_steps() {
        let (a, b) = tcp_connection(c"::1");
        assert_eq!(ending(a.as_raw()), Some(Ending::Sending));
        shutdown(a.as_raw(), Direction::Write).unwrap();
        assert_eq!(ending(a.as_raw()), Some(Ending::EndedHere));
        shutdown(b.as_raw(), Direction::Write).unwrap();
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        assert_eq!(receive(a.as_raw(), &iov, ReceiveMode::Consume), Ok(0));
        assert_eq!(ending(a.as_raw()), Some(Ending::EndedBoth));
        let (unix, _other) = pair();
        assert_eq!(ending(unix.as_raw()), None);
    }
}
