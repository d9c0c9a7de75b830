//! Sockets: making them, their ends, their options, and plain sending.
//!
//! A new socket is close-on-exec and blocking (R-SOCK-1).

use core::ffi::{c_int, c_void};

use libc::{sockaddr, socklen_t};

use super::errno::{self, Errno};
use super::fd::{Descriptor, check};
use super::socket_name::SocketName;

/// A descriptor that a system call just returned.
fn owned(value: c_int) -> Result<Descriptor, Errno> {
    // SAFETY: the kernel just made it, so the number has no other owner.
    check(value).map(|fd| unsafe { Descriptor::from_raw(fd) })
}

/// Makes a socket.
pub fn create(domain: c_int, kind: c_int, protocol: c_int) -> Result<Descriptor, Errno> {
    // SAFETY: takes numbers only.
    owned(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) })
}

/// Makes two sockets connected to each other.
pub fn pair(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
) -> Result<(Descriptor, Descriptor), Errno> {
    let mut fds = [-1; 2];
    let kind = kind | libc::SOCK_CLOEXEC;
    // SAFETY: `fds` has room for two numbers.
    check(unsafe { libc::socketpair(domain, kind, protocol, fds.as_mut_ptr()) })?;
    Ok((owned(fds[0])?, owned(fds[1])?))
}

/// Gives a socket its name.
pub fn bind(fd: c_int, name: &SocketName) -> Result<(), Errno> {
    // SAFETY: `len` bytes are readable at the name.
    check(unsafe { libc::bind(fd, name.as_ptr(), name.len()) }).map(|_| ())
}

/// Lets clients queue up, `backlog` at a time.
pub fn listen(fd: c_int, backlog: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::listen(fd, backlog) }).map(|_| ())
}

/// Connects, waiting until it is done; a signal doesn't end the wait (R-SOCK-14).
pub fn connect(fd: c_int, name: &SocketName) -> Result<(), Errno> {
    let mut interrupted = false;
    loop {
        // SAFETY: `len` bytes are readable at the name.
        match check(unsafe { libc::connect(fd, name.as_ptr(), name.len()) }) {
            Err(errno) if errno.code() == libc::EINTR => interrupted = true,
            // The attempt went on in the background and was done before this call.
            Err(errno) if errno.code() == libc::EISCONN && interrupted => return Ok(()),
            result => return result.map(|_| ()),
        }
    }
}

/// Begins to connect a non-blocking socket; true if that is done already. Once it is writable,
/// [`pending_error`] tells how it went.
pub fn begin_connecting(fd: c_int, name: &SocketName) -> Result<bool, Errno> {
    loop {
        // SAFETY: `len` bytes are readable at the name.
        let result = check(unsafe { libc::connect(fd, name.as_ptr(), name.len()) });
        return match result.map_err(Errno::code) {
            // A signal may have come before anything was begun, or after.
            Err(libc::EINTR) => continue,
            Ok(_) | Err(libc::EISCONN) => Ok(true),
            Err(libc::EINPROGRESS | libc::EALREADY) => Ok(false),
            Err(code) => Err(Errno::new(code)),
        };
    }
}

/// What has gone wrong on a socket since this was last asked.
pub fn pending_error(fd: c_int) -> Result<(), Errno> {
    match option(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        code => Err(Errno::new(code)),
    }
}

/// Takes a client off the queue, with its name.
pub fn accept(fd: c_int) -> Result<(Descriptor, SocketName), Errno> {
    let mut accepted = -1;
    let name = SocketName::filled_by(|name, len| {
        // SAFETY: `name` has room for `*len` bytes.
        accepted = unsafe { libc::accept4(fd, name, len, libc::SOCK_CLOEXEC) };
        accepted
    });
    Ok((owned(accepted)?, name))
}

/// Takes a client off the queue and stores its name as accept(2) does.
///
/// # Safety
/// `name` is NULL, or has room for `*len` bytes.
pub unsafe fn accept_into(
    fd: c_int,
    name: *mut sockaddr,
    len: *mut socklen_t,
) -> Result<Descriptor, Errno> {
    // SAFETY: as promised.
    owned(unsafe { libc::accept4(fd, name, len, libc::SOCK_CLOEXEC) })
}

/// What this end is called.
pub fn local_name(fd: c_int) -> Result<SocketName, Errno> {
    let mut result = -1;
    let name = SocketName::filled_by(|name, len| {
        // SAFETY: `name` has room for `*len` bytes.
        result = unsafe { libc::getsockname(fd, name, len) };
        result
    });
    check(result).map(|_| name)
}

/// What the other end is called.
pub fn peer_name(fd: c_int) -> Result<SocketName, Errno> {
    let mut result = -1;
    let name = SocketName::filled_by(|name, len| {
        // SAFETY: `name` has room for `*len` bytes.
        result = unsafe { libc::getpeername(fd, name, len) };
        result
    });
    check(result).map(|_| name)
}

/// Reads an option that is an int.
pub fn option(fd: c_int, level: c_int, name: c_int) -> Result<c_int, Errno> {
    let mut value: c_int = 0;
    let mut len = INT_SIZE;
    let slot = (&raw mut value).cast::<c_void>();
    // SAFETY: `slot` has room for `len` bytes.
    check(unsafe { libc::getsockopt(fd, level, name, slot, &raw mut len) })?;
    Ok(value)
}

/// Sets an option that is an int.
pub fn set_option(fd: c_int, level: c_int, name: c_int, value: c_int) -> Result<(), Errno> {
    let slot = (&raw const value).cast::<c_void>();
    // SAFETY: `slot` holds an int.
    check(unsafe { libc::setsockopt(fd, level, name, slot, INT_SIZE) }).map(|_| ())
}

#[expect(clippy::cast_possible_truncation, reason = "it is 4")]
const INT_SIZE: socklen_t = size_of::<c_int>() as socklen_t;

/// Lets a listening socket take over a port whose earlier connections still linger.
pub fn reuse_address(fd: c_int) -> Result<(), Errno> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)
}

/// Whether `fd` is a socket (R-SOCK-3).
pub fn is_socket(fd: c_int) -> bool {
    option(fd, libc::SOL_SOCKET, libc::SO_TYPE).is_ok()
}

/// Sends what it can of `bytes`, and says how many went. A peer that is gone is EPIPE and no signal.
pub fn send(fd: c_int, bytes: &[u8]) -> Result<usize, Errno> {
    let (data, flags) = (bytes.as_ptr().cast::<c_void>(), libc::MSG_NOSIGNAL);
    // SAFETY: the slice is readable.
    let sent = unsafe { libc::send(fd, data, bytes.len(), flags) };
    usize::try_from(sent).map_err(|_| errno::last())
}

/// Sends all of `bytes`, however many calls and interruptions that takes. Returns how many went,
/// with the errno that ended it early.
pub fn send_all(fd: c_int, bytes: &[u8]) -> (usize, Result<(), Errno>) {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match send(fd, rest) {
            Ok(0) => break,
            Ok(sent) => done += sent,
            Err(errno) if errno.code() == libc::EINTR => {}
            Err(errno) => return (done, Err(errno)),
        }
    }
    (done, Ok(()))
}

/// Receives into `bytes`, and says how many came; 0 is the end.
pub fn receive(fd: c_int, bytes: &mut [u8]) -> Result<usize, Errno> {
    let room = bytes.as_mut_ptr().cast::<c_void>();
    // SAFETY: the slice is writable.
    let received = unsafe { libc::recv(fd, room, bytes.len(), 0) };
    usize::try_from(received).map_err(|_| errno::last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glib::condition::OUT;
    use crate::os::poll::{self, Entry};
    use crate::os::socket_name::UnixName;
    use crate::os::{fd, resolve};

    /// The IPv4 loopback address, with a port to be chosen by the kernel.
    fn loopback() -> SocketName {
        let query = resolve::Query {
            host: Some(c"127.0.0.1"),
            numeric: true,
            ..resolve::Query::default()
        };
        resolve::look_up(&query).unwrap().swap_remove(0).name
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn new_sockets_are_blocking_and_close_on_exec() {
        let single = create(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (a, b) = pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        for socket in [&single, &a, &b] {
            assert_eq!(fd::is_blocking(socket.as_raw()), Ok(true));
            assert_eq!(fd::is_close_on_exec(socket.as_raw()), Ok(true));
            assert!(is_socket(socket.as_raw()));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn failures_are_errnos() {
        let errno = |code| Some(Errno::new(code));
        assert_eq!(
            create(-1, libc::SOCK_STREAM, 0).err(),
            errno(libc::EAFNOSUPPORT)
        );
        assert_eq!(
            pair(libc::AF_INET, libc::SOCK_STREAM, 0).err(),
            errno(libc::EOPNOTSUPP)
        );
        assert_eq!(listen(-1, 1).err(), errno(libc::EBADF));
        assert_eq!(accept(-1).err(), errno(libc::EBADF));
        assert_eq!(local_name(-1).err(), errno(libc::EBADF));
        assert_eq!(peer_name(-1).err(), errno(libc::EBADF));
        assert_eq!(bind(-1, &SocketName::empty()).err(), errno(libc::EBADF));
        assert_eq!(connect(-1, &SocketName::empty()).err(), errno(libc::EBADF));
        assert!(!is_socket(-1));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_client_is_accepted_blocking_with_its_name() {
        let server = create(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        bind(server.as_raw(), &loopback()).unwrap();
        listen(server.as_raw(), 1).unwrap();
        fd::set_blocking(server.as_raw(), false).unwrap();

        let client = create(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        connect(client.as_raw(), &local_name(server.as_raw()).unwrap()).unwrap();
        let (accepted, name) = accept(server.as_raw()).unwrap();

        assert_eq!(fd::is_blocking(accepted.as_raw()), Ok(true));
        assert_eq!(fd::is_close_on_exec(accepted.as_raw()), Ok(true));
        assert_eq!(name.port(), local_name(client.as_raw()).unwrap().port());
        assert_eq!(
            peer_name(client.as_raw()).unwrap().port(),
            local_name(server.as_raw()).unwrap().port()
        );
        assert_eq!(
            accept(server.as_raw()).err().map(Errno::code),
            Some(libc::EAGAIN)
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_connection_is_begun_and_told_of_later() {
        let server = create(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        bind(server.as_raw(), &loopback()).unwrap();
        let name = local_name(server.as_raw()).unwrap();
        let outcome = || {
            let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK;
            let client = create(libc::AF_INET, kind, 0).unwrap();
            if !begin_connecting(client.as_raw(), &name)? {
                let mut entries = [Entry::new(client.as_raw(), OUT)];
                poll::wait(&mut entries, -1).unwrap();
                pending_error(client.as_raw())?;
            }
            // What is connected is so for whoever asks again.
            begin_connecting(client.as_raw(), &name)
        };
        assert_eq!(outcome(), Err(Errno::new(libc::ECONNREFUSED)));
        listen(server.as_raw(), 1).unwrap();
        assert_eq!(outcome(), Ok(true));
        let closed = begin_connecting(-1, &name);
        assert_eq!(closed, Err(Errno::new(libc::EBADF)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn an_unbound_end_is_unnamed() {
        let (a, _b) = pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let name = local_name(a.as_raw()).unwrap();
        assert_eq!(name.unix_name(), Some(UnixName::Unnamed));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn options_are_read_back() {
        let socket = create(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        let fd = socket.as_raw();
        assert_eq!(option(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR), Ok(0));
        reuse_address(fd).unwrap();
        assert_eq!(option(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR), Ok(1));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn sending_goes_on_until_all_is_sent() {
        let (a, b) = pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        // More than the socket takes at once, so that partial sends happen.
        let bytes: Vec<u8> = (0..1_000_000u32).map(|n| n.to_le_bytes()[0]).collect();
        let expected = bytes.clone();
        let sender = std::thread::spawn(move || send_all(a.as_raw(), &bytes));
        let mut got = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match receive(b.as_raw(), &mut chunk).unwrap() {
                0 => break,
                n => got.extend_from_slice(&chunk[..n]),
            }
        }
        assert_eq!(sender.join().unwrap(), (expected.len(), Ok(())));
        assert!(got == expected);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn sending_reports_what_went_before_a_failure() {
        let (a, _b) = pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        fd::set_blocking(a.as_raw(), false).unwrap();
        let bytes = vec![0; 16 << 20];
        let (done, result) = send_all(a.as_raw(), &bytes);
        assert!(done > 0 && done < bytes.len());
        assert_eq!(result, Err(Errno::new(libc::EAGAIN)));
    }
}
