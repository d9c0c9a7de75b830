//! Files, opened and closed by the host, which keeps descriptor sets (R-CHAN-85, R-CHAN-90).

use core::ffi::{CStr, c_int};

use libc::mode_t;

use super::error::Error;
use super::imports;
use platform::os::errno::{self, Errno};

/// Opens `path`, close-on-exec. `mode` matters only if `flags` has `O_CREAT`. The caller closes the
/// descriptor with [`close`].
///
/// A signal doesn't end the wait for the other end of a FIFO, whether the host repeats the call or
/// not (R-CHAN-13).
pub fn open(path: &CStr, flags: c_int, mode: mode_t) -> Result<c_int, Error> {
    loop {
        match open_once(path, flags, mode) {
            Err(error) if error.errno() == Errno::EINTR => {}
            result => return result,
        }
    }
}

#[cfg(open_errp)]
fn open_once(path: &CStr, flags: c_int, mode: mode_t) -> Result<c_int, Error> {
    let (fd, error) = super::error::catch(|errp| {
        if flags & libc::O_CREAT != 0 {
            let flags = flags & !libc::O_CREAT;
            // SAFETY: a C string, and an empty error slot.
            unsafe { imports::qemu_create(path.as_ptr(), flags, mode, errp) }
        } else {
            // SAFETY: as above.
            unsafe { imports::qemu_open(path.as_ptr(), flags, errp) }
        }
    });
    match error {
        Some(error) => Err(error),
        None if fd < 0 => {
            let message = format!("Unable to open '{}'", path.to_string_lossy());
            Err(Error::os(errno::last(), message))
        }
        None => Ok(fd),
    }
}

#[cfg(not(open_errp))]
fn open_once(path: &CStr, flags: c_int, mode: mode_t) -> Result<c_int, Error> {
    // SAFETY: a C string; the one variadic argument is the mode.
    let fd = unsafe { imports::qemu_open_old(path.as_ptr(), flags, mode) };
    if fd < 0 {
        let message = format!("Unable to open '{}'", path.to_string_lossy());
        return Err(Error::os(errno::last(), message));
    }
    Ok(fd)
}

/// Closes a descriptor, which is gone whatever the result (R-CHAN-13).
pub fn close(fd: c_int) -> Result<(), Errno> {
    // SAFETY: takes a number only; its owner is the caller's to know.
    if unsafe { imports::qemu_close(fd) } == -1 {
        return Err(errno::last());
    }
    Ok(())
}
