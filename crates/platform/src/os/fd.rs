//! Descriptors: ownership, and flags.
//!
//! Functions here take plain numbers, so they give no I/O safety (RFC 3128): a number proves neither
//! that its descriptor is open nor that it is the caller's. C code stores descriptors where it likes;
//! what the kernel makes of a wrong one is an errno.

use core::ffi::{CStr, c_int};

use super::errno::{self, Errno};
use super::retry::retry;

/// An owned descriptor, closed when dropped.
///
/// Unlike std's it may hold a number that isn't open: programs pass numbers as text, and a wrong
/// one has to end as an error (R-SOCK-20).
#[derive(Debug)]
pub struct Descriptor(c_int);

impl Descriptor {
    /// Takes over a descriptor.
    ///
    /// # Safety
    /// `fd` has no other owner from now on, as I/O safety demands.
    pub unsafe fn from_raw(fd: c_int) -> Self {
        Self(fd)
    }

    /// The number, for a system call.
    pub fn as_raw(&self) -> c_int {
        self.0
    }

    /// Gives the descriptor to the caller, which closes it.
    pub fn into_raw(self) -> c_int {
        let fd = self.0;
        let _ = core::mem::ManuallyDrop::new(self);
        fd
    }

    /// Makes the number stand for what `other` is: what it was is closed.
    pub(super) fn stand_for(&self, other: &Self) -> Result<(), Errno> {
        // SAFETY: takes numbers only; the one that is closed is ours, and stays open as another file.
        check(unsafe { libc::dup3(other.0, self.0, libc::O_CLOEXEC) }).map(|_| ())
    }

    /// Closes the descriptor. It is gone also after a failure, EINTR included (R-CHAN-13).
    pub fn close(self) -> Result<(), Errno> {
        // SAFETY: the descriptor is ours, and given up here.
        check(unsafe { libc::close(self.into_raw()) }).map(|_| ())
    }
}

impl Drop for Descriptor {
    /// Leaves errno alone: what made the owner give up is what the caller wants to read.
    fn drop(&mut self) {
        let kept = errno::last();
        // SAFETY: the descriptor is ours and goes with `self`. After EINTR it is closed all the
        // same on Linux.
        unsafe { libc::close(self.0) };
        errno::set(kept);
    }
}

/// The return value of a system call: -1 becomes the errno.
pub(super) fn check(value: c_int) -> Result<c_int, Errno> {
    if value == -1 {
        Err(errno::last())
    } else {
        Ok(value)
    }
}

/// Whether operations on `fd` wait.
pub fn is_blocking(fd: c_int) -> Result<bool, Errno> {
    // SAFETY: F_GETFL takes no argument and touches no memory.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    Ok(flags & libc::O_NONBLOCK == 0)
}

/// Makes operations on `fd`, and on all its duplicates, wait or not.
pub fn set_blocking(fd: c_int, blocking: bool) -> Result<(), Errno> {
    // SAFETY: F_GETFL takes no argument and touches no memory.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    let wanted = if blocking {
        flags & !libc::O_NONBLOCK
    } else {
        flags | libc::O_NONBLOCK
    };
    if wanted != flags {
        // SAFETY: F_SETFL takes an int and touches no memory.
        check(unsafe { libc::fcntl(fd, libc::F_SETFL, wanted) })?;
    }
    Ok(())
}

/// Whether `fd` is closed when the process executes another program.
pub fn is_close_on_exec(fd: c_int) -> Result<bool, Errno> {
    // SAFETY: F_GETFD takes no argument and touches no memory.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    Ok(flags & libc::FD_CLOEXEC != 0)
}

/// Has `fd` closed, or not, when the process executes another program.
pub fn set_close_on_exec(fd: c_int, close: bool) -> Result<(), Errno> {
    // SAFETY: F_GETFD takes no argument and touches no memory.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    let wanted = if close {
        flags | libc::FD_CLOEXEC
    } else {
        flags & !libc::FD_CLOEXEC
    };
    // SAFETY: F_SETFD takes an int and touches no memory.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, wanted) }).map(|_| ())
}

/// Opens a file, close-on-exec. `mode` counts only if the call makes the file. A signal doesn't end
/// the wait for the other end of a FIFO.
pub fn open(name: &CStr, flags: c_int, mode: libc::mode_t) -> Result<Descriptor, Errno> {
    retry(|| {
        // SAFETY: a C string; the mode is the third argument that some flags call for.
        check(unsafe { libc::open(name.as_ptr(), flags | libc::O_CLOEXEC, mode) })
    })
    .map(Descriptor)
}

/// Writes once; how many of the `len` bytes at `from` were written.
///
/// # Safety
/// `from` has `len` bytes.
pub unsafe fn write(fd: c_int, from: *const u8, len: usize) -> Result<usize, Errno> {
    // SAFETY: readable for `len` bytes, as promised.
    let written = unsafe { libc::write(fd, from.cast(), len) };
    usize::try_from(written).map_err(|_| errno::last())
}

/// A close-on-exec duplicate of `fd`.
pub fn duplicate(fd: c_int) -> Result<Descriptor, Errno> {
    // SAFETY: F_DUPFD_CLOEXEC takes the lowest number wanted and touches no memory.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) }).map(Descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::socket;

    fn socket_pair() -> (Descriptor, Descriptor) {
        socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn dropping_closes_and_keeps_errno() {
        let (a, b) = socket_pair();
        errno::set(Errno::new(libc::EPIPE));
        drop(a);
        assert_eq!(errno::last(), Errno::new(libc::EPIPE));
        let mut byte = [0];
        assert_eq!(socket::receive(b.as_raw(), &mut byte), Ok(0));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn giving_a_descriptor_away_leaves_it_open() {
        let (a, _b) = socket_pair();
        let fd = a.into_raw();
        assert_eq!(is_blocking(fd), Ok(true));
        // SAFETY: just given to us.
        drop(unsafe { Descriptor::from_raw(fd) });
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn blocking_is_a_flag_that_goes_both_ways() {
        let (a, _b) = socket_pair();
        let fd = a.as_raw();
        set_blocking(fd, false).unwrap();
        assert_eq!(is_blocking(fd), Ok(false));
        set_blocking(fd, false).unwrap();
        assert_eq!(is_blocking(fd), Ok(false));
        set_blocking(fd, true).unwrap();
        assert_eq!(is_blocking(fd), Ok(true));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_number_that_is_not_open_is_an_errno() {
        let bad = Err(Errno::new(libc::EBADF));
        assert_eq!(set_blocking(-1, true), bad);
        assert_eq!(is_blocking(-1).map(|_| ()), bad);
        assert_eq!(set_close_on_exec(-1, true), bad);
        assert_eq!(duplicate(-1).map(|_| ()), bad);
        // SAFETY: -1 is never open.
        drop(unsafe { Descriptor::from_raw(-1) });
        // SAFETY: as above.
        assert_eq!(unsafe { Descriptor::from_raw(-1) }.close(), bad);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn close_on_exec_is_a_flag_that_goes_both_ways() {
        let (a, _b) = socket_pair();
        let copy = duplicate(a.as_raw()).unwrap();
        assert_ne!(copy.as_raw(), a.as_raw());
        assert_eq!(is_close_on_exec(copy.as_raw()), Ok(true));
        set_close_on_exec(copy.as_raw(), false).unwrap();
        assert_eq!(is_close_on_exec(copy.as_raw()), Ok(false));
        set_close_on_exec(copy.as_raw(), true).unwrap();
        assert_eq!(is_close_on_exec(copy.as_raw()), Ok(true));
    }
}
