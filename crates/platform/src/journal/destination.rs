//! Where the lines go: a descriptor of our own.

use core::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use crate::os::errno::Errno;
use crate::os::fd::{self, Descriptor};
use crate::os::iov::IoVec;
use crate::os::{file, poll, stderr};

/// -1 until there is one. Changes hands under the writer's lock; a static, since a forked child goes on
/// with it and can't wait for that lock.
static FD: AtomicI32 = AtomicI32::new(-1);
/// What [`FD`] was when it was opened: device and number of the file.
static DEVICE: AtomicU64 = AtomicU64::new(0);
static NUMBER: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether writing has failed, and so has ended.
#[inline]
pub(super) fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Whether there is a place to write to.
pub(super) fn is_open() -> bool {
    FD.load(Ordering::Relaxed) >= 0
}

/// Opens the file, whose end is written to; without a name it is what standard error is now.
///
/// A duplicate of that: the program may close it and get its number for something else.
pub(super) fn open(name: Option<&CStr>) -> Result<Descriptor, Errno> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_NOCTTY;
    match name {
        Some(name) => fd::open(name, flags, 0o666),
        None => fd::duplicate(libc::STDERR_FILENO),
    }
}

/// From now on lines go to `to`. For who has the writer's lock.
pub(super) fn change(to: Descriptor) {
    let identity = file::identity(to.as_raw()).unwrap_or_default();
    DEVICE.store(identity.0, Ordering::Relaxed);
    NUMBER.store(identity.1, Ordering::Relaxed);
    let before = FD.swap(to.into_raw(), Ordering::Release);
    FAILED.store(false, Ordering::Relaxed);
    if before >= 0 && file::identity(before).is_ok() {
        // SAFETY: it was ours, and nobody gets it from the static any more.
        drop(unsafe { Descriptor::from_raw(before) });
    }
}

/// Writes all, waiting if need be. For who has the writer's lock. What goes wrong first ends the writing,
/// with one line on standard error.
pub(super) fn write(text: &[u8]) {
    if has_failed() {
        return;
    }
    if let Err(errno) = write_all(FD.load(Ordering::Acquire), text) {
        FAILED.store(true, Ordering::Relaxed);
        let line = format!("libqio: tracing stops: its file can't be written: {errno}\n");
        // Not by stdio, whose lock the program may have.
        stderr::write_directly(line.as_bytes());
    }
}

fn write_all(fd: c_int, mut text: &[u8]) -> Result<(), Errno> {
    // A program that closes all descriptors has closed ours.
    let expected = (
        DEVICE.load(Ordering::Relaxed),
        NUMBER.load(Ordering::Relaxed),
    );
    if file::identity(fd)? != expected {
        return Err(Errno::EBADF);
    }
    while !text.is_empty() {
        match file::writev(fd, &[IoVec::from_slice(text)]) {
            Ok(written) => text = &text[written..],
            Err(Errno::EAGAIN) => {
                let writable = libc::POLLOUT.unsigned_abs().into();
                poll::wait(&mut [poll::Entry::new(fd, writable)], -1)?;
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
