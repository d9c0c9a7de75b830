//! What can be told of a source by somebody who doesn't keep it.

use core::ptr::NonNull;
use std::sync::Arc;

use glib_sys::{self as ffi, GSource};

use crate::sync::Mutex;

/// A view of a source, which ends with it.
#[derive(Debug)]
pub struct Eye(Mutex<Option<NonNull<GSource>>>);

// SAFETY: the functions below may be called from any thread, on a source that lives.
unsafe impl Send for Eye {}
// SAFETY: as above.
unsafe impl Sync for Eye {}

impl Eye {
    /// The source closes it when it is finalised.
    pub(super) fn open(source: NonNull<GSource>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(source))))
    }

    /// The source is about to be freed.
    pub(super) fn close(&self) {
        *self.0.lock() = None;
    }

    /// Whether the source was ended, or is gone.
    pub fn is_destroyed(&self) -> bool {
        self.0.lock().is_none_or(|source| {
            // SAFETY: who frees it closes this before, for which the lock is needed.
            unsafe { ffi::g_source_is_destroyed(source.as_ptr()) != 0 }
        })
    }

    /// Whether nested loops dispatch it while it is being dispatched.
    pub fn can_recurse(&self) -> bool {
        self.0.lock().is_some_and(|source| {
            // SAFETY: as above.
            unsafe { ffi::g_source_get_can_recurse(source.as_ptr()) != 0 }
        })
    }
}
