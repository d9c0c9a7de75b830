//! What can be told of a source by somebody who doesn't keep it.

use core::ptr::NonNull;
use std::sync::Arc;

use glib_sys::{self as ffi, GSource};

use super::asking::{self, Turn};
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

    /// Whether GLib asks the source after its polls ([`Hooks::check`](super::Hooks::check)), which it does until it is told
    /// otherwise. A source that isn't asked is ready by its ready time and its polled descriptors alone, and costs
    /// nothing but GLib's walk. Sources of other contexts than the one whose turn it is stay as they are.
    pub fn set_asked(&self, turn: &Turn<'_>, is_asked: bool) {
        let open = self.0.lock();
        if let Some(source) = *open {
            // SAFETY: who frees it closes this before; eyes are opened for sources of `Source::new` alone.
            unsafe { asking::set_asked(source, turn, is_asked) }
        }
        drop(open);
    }
}
