//! `qemu/osdep.h`: see there what the functions do. The variadic one is in C.

use core::ffi::{c_char, c_int, c_void};

use platform::os::abort::misuse;
use platform::os::errno::Errno;
use platform::os::fd::{self, Descriptor};

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
