//! `qemu/osdep.h`: files. `qemu_open_old`, which is variadic, is in `c/required/osdep.c`.

use core::ffi::{CStr, c_char, c_int};

use libc::mode_t;

use crate::error::{Error as Failure, Origin};
use abi::layout::Error;
use abi::origin;
use abi::propagate::ok_or_propagate;
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
    unsafe { descriptor_or_propagate(opened, "open", name, errp, &origin!(c"qemu_open")) }
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
    unsafe { descriptor_or_propagate(created, "create", name, errp, &origin!(c"qemu_create")) }
}

/// Closes a descriptor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_close(fd: c_int) -> c_int {
    // SAFETY: the descriptor is the caller's.
    unsafe { libc::close(fd) }
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
unsafe fn descriptor_or_propagate(
    opened: Result<Descriptor, Errno>,
    verb: &str,
    name: &CStr,
    errp: *mut *mut Error,
    origin: &Origin,
) -> c_int {
    let opened = opened.map_err(|errno| {
        Failure::os(
            errno,
            format!("Could not {verb} '{}'", name.to_string_lossy()),
        )
    });
    // SAFETY: as promised.
    unsafe { ok_or_propagate(opened, errp, origin) }.map_or(-1, Descriptor::into_raw)
}
