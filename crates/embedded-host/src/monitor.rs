//! The monitor, which belongs to the program: libqio has weak defaults only.

use core::ffi::{CStr, c_char, c_int};

use crate::error::{Error, catch};
use abi::address::shown;
use abi::layout;
use platform::os::fd::Descriptor;

unsafe extern "C" {
    // Never called in any other way: a program's own definitions have to win (R-MON-1).
    fn monitor_cur() -> *mut layout::Monitor;
    fn monitor_get_fd(
        mon: *mut layout::Monitor,
        fdname: *const c_char,
        errp: *mut *mut layout::Error,
    ) -> c_int;
}

/// The descriptor that the current monitor knows by this name: a duplicate, ours to close. None
/// without a monitor.
pub(crate) fn descriptor(name: &CStr) -> Option<Result<Descriptor, Error>> {
    // SAFETY: the default, or a program's function of this prototype.
    let monitor = unsafe { monitor_cur() };
    if monitor.is_null() {
        return None;
    }
    // SAFETY: the monitor is the program's, which alone looks into it (R-MON-3); the name is a C
    // string for the call, the slot an empty one.
    let (fd, error) = catch(|errp| unsafe { monitor_get_fd(monitor, name.as_ptr(), errp) });
    if fd >= 0 {
        // SAFETY: the monitor made a duplicate for us (R-SOCK-20).
        return Some(Ok(unsafe { Descriptor::from_raw(fd) }));
    }
    let silent = || Error::new(format!("No file descriptor named '{}'", shown(Some(name))));
    Some(Err(error.unwrap_or_else(silent)))
}
