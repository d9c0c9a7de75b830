//! What is done with a channel beside transfers: mode, position, end.
//!
//! Results are as the class returned them, its error stored: 0 or more, or -1.

use crate::object::channel::{Channel, Feature};
use abi::origin;
use host::error::{Error, Errp, Stored};

/// Moves the position; -1 on failure. Whether positions can be read at doesn't matter (R-CHAN-34).
pub fn seek(channel: &Channel, offset: i64, whence: i32, errp: Errp<'_>) -> i64 {
    channel.io_seek(offset, whence, errp).unwrap_or_else(|| {
        let error = Error::new("The channel cannot seek: it has no random access");
        let _: Stored = errp.store(error, &origin!(c"qio_channel_io_seek"));
        -1
    })
}

/// Makes transfers wait or not (R-CHAN-35).
pub fn set_blocking(channel: &Channel, enabled: bool, errp: Errp<'_>) -> i32 {
    channel.io_set_blocking(enabled, errp)
}

/// Closes the channel (R-CHAN-36).
pub fn close(channel: &Channel, errp: Errp<'_>) -> i32 {
    channel.io_close(errp)
}

/// Ends one direction or both, from any thread (R-CHAN-37).
pub fn shutdown(channel: &Channel, how: u32, errp: Errp<'_>) -> i32 {
    channel.io_shutdown(how, errp).unwrap_or_else(|| {
        let error = Error::new("The channel cannot shut down a direction of its data");
        let _: Stored = errp.store(error, &origin!(c"qio_channel_shutdown"));
        -1
    })
}

/// Lets the system gather small writes, where there is such a thing (R-CHAN-38).
pub fn set_delay(channel: &Channel, enabled: bool) {
    let _: Option<()> = channel.io_set_delay(enabled);
}

/// Holds small writes back, where there is such a thing (R-CHAN-38).
pub fn set_cork(channel: &Channel, enabled: bool) {
    let _: Option<()> = channel.io_set_cork(enabled);
}

/// Waits for zero-copy writes; 1 if all were copied after all (R-CHAN-39).
pub fn flush(channel: &Channel, errp: Errp<'_>) -> i32 {
    if !channel.has_feature(Feature::WRITE_ZERO_COPY) {
        return 0;
    }
    channel.io_flush(errp).unwrap_or(0)
}

/// Why a peer's process isn't known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoPeerPid {
    /// The class knows no such thing.
    Unsupported,
    /// It could not be found out.
    Failed,
}

/// The process at the other end (R-CHAN-40).
pub fn peer_pid(channel: &Channel, errp: Errp<'_>) -> Result<u32, NoPeerPid> {
    let mut pid = 0;
    match channel.io_peerpid(&mut pid, errp) {
        Some(0..) => Ok(pid),
        Some(_) => Err(NoPeerPid::Failed),
        None => {
            let error = Error::new("The channel cannot tell the process at its other end");
            let _: Stored = errp.store(error, &origin!(c"qio_channel_get_peerpid"));
            Err(NoPeerPid::Unsupported)
        }
    }
}
