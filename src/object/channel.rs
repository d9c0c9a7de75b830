//! Channels of any class.

use core::ffi::CStr;

use super::{Instance, IsA, Shared};
use crate::layout;

/// A channel of any class.
pub type Channel = Shared<layout::QIOChannel>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannel {
    const TYPE: &'static CStr = c"qio-channel";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::Object> for layout::QIOChannel {}
