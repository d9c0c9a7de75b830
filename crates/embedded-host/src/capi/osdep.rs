//! `qemu/osdep.h`: see there what the functions do. The variadic one is in C.

use core::ffi::{CStr, c_char, c_int, c_void};

use libc::mode_t;

use crate::error::{Error as Failure, Origin};
use abi::layout::Error;
use abi::origin;
use platform::os::abort::misuse;
use platform::os::errno::Errno;
use platform::os::fd::{self, Descriptor};

/// Opens a file that exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_open(
    name: *const c_char,
    flags: c_int,
    errp: *mut *mut Error,
) -> c_int {
    expect_no_create("qemu_open", flags);
    // SAFETY: by the header, a string.
    let name = unsafe { CStr::from_ptr(name) };
    let opened = fd::open(name, flags, 0);
    // SAFETY: by the header, NULL or a place for an error.
    unsafe { number(opened, "open", name, errp, &origin!(c"qemu_open")) }
}

/// Opens a file, creating it if it does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_create(
    name: *const c_char,
    flags: c_int,
    mode: mode_t,
    errp: *mut *mut Error,
) -> c_int {
    expect_no_create("qemu_create", flags);
    // SAFETY: by the header, a string.
    let name = unsafe { CStr::from_ptr(name) };
    let created = fd::open(name, flags | libc::O_CREAT, mode);
    // SAFETY: by the header, NULL or a place for an error.
    unsafe { number(created, "create", name, errp, &origin!(c"qemu_create")) }
}

/// Ends the process if the flags would create a file (R-SOCK-4).
fn expect_no_create(function: &str, flags: c_int) {
    if flags & libc::O_CREAT != 0 {
        misuse(function, format_args!("@flags contains O_CREAT"));
    }
}

/// The descriptor, or -1 with the error stored.
///
/// # Safety
/// `errp` is what callers of C functions pass.
unsafe fn number(
    opened: Result<Descriptor, Errno>,
    verb: &str,
    name: &CStr,
    errp: *mut *mut Error,
    origin: &Origin,
) -> c_int {
    match opened {
        Ok(fd) => fd.into_raw(),
        Err(errno) => {
            let message = format!("Could not {verb} '{}'", name.to_string_lossy());
            // SAFETY: as promised by the caller.
            unsafe { Failure::os(errno, message).store(errp, origin) };
            -1
        }
    }
}

/// Closes a descriptor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_close(fd: c_int) -> c_int {
    // SAFETY: the descriptor is the caller's.
    unsafe { libc::close(fd) }
}

/// Removes a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_unlink(name: *const c_char) -> c_int {
    // SAFETY: by the header, a string.
    unsafe { libc::unlink(name) }
}

/// Duplicates a descriptor, close-on-exec.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_dup(fd: c_int) -> c_int {
    // The failing call has set errno.
    fd::duplicate(fd).map_or(-1, Descriptor::into_raw)
}

/// Writes all of a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_write_full(fd: c_int, buf: *const c_void, count: usize) -> isize {
    let mut done = 0;
    while done < count {
        let rest = buf.cast::<u8>().wrapping_add(done);
        // SAFETY: by the header, `count` bytes at `buf`.
        match unsafe { fd::write(fd, rest, count - done) } {
            // Not seen on Linux, and no reason to try for ever.
            Ok(0) => break,
            Ok(written) => done += written,
            Err(errno) if errno == Errno::new(libc::EINTR) => {}
            Err(_) => break,
        }
    }
    isize::try_from(done).unwrap_or(isize::MAX)
}

/// Makes a descriptor close-on-exec.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_set_cloexec(fd: c_int) {
    if let Err(errno) = fd::set_close_on_exec(fd, true) {
        misuse("qemu_set_cloexec", format_args!("@fd {fd}: {errno}"));
    }
}

/// Makes a descriptor survive exec.
#[cfg(clear_cloexec)]
#[unsafe(no_mangle)]
pub extern "C" fn qemu_clear_cloexec(fd: c_int) {
    if let Err(errno) = fd::set_close_on_exec(fd, false) {
        misuse("qemu_clear_cloexec", format_args!("@fd {fd}: {errno}"));
    }
}

/// The kernel's number of the calling thread.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_get_thread_id() -> c_int {
    // SAFETY: it has no preconditions.
    unsafe { libc::gettid() }
}
