//! Null channels: at their end from the start, and room for everything.

use crate::object::Ref;
use crate::object::channel_class::Transfer;
use crate::object::null::Null;
use crate::trace;
use abi::layout;
use host::error::Error;
use platform::os::errno::Errno;
use platform::os::iov::{self, IoVec};

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

/// Forgets everything.
pub fn write(null: &Null, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    transfer(null, iov::total(iov))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_work_until_the_channel_is_closed() {
        crate::qom::initialise();
        let null = create();
        let mut bytes = [0; 7];
        let iov = [IoVec::from_mut(&mut bytes), IoVec::EMPTY];
        assert_eq!(read(&null).unwrap(), Transfer::Done(0));
        assert_eq!(write(&null, &iov).unwrap(), Transfer::Done(7));
        assert_eq!(write(&null, &[]).unwrap(), Transfer::Done(0));
        null.set_closed(true);
        assert_eq!(read(&null).unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(write(&null, &[]).unwrap_err().errno(), Errno::EINVAL);
    }
}
