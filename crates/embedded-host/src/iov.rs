//! Vectors of buffers, as C code passes them: `qemu/iov.h`.

use core::ffi::c_uint;
use core::ptr;

use libc::iovec;

use abi::profile;
use platform::os::abort::misuse;

/// A vector of C code, for the duration of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector {
    first: *const iovec,
    count: usize,
}

/// A part of one element; never empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    base: *mut u8,
    len: usize,
}

impl Vector {
    /// The vector of `count` elements at `first`.
    ///
    /// # Safety
    /// While the value and its copies are used, the elements are there and nobody writes them; so
    /// is the memory that they name.
    pub(crate) unsafe fn new(first: *const iovec, count: c_uint) -> Self {
        Self {
            first,
            count: count as usize,
        }
    }

    /// Copies of the elements, so that nothing refers to memory of C code.
    fn elements(self) -> impl Iterator<Item = iovec> {
        (0..self.count).map(move |index| {
            let element = self.first.wrapping_add(index);
            // SAFETY: one of the elements that `new` was promised.
            unsafe { element.read() }
        })
    }

    /// The sum of the lengths (R-IOV-1).
    pub(crate) fn size(self) -> usize {
        self.elements()
            .fold(0, |size, element| size.wrapping_add(element.iov_len))
    }

    /// What makes up the bytes from `offset` on, `bytes` of them or as many as there are.
    pub(crate) fn parts(self, mut offset: usize, mut bytes: usize) -> impl Iterator<Item = Part> {
        let mut elements = self.elements();
        core::iter::from_fn(move || {
            while bytes > 0 {
                let element = elements.next()?;
                // An empty element is skipped here too: it has nothing at offset 0.
                if offset >= element.iov_len {
                    offset -= element.iov_len;
                    continue;
                }
                let part = Part {
                    base: element.iov_base.cast::<u8>().wrapping_add(offset),
                    len: bytes.min(element.iov_len - offset),
                };
                offset = 0;
                bytes -= part.len;
                return Some(part);
            }
            None
        })
    }

    /// As [`Vector::parts`], for `function`, which may have to refuse `offset` (R-IOV-3).
    fn parts_in_bounds(
        self,
        function: &str,
        offset: usize,
        bytes: usize,
    ) -> impl Iterator<Item = Part> {
        if profile::OFFSET_BEYOND_VECTOR_ABORTS && offset > self.size() {
            misuse(
                function,
                format_args!("@offset is beyond the end of the vector"),
            );
        }
        self.parts(offset, bytes)
    }

    /// Describes `bytes` bytes from `offset` on in the `room` elements at `to`; the number of
    /// elements filled (R-IOV-1).
    ///
    /// # Safety
    /// `to` has room for `room` elements, apart from those of the vector.
    pub(crate) unsafe fn describe(
        self,
        to: *mut iovec,
        room: c_uint,
        offset: usize,
        bytes: usize,
    ) -> c_uint {
        let mut filled = 0;
        for part in self.parts(offset, bytes).take(room as usize) {
            let element = iovec {
                iov_base: part.base.cast(),
                iov_len: part.len,
            };
            // SAFETY: fewer than `room` elements are filled so far.
            unsafe { to.add(filled as usize).write(element) };
            filled += 1;
        }
        filled
    }

    /// Copies `bytes` bytes at `from` to `offset`, for `function`; the bytes copied.
    ///
    /// # Safety
    /// `from` has `bytes` bytes, apart from the vector's memory.
    pub(crate) unsafe fn fill_from(
        self,
        function: &str,
        offset: usize,
        from: *const u8,
        bytes: usize,
    ) -> usize {
        let mut done = 0;
        for part in self.parts_in_bounds(function, offset, bytes) {
            // SAFETY: all parts together have no more than `bytes` bytes.
            let source = unsafe { from.add(done) };
            // SAFETY: the part lies in one element, and `from` is elsewhere.
            unsafe { ptr::copy_nonoverlapping(source, part.base, part.len) };
            done += part.len;
        }
        done
    }

    /// Copies `bytes` bytes at `offset` to `to`, for `function`; the bytes copied.
    ///
    /// # Safety
    /// `to` has room for `bytes` bytes, apart from the vector's memory.
    pub(crate) unsafe fn copy_to(
        self,
        function: &str,
        offset: usize,
        to: *mut u8,
        bytes: usize,
    ) -> usize {
        let mut done = 0;
        for part in self.parts_in_bounds(function, offset, bytes) {
            // SAFETY: all parts together have no more than `bytes` bytes.
            let target = unsafe { to.add(done) };
            // SAFETY: the part lies in one element, and `to` is elsewhere.
            unsafe { ptr::copy_nonoverlapping(part.base.cast_const(), target, part.len) };
            done += part.len;
        }
        done
    }

    /// Stores `byte` into `bytes` bytes at `offset`, for `function`; the bytes filled.
    ///
    /// # Safety
    /// The vector's memory may be written.
    pub(crate) unsafe fn fill(
        self,
        function: &str,
        offset: usize,
        byte: u8,
        bytes: usize,
    ) -> usize {
        let mut done = 0;
        for part in self.parts_in_bounds(function, offset, bytes) {
            // SAFETY: the part lies in one element.
            unsafe { ptr::write_bytes(part.base, byte, part.len) };
            done += part.len;
        }
        done
    }
}

/// Drops `bytes` bytes from the front of the vector of `*count` elements at `*first`; the bytes
/// dropped (R-IOV-2).
///
/// # Safety
/// Both pointers are valid and describe a vector that is the caller's to change.
pub(crate) unsafe fn discard_front(
    first: *mut *mut iovec,
    count: *mut c_uint,
    bytes: usize,
) -> usize {
    // SAFETY: valid as promised.
    let mut element = unsafe { first.read() };
    // SAFETY: valid as promised.
    let mut left = unsafe { count.read() };
    let mut remaining = bytes;
    while left > 0 {
        // SAFETY: one of the `left` elements there.
        let used_up = unsafe { take_off(element, &mut remaining, Side::Front) };
        if !used_up {
            break;
        }
        element = element.wrapping_add(1);
        left -= 1;
    }
    // SAFETY: valid as promised.
    unsafe { first.write(element) };
    // SAFETY: valid as promised.
    unsafe { count.write(left) };
    bytes - remaining
}

/// Drops `bytes` bytes from the end of the vector of `*count` elements at `first`; the bytes
/// dropped (R-IOV-2).
///
/// # Safety
/// Both pointers are valid and describe a vector that is the caller's to change.
pub(crate) unsafe fn discard_back(first: *mut iovec, count: *mut c_uint, bytes: usize) -> usize {
    // SAFETY: valid as promised.
    let mut left = unsafe { count.read() };
    let mut remaining = bytes;
    while left > 0 {
        let last = first.wrapping_add(left as usize - 1);
        // SAFETY: one of the `left` elements there.
        let used_up = unsafe { take_off(last, &mut remaining, Side::Back) };
        if !used_up {
            break;
        }
        left -= 1;
    }
    // SAFETY: valid as promised.
    unsafe { count.write(left) };
    bytes - remaining
}

/// Where an element loses bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Front,
    Back,
}

/// Takes `remaining` bytes, or as many as there are, off an element. True if nothing is left of
/// it, in which case it is not changed.
///
/// # Safety
/// `element` is valid and the caller's to change.
unsafe fn take_off(element: *mut iovec, remaining: &mut usize, side: Side) -> bool {
    // SAFETY: valid as promised.
    let iovec { iov_base, iov_len } = unsafe { element.read() };
    if iov_len <= *remaining {
        *remaining -= iov_len;
        return true;
    }
    let rest = iovec {
        iov_base: match side {
            Side::Front => iov_base.wrapping_byte_add(*remaining),
            Side::Back => iov_base,
        },
        iov_len: iov_len - *remaining,
    };
    // SAFETY: valid as promised.
    unsafe { element.write(rest) };
    *remaining = 0;
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements that show `buffer` in pieces of the given lengths.
    fn split(buffer: &mut [u8], lengths: &[usize]) -> Vec<iovec> {
        let base = buffer.as_mut_ptr();
        let mut offset = 0;
        let elements = lengths.iter().map(|&iov_len| {
            let iov_base = base.wrapping_add(offset).cast();
            offset += iov_len;
            iovec { iov_base, iov_len }
        });
        let elements = elements.collect();
        assert!(offset <= buffer.len());
        elements
    }

    fn vector(elements: &[iovec]) -> Vector {
        let count = c_uint::try_from(elements.len()).unwrap();
        // SAFETY: the tests keep elements and buffer to the end.
        unsafe { Vector::new(elements.as_ptr(), count) }
    }

    fn ranges(
        vector: Vector,
        start: *const u8,
        offset: usize,
        bytes: usize,
    ) -> Vec<(usize, usize)> {
        let parts = vector.parts(offset, bytes);
        parts
            .map(|part| (part.base.addr() - start.addr(), part.len))
            .collect()
    }

    #[test]
    fn the_size_is_the_sum() {
        let mut buffer = [0; 16];
        assert_eq!(vector(&split(&mut buffer, &[3, 0, 5])).size(), 8);
        // SAFETY: no elements.
        assert_eq!(unsafe { Vector::new(ptr::null(), 0) }.size(), 0);
    }

    #[test]
    fn parts_cover_exactly_what_is_asked_for() {
        let mut buffer = [0; 16];
        let start = buffer.as_ptr();
        let elements = split(&mut buffer, &[0, 3, 0, 5, 2, 0]);
        let vector = vector(&elements);
        assert_eq!(ranges(vector, start, 0, 10), [(0, 3), (3, 5), (8, 2)]);
        assert_eq!(
            ranges(vector, start, 0, usize::MAX),
            [(0, 3), (3, 5), (8, 2)]
        );
        assert_eq!(ranges(vector, start, 1, 4), [(1, 2), (3, 2)]);
        assert_eq!(ranges(vector, start, 3, 5), [(3, 5)]);
        assert_eq!(ranges(vector, start, 4, 1), [(4, 1)]);
        assert_eq!(ranges(vector, start, 0, 0), []);
        assert_eq!(ranges(vector, start, 10, 1), []);
        assert_eq!(ranges(vector, start, 11, 1), []);
    }

    #[test]
    fn every_offset_and_length_copies_like_a_flat_buffer() {
        let mut buffer: [u8; 10] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let flat = buffer;
        let elements = split(&mut buffer, &[1, 0, 4, 2, 3]);
        for offset in 0..=flat.len() {
            for bytes in 0..=flat.len() + 1 {
                let want = &flat[offset..flat.len().min(offset + bytes)];
                let mut got = [0xff; 16];
                // SAFETY: `got` is long enough and a variable of its own.
                let done =
                    unsafe { vector(&elements).copy_to("test", offset, got.as_mut_ptr(), bytes) };
                assert_eq!(&got[..done], want);
                assert!(got[done..].iter().all(|&byte| byte == 0xff));
            }
        }
    }

    #[test]
    fn filling_stays_inside() {
        let mut buffer = [0; 10];
        let elements = split(&mut buffer, &[4, 0, 4]);
        // SAFETY: the source has 4 bytes and is a constant.
        let done = unsafe { vector(&elements).fill_from("test", 3, b"abcd".as_ptr(), 4) };
        assert_eq!(done, 4);
        assert_eq!(&buffer, b"\0\0\0abcd\0\0\0");
        // SAFETY: the memory is the test's own.
        let done = unsafe { vector(&elements).fill("test", 6, b'x', 100) };
        assert_eq!(done, 2);
        assert_eq!(&buffer, b"\0\0\0abcxx\0\0");
    }

    #[test]
    fn describing_stops_when_there_is_no_room() {
        let mut buffer = [0; 16];
        let elements = split(&mut buffer, &[3, 0, 5, 2]);
        let none = iovec {
            iov_base: ptr::null_mut(),
            iov_len: 77,
        };
        let mut room = [none; 3];
        // SAFETY: fewer elements than there are.
        let filled = unsafe { vector(&elements).describe(room.as_mut_ptr(), 2, 1, 100) };
        assert_eq!(filled, 2);
        assert_eq!(room.map(|element| element.iov_len), [2, 5, 77]);
        assert_eq!(room[0].iov_base, elements[0].iov_base.wrapping_byte_add(1));
        // SAFETY: no element is written.
        let filled = unsafe { vector(&elements).describe(ptr::null_mut(), 0, 0, 5) };
        assert_eq!(filled, 0);
    }

    /// What [`discard_front`] leaves: bytes dropped, elements passed, lengths of the rest, offset
    /// of the first.
    fn front(lengths: &[usize], bytes: usize) -> (usize, usize, Vec<usize>, usize) {
        let mut buffer = [0; 16];
        let mut elements = split(&mut buffer, lengths);
        let mut first = elements.as_mut_ptr();
        let mut count = c_uint::try_from(elements.len()).unwrap();
        // SAFETY: both describe the test's own vector.
        let dropped = unsafe { discard_front(&raw mut first, &raw mut count, bytes) };
        let passed = elements.len() - count as usize;
        assert_eq!(first, elements.as_mut_ptr().wrapping_add(passed));
        let rest = elements[passed..]
            .iter()
            .map(|element| element.iov_len)
            .collect();
        let offset = elements.get(passed).map_or(0, |element| {
            element.iov_base.addr() - buffer.as_ptr().addr()
        });
        (dropped, passed, rest, offset)
    }

    #[test]
    fn discarding_in_front() {
        assert_eq!(front(&[3, 5], 0), (0, 0, vec![3, 5], 0));
        assert_eq!(front(&[0, 0, 3, 5], 0), (0, 2, vec![3, 5], 0));
        assert_eq!(front(&[3, 5], 2), (2, 0, vec![1, 5], 2));
        assert_eq!(front(&[3, 5], 3), (3, 1, vec![5], 3));
        assert_eq!(front(&[3, 0, 5], 3), (3, 2, vec![5], 3));
        assert_eq!(front(&[3, 0, 5], 4), (4, 2, vec![4], 4));
        assert_eq!(front(&[3, 5], 8), (8, 2, vec![], 0));
        assert_eq!(front(&[3, 5], usize::MAX), (8, 2, vec![], 0));
        assert_eq!(front(&[], 1), (0, 0, vec![], 0));
    }

    /// What [`discard_back`] leaves: bytes dropped, lengths of the rest.
    fn back(lengths: &[usize], bytes: usize) -> (usize, Vec<usize>) {
        let mut buffer = [0; 16];
        let mut elements = split(&mut buffer, lengths);
        let bases: Vec<_> = elements.iter().map(|element| element.iov_base).collect();
        let mut count = c_uint::try_from(elements.len()).unwrap();
        // SAFETY: both describe the test's own vector.
        let dropped = unsafe { discard_back(elements.as_mut_ptr(), &raw mut count, bytes) };
        assert!(
            elements
                .iter()
                .zip(&bases)
                .all(|(element, &base)| element.iov_base == base)
        );
        elements.truncate(count as usize);
        (
            dropped,
            elements.iter().map(|element| element.iov_len).collect(),
        )
    }

    #[test]
    fn discarding_behind() {
        assert_eq!(back(&[3, 5], 0), (0, vec![3, 5]));
        assert_eq!(back(&[3, 5, 0, 0], 0), (0, vec![3, 5]));
        assert_eq!(back(&[3, 5], 2), (2, vec![3, 3]));
        assert_eq!(back(&[3, 0, 5], 5), (5, vec![3]));
        assert_eq!(back(&[3, 5], 6), (6, vec![2]));
        assert_eq!(back(&[3, 5], usize::MAX), (8, vec![]));
        assert_eq!(back(&[], 1), (0, vec![]));
    }
}
