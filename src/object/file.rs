//! `QIOChannelFile` as Rust sees it: safe access to the fields of a file channel.

use core::ffi::c_int;

use super::fields::{atomic_fields, instance};
use platform::os::incarnation;
use platform::sync::atomic::{AtomicI32, Ordering};

instance!(File = QIOChannelFile: QIOChannel, c"qio-channel-file");

atomic_fields!(File {
    // The descriptor field, which C code reads, and other threads may close (R-CHAN-10).
    field: fd as AtomicI32;
});

impl File {
    /// The descriptor, -1 when closed.
    #[inline]
    pub fn fd(&self) -> c_int {
        self.field().load(Ordering::Relaxed)
    }

    /// Stores a descriptor, which is the channel's from now on.
    pub fn set_fd(&self, fd: c_int) {
        self.field().store(fd, Ordering::Relaxed);
        incarnation::begin(fd);
        self.upcast().record().set_descriptors(fd, fd);
    }

    /// Takes the descriptor: the caller that got it closes it, no other one does (W-24).
    pub fn take_fd(&self) -> c_int {
        let fd = self.field().swap(-1, Ordering::AcqRel);
        incarnation::end(fd);
        self.upcast().record().set_descriptors(-1, -1);
        fd
    }
}
