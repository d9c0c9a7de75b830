//! Memory straight from the kernel: anonymous mappings, with pages in them that nothing may touch.

use core::ffi::{c_int, c_void};
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

use super::errno::{self, Errno};
use super::fd::check;

/// `MADV_GUARD_INSTALL` of `<asm-generic/mman-common.h>`, Linux 6.13 and later.
const MADV_GUARD_INSTALL: c_int = 102;

/// Readable and writable memory, all zeros at first, that is unmapped with it.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<c_void>,
    len: usize,
}

// SAFETY: an address and a length; the use of the memory is not this type's to rule.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `len` bytes, without huge pages: what is touched alone takes memory.
    pub fn new(len: usize) -> Result<Self, Errno> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
        // SAFETY: the kernel chooses a free place.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(errno::last());
        }
        // SAFETY: a mapping never starts at NULL unless that is asked for.
        let start = unsafe { NonNull::new_unchecked(start) };
        // A kernel that has none refuses.
        // SAFETY: advice about a mapping of our own.
        unsafe { libc::madvise(start.as_ptr(), len, libc::MADV_NOHUGEPAGE) };
        Ok(Self { start, len })
    }

    /// Where it starts.
    pub fn start(&self) -> NonNull<u8> {
        self.start.cast()
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes: never, as the kernel maps none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Has each access to `len` bytes from `offset`, whole pages, end in SIGSEGV.
    ///
    /// Where the kernel can, without a mapping of their own for them: a process has some 65,000.
    pub fn guard(&self, offset: usize, len: usize) -> Result<(), Errno> {
        let place = self.place(offset, len);
        // SAFETY: a part of our own mapping, which loses its content.
        if unsafe { libc::madvise(place, len, MADV_GUARD_INSTALL) } == 0 {
            return Ok(());
        }
        // Linux before 6.13, or locked memory.
        // SAFETY: a part of our own mapping.
        check(unsafe { libc::mprotect(place, len, libc::PROT_NONE) }).map(|_| ())
    }

    /// Gives the memory of `len` bytes from `offset`, whole pages, back; they are zeros then.
    ///
    /// # Safety
    /// What is there is not used any more.
    pub unsafe fn discard(&self, offset: usize, len: usize) {
        let place = self.place(offset, len);
        // Locked memory stays as it is.
        // SAFETY: a part of our own mapping, which is not used, as promised.
        unsafe { libc::madvise(place, len, libc::MADV_DONTNEED) };
    }

    /// # Panics
    /// If the part is not in the mapping.
    fn place(&self, offset: usize, len: usize) -> *mut c_void {
        let end = offset.checked_add(len);
        assert!(end.is_some_and(|end| end <= self.len), "beyond the mapping");
        self.start.as_ptr().wrapping_byte_add(offset)
    }
}

impl Mapping {
    /// Unmaps it. What the kernel refuses stays: where a mapping has grown together with its neighbours, to cut it
    /// out takes one more than a process may have.
    pub fn unmap(self) -> Result<(), Self> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the mapping is ours, and no other use of it follows if it goes.
        match unsafe { libc::munmap(this.start.as_ptr(), this.len) } {
            0 => Ok(()),
            _ => Err(ManuallyDrop::into_inner(this)),
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and goes with `self`.
        unsafe { libc::munmap(self.start.as_ptr(), self.len) };
    }
}

/// Bytes of a page.
pub fn page_size() -> usize {
    // SAFETY: takes a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::socket;

    /// Whether the kernel can read the byte.
    fn is_readable(byte: *const u8) -> bool {
        let (a, _b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        // SAFETY: the kernel checks the address.
        let sent = unsafe { libc::send(a.as_raw(), byte.cast(), 1, 0) };
        assert!(sent == 1 || errno::last().code() == libc::EFAULT);
        sent == 1
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn what_is_unmapped_is_gone() {
        let mapping = Mapping::new(2 * page_size()).unwrap();
        let start = mapping.start().as_ptr();
        assert!(is_readable(start));
        assert!(mapping.unmap().is_ok());
        assert!(!is_readable(start));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn what_is_guarded_is_out_of_reach() {
        let page = page_size();
        let mapping = Mapping::new(4 * page).unwrap();
        mapping.guard(page, page).unwrap();
        let at = |offset: usize| mapping.start().as_ptr().wrapping_add(offset);
        assert!(is_readable(at(page - 1)));
        assert!(!is_readable(at(page)));
        assert!(!is_readable(at(2 * page - 1)));
        assert!(is_readable(at(2 * page)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn what_is_discarded_is_zero() {
        let page = page_size();
        let mapping = Mapping::new(2 * page).unwrap();
        let bytes = mapping.start().as_ptr();
        // SAFETY: both pages are ours.
        unsafe { ptr::write_bytes(bytes, 7, 2 * page) };
        // SAFETY: the second page is not used.
        unsafe { mapping.discard(page, page) };
        // SAFETY: as above.
        assert_eq!(unsafe { (bytes.read(), bytes.add(page).read()) }, (7, 0));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn too_much_is_an_errno() {
        assert_eq!(
            Mapping::new(usize::MAX / 2).unwrap_err().code(),
            libc::ENOMEM
        );
    }
}
