//! Single transfers with the master, and what can be told of it without one.

use crate::logic::wait;
use crate::object::channel::{Channel, Feature, Polled};
use crate::object::channel_class::Transfer;
use host::error::Error;
use platform::glib::condition::{IN, OUT};
use platform::os::fd;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::IoVec;
use rfc6455::http::{self, HANDSHAKE_MAX};

/// Bytes that are discarded at most: a peer that goes on and on is reset.
const DISCARD_MAX: usize = 1 << 20;

/// One read.
pub(super) fn receive(master: &Channel, space: &mut [u8]) -> Result<Transfer, Error> {
    master.io_readv(&[IoVec::from_mut(space)], ReceivedFds::NONE, 0)
}

/// One write.
pub(super) fn send(master: &Channel, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    master.io_writev(iov, PassedFds::NONE, 0)
}

/// How much of the head of a request or response is there.
pub(super) enum Head {
    /// All of it, and this came behind it.
    Whole(Vec<u8>),
    Part,
    /// It has no end within the limit.
    TooLarge,
    /// The connection has ended within it.
    Ended,
}

/// Takes more of a head, whose end may straddle two reads.
pub(super) fn receive_head(master: &Channel, bytes: &mut Vec<u8>) -> Result<Head, Error> {
    let before = bytes.len();
    bytes.resize(HANDSHAKE_MAX, 0);
    let transfer = receive(master, &mut bytes[before..]);
    let got = match transfer {
        Ok(Transfer::Done(0)) => return Ok(Head::Ended),
        Ok(Transfer::Done(got)) => got,
        Ok(Transfer::WouldBlock) | Err(_) => 0,
    };
    bytes.truncate(before + got);
    transfer?;
    let from = before.saturating_sub(3);
    if let Some(end) = http::end_of_head(&bytes[from..]) {
        return Ok(Head::Whole(bytes.split_off(from + end)));
    }
    Ok(if bytes.len() == HANDSHAKE_MAX {
        Head::TooLarge
    } else {
        Head::Part
    })
}

/// Sends what has not been sent; whether all of it has gone out now.
pub(super) fn send_more(master: &Channel, bytes: &[u8], sent: &mut usize) -> Result<bool, Error> {
    match send(master, &[IoVec::from_slice(&bytes[*sent..])])? {
        Transfer::Done(more) => *sent = bytes.len().min(*sent + more),
        Transfer::WouldBlock => {}
    }
    Ok(*sent == bytes.len())
}

/// Whether the master can be written now, told without a new descriptor (C8).
pub(super) fn has_room(master: &Channel) -> bool {
    wait::is_ready(master, OUT)
}

/// Whether a transfer may wait for the peer. A master without a descriptor of its own doesn't tell.
pub(super) fn may_wait(master: &Channel) -> bool {
    let fd = match master.polled() {
        Some(Polled::One(fd) | Polled::Pair { write: fd, .. }) => fd,
        None => return true,
    };
    fd::is_blocking(fd).unwrap_or(false)
}

/// Takes what has arrived at a socket and will not be read: with bytes unread, closing would reset
/// the connection, and the peer might not get what was sent last (RFC 6455 section 7.1.1).
///
/// Through TLS nothing is taken: a session that waits for the end of a record would wait here.
pub(super) fn discard_input(master: &Channel) {
    if master.polled().is_none() || !master.has_feature(Feature::SHUTDOWN) {
        return;
    }
    let (mut space, mut discarded) = (Vec::new(), 0);
    while discarded < DISCARD_MAX && wait::is_ready(master, IN) {
        space.resize(16 << 10, 0);
        match receive(master, &mut space) {
            Ok(Transfer::Done(bytes @ 1..)) => discarded += bytes,
            _ => return,
        }
    }
}
