//! Threads.

use core::ffi::CStr;

use super::errno::Errno;

/// Starts a thread that nobody joins.
pub fn spawn_detached(_name: &CStr, entry: Box<dyn FnOnce() + Send>) -> Result<(), Errno> {
    std::thread::Builder::new()
        .spawn(entry)
        .map(drop)
        .map_err(|err| Errno::new(err.raw_os_error().unwrap_or(libc::EAGAIN)))
}

/// A number that names the calling thread as long as it lives.
pub fn current_id() -> u64 {
    // SAFETY: no preconditions.
    unsafe { libc::pthread_self() }
}
