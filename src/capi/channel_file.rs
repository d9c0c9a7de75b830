//! `io/channel-file.h`.

use core::ffi::{CStr, c_char, c_int};

use libc::mode_t;

use super::convert::ptr_or_propagate;
use crate::logic::file;
use crate::object::Ref;
use abi::layout::{Error, QIOChannelFile};
use abi::origin;
use platform::check_usage;

/// qio_channel_file_new_fd:
/// @fd: (transfer full): any descriptor; also what isn't one: transfers fail then
///
/// Makes a channel over a descriptor, and closes that with the channel. The blocking mode stays as
/// it is. If @fd has positions, the channel has QIO_CHANNEL_FEATURE_SEEKABLE (from the qemu-9.0
/// profile on).
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full): the channel, never NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_file_new_fd(fd: c_int) -> *mut QIOChannelFile {
    file::adopt(fd).into_ptr()
}

/// qio_channel_file_new_dupfd:
/// @fd: (transfer none): any descriptor
/// @errp: (nullable): as in qapi/error.h
///
/// Makes a channel over a duplicate of a descriptor, which is close-on-exec and shares position and
/// blocking mode with @fd.
///
/// Threads: any. Blocks: no.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
/// Since: qemu-9.0 profile.
#[cfg(file_new_dupfd)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_file_new_dupfd(
    fd: c_int,
    errp: *mut *mut Error,
) -> *mut QIOChannelFile {
    let result = file::adopt_duplicate(fd).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_file_new_dupfd")) }
}

/// qio_channel_file_new_path:
/// @path: (transfer none): the file; /dev/fdset/N is a descriptor of the program's set N
/// @flags: O_* bits; the descriptor is close-on-exec in any case
/// @mode: the permissions of a file that is made, less the umask; matters with O_CREAT only
/// @errp: (nullable): as in qapi/error.h
///
/// Makes a channel over a file that it opens.
///
/// Threads: any. Blocks: as opening @path does.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_file_new_path(
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
    errp: *mut *mut Error,
) -> *mut QIOChannelFile {
    check_usage!(!path.is_null(), "qio_channel_file_new_path", "path is NULL");
    // SAFETY: a C string, live for the call.
    let path = unsafe { CStr::from_ptr(path) };
    let result = file::open(path, flags, mode).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_file_new_path")) }
}
