//! Channels of any class beside transfers: blocking mode, position, shutdown, close.

use super::wait;
use crate::object::Finalizing;
use crate::object::channel::{Channel, Feature};
use crate::object::channel_class::Flushed;
use crate::object::class::ObjectImpl;

use crate::object::waiting::Direction;
use abi::layout::{QIOChannel, QIOChannelShutdown};
use abi::profile;
use host::error::Error;
use platform::check_usage;

/// What all classes of channels have in common.
impl ObjectImpl for QIOChannel {
    /// Runs first, before the initialisers of the subclasses.
    fn init(channel: &Channel) {
        channel.begin_record();
        wait::prepare(channel);
    }

    /// Runs last, after the finalisers of the subclasses (R-CHAN-2).
    fn finalize(channel: Finalizing<'_, Self>) {
        check_usage!(
            !profile::WAITED_FOR_CHANNEL_MUST_LIVE || !channel.is_waited_for(),
            "object_unref",
            "a coroutine still waits for the channel"
        );
        channel.set_name(None);
        channel.end_record();
    }
}

/// Moves the position. Whether positions can be read at doesn't matter (R-CHAN-34).
pub fn seek(channel: &Channel, offset: i64, whence: i32) -> Result<i64, Error> {
    channel
        .io_seek(offset, whence)?
        .ok_or_else(|| Error::new("The channel cannot seek: it has no random access"))
}

/// Makes transfers wait or not (R-CHAN-35).
pub fn set_blocking(channel: &Channel, enabled: bool) -> Result<(), Error> {
    channel.io_set_blocking(enabled)
}

/// Closes the channel (R-CHAN-36).
pub fn close(channel: &Channel) -> Result<(), Error> {
    channel.io_close()
}

/// Ends one direction or both, from any thread (R-CHAN-37, W-30).
///
/// The system tells those who poll, but not always those who wait to write to a UNIX socket, and not
/// every event loop passes on what it tells (C9): the coroutine that waits for that is woken here.
pub fn shutdown(channel: &Channel, how: u32) -> Result<(), Error> {
    channel
        .io_shutdown(how)?
        .ok_or_else(|| Error::new("The channel cannot shut down a direction of its data"))?;
    if how != QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_READ as u32 {
        channel.wake(Direction::Write);
    }
    Ok(())
}

/// Lets the system gather small writes, where there is such a thing (R-CHAN-38).
pub fn set_delay(channel: &Channel, enabled: bool) {
    let _: Option<()> = channel.io_set_delay(enabled);
}

/// Holds small writes back, where there is such a thing (R-CHAN-38).
pub fn set_cork(channel: &Channel, enabled: bool) {
    let _: Option<()> = channel.io_set_cork(enabled);
}

/// Waits for zero-copy writes (R-CHAN-39).
pub fn flush(channel: &Channel) -> Result<Flushed, Error> {
    if !channel.has_feature(Feature::WRITE_ZERO_COPY) {
        return Ok(Flushed::WithoutCopy);
    }
    Ok(channel.io_flush()?.unwrap_or(Flushed::WithoutCopy))
}

/// Why a peer's process isn't known.
#[cfg(peerpid)]
#[derive(Debug)]
pub enum NoPeerPid {
    /// The class knows no such thing.
    Unsupported(Error),
    /// It could not be found out.
    Failed(Error),
}

/// The process at the other end (R-CHAN-40).
#[cfg(peerpid)]
pub fn peer_pid(channel: &Channel) -> Result<u32, NoPeerPid> {
    channel
        .io_peerpid()
        .map_err(NoPeerPid::Failed)?
        .ok_or_else(|| {
            let message = "The channel cannot tell the process at its other end";
            NoPeerPid::Unsupported(Error::new(message))
        })
}
