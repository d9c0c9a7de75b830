//! `qemu/osdep.h`: see there what the functions do.

use core::ffi::{c_char, c_int, c_void};

use crate::capi::exports::exports;
use platform::os::abort::misuse;
#[cfg(fcntl_addfl)]
use platform::os::errno;
use platform::os::errno::Errno;
use platform::os::fd::{self, Descriptor};

exports! { "qemu/osdep.h";
    fn qemu_unlink(name: (*const c_char)) -> c_int {
        libc::unlink(name)
    }

    // A call that fails has set errno.
    fn qemu_dup(fd: (c_int)) -> c_int {
        fd::duplicate(fd).map_or(-1, Descriptor::into_raw)
    }

    fn qemu_write_full(fd: (c_int), buf: (*const c_void), count: (usize)) -> isize {
        let mut done = 0;
        while done < count {
            let rest = buf.cast::<u8>().wrapping_add(done);
            match fd::write(fd, rest, count - done) {
                // Not seen on Linux, and no reason to try for ever.
                Ok(0) => break,
                Ok(written) => done += written,
                Err(errno) if errno == Errno::new(libc::EINTR) => {}
                Err(_) => break,
            }
        }
        isize::try_from(done).unwrap_or(isize::MAX)
    }

    fn qemu_set_cloexec(fd: (c_int)) -> () {
        // Success is asserted (R-SOCK-30).
        if let Err(errno) = fd::set_close_on_exec(fd, true) {
            misuse(FUNCTION, format_args!("@fd {fd}: {errno}"));
        }
    }

    #[cfg(clear_cloexec)]
    fn qemu_clear_cloexec(fd: (c_int)) -> () {
        // As above (R-SOCK-30).
        if let Err(errno) = fd::set_close_on_exec(fd, false) {
            misuse(FUNCTION, format_args!("@fd {fd}: {errno}"));
        }
    }

    #[cfg(fcntl_addfl)]
    fn qemu_fcntl_addfl(fd: (c_int), flag: (c_int)) -> c_int {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        if flags == -1 || libc::fcntl(fd, libc::F_SETFL, flags | flag) == -1 {
            return -errno::last().code();
        }
        0
    }

    fn qemu_get_thread_id() -> c_int {
        libc::gettid()
    }
}
