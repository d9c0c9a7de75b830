//! Socket channels.

use core::ffi::CStr;

use super::{Instance, IsA, Shared};
use crate::layout;

/// The object.
pub type Socket = Shared<layout::QIOChannelSocket>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannelSocket {
    const TYPE: &'static CStr = c"qio-channel-socket";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::QIOChannel> for layout::QIOChannelSocket {}
