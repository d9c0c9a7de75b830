//! `QIOChannelCommand` as Rust sees it: safe access to the fields of a command channel.

use core::ffi::c_int;

use super::fields::{atomic_fields, instance};
use platform::os::fd::Descriptor;
use platform::os::incarnation;
use platform::os::process::Pid;
use platform::sync::atomic::{AtomicI32, Ordering};

instance!(Command = QIOChannelCommand: QIOChannel, c"qio-channel-command");

atomic_fields!(Command {
    // The descriptor fields, which C code reads, and other threads may close (R-CHAN-10).
    read_field: readfd as AtomicI32;
    write_field: writefd as AtomicI32;
    pid_field: pid as AtomicI32;
});

/// Takes what a descriptor field holds: the caller closes it, and no other thread does.
fn take(field: &AtomicI32) -> Option<Descriptor> {
    let fd = field.swap(-1, Ordering::AcqRel);
    incarnation::end(fd);
    // SAFETY: the channel owned it and has forgotten it.
    (fd >= 0).then(|| unsafe { Descriptor::from_raw(fd) })
}

/// Stores a descriptor, which is the channel's from now on.
fn store(field: &AtomicI32, end: Option<Descriptor>) {
    let fd = end.map_or(-1, Descriptor::into_raw);
    field.store(fd, Ordering::Relaxed);
    incarnation::begin(fd);
}

impl Command {
    /// The pipe from the child, -1 if there is none.
    #[inline]
    pub fn read_fd(&self) -> c_int {
        self.read_field().load(Ordering::Relaxed)
    }

    /// The pipe to the child, -1 if there is none.
    #[inline]
    pub fn write_fd(&self) -> c_int {
        self.write_field().load(Ordering::Relaxed)
    }

    fn note_descriptors(&self) {
        let record = self.upcast().record();
        record.set_descriptors(self.read_fd(), self.write_fd());
    }

    /// Stores the pipe from the child.
    pub fn set_read_end(&self, end: Option<Descriptor>) {
        store(self.read_field(), end);
        self.note_descriptors();
    }

    /// Stores the pipe to the child.
    pub fn set_write_end(&self, end: Option<Descriptor>) {
        store(self.write_field(), end);
        self.note_descriptors();
    }

    /// Takes the pipe from the child.
    pub fn take_read_end(&self) -> Option<Descriptor> {
        let taken = take(self.read_field());
        self.note_descriptors();
        taken
    }

    /// Takes the pipe to the child.
    pub fn take_write_end(&self) -> Option<Descriptor> {
        let taken = take(self.write_field());
        self.note_descriptors();
        taken
    }

    /// The child; none once it was reaped or left to be reaped.
    pub fn child(&self) -> Option<Pid> {
        Pid::new(self.pid_field().load(Ordering::Acquire))
    }

    /// Stores the child, or that there is none any more (W-27).
    pub fn set_child(&self, child: Option<Pid>) {
        let pid = child.map_or(0, Pid::as_raw);
        self.pid_field().store(pid, Ordering::Release);
    }
}
