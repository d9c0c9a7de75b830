//! `qio/debug.h`.

use core::ffi::c_int;

use platform::os::errno;

/// See `qio/debug.h`.
#[unsafe(no_mangle)]
pub extern "C" fn qio_debug_dump(fd: c_int) -> c_int {
    match registry::dump::write(fd) {
        Ok(()) => 0,
        Err(errno) => {
            errno::set(errno);
            -1
        }
    }
}
