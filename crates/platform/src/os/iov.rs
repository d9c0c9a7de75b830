//! Memory of C callers that a transfer reads or fills: `struct iovec`.

use core::ffi::c_void;
use core::marker::PhantomData;

use libc::{c_int, iovec, socklen_t};

/// Elements that the kernel takes in one call.
pub const IOV_MAX: usize = 1024;

/// What may be done with memory.
pub trait Access: Copy + sealed::Sealed {}

/// The memory is read: it is written to a descriptor, or copied from.
#[derive(Clone, Copy, Debug)]
pub enum Readable {}

/// The memory is filled. What was in it before has no value.
#[derive(Clone, Copy, Debug)]
pub enum Writable {}

impl Access for Readable {}
impl Access for Writable {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Readable {}
    impl Sealed for super::Writable {}
}

/// One element of a scatter/gather list: memory that is valid for `'a`, to read from or to fill.
///
/// It is never looked at as a slice. The base may be NULL if the length is 0 (R-CHAN-15), and other
/// threads may look at the memory while the kernel does.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct IoVec<'a, A: Access = Readable>(iovec, PhantomData<(&'a [u8], A)>);

/// An element to fill.
pub type IoVecMut<'a> = IoVec<'a, Writable>;

impl<'a> IoVec<'a, Readable> {
    /// The memory at `base`, to read from.
    ///
    /// # Safety
    /// `len` bytes at `base` are readable for `'a`.
    pub const unsafe fn from_raw(base: *const c_void, len: usize) -> Self {
        Self::new(base.cast_mut(), len)
    }

    /// Bytes to read.
    pub const fn from_slice(bytes: &'a [u8]) -> Self {
        Self::new(bytes.as_ptr().cast_mut().cast::<c_void>(), bytes.len())
    }

    /// The address, to copy from.
    pub const fn base(&self) -> *const c_void {
        self.0.iov_base
    }
}

impl<'a> IoVec<'a, Writable> {
    /// The memory at `base`, to fill.
    ///
    /// # Safety
    /// `len` bytes at `base` are writable for `'a`.
    pub const unsafe fn from_raw_mut(base: *mut c_void, len: usize) -> Self {
        Self::new(base, len)
    }

    /// A buffer to fill.
    pub const fn from_mut(buffer: &'a mut [u8]) -> Self {
        Self::new(buffer.as_mut_ptr().cast::<c_void>(), buffer.len())
    }

    /// The address, to copy to.
    pub const fn base(&self) -> *mut c_void {
        self.0.iov_base
    }
}

#[cfg(test)]
impl<'a> IoVec<'a, Writable> {
    /// The same memory, to send what a test has put there.
    pub(super) const fn filled(self) -> IoVec<'a> {
        IoVec::new(self.0.iov_base, self.0.iov_len)
    }
}

impl<'a, A: Access> IoVec<'a, A> {
    /// No memory.
    pub const EMPTY: Self = Self::new(core::ptr::null_mut(), 0);

    const fn new(base: *mut c_void, len: usize) -> Self {
        let element = iovec {
            iov_base: base,
            iov_len: len,
        };
        Self(element, PhantomData)
    }

    /// The elements of a C array, which is only read.
    ///
    /// # Safety
    /// `iov` points to `niov` elements, or `niov` is 0; they and the memory they describe are valid
    /// for `'a`, the memory to read from or to fill.
    pub const unsafe fn array(iov: *const iovec, niov: usize) -> &'a [Self] {
        if niov == 0 {
            return &[];
        }
        // SAFETY: `IoVec` is transparent over `iovec`; the array is valid as promised.
        unsafe { core::slice::from_raw_parts(iov.cast::<Self>(), niov) }
    }

    /// Bytes.
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.iov_len
    }

    /// Whether there is nothing to transfer.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.iov_len == 0
    }

    /// The number of the address, for traces and tests.
    pub fn addr(&self) -> usize {
        self.0.iov_base.addr()
    }

    /// The memory without its first `bytes`; none is left if there are no more.
    pub const fn skip(self, bytes: usize) -> Self {
        if bytes >= self.len() {
            return Self::EMPTY;
        }
        // The base isn't followed: whether it is dereferenceable, the kernel finds out.
        Self::new(self.0.iov_base.wrapping_byte_add(bytes), self.len() - bytes)
    }

    /// The first `bytes` of the memory; all of it if there are no more.
    pub const fn take(self, bytes: usize) -> Self {
        if bytes >= self.len() {
            return self;
        }
        Self::new(self.0.iov_base, bytes)
    }
}

/// The array, for C.
#[inline]
pub const fn as_ptr<A: Access>(iov: &[IoVec<'_, A>]) -> *const iovec {
    // `IoVec` is transparent over `iovec`.
    iov.as_ptr().cast::<iovec>()
}

/// How far a transfer into or out of the caller's memory has come.
#[derive(Clone, Copy)]
pub struct Cursor<'i, 'a, A: Access = Readable> {
    iov: &'i [IoVec<'a, A>],
    /// Bytes of the first element that are done.
    done: usize,
}

impl<'i, 'a, A: Access> Cursor<'i, 'a, A> {
    /// At the beginning.
    pub const fn new(iov: &'i [IoVec<'a, A>]) -> Self {
        Self { iov, done: 0 }
    }

    /// The next piece: at most `most` bytes, none only at the end.
    #[inline]
    pub fn piece(&mut self, most: usize) -> Option<IoVec<'a, A>> {
        while let Some((first, rest)) = self.iov.split_first() {
            let piece = first.skip(self.done);
            if piece.len() > most {
                self.done += most;
                return Some(piece.take(most));
            }
            self.iov = rest;
            self.done = 0;
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }

    /// What is left of the first element that isn't done; an empty piece at the end.
    #[inline]
    pub fn element(&mut self) -> IoVec<'a, A> {
        while let Some((first, rest)) = self.iov.split_first() {
            let piece = first.skip(self.done);
            if !piece.is_empty() {
                return piece;
            }
            self.iov = rest;
            self.done = 0;
        }
        IoVec::EMPTY
    }

    /// Leaves out what is left of the first element.
    #[inline]
    pub fn end_element(&mut self) {
        self.iov = self.iov.get(1..).unwrap_or_default();
        self.done = 0;
    }

    /// Elements that are left.
    pub const fn elements(&self) -> usize {
        self.iov.len()
    }

    /// Whether all elements are done.
    pub fn is_at_end(&self) -> bool {
        self.iov
            .iter()
            .enumerate()
            .all(|(at, element)| element.len() == if at == 0 { self.done } else { 0 })
    }

    /// Leaves out so many bytes; how many there were.
    #[inline]
    pub fn advance(&mut self, bytes: usize) -> usize {
        let mut left = bytes;
        while left > 0 {
            let Some(piece) = self.piece(left) else { break };
            left -= piece.len();
        }
        bytes - left
    }
}

impl Cursor<'_, '_, Writable> {
    /// Copies bytes to the caller's memory; how many there was room for.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let mut copied = 0;
        while let Some(left) = bytes.get(copied..).filter(|left| !left.is_empty()) {
            let Some(piece) = self.piece(left.len()) else {
                break;
            };
            // SAFETY: the piece has no more bytes than are left; it is writable, as who made it
            // promised. `bytes` may be the caller's too, so they may overlap.
            unsafe { core::ptr::copy(left.as_ptr(), piece.base().cast::<u8>(), piece.len()) };
            copied += piece.len();
        }
        copied
    }

    /// As [`Cursor::put`], each byte changed by the one of `mask` that it falls to.
    pub fn put_masked(&mut self, bytes: &[u8], mut mask: [u8; 4]) -> usize {
        let mut copied = 0;
        while let Some(left) = bytes.get(copied..).filter(|left| !left.is_empty()) {
            let Some(piece) = self.piece(left.len()) else {
                break;
            };
            let (part, target) = (&left[..piece.len()], piece.base().cast::<u8>());
            // SAFETY: the piece has as many bytes as the part, and is writable, as who made it
            // promised. Nobody writes to what `bytes` borrows.
            unsafe { copy_masked(target, part, mask) };
            mask.rotate_left(part.len() % 4);
            copied += part.len();
        }
        copied
    }
}

impl Cursor<'_, '_> {
    /// Appends at most `most` of the caller's bytes.
    pub fn append_to(&mut self, bytes: &mut Vec<u8>, most: usize) {
        let mut left = most;
        while left > 0 {
            let Some(piece) = self.piece(left) else { break };
            let at = bytes.len();
            bytes.resize(at + piece.len(), 0);
            let target = bytes[at..].as_mut_ptr();
            // SAFETY: the vector was made long enough; the piece is readable, as who made it
            // promised, and not in the vector's memory, which nobody else has.
            unsafe {
                core::ptr::copy_nonoverlapping(piece.base().cast::<u8>(), target, piece.len());
            }
            left -= piece.len();
        }
    }
}

/// Copies `bytes` to `target`, each changed by the one of `mask` that it falls to.
///
/// # Safety
/// `target` has room for them, outside of `bytes`.
#[inline]
unsafe fn copy_masked(target: *mut u8, bytes: &[u8], mask: [u8; 4]) {
    let key = u64::from(u32::from_ne_bytes(mask)) * 0x1_0000_0001;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let changed = u64::from_ne_bytes(*word) ^ key;
        let to = target.wrapping_add(at * 8).cast::<u64>();
        // SAFETY: as many bytes as `word` has, at the same place.
        unsafe { to.write_unaligned(changed) };
    }
    let behind = target.wrapping_add(words.len() * 8);
    for (at, (byte, mask)) in rest.iter().zip(key.to_ne_bytes()).enumerate() {
        // SAFETY: as above.
        unsafe { behind.wrapping_add(at).write(byte ^ mask) };
    }
}

/// Sum of the lengths; more than the address space holds counts as all of it.
pub fn total<A: Access>(iov: &[IoVec<'_, A>]) -> usize {
    iov.iter().fold(0, |total: usize, element| {
        total.saturating_add(element.len())
    })
}

/// The part of `iov` that goes into one transfer on `fd`.
///
/// A stream takes the first [`IOV_MAX`] elements: a short transfer is legal (R-CHAN-32). Where
/// one call is one message it must not be split, and the kernel refuses it (W-3).
pub fn clamp_to_iov_max<'i, 'a, A: Access>(
    fd: c_int,
    iov: &'i [IoVec<'a, A>],
) -> &'i [IoVec<'a, A>] {
    match iov.get(..IOV_MAX) {
        Some(first) if iov.len() > IOV_MAX && !is_message_oriented(fd) => first,
        _ => iov,
    }
}

/// Whether `fd` is a socket that sends and receives messages, not a stream.
pub fn is_message_oriented(fd: c_int) -> bool {
    let mut kind: c_int = 0;
    #[expect(clippy::cast_possible_truncation, reason = "it is 4")]
    let mut size = size_of::<c_int>() as socklen_t;
    // SAFETY: `kind` has room for `size` bytes.
    let result = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_TYPE,
            (&raw mut kind).cast::<c_void>(),
            &raw mut size,
        )
    };
    result == 0 && kind != libc::SOCK_STREAM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_stops_at_the_end() {
        let bytes = [1, 2, 3, 4];
        let base = bytes.as_ptr().addr();
        let element = IoVec::from_slice(&bytes);
        assert_eq!(element.skip(0).len(), 4);
        assert_eq!(element.skip(3).len(), 1);
        assert_eq!(element.skip(3).addr(), base + 3);
        assert!(element.skip(4).is_empty());
        assert!(element.skip(usize::MAX).is_empty());
    }

    #[test]
    fn an_array_of_no_elements_may_be_null() {
        // SAFETY: no elements.
        assert!(unsafe { IoVecMut::array(core::ptr::null(), 0) }.is_empty());
    }

    #[test]
    fn a_cursor_stops_at_each_element_that_is_not_empty() {
        let (a, b) = ([1u8, 2, 3], [4u8, 5]);
        let iov = [
            IoVec::EMPTY,
            IoVec::from_slice(&a),
            IoVec::EMPTY,
            IoVec::from_slice(&b),
            IoVec::EMPTY,
        ];
        let mut cursor = Cursor::new(&iov);
        assert_eq!(cursor.element().addr(), iov[1].addr());
        assert_eq!(cursor.advance(2), 2);
        assert_eq!(cursor.element().len(), 1);
        let mut copy = cursor;
        let mut bytes = Vec::new();
        copy.append_to(&mut bytes, 2);
        assert_eq!(bytes, [3, 4]);
        assert_eq!(cursor.advance(1), 1);
        assert_eq!(cursor.element().addr(), iov[3].addr());
        assert!(!cursor.is_at_end());
        assert_eq!(cursor.advance(9), 2);
        assert!(cursor.is_at_end());
        assert!(cursor.element().is_empty());
    }

    #[test]
    fn masked_bytes_go_into_pieces_of_any_size() {
        let bytes: Vec<u8> = (0..90).collect();
        let mask = [1, 2, 3, 250];
        for size in (1..40).step_by(if cfg!(miri) { 6 } else { 1 }) {
            let mut pieces: Vec<Vec<u8>> = vec![vec![0; size]; 3];
            let iov: Vec<_> = pieces.iter_mut().map(|p| IoVec::from_mut(p)).collect();
            let mut cursor = Cursor::new(&iov);
            cursor.advance(2);
            let room = 3 * size - 2.min(3 * size);
            assert_eq!(cursor.put_masked(&bytes, mask), room.min(bytes.len()));
            let got = pieces.concat();
            for (i, byte) in got.iter().skip(2).take(bytes.len()).enumerate() {
                assert_eq!(*byte, bytes[i] ^ mask[i % 4], "{size} {i}");
            }
            assert!(got.iter().take(2).all(|byte| *byte == 0));
        }
    }

    #[test]
    fn totals_saturate() {
        // SAFETY: never transferred.
        let huge = unsafe { IoVec::from_raw(core::ptr::null(), usize::MAX) };
        assert_eq!(total(&[huge, IoVec::from_slice(&[0])]), usize::MAX);
        assert_eq!(total::<Readable>(&[]), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn only_streams_are_sliced() {
        let iov = [IoVecMut::EMPTY; IOV_MAX + 1];
        for (kind, elements) in [
            (libc::SOCK_STREAM, IOV_MAX),
            (libc::SOCK_DGRAM, IOV_MAX + 1),
            (libc::SOCK_SEQPACKET, IOV_MAX + 1),
        ] {
            // SAFETY: takes numbers only.
            let fd = unsafe { libc::socket(libc::AF_UNIX, kind | libc::SOCK_CLOEXEC, 0) };
            assert!(fd >= 0);
            assert_eq!(clamp_to_iov_max(fd, &iov).len(), elements);
            assert_eq!(clamp_to_iov_max(fd, &iov[..5]).len(), 5);
            // SAFETY: made above.
            unsafe { libc::close(fd) };
        }
        assert_eq!(clamp_to_iov_max(-1, &iov).len(), IOV_MAX);
    }
}
