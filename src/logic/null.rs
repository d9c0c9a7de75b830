//! Null channels: at their end from the start, and room for everything.

use super::watch;
use crate::object::Ref;
use crate::object::channel_class::Transfer;
use crate::object::class::{ChannelImpl, ObjectImpl, Seek, SetHandlers};
use crate::object::null::Null;
use crate::object::watch::WatchSource;
use abi::layout;
use abi::layout::QIOChannelNull;
use abi::origin;
use host::error::Error;
use host::error::Origin;
use platform::os::errno::Errno;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{self, IoVec, IoVecMut};
use platform::os::poll::{Until, Waited};

/// A new channel.
pub fn create() -> Ref<layout::QIOChannelNull> {
    let channel = Ref::<layout::QIOChannelNull>::create();
    trace::qio_channel_null_new(channel.as_ptr().into());
    channel
}

/// A transfer moves so many bytes, unless the channel is closed (R-CHAN-103).
fn transfer(null: &Null, bytes: usize) -> Result<Transfer, Error> {
    if null.is_closed() {
        return Err(Error::os(Errno::EINVAL, "The null channel is closed"));
    }
    Ok(Transfer::Done(bytes))
}

/// Finds the end.
pub fn read(null: &Null) -> Result<Transfer, Error> {
    transfer(null, 0)
}

/// Forgets everything, however often the same memory is given: as much as a call can count.
pub fn write(null: &Null, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    transfer(null, iov::total(iov).min(isize::MAX.unsigned_abs()))
}

impl ObjectImpl for QIOChannelNull {}

impl ChannelImpl for QIOChannelNull {
    const ORIGIN: Origin = origin!(c"qio_channel_null");

    fn readv(
        null: &Null,
        _: &[IoVecMut<'_>],
        _: ReceivedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        read(null)
    }

    fn writev(null: &Null, iov: &[IoVec<'_>], _: PassedFds<'_>, _: i32) -> Result<Transfer, Error> {
        write(null, iov)
    }

    fn close(null: &Null) -> Result<(), Error> {
        null.set_closed(true);
        Ok(())
    }

    fn set_blocking(_: &Null, _: bool) -> Result<(), Error> {
        Ok(())
    }

    /// Whatever one asks for is there, even nothing (R-CHAN-104).
    fn create_watch(null: &Null, condition: u32) -> Option<WatchSource> {
        Some(watch::for_memory(null.upcast(), Some(condition)))
    }

    fn wait(_: &Null, condition: u32, until: Until) -> Waited {
        let _ = until;
        Waited::Ready(condition)
    }

    const SEEK: Option<Seek<Self>> = Some(|_, _, _| Ok(0));
    /// No transfer ever has to wait.
    const SET_HANDLERS: Option<SetHandlers<Self>> = Some(|_, _, _| ());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_work_until_the_channel_is_closed() {
        crate::types::initialise();
        let null = create();
        let iov = [IoVec::from_slice(&[0; 7]), IoVec::EMPTY];
        assert_eq!(read(&null).unwrap(), Transfer::Done(0));
        assert_eq!(write(&null, &iov).unwrap(), Transfer::Done(7));
        assert_eq!(write(&null, &[]).unwrap(), Transfer::Done(0));
        null.set_closed(true);
        assert_eq!(read(&null).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(write(&null, &[]).unwrap_err().errno(), Errno::EINVAL);
    }
}
