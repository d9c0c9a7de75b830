//! `QIOChannelNull` as Rust sees it: safe access to the fields of a null channel.

use super::fields::{atomic_fields, instance};
use platform::sync::atomic::{AtomicBool, Ordering};

instance!(Null = QIOChannelNull: QIOChannel, c"qio-channel-null");

atomic_fields!(Null {
    field: closed as AtomicBool;
});

impl Null {
    /// Whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        self.field().load(Ordering::Relaxed)
    }

    /// Notes whether the channel was closed.
    pub fn set_closed(&self, closed: bool) {
        self.field().store(closed, Ordering::Relaxed);
    }
}
