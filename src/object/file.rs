//! `QIOChannelFile` as Rust sees it: safe access to the fields of a file channel.

use core::ffi::{CStr, c_int};

use super::{Instance, IsA, Shared};
use abi::layout;
use platform::os::incarnation;
use platform::sync::atomic::{AtomicI32, Ordering};

/// The object.
pub type File = Shared<layout::QIOChannelFile>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannelFile {
    const TYPE: &'static CStr = c"qio-channel-file";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::QIOChannel> for layout::QIOChannelFile {}

impl File {
    /// The descriptor field, which C code reads, and other threads may close (R-CHAN-10).
    #[inline]
    fn field(&self) -> &AtomicI32 {
        // SAFETY: an aligned field that lives with `self`.
        unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).fd) }
    }

    /// The descriptor, -1 when closed.
    #[inline]
    pub fn fd(&self) -> c_int {
        self.field().load(Ordering::Relaxed)
    }

    /// Stores a descriptor, which is the channel's from now on.
    pub fn set_fd(&self, fd: c_int) {
        self.field().store(fd, Ordering::Relaxed);
        incarnation::begin(fd);
    }

    /// Takes the descriptor: the caller that got it closes it, no other one does (W-24).
    pub fn take_fd(&self) -> c_int {
        let fd = self.field().swap(-1, Ordering::AcqRel);
        incarnation::end(fd);
        fd
    }
}
