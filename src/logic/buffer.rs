//! Buffer channels: memory that grows.

use super::wait;
use super::watch;
use crate::object::Finalizing;
use crate::object::buffer::Buffer;
use crate::object::channel_class::Transfer;
use crate::object::class::{ChannelImpl, ObjectImpl, Seek};
use crate::object::watch::WatchSource;
use abi::layout::QIOChannelBuffer;
use abi::origin;
use host::error::Error;
use host::error::Origin;
use platform::glib::condition::{IN, OUT};
use platform::os::errno::Errno;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{self, IoVec, IoVecMut};
use platform::os::poll::{Until, Waited};

const EFBIG: Errno = Errno::new(libc::EFBIG);
const ENOMEM: Errno = Errno::new(libc::ENOMEM);

/// Reads from `offset` on, up to the end of the content (R-CHAN-99).
pub fn read(buffer: &Buffer, iov: &[IoVecMut<'_>]) -> Transfer {
    let offset = buffer.offset();
    let bytes = buffer.copy_out(offset, buffer.usage(), iov);
    buffer.set_offset(offset + bytes);
    Transfer::Done(bytes)
}

/// Writes everything at `offset`; a gap before it becomes zeros (R-CHAN-100, W-28).
pub fn write(buffer: &Buffer, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    let bytes = iov::total(iov);
    // Nothing to store leaves no gap behind, as in files.
    if bytes == 0 {
        return Ok(Transfer::Done(0));
    }
    let offset = buffer.offset();
    let end = offset.checked_add(bytes);
    let Some(end) = end.filter(|&end| isize::try_from(end).is_ok()) else {
        return Err(failed_write(EFBIG, bytes, offset));
    };
    if !reserve(buffer, end) {
        return Err(failed_write(ENOMEM, bytes, offset));
    }
    let usage = buffer.usage();
    if usage < offset {
        buffer.zero(usage, offset);
    }
    buffer.copy_in(offset, iov);
    buffer.set_offset(end);
    buffer.set_usage(usage.max(end));
    Ok(Transfer::Done(bytes))
}

#[cold]
fn failed_write(errno: Errno, bytes: usize, offset: usize) -> Error {
    let message = format!("Unable to write {bytes} bytes to buffer at offset {offset}");
    Error::os(errno, message)
}

/// Makes room for so many bytes. Growing by a factor makes any number of appends linear.
fn reserve(buffer: &Buffer, bytes: usize) -> bool {
    let capacity = buffer.capacity();
    if bytes <= capacity {
        return true;
    }
    buffer.enlarge(bytes.max(capacity.saturating_mul(2))) || buffer.enlarge(bytes)
}

/// Moves the position, also beyond the content (R-CHAN-101).
pub fn seek(buffer: &Buffer, offset: i64, whence: i32) -> Result<i64, Error> {
    let base = match whence {
        libc::SEEK_SET => Some(0),
        libc::SEEK_CUR => i64::try_from(buffer.offset()).ok(),
        libc::SEEK_END => i64::try_from(buffer.usage()).ok(),
        _ => return Err(failed_seek(Errno::EINVAL, offset, whence)),
    };
    let Some(position) = base.and_then(|base| base.checked_add(offset)) else {
        return Err(failed_seek(Errno::new(libc::EOVERFLOW), offset, whence));
    };
    let Ok(target) = usize::try_from(position) else {
        return Err(failed_seek(Errno::EINVAL, offset, whence));
    };
    buffer.set_offset(target);
    Ok(position)
}

#[cold]
fn failed_seek(errno: Errno, offset: i64, whence: i32) -> Error {
    let message = format!("Unable to seek in buffer to offset {offset}, whence {whence}");
    Error::os(errno, message)
}

impl ObjectImpl for QIOChannelBuffer {
    fn finalize(buffer: Finalizing<'_, Self>) {
        buffer.release();
    }
}

impl ChannelImpl for QIOChannelBuffer {
    const ORIGIN: Origin = origin!(c"qio_channel_buffer");

    fn readv(
        buffer: &Buffer,
        iov: &[IoVecMut<'_>],
        _: ReceivedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        Ok(read(buffer, iov))
    }

    fn writev(
        buffer: &Buffer,
        iov: &[IoVec<'_>],
        _: PassedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        write(buffer, iov)
    }

    fn close(buffer: &Buffer) -> Result<(), Error> {
        buffer.release();
        Ok(())
    }

    fn set_blocking(_: &Buffer, _: bool) -> Result<(), Error> {
        Ok(())
    }

    /// Nothing else ever happens to memory, so one for nothing else never fires (R-CHAN-102, R-CHAN-58).
    fn create_watch(buffer: &Buffer, condition: u32) -> Option<WatchSource> {
        let condition = Some(condition & (IN | OUT)).filter(|&condition| condition != 0);
        Some(watch::for_memory(buffer.upcast(), condition))
    }

    fn wait(_: &Buffer, condition: u32, until: Until) -> Waited {
        wait::for_memory(condition & (IN | OUT), until)
    }

    const SEEK: Option<Seek<Self>> = Some(seek);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Ref;
    use abi::layout;

    fn buffer(capacity: usize) -> Ref<layout::QIOChannelBuffer> {
        crate::types::initialise();
        Buffer::create(capacity)
    }

    fn put(buffer: &Buffer, text: &str) {
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        let iov = [
            IoVec::from_slice(first),
            IoVec::EMPTY,
            IoVec::from_slice(second),
        ];
        assert_eq!(write(buffer, &iov).unwrap(), Transfer::Done(text.len()));
    }

    fn content(buffer: &Buffer) -> Vec<u8> {
        let mut bytes = vec![0xff; buffer.usage()];
        let copied = buffer.copy_out(0, buffer.usage(), &[IoVec::from_mut(&mut bytes)]);
        assert_eq!(copied, bytes.len());
        bytes
    }

    #[test]
    fn what_was_written_is_read() {
        let buffer = buffer(0);
        put(&buffer, "first ");
        put(&buffer, "second");
        assert_eq!((buffer.usage(), buffer.offset()), (12, 12));
        assert_eq!(seek(&buffer, 1, libc::SEEK_SET).unwrap(), 1);
        let (mut a, mut b) = ([0; 4], [0; 20]);
        let iov = [IoVec::from_mut(&mut a), IoVec::from_mut(&mut b)];
        assert_eq!(read(&buffer, &iov), Transfer::Done(11));
        assert_eq!(&a, b"irst");
        assert_eq!(&b[..8], b" second\0");
        assert_eq!(buffer.offset(), 12);
        let iov = [IoVec::from_mut(&mut a)];
        assert_eq!(read(&buffer, &iov), Transfer::Done(0));
    }

    #[test]
    fn a_write_overwrites_in_place_or_leaves_zeros() {
        let buffer = buffer(4);
        put(&buffer, "0123456789");
        seek(&buffer, 3, libc::SEEK_SET).unwrap();
        put(&buffer, "ab");
        assert_eq!(content(&buffer), b"012ab56789");
        seek(&buffer, 3, libc::SEEK_END).unwrap();
        put(&buffer, "end");
        assert_eq!(content(&buffer), b"012ab56789\0\0\0end");
    }

    #[test]
    fn a_gap_is_zeroed_where_there_was_room() {
        let buffer = buffer(64);
        put(&buffer, "garbage garbage");
        buffer.set_usage(2);
        buffer.set_offset(5);
        put(&buffer, "x");
        assert_eq!(content(&buffer), b"ga\0\0\0x");
    }

    #[test]
    fn an_empty_write_changes_nothing() {
        let buffer = buffer(0);
        buffer.set_offset(100);
        assert_eq!(write(&buffer, &[IoVec::EMPTY]).unwrap(), Transfer::Done(0));
        assert_eq!((buffer.usage(), buffer.capacity()), (0, 0));
    }

    #[test]
    fn positions_do_not_overflow() {
        let buffer = buffer(0);
        put(&buffer, "text");
        let mut byte = [0; 8];
        let iov = [IoVec::from_mut(&mut byte)];
        let out = [IoVec::from_slice(&[0; 8])];
        for offset in [usize::MAX, usize::MAX - 7, isize::MAX.unsigned_abs()] {
            buffer.set_offset(offset);
            assert_eq!(write(&buffer, &out).unwrap_err().errno(), EFBIG);
            assert_eq!(read(&buffer, &iov), Transfer::Done(0));
            assert_eq!(buffer.offset(), offset);
        }
        buffer.set_offset(isize::MAX.unsigned_abs() - 8);
        assert_eq!(write(&buffer, &out).unwrap_err().errno(), ENOMEM);
        assert_eq!(content(&buffer), b"text");
    }

    #[test]
    fn seeking_minds_whence() {
        let buffer = buffer(0);
        put(&buffer, "0123456789");
        assert_eq!(seek(&buffer, -3, libc::SEEK_CUR).unwrap(), 7);
        assert_eq!(seek(&buffer, -1, libc::SEEK_END).unwrap(), 9);
        assert_eq!(seek(&buffer, 50, libc::SEEK_SET).unwrap(), 50);
        for (offset, whence, errno) in [
            (-1, libc::SEEK_SET, libc::EINVAL),
            (-51, libc::SEEK_CUR, libc::EINVAL),
            (-11, libc::SEEK_END, libc::EINVAL),
            (0, 17, libc::EINVAL),
            (i64::MAX, libc::SEEK_CUR, libc::EOVERFLOW),
        ] {
            let error = seek(&buffer, offset, whence).unwrap_err();
            assert_eq!(error.errno().code(), errno, "{offset} {whence}");
            assert_eq!(buffer.offset(), 50);
        }
    }

    #[test]
    fn usage_beyond_the_memory_is_not_followed() {
        let buffer = buffer(4);
        buffer.set_usage(1000);
        let mut bytes = [1; 8];
        let iov = [IoVec::from_mut(&mut bytes)];
        assert_eq!(read(&buffer, &iov), Transfer::Done(4));
    }

    #[test]
    fn appending_allocates_seldom() {
        let buffer = buffer(0);
        let mut enlargements = 0;
        for _ in 0..10_000 {
            let before = buffer.capacity();
            put(&buffer, "x");
            enlargements += u32::from(buffer.capacity() != before);
        }
        assert!(enlargements < 20, "{enlargements}");
        buffer.release();
        assert_eq!(
            (buffer.capacity(), buffer.usage(), buffer.offset()),
            (0, 0, 0)
        );
        put(&buffer, "again");
        assert_eq!(content(&buffer), b"again");
    }
}
