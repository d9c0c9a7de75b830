//! Descriptors that a source polls for a while: g_source_add_unix_fd and its like.

use core::ffi::{c_int, c_void};
use core::ptr::NonNull;

use glib_sys as ffi;

use super::{Source, SourceOf};

/// A descriptor in a source.
#[derive(Debug)]
pub struct FdTag(NonNull<c_void>);

// SAFETY: GLib's functions for tags may be called from any thread.
unsafe impl Send for FdTag {}

impl Source {
    /// Polls `fd` for `events` (`G_IO_*`) too, from now on. None if the source has been destroyed.
    pub fn add_fd(&self, fd: c_int, events: u32) -> Option<FdTag> {
        if self.is_destroyed() {
            return None;
        }
        // SAFETY: the source is live; GLib takes its context's lock and wakes it.
        NonNull::new(unsafe { ffi::g_source_add_unix_fd(self.as_ptr(), fd, events) }).map(FdTag)
    }

    /// Polls for other events.
    ///
    /// # Safety
    /// `tag` is of this source.
    pub unsafe fn modify_fd(&self, tag: &FdTag, events: u32) {
        // SAFETY: the source is live, and the tag its own.
        unsafe { ffi::g_source_modify_unix_fd(self.as_ptr(), tag.0.as_ptr(), events) }
    }

    /// Does not poll the descriptor any more.
    ///
    /// # Safety
    /// `tag` is of this source.
    pub unsafe fn remove_fd(&self, tag: FdTag) {
        // SAFETY: the source is live, and the tag its own, used for the last time.
        unsafe { ffi::g_source_remove_unix_fd(self.as_ptr(), tag.0.as_ptr()) }
    }
}

impl<H> SourceOf<H> {
    /// A further reference on a source whose address C code has.
    ///
    /// # Safety
    /// `ptr` is a live source that was made with hooks of this kind.
    pub unsafe fn from_ptr_none(ptr: *mut ffi::GSource) -> Self {
        // SAFETY: the source is live; `g_source_ref` returns its argument.
        let source = Source(unsafe { NonNull::new_unchecked(ffi::g_source_ref(ptr)) });
        Self::of(source)
    }
}
