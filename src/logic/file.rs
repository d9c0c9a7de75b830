//! File channels: anything that has a descriptor.

use super::aio::set_fd_handlers;
use super::statistics;
use super::wait;
use super::watch;
use crate::object::channel::Polled;
use crate::object::class::{ChannelImpl, ObjectImpl, Pread, Pwrite, Seek, SetHandlers};
use crate::object::watch::WatchSource;
use abi::layout::QIOChannelFile;
use abi::origin;
use core::ffi::CStr;
use host::error::Origin;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::poll::{Until, Waited};

use host::error::Error;
use platform::os::iov_rest::Remainder;

use crate::object::channel::Feature;
use crate::object::channel_class::Transfer;
use crate::object::file::File;
use crate::object::{Finalizing, Ref};
use abi::{layout, profile};
use platform::os::errno::Errno;
use platform::os::iov::{self, Access, IoVec, IoVecMut};
use platform::os::{fd, file};

const EBADF: Errno = Errno::new(libc::EBADF);
const EAGAIN: Errno = Errno::new(libc::EAGAIN);

/// A channel that owns `fd`, whatever it is (R-CHAN-83).
pub fn adopt(fd: i32) -> Ref<layout::QIOChannelFile> {
    let channel = own(fd);
    trace::qio_channel_file_new_fd(channel.as_ptr().into(), fd);
    channel
}

fn own(fd: i32) -> Ref<layout::QIOChannelFile> {
    let channel = Ref::<layout::QIOChannelFile>::create();
    channel.set_fd(fd);
    if profile::POSITIONED_TRANSFERS && file::seek(fd, 0, libc::SEEK_CUR).is_ok() {
        channel
            .upcast::<layout::QIOChannel>()
            .set_feature(Feature::SEEKABLE);
    }
    channel
}

/// A channel that owns a duplicate of `fd` (R-CHAN-84).
pub fn adopt_duplicate(fd: i32) -> Result<Ref<layout::QIOChannelFile>, Error> {
    let duplicate = fd::duplicate(fd)
        .map_err(|errno| Error::os(errno, format!("Unable to duplicate descriptor {fd}")))?;
    Ok(adopt(duplicate.into_raw()))
}

/// A channel over the file at `path` (R-CHAN-85).
pub fn open(path: &CStr, flags: i32, mode: u32) -> Result<Ref<layout::QIOChannelFile>, Error> {
    let fd = host::file::open(path, flags, mode)?;
    let channel = own(fd);
    let mode = i32::try_from(mode).unwrap_or(-1);
    trace::qio_channel_file_new_path(channel.as_ptr().into(), path, flags, mode, fd);
    Ok(channel)
}

/// The descriptor; a closed channel has none (R-CHAN-9).
#[inline]
fn descriptor(file: &File) -> Result<i32, Errno> {
    opened(file.fd())
}

/// A descriptor that isn't closed.
#[inline]
fn opened(fd: i32) -> Result<i32, Errno> {
    match fd {
        fd @ 0.. => Ok(fd),
        _ => Err(EBADF),
    }
}

#[cold]
fn failed_read(errno: Errno) -> Error {
    statistics::failed(errno);
    Error::os(errno, "Unable to read from file")
}

#[cold]
fn failed_write(errno: Errno) -> Error {
    statistics::failed(errno);
    Error::os(errno, "Unable to write to file")
}

/// One transfer on a descriptor that may be closed; none for an empty request (W-5).
#[inline]
pub(super) fn transfer<A: Access>(
    fd: i32,
    iov: &[IoVec<'_, A>],
    call: impl FnOnce(i32, &[IoVec<'_, A>]) -> Result<usize, Errno>,
) -> Result<Transfer, Errno> {
    let fd = opened(fd)?;
    if iov.iter().all(IoVec::is_empty) {
        return Ok(Transfer::Done(0));
    }
    match call(fd, iov::clamp_to_iov_max(fd, iov)) {
        Ok(bytes) => Ok(Transfer::Done(bytes)),
        Err(EAGAIN) => Ok(Transfer::WouldBlock),
        Err(errno) => Err(errno),
    }
}

/// Reads what there is (R-CHAN-86).
#[inline]
pub fn read(file: &File, iov: &[IoVecMut<'_>]) -> Result<Transfer, Error> {
    transfer(file.fd(), iov, file::readv).map_err(failed_read)
}

/// Writes what fits (R-CHAN-86).
#[inline]
pub fn write(file: &File, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    transfer(file.fd(), iov, file::writev).map_err(failed_write)
}

/// Transfers at a position until everything is done, or the end, since callers take a short count
/// for a failure or don't look at it (R-CHAN-87).
fn transfer_at<A: Access>(
    file: &File,
    iov: &[IoVec<'_, A>],
    offset: i64,
    call: impl Fn(i32, &[IoVec<'_, A>], i64) -> Result<usize, Errno>,
) -> Result<Transfer, Errno> {
    let fd = descriptor(file)?;
    let mut rest = Remainder::new(iov);
    let mut done = 0;
    while !rest.elements().is_empty() {
        let position = i64::try_from(done).ok();
        let Some(position) = position.and_then(|done| offset.checked_add(done)) else {
            return Err(Errno::new(libc::EOVERFLOW));
        };
        match call(fd, iov::clamp_to_iov_max(fd, rest.elements()), position) {
            Ok(0) => break,
            Ok(bytes) => {
                done += bytes;
                rest.advance(bytes);
            }
            Err(EAGAIN) if done == 0 => return Ok(Transfer::WouldBlock),
            Err(EAGAIN) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(Transfer::Done(done))
}

/// Reads at a position.
pub fn read_at(file: &File, iov: &[IoVecMut<'_>], offset: i64) -> Result<Transfer, Error> {
    transfer_at(file, iov, offset, file::preadv).map_err(failed_read)
}

/// Writes at a position.
pub fn write_at(file: &File, iov: &[IoVec<'_>], offset: i64) -> Result<Transfer, Error> {
    transfer_at(file, iov, offset, file::pwritev).map_err(failed_write)
}

/// Moves the position (R-CHAN-88).
pub fn seek(file: &File, offset: i64, whence: i32) -> Result<i64, Error> {
    let moved = descriptor(file).and_then(|fd| file::seek(fd, offset, whence));
    moved.map_err(|errno| {
        let message = format!("Unable to seek in file to offset {offset}, whence {whence}");
        Error::os(errno, message)
    })
}

/// Makes transfers wait or not (R-CHAN-89).
pub fn set_blocking(file: &File, enabled: bool) -> Result<(), Error> {
    let result = descriptor(file).and_then(|fd| fd::set_blocking(fd, enabled));
    result.map_err(|errno| Error::os(errno, "Unable to change the blocking mode of a file"))
}

/// Closes the descriptor. The channel is closed even if that fails (R-CHAN-90, W-24).
pub fn close(file: &File) -> Result<(), Error> {
    let result = match file.take_fd() {
        fd @ 0.. => host::file::close(fd),
        _ => Err(EBADF),
    };
    result.map_err(|errno| Error::os(errno, "Unable to close file"))
}

impl ObjectImpl for QIOChannelFile {
    fn init(file: &File) {
        file.set_fd(-1);
    }

    /// Closes the descriptor if there still is one. A failure reaches no caller.
    fn finalize(file: Finalizing<'_, Self>) {
        if let fd @ 0.. = file.take_fd() {
            let _: Result<(), Errno> = host::file::close(fd);
        }
    }
}

impl ChannelImpl for QIOChannelFile {
    const ORIGIN: Origin = origin!(c"qio_channel_file");

    #[inline]
    fn readv(
        file: &File,
        iov: &[IoVecMut<'_>],
        _: ReceivedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        read(file, iov)
    }

    #[inline]
    fn writev(file: &File, iov: &[IoVec<'_>], _: PassedFds<'_>, _: i32) -> Result<Transfer, Error> {
        write(file, iov)
    }

    fn close(file: &File) -> Result<(), Error> {
        close(file)
    }

    fn set_blocking(file: &File, enabled: bool) -> Result<(), Error> {
        set_blocking(file, enabled)
    }

    fn create_watch(file: &File, condition: u32) -> Option<WatchSource> {
        Some(watch::for_fd(file.upcast(), file.fd(), condition))
    }

    fn polled(file: &File) -> Option<Polled> {
        Some(Polled::One(file.fd()))
    }

    fn wait(file: &File, condition: u32, until: Until) -> Waited {
        wait::for_fd(file.upcast(), file.fd(), condition, until)
    }

    const PREADV: Option<Pread<Self>> = Some(read_at);
    const PWRITEV: Option<Pwrite<Self>> = Some(write_at);
    const SEEK: Option<Seek<Self>> = Some(seek);
    const SET_HANDLERS: Option<SetHandlers<Self>> = Some(|file, places, handlers| {
        set_fd_handlers(file.fd(), file.fd(), places, handlers);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::os::socket;

    fn pair() -> (Ref<layout::QIOChannelFile>, Ref<layout::QIOChannelFile>) {
        crate::types::initialise();
        let (a, b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        (adopt(a.into_raw()), adopt(b.into_raw()))
    }

    fn errno(result: Result<Transfer, Error>) -> i32 {
        result.unwrap_err().errno().code()
    }

    #[test]
    fn bytes_arrive_and_then_the_end() {
        let (a, b) = pair();
        let mut back = [0; 8];
        let sent = write(&a, &[IoVec::from_slice(b"text")]).unwrap();
        assert_eq!(sent, Transfer::Done(4));
        let received = read(&b, &[IoVec::from_mut(&mut back)]).unwrap();
        assert_eq!(received, Transfer::Done(4));
        assert_eq!(&back, b"text\0\0\0\0");
        close(&a).unwrap();
        assert_eq!(a.fd(), -1);
        let received = read(&b, &[IoVec::from_mut(&mut back)]).unwrap();
        assert_eq!(received, Transfer::Done(0));
    }

    #[test]
    fn nothing_to_read_would_block() {
        let (a, _b) = pair();
        let mut back = [0; 8];
        set_blocking(&a, false).unwrap();
        let received = read(&a, &[IoVec::from_mut(&mut back)]).unwrap();
        assert_eq!(received, Transfer::WouldBlock);
        // An empty request is not worth a call.
        assert_eq!(read(&a, &[IoVec::EMPTY]).unwrap(), Transfer::Done(0));
        assert_eq!(read(&a, &[]).unwrap(), Transfer::Done(0));
    }

    #[test]
    fn a_closed_channel_has_no_descriptor() {
        let (a, _b) = pair();
        close(&a).unwrap();
        assert_eq!(errno(read(&a, &[])), libc::EBADF);
        assert_eq!(errno(write_at(&a, &[], 0)), libc::EBADF);
        assert_eq!(close(&a).unwrap_err().errno().code(), libc::EBADF);
        assert_eq!(seek(&a, 0, 0).unwrap_err().errno().code(), libc::EBADF);
    }

    #[test]
    fn positions_do_not_overflow() {
        let (a, _b) = pair();
        let mut bytes = [0; 8];
        let element = [IoVec::from_mut(&mut bytes)];
        let result = transfer_at(&a, &element, i64::MAX - 2, |_, _, _| Ok(4));
        assert_eq!(result.unwrap_err().code(), libc::EOVERFLOW);
        let result = transfer_at(&a, &element, i64::MAX - 4, |_, _, at| {
            if at == i64::MAX { Ok(0) } else { Ok(4) }
        });
        assert_eq!(result, Ok(Transfer::Done(4)));
    }

    #[test]
    fn a_positioned_transfer_goes_on_until_it_would_block() {
        let (a, _b) = pair();
        let mut bytes = [0; 8];
        let element = [IoVec::from_mut(&mut bytes)];
        let left = core::cell::Cell::new(2u8);
        let step = |_: i32, iov: &[IoVecMut<'_>], at: i64| {
            assert_eq!(at, 10 + 3 * (2 - i64::from(left.get())));
            assert_eq!(iov::total(iov), 8 - 3 * (2 - usize::from(left.get())));
            if left.get() == 0 {
                return Err(EAGAIN);
            }
            left.set(left.get() - 1);
            Ok(3)
        };
        let result = transfer_at(&a, &element, 10, step);
        assert_eq!(result, Ok(Transfer::Done(6)));
    }
}
