//! File channels.

use core::ffi::CStr;

use super::{Instance, IsA, Shared};
use crate::layout;

/// The object.
pub type File = Shared<layout::QIOChannelFile>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannelFile {
    const TYPE: &'static CStr = c"qio-channel-file";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::QIOChannel> for layout::QIOChannelFile {}
