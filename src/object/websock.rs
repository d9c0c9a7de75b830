//! `QIOChannelWebsock` as Rust sees it: safe access to the fields of a WebSocket channel.

use super::Finalizing;
use super::fields::{atomic_fields, instance};
use super::layered::Layered;
use abi::layout;
use platform::glib::UserData;
use platform::sync::atomic::AtomicPtr;

instance!(Websock = QIOChannelWebsock: QIOChannel, c"qio-channel-websock");
atomic_fields!(Websock {
    master_pointer: master as AtomicPtr<layout::QIOChannel>;
    #[cfg(websock_hs_io_tag)]
    handshake_tag: hs_io_tag as platform::sync::atomic::AtomicU32;
});

// SAFETY: fields of ours. The struct has no room for the state but in the input's, which is not used
// otherwise; behind the struct a C type derived from this one would have its own fields.
unsafe impl Layered for layout::QIOChannelWebsock {
    fn master_field(channel: &Websock) -> &AtomicPtr<layout::QIOChannel> {
        channel.master_pointer()
    }

    fn state_field(channel: &Websock) -> &AtomicPtr<UserData> {
        // SAFETY: an aligned field that lives with the channel.
        unsafe { AtomicPtr::from_ptr((&raw mut (*channel.as_ptr()).rawinput.buffer).cast()) }
    }
}

impl Websock {
    /// Stores the id of the source that the handshake waits with, 0 if none (R-WS-6).
    #[cfg(websock_hs_io_tag)]
    pub fn set_handshake_tag(&self, tag: u32) {
        use platform::sync::atomic::Ordering;
        self.handshake_tag().store(tag, Ordering::Relaxed);
    }

    /// The other profiles have no such field.
    #[cfg(not(websock_hs_io_tag))]
    pub fn set_handshake_tag(&self, _tag: u32) {}
}

impl Finalizing<'_, layout::QIOChannelWebsock> {
    /// Frees the state, and drops the reference on the master.
    pub fn release(self) {
        self.release_state();
        self.release_master();
    }
}
