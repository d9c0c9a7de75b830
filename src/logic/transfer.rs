//! Reading and writing: the checks before a class method is called, and the calls that go on until
//! everything is transferred.
//!
//! The common way, one call that does it all, is inlined into each exported function.

use super::wait;
use crate::object::channel::{Channel, Feature};
use crate::object::channel_class::Transfer;
use abi::layout::QIO_CHANNEL_WRITE_FLAG_ZERO_COPY;
use host::error::Error;
use platform::glib::condition::{IN, OUT};
use platform::os::errno::Errno;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{Access, IoVec, IoVecMut};
use platform::os::iov_rest::Remainder;

/// Whether what is read stays to be read again (MSG_PEEK).
#[inline]
pub fn peeks(flags: i32) -> bool {
    #[cfg(readv_flags)]
    return flags & abi::layout::QIO_CHANNEL_READ_FLAG_MSG_PEEK != 0;
    #[cfg(not(readv_flags))]
    {
        let _ = flags;
        false
    }
}

/// The error of a request that the channel cannot serve.
#[cold]
fn unsupported(message: &str) -> Error {
    Error::os(Errno::new(libc::EINVAL), message)
}

/// Reads what there is, with one call of the class (R-CHAN-19).
#[inline]
pub fn readv_full(
    channel: &Channel,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
    flags: i32,
) -> Result<Transfer, Error> {
    check_read(channel, fds, flags)?;
    channel.io_readv(iov, fds, flags)
}

/// Whether the channel can do what a read asks of it; if not, the error says what that is (R-CHAN-106).
#[inline(always)]
fn check_read(channel: &Channel, fds: ReceivedFds<'_>, flags: i32) -> Result<(), Error> {
    let problem = if fds.is_given() && !channel.has_feature(Feature::FD_PASS) {
        "The channel cannot receive descriptors"
    } else if peeks(flags) && !channel.has_feature(Feature::READ_MSG_PEEK) {
        "The channel cannot peek at data"
    } else {
        return Ok(());
    };
    Err(unsupported(problem))
}

/// Writes what fits, with one call of the class (R-CHAN-20).
#[inline]
pub fn writev_full(
    channel: &Channel,
    iov: &[IoVec<'_>],
    fds: PassedFds<'_>,
    flags: i32,
) -> Result<Transfer, Error> {
    check_write(channel, fds, flags)?;
    channel.io_writev(iov, fds, flags)
}

/// The same of a write.
#[inline(always)]
fn check_write(channel: &Channel, fds: PassedFds<'_>, flags: i32) -> Result<(), Error> {
    let zero_copy = flags & QIO_CHANNEL_WRITE_FLAG_ZERO_COPY != 0;
    let problem = if fds.is_given() && !channel.has_feature(Feature::FD_PASS) {
        "The channel cannot send descriptors"
    } else if fds.is_given() && zero_copy {
        "Descriptors cannot be sent with zero copy"
    } else if zero_copy && !channel.has_feature(Feature::WRITE_ZERO_COPY) {
        "The channel cannot write with zero copy"
    } else {
        return Ok(());
    };
    Err(unsupported(problem))
}

/// What a reading call that goes on until everything is read has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// Everything was read.
    All,
    /// The end, before any byte.
    Nothing,
}

/// The size of a request.
pub(super) struct Size {
    pub(super) total: usize,
    /// Some elements are empty: classes must not see them (R-CHAN-25).
    has_empty: bool,
}

impl Size {
    #[inline]
    pub(super) fn of<A: Access>(iov: &[IoVec<'_, A>]) -> Self {
        let (mut total, mut has_empty) = (0usize, false);
        for element in iov {
            total = total.saturating_add(element.len());
            has_empty |= element.is_empty();
        }
        Self { total, has_empty }
    }
}

/// Calls `step` until everything is transferred, after the first `done` bytes. False as soon as it
/// transfers nothing.
///
/// `step` gets what is left, all of it: a class that sends messages must not see a part (W-3), and
/// those with a limit take what they can.
pub(super) fn complete<A: Access>(
    iov: &[IoVec<'_, A>],
    done: usize,
    mut step: impl FnMut(&[IoVec<'_, A>]) -> Result<usize, Error>,
) -> Result<bool, Error> {
    let mut rest = Remainder::new(iov);
    rest.advance(done);
    while !rest.elements().is_empty() {
        match step(rest.elements())? {
            0 => return Ok(false),
            bytes => rest.advance(bytes),
        }
    }
    Ok(true)
}

/// Reads until everything is there; an end before any byte is no error (R-CHAN-23, R-CHAN-24, R-CHAN-25).
#[inline(always)]
pub fn readv_full_all_eof(
    channel: &Channel,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
    flags: i32,
) -> Result<Read, Error> {
    fds.clear();
    let result = read_all(channel, iov, fds, flags);
    if result.is_err() && fds.is_given() {
        fds.close();
    }
    result
}

#[inline(always)]
fn read_all(
    channel: &Channel,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
    flags: i32,
) -> Result<Read, Error> {
    let size = Size::of(iov);
    if size.total == 0 && !fds.has_array() {
        return Ok(Read::All);
    }
    check_read(channel, fds, flags)?;
    if size.total == 0 {
        return Reader::new(channel, fds, flags).read_descriptors();
    }
    let first = if size.has_empty {
        None
    } else {
        match channel.io_readv(iov, fds, flags) {
            // As it most often does.
            Ok(Transfer::Done(bytes)) if bytes >= size.total => return Ok(Read::All),
            first => Some(first),
        }
    };
    Ok(if read_rest(channel, iov, fds, flags, first)? {
        Read::All
    } else {
        Read::Nothing
    })
}

/// Goes on after the first call, if it has been made: the common request is done with that, on the
/// caller's own array (W-1). False for the end, before any byte.
#[cold]
#[inline(never)]
fn read_rest(
    channel: &Channel,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
    flags: i32,
    first: Option<Result<Transfer, Error>>,
) -> Result<bool, Error> {
    let mut reader = Reader::new(channel, fds, flags);
    let done = match first {
        None => 0,
        Some(returned) => match reader.read(iov, Some(returned))? {
            0 => return reader.ended(),
            bytes => bytes,
        },
    };
    if complete(iov, done, |iov| reader.read(iov, None))? {
        return Ok(true);
    }
    reader.ended()
}

/// There is an end, but not of what was requested (R-CHAN-106).
#[cold]
pub(super) fn ended_early() -> Error {
    Error::new("The data ended before all that was requested had been read")
}

struct Reader<'r> {
    channel: &'r Channel,
    /// Where the first successful read stores descriptors; later ones discard them (R-CHAN-26).
    fds: ReceivedFds<'r>,
    flags: i32,
    /// Something has come, so that the end would be early.
    has_read: bool,
}

impl<'r> Reader<'r> {
    fn new(channel: &'r Channel, fds: ReceivedFds<'r>, flags: i32) -> Self {
        Self {
            channel,
            fds,
            flags,
            has_read: false,
        }
    }

    /// What the end of the data means.
    fn ended(&self) -> Result<bool, Error> {
        if self.has_read {
            return Err(ended_early());
        }
        Ok(false)
    }

    /// Reads once, however long it takes until there is something, unless a call has been made
    /// already. 0 is the end.
    fn read(
        &mut self,
        iov: &[IoVecMut<'_>],
        mut made: Option<Result<Transfer, Error>>,
    ) -> Result<usize, Error> {
        loop {
            let result = self.call(iov, made.take())?;
            // Descriptors without bytes aren't the end (R-CHAN-27).
            let only_descriptors = result == 0 && self.fds.any();
            self.fds = ReceivedFds::NONE;
            self.has_read |= result != 0 || only_descriptors;
            if !only_descriptors {
                return Ok(result);
            }
        }
    }

    /// Reads descriptors and no bytes (R-CHAN-28).
    fn read_descriptors(&self) -> Result<Read, Error> {
        self.call(&[], None)?;
        Ok(if self.fds.any() {
            Read::All
        } else {
            Read::Nothing
        })
    }

    fn call(
        &self,
        iov: &[IoVecMut<'_>],
        mut made: Option<Result<Transfer, Error>>,
    ) -> Result<usize, Error> {
        loop {
            let returned = made
                .take()
                .unwrap_or_else(|| self.channel.io_readv(iov, self.fds, self.flags));
            match returned? {
                Transfer::Done(bytes) => return Ok(bytes),
                Transfer::WouldBlock => wait::for_transfer(self.channel, IN),
            }
        }
    }
}

/// Reads until everything is there (R-CHAN-23, R-CHAN-24, R-CHAN-25).
#[inline(always)]
pub fn readv_full_all(
    channel: &Channel,
    iov: &[IoVecMut<'_>],
    fds: ReceivedFds<'_>,
) -> Result<(), Error> {
    match readv_full_all_eof(channel, iov, fds, 0)? {
        Read::All => Ok(()),
        Read::Nothing => Err(ended_early()),
    }
}

/// Writes until everything is written (R-CHAN-23, R-CHAN-24, R-CHAN-25, R-CHAN-29).
#[inline(always)]
pub fn writev_full_all(
    channel: &Channel,
    iov: &[IoVec<'_>],
    fds: PassedFds<'_>,
    flags: i32,
) -> Result<(), Error> {
    let size = Size::of(iov);
    if size.total == 0 {
        return Ok(());
    }
    check_write(channel, fds, flags)?;
    let first = if size.has_empty {
        None
    } else {
        match channel.io_writev(iov, fds, flags) {
            Ok(Transfer::Done(bytes)) if bytes >= size.total => return Ok(()),
            first => Some(first),
        }
    };
    write_rest(channel, iov, fds, flags, first)
}

/// Goes on after the first call, if it has been made, as [`read_rest`] does.
#[cold]
#[inline(never)]
fn write_rest(
    channel: &Channel,
    iov: &[IoVec<'_>],
    fds: PassedFds<'_>,
    flags: i32,
    first: Option<Result<Transfer, Error>>,
) -> Result<(), Error> {
    let mut writer = Writer {
        channel,
        fds,
        flags,
    };
    let (is_made, mut done) = (first.is_some(), 0);
    if is_made {
        done = writer.write(iov, first)?;
    }
    if (done != 0 || !is_made) && complete(iov, done, |iov| writer.write(iov, None))? {
        return Ok(());
    }
    Err(Error::new("The channel accepts no more data"))
}

struct Writer<'w> {
    channel: &'w Channel,
    /// The descriptors that go with the first successful write.
    fds: PassedFds<'w>,
    flags: i32,
}

impl Writer<'_> {
    /// Writes something. A class that writes nothing once may have had its reasons; twice is for
    /// ever (W-4).
    fn write(
        &mut self,
        iov: &[IoVec<'_>],
        made: Option<Result<Transfer, Error>>,
    ) -> Result<usize, Error> {
        match self.call(iov, made)? {
            0 => self.call(iov, None),
            bytes => Ok(bytes),
        }
    }

    fn call(
        &mut self,
        iov: &[IoVec<'_>],
        mut made: Option<Result<Transfer, Error>>,
    ) -> Result<usize, Error> {
        loop {
            let returned = made
                .take()
                .unwrap_or_else(|| self.channel.io_writev(iov, self.fds, self.flags));
            match returned? {
                Transfer::Done(bytes) => {
                    self.fds = PassedFds::NONE;
                    return Ok(bytes);
                }
                Transfer::WouldBlock => wait::for_transfer(self.channel, OUT),
            }
        }
    }
}

/// Reads at a position, with one call of the class (R-CHAN-33).
pub fn preadv(channel: &Channel, iov: &[IoVecMut<'_>], offset: i64) -> Result<Transfer, Error> {
    let Some(method) = channel.preadv_method() else {
        return Err(Error::new("The channel cannot read at a position (preadv)"));
    };
    if !channel.has_feature(Feature::SEEKABLE) {
        return Err(unsupported(
            "The channel has no positions to read at (preadv)",
        ));
    }
    method.call(iov, offset)
}

/// Writes at a position, with one call of the class (R-CHAN-33).
pub fn pwritev(channel: &Channel, iov: &[IoVec<'_>], offset: i64) -> Result<Transfer, Error> {
    let Some(method) = channel.pwritev_method() else {
        return Err(Error::new(
            "The channel cannot write at a position (pwritev)",
        ));
    };
    if !channel.has_feature(Feature::SEEKABLE) {
        return Err(unsupported(
            "The channel has no positions to write at (pwritev)",
        ));
    }
    method.call(iov, offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::{control, file};
    use crate::object::Ref;
    use abi::layout::QIOChannel;
    use platform::os::socket;

    fn pair() -> (Ref<QIOChannel>, Ref<QIOChannel>) {
        crate::types::initialise();
        let (a, b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let (a, b) = (file::adopt(a.into_raw()), file::adopt(b.into_raw()));
        (a.into_upcast(), b.into_upcast())
    }

    fn read(channel: &Channel, buffer: &mut [u8]) -> Result<Read, Error> {
        readv_full_all_eof(channel, &[IoVec::from_mut(buffer)], ReceivedFds::NONE, 0)
    }

    fn write(channel: &Channel, buffer: &[u8]) -> Result<(), Error> {
        writev_full_all(channel, &[IoVec::from_slice(buffer)], PassedFds::NONE, 0)
    }

    #[test]
    fn everything_arrives_whether_the_channel_waits_or_not() {
        for blocking in [true, false] {
            let (a, b) = pair();
            control::set_blocking(&a, blocking).unwrap();
            control::set_blocking(&b, blocking).unwrap();
            let sent: Vec<u8> = (0..2_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
            let copy = sent.clone();
            let writer = std::thread::spawn(move || write(&a, &copy));
            let mut received = vec![0; sent.len()];
            assert_eq!(read(&b, &mut received).unwrap(), Read::All);
            assert!(received == sent);
            writer.join().unwrap().unwrap();
            // The writer's channel has gone with its thread.
            assert_eq!(read(&b, &mut received).unwrap(), Read::Nothing);
        }
    }

    #[test]
    fn an_early_end_is_an_error() {
        let (a, b) = pair();
        write(&a, &[1, 2, 3]).unwrap();
        drop(a);
        let error = read(&b, &mut [0; 4]).unwrap_err();
        assert!(error.to_string().ends_with("had been read"));
        assert_eq!(read(&b, &mut [0; 4]).unwrap(), Read::Nothing);
    }

    #[test]
    fn what_the_channel_cannot_do_is_refused() {
        let (a, _b) = pair();
        let flags = QIO_CHANNEL_WRITE_FLAG_ZERO_COPY;
        let error = writev_full(&a, &[], PassedFds::NONE, flags).unwrap_err();
        assert_eq!(error.errno().code(), libc::EINVAL);
        #[cfg(readv_flags)]
        {
            let flags = abi::layout::QIO_CHANNEL_READ_FLAG_MSG_PEEK;
            let error = readv_full(&a, &[], ReceivedFds::NONE, flags).unwrap_err();
            assert_eq!(error.errno().code(), libc::EINVAL);
        }
    }

    #[test]
    fn a_failed_write_tells_why() {
        let (a, b) = pair();
        control::close(&a).unwrap();
        drop(b);
        let error = write(&a, &[1]).unwrap_err();
        assert_eq!(error.errno().code(), libc::EBADF);
    }
}
