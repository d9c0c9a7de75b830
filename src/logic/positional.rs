//! Transfers at a position that go on until everything is done. The channel's own position stays.

use super::transfer::{self, Read, Size, complete, ended_early};
use super::wait;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use host::error::Error;
use platform::glib::condition::{IN, OUT};
use platform::os::errno::Errno;
use platform::os::iov::{Access, IoVec, IoVecMut};

/// Reads from `offset` until everything is there; an end before any byte is no error (R-111-6,
/// R-111-7, R-111-8, R-111-10).
pub fn preadv_all_eof(channel: &Channel, iov: &[IoVecMut<'_>], offset: i64) -> Result<Read, Error> {
    if !is_anything(iov, offset)? {
        return Ok(Read::All);
    }
    let mut at = offset;
    let is_complete = complete(iov, 0, |rest| {
        loop {
            match transfer::preadv(channel, rest, at)? {
                Transfer::Done(bytes) => return Ok(advance(&mut at, bytes)),
                Transfer::WouldBlock => wait::for_transfer(channel, IN),
            }
        }
    })?;
    if is_complete {
        Ok(Read::All)
    } else if at == offset {
        Ok(Read::Nothing)
    } else {
        Err(ended_early())
    }
}

/// Reads from `offset` until everything is there (R-111-6, R-111-7, R-111-8, R-111-10).
pub fn preadv_all(channel: &Channel, iov: &[IoVecMut<'_>], offset: i64) -> Result<(), Error> {
    match preadv_all_eof(channel, iov, offset)? {
        Read::All => Ok(()),
        Read::Nothing => Err(ended_early()),
    }
}

/// Writes from `offset` on until everything is written (R-111-6, R-111-7, R-111-8, R-111-10).
pub fn pwritev_all(channel: &Channel, iov: &[IoVec<'_>], offset: i64) -> Result<(), Error> {
    if !is_anything(iov, offset)? {
        return Ok(());
    }
    let mut at = offset;
    let is_complete = complete(iov, 0, |rest| {
        loop {
            match transfer::pwritev(channel, rest, at)? {
                Transfer::Done(bytes) => return Ok(advance(&mut at, bytes)),
                Transfer::WouldBlock => wait::for_transfer(channel, OUT),
            }
        }
    })?;
    if is_complete {
        Ok(())
    } else {
        // Asked again, the class would do it again, for ever (W-111-2).
        Err(Error::new(
            "Nothing could be written at the position (pwritev)",
        ))
    }
}

/// Whether a request has any bytes: one without succeeds wherever it is (R-111-9). One whose end is
/// no position fails (W-111-3).
fn is_anything<A: Access>(iov: &[IoVec<'_, A>], offset: i64) -> Result<bool, Error> {
    let size = Size::of(iov).total;
    if size == 0 {
        return Ok(false);
    }
    let end = i64::try_from(size)
        .ok()
        .and_then(|size| offset.checked_add(size));
    if end.is_none() {
        let errno = Errno::new(libc::EINVAL);
        return Err(Error::os(
            errno,
            "The end of the request is beyond the last position",
        ));
    }
    Ok(true)
}

/// Moves the position behind what was transferred.
fn advance(at: &mut i64, bytes: usize) -> usize {
    // The end of the request is a position, and classes transfer no more than that.
    *at = at.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
    bytes
}
