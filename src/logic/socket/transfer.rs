//! readv and writev of socket channels: sendmsg and recvmsg, with descriptors beside the bytes.

use super::zero_copy;
use crate::logic::limits::idle;
use crate::logic::statistics;
use crate::object::channel_class::Transfer;
use crate::object::socket::Socket;
use abi::profile;
use host::error::Error;
use platform::os::errno::Errno;
use platform::os::fd;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{self, Access, IOV_MAX, IoVec, IoVecMut};
use platform::os::message::{self, DESCRIPTORS_MAX, Descriptors, ReceiveMode, SendMode};

/// How to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadOptions {
    /// Whether what is read is taken from the socket, or stays there (MSG_PEEK).
    pub mode: ReceiveMode,
    /// Whether received descriptors are switched to blocking mode (R-CHAN-72).
    pub make_blocking: bool,
}

/// Reads what is there, waiting for it if the socket is blocking. 0 bytes are the end of file.
///
/// Descriptors are received only if there is a place for both their array and its length; else the
/// system closes them (R-CHAN-71).
#[inline]
pub fn read(
    socket: &Socket,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
    options: ReadOptions,
) -> Result<Transfer, Error> {
    if fds.is_deliverable() {
        return read_with_descriptors(socket, iov, fds, options);
    }
    let fd = socket.fd();
    let iov = if is_plain(iov) {
        iov
    } else {
        match manageable(fd, iov) {
            [] => return nothing(fd),
            iov => iov,
        }
    };
    finish(socket, message::receive(fd, iov, options.mode), not_read)
}

/// Reads bytes, or none, with what descriptors come along.
#[inline(never)]
fn read_with_descriptors(
    socket: &Socket,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
    options: ReadOptions,
) -> Result<Transfer, Error> {
    let fd = socket.fd();
    let iov = if is_plain(iov) {
        iov
    } else {
        manageable(fd, iov)
    };
    let received = match message::receive_with_descriptors(fd, iov, options.mode) {
        Ok(received) => received,
        Err(errno) => return finish(socket, Err(errno), not_read),
    };
    let accepted = check_complete(&received.descriptors, received.truncated)
        .and_then(|()| make_blocking(&received.descriptors, options));
    if let Err(error) = accepted {
        // The descriptors are closed with `received`.
        fds.clear();
        return Err(error);
    }
    if fds.store(received.descriptors.as_raw()) {
        received.descriptors.leak();
    }
    Ok(Transfer::Done(received.bytes))
}

/// Fails if the sender passed more descriptors than fit (W-19).
///
/// Less than that and truncated all the same, the process may be at its limit of descriptors: then
/// the bytes and what arrived are delivered.
fn check_complete(descriptors: &Descriptors, truncated: bool) -> Result<(), Error> {
    if truncated && descriptors.len() == DESCRIPTORS_MAX {
        return Err(Error::os(
            Errno::EMSGSIZE,
            format!("Received more than {DESCRIPTORS_MAX} file descriptors in one message"),
        ));
    }
    Ok(())
}

/// Switches received descriptors to blocking mode, as far as this profile cares.
fn make_blocking(descriptors: &Descriptors, options: ReadOptions) -> Result<(), Error> {
    if !options.make_blocking {
        return Ok(());
    }
    for &fd in descriptors.as_raw() {
        if let Err(errno) = fd::set_blocking(fd, true)
            && profile::RECEIVED_DESCRIPTORS_MUST_BLOCK
        {
            return Err(Error::os(
                errno,
                format!("Can't set received file descriptor {fd} blocking"),
            ));
        }
    }
    Ok(())
}

/// Writes what the socket takes, waiting for room if it is blocking.
///
/// Descriptors go with the first byte; they stay the caller's.
#[inline]
pub fn write(
    socket: &Socket,
    iov: &[IoVec<'_>],
    fds: PassedFds<'_>,
    mode: SendMode,
) -> Result<Transfer, Error> {
    let fd = socket.fd();
    if mode == SendMode::Copy && fds.is_empty() && is_plain(iov) {
        return finish(socket, message::send(fd, iov, mode), not_written);
    }
    write_special(socket, fd, iov, fds, mode)
}

/// Writes with descriptors, from the caller's memory, nothing, or too many pieces at once.
#[inline(never)]
fn write_special(
    socket: &Socket,
    fd: i32,
    iov: &[IoVec<'_>],
    fds: PassedFds<'_>,
    mode: SendMode,
) -> Result<Transfer, Error> {
    let descriptors = to_send(fds)?;
    let iov = manageable(fd, iov);
    if iov.is_empty() {
        // A datagram of no bytes is a datagram (W-5).
        if fd == CLOSED || !iov::is_message_oriented(fd) {
            return if descriptors.is_empty() {
                nothing(fd)
            } else {
                Err(invalid(
                    "File descriptors can't be sent without at least one byte",
                ))
            };
        }
    }
    let mut result = message::send_with_descriptors(fd, iov, descriptors, mode);
    if mode == SendMode::ZeroCopy {
        if result == Err(Errno::ENOBUFS) {
            // The notices of earlier sends hold memory that this one needs (R-CHAN-74).
            zero_copy::reap(socket)?;
            result = message::send_with_descriptors(fd, iov, descriptors, mode);
            if result == Err(Errno::ENOBUFS) {
                return Err(Error::os(
                    Errno::ENOBUFS,
                    "Not enough lockable memory for MSG_ZEROCOPY",
                ));
            }
        }
        // The system numbers only sends of at least one byte.
        if result.is_ok_and(|bytes| bytes != 0) {
            socket.count_zero_copy_queued();
        }
    }
    finish(socket, result, not_written)
}

/// The descriptors to send, if they can be sent (R-CHAN-73).
fn to_send(fds: PassedFds<'_>) -> Result<&[i32], Error> {
    let count = fds.len();
    if count > DESCRIPTORS_MAX {
        return Err(invalid(&format!(
            "Only {DESCRIPTORS_MAX} file descriptors can be sent at once, got {count}"
        )));
    }
    fds.numbers().ok_or_else(|| {
        invalid(&format!(
            "No array with the {count} file descriptors to send"
        ))
    })
}

fn invalid(message: &str) -> Error {
    Error::os(Errno::EINVAL, message)
}

/// The number that is no descriptor.
const CLOSED: i32 = -1;

/// Whether a request goes to the system as it is: it has a byte, and not too many elements.
#[inline]
fn is_plain<A: Access>(iov: &[IoVec<'_, A>]) -> bool {
    iov.len() <= IOV_MAX && iov.iter().any(|element| !element.is_empty())
}

/// What of a request goes to the system in one call: nothing if it has no byte.
///
/// Empty elements in front are left out, lest a slice of only those look like the end of file.
#[cold]
fn manageable<'i, 'a, A: Access>(fd: i32, iov: &'i [IoVec<'a, A>]) -> &'i [IoVec<'a, A>] {
    let first = iov.iter().position(|element| !element.is_empty());
    match first.and_then(|first| iov.get(first..)) {
        Some(iov) => iov::clamp_to_iov_max(fd, iov),
        None => &[],
    }
}

/// The result of a request for no bytes, without asking the system (C2).
fn nothing(fd: i32) -> Result<Transfer, Error> {
    if fd == CLOSED {
        return Err(Error::os(Errno::EBADF, "The socket channel is closed"));
    }
    Ok(Transfer::Done(0))
}

/// What a system call's result means.
#[inline]
fn finish(
    socket: &Socket,
    result: Result<usize, Errno>,
    failed: impl FnOnce(Errno) -> Error,
) -> Result<Transfer, Error> {
    match result {
        Ok(0) => at_end(socket),
        Ok(bytes) => Ok(Transfer::Done(bytes)),
        // EWOULDBLOCK is the same number (R-CHAN-13).
        Err(Errno::EAGAIN) => {
            // Pending notices raise POLLERR, which would end every wait that follows at once.
            if socket.zero_copy_outstanding() > 0 {
                zero_copy::take_at_once(socket);
            }
            Ok(Transfer::WouldBlock)
        }
        Err(errno) => Err(failed(errno)),
    }
}

/// The end of file, or that of a connection which has run out of time: then it isn't the peer that has ended, so
/// what has come may be a part (R-LIMIT-15).
#[cold]
fn at_end(socket: &Socket) -> Result<Transfer, Error> {
    if idle::has_timed_out(socket) {
        return Err(Error::os(
            Errno::ETIMEDOUT,
            "The connection was idle for too long",
        ));
    }
    Ok(Transfer::Done(0))
}

#[cold]
fn not_read(errno: Errno) -> Error {
    statistics::failed(errno);
    Error::os(errno, "Could not read from the socket")
}

#[cold]
fn not_written(errno: Errno) -> Error {
    statistics::failed(errno);
    Error::os(errno, "Could not write to the socket")
}
