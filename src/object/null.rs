//! `QIOChannelNull` as Rust sees it: safe access to the fields of a null channel.

use core::ffi::CStr;

use super::{Instance, IsA, Shared};
use abi::layout;
use platform::sync::atomic::{AtomicBool, Ordering};

/// The object.
pub type Null = Shared<layout::QIOChannelNull>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannelNull {
    const TYPE: &'static CStr = c"qio-channel-null";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::QIOChannel> for layout::QIOChannelNull {}

impl Null {
    fn field(&self) -> &AtomicBool {
        // SAFETY: a field that lives with `self`; C stores 0 or 1 to a `bool`.
        unsafe { AtomicBool::from_ptr(&raw mut (*self.as_ptr()).closed) }
    }

    /// Whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        self.field().load(Ordering::Relaxed)
    }

    /// Notes whether the channel was closed.
    pub fn set_closed(&self, closed: bool) {
        self.field().store(closed, Ordering::Relaxed);
    }
}
