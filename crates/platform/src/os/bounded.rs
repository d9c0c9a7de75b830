//! Writing text to any descriptor in a time that is bounded, without memory and without a lock: also in a
//! signal handler.

use core::ffi::{c_int, c_void};
use core::fmt;
use core::mem::MaybeUninit;

use super::errno::{self, Errno};
use super::fd::{self, Descriptor};
use super::poll::{self, Entry};
use super::{clock, sigpipe};

/// For so long a reader that doesn't read is waited for, in all.
const PATIENCE: u64 = 200_000_000;
/// Bytes in one call. No more than fit into a pipe that has become writable, and than a pipe takes in one
/// piece.
const ROOM: usize = 512;

/// Text on its way to a descriptor.
pub struct Output {
    fd: c_int,
    /// A description of our own of a pipe, which doesn't block.
    own: Option<Descriptor>,
    is_socket: bool,
    /// When patience ends; set by the first wait.
    end: Option<u64>,
    failed: Option<Errno>,
    used: usize,
    bytes: [u8; ROOM],
}

impl Output {
    /// Text will go to `fd`, which stays the caller's.
    pub fn new(fd: c_int) -> Self {
        let kind = kind(fd);
        let own = match kind {
            Ok(libc::S_IFIFO) => reopen(fd),
            _ => None,
        };
        Self {
            fd,
            own,
            is_socket: kind == Ok(libc::S_IFSOCK),
            end: None,
            failed: kind.err(),
            used: 0,
            bytes: [0; ROOM],
        }
    }

    /// Adds bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(place) = self.bytes.get_mut(self.used) {
                *place = byte;
                self.used += 1;
            }
            if self.used == ROOM {
                self.send();
            }
        }
    }

    /// Whether there is no use in adding more.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Writes what is left, and says what went wrong first.
    pub fn finish(mut self) -> Result<(), Errno> {
        self.send();
        self.failed.map_or(Ok(()), Err)
    }

    fn send(&mut self) {
        let mut done = 0;
        while let Some(rest) = self.bytes.get(done..self.used)
            && !rest.is_empty()
            && self.failed.is_none()
        {
            let written = self.write(rest);
            match written {
                Ok(count) => done += count,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    if !self.is_patient() {
                        self.failed = Some(Errno::EAGAIN);
                    }
                }
                Err(errno) => self.failed = Some(errno),
            }
        }
        self.used = 0;
    }

    /// One call that doesn't wait.
    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let (data, length) = (bytes.as_ptr(), bytes.len());
        if self.is_socket {
            let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
            // SAFETY: the slice is readable.
            let sent = unsafe { libc::send(self.fd, data.cast::<c_void>(), length, flags) };
            return usize::try_from(sent).map_err(|_| errno::last());
        }
        let fd = self.own.as_ref().map_or(self.fd, Descriptor::as_raw);
        // A terminal or a pipe of somebody else's might block; who asks first is not kept waiting.
        let mut entries = [Entry::new(fd, libc::POLLOUT.unsigned_abs().into())];
        match poll::wait(&mut entries, 0) {
            Ok(0) => return Err(Errno::EAGAIN),
            Ok(_) => {}
            Err(errno) => return Err(errno),
        }
        sigpipe::without(|| {
            // SAFETY: the slice is readable.
            let written = unsafe { libc::write(fd, data.cast::<c_void>(), length) };
            usize::try_from(written).map_err(|_| errno::last())
        })
    }

    /// Waits a moment for the reader; false if it has had its time.
    fn is_patient(&mut self) -> bool {
        let now = clock::monotonic();
        let end = *self.end.get_or_insert(now.saturating_add(PATIENCE));
        if now >= end {
            return false;
        }
        let fd = self.own.as_ref().map_or(self.fd, Descriptor::as_raw);
        let mut entries = [Entry::new(fd, libc::POLLOUT.unsigned_abs().into())];
        // What is written next finds out what has become of it.
        let _ = poll::wait(&mut entries, 20);
        true
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

/// What kind of file a descriptor is of (`S_IF*`).
fn kind(fd: c_int) -> Result<libc::mode_t, Errno> {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the call stores to a local variable.
    fd::check(unsafe { libc::fstat(fd, found.as_mut_ptr()) })?;
    // SAFETY: all of it was set to zero, and the call stores only numbers.
    Ok(unsafe { found.assume_init() }.st_mode & libc::S_IFMT)
}

/// The pipe behind `fd` once more, so that it can be written to without blocking and without changing that
/// for others. None where there is no `/proc`.
fn reopen(fd: c_int) -> Option<Descriptor> {
    let mut path = *b"/proc/self/fd/\0\0\0\0\0\0\0\0\0\0\0\0";
    let mut digits = [0; 10];
    let mut rest = u32::try_from(fd).ok()?;
    let mut count = 0;
    for digit in &mut digits {
        // A digit fits.
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    let written = path.iter_mut().skip(b"/proc/self/fd/".len());
    for (to, digit) in written.zip(digits.iter().take(count).rev()) {
        *to = *digit;
    }
    let path = core::ffi::CStr::from_bytes_until_nul(&path).ok()?;
    fd::open(path, libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY, 0).ok()
}

#[cfg(test)]
mod tests {
    use core::fmt::Write;
    use std::io::Read;
    use std::os::fd::{AsRawFd, FromRawFd};

    use super::*;

    fn pipe() -> (std::fs::File, std::fs::File) {
        let mut ends = [-1; 2];
        // SAFETY: room for two descriptors.
        let made = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
        assert_eq!(made, 0);
        // SAFETY: the kernel just made them.
        let [read, write] = ends.map(|fd| unsafe { std::fs::File::from_raw_fd(fd) });
        (read, write)
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn text_arrives() {
        let (mut read, write) = pipe();
        let mut output = Output::new(write.as_raw_fd());
        for number in 0..500 {
            writeln!(output, "line {number}").unwrap();
        }
        assert_eq!(output.finish(), Ok(()));
        drop(write);
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count(), 500);
        assert!(text.ends_with("line 499\n"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_reader_that_does_not_read_is_given_up() {
        let (read, write) = pipe();
        let mut output = Output::new(write.as_raw_fd());
        for _ in 0..200 {
            output.put(&[b'x'; 1024]);
        }
        assert!(output.has_failed());
        assert_eq!(output.finish(), Err(Errno::EAGAIN));
        assert!(fd::is_blocking(write.as_raw_fd()).unwrap());
        drop(read);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn what_is_closed_or_broken_is_an_error_and_no_signal() {
        assert_eq!(Output::new(-1).finish(), Err(Errno::EBADF));
        let (read, write) = pipe();
        drop(read);
        let mut output = Output::new(write.as_raw_fd());
        output.put(b"x");
        // Reopened without a reader it would be ENXIO; then the caller's own is used.
        assert_eq!(output.finish(), Err(Errno::EPIPE));
    }
}
