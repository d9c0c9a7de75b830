//! Listeners.

use core::ffi::CStr;

use super::{Instance, IsA, Shared};
use crate::layout;

/// The object.
pub type Listener = Shared<layout::QIONetListener>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIONetListener {
    const TYPE: &'static CStr = c"qio-net-listener";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::Object> for layout::QIONetListener {}
