//! `QIOChannelWebsock` as Rust sees it: safe access to the fields of a WebSocket channel.

use core::ffi::CStr;
use core::ptr;

use super::channel::Channel;
use super::{Finalizing, Instance, IsA, Ref, Shared};
use abi::layout;
use platform::glib::UserData;
use platform::sync::atomic::{AtomicPtr, Ordering};

/// The object.
pub type Websock = Shared<layout::QIOChannelWebsock>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannelWebsock {
    const TYPE: &'static CStr = c"qio-channel-websock";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::QIOChannel> for layout::QIOChannelWebsock {}

impl Websock {
    /// The field that the state hangs in. The struct has no room for it elsewhere, and behind the
    /// struct a C type derived from this one would have its own fields.
    fn state_field(&self) -> &AtomicPtr<u8> {
        // SAFETY: an aligned field that lives with `self`.
        unsafe { AtomicPtr::from_ptr(&raw mut (*self.as_ptr()).rawinput.buffer) }
    }

    /// Gives a new instance its state.
    pub fn set_state<T: Send + Sync + 'static>(&self, state: T) {
        let state = Box::into_raw(Box::new(UserData::boxed(state)));
        self.state_field().store(state.cast(), Ordering::Release);
    }

    /// The state, as long as the object lives.
    #[inline]
    pub fn state<T: 'static>(&self) -> Option<&T> {
        let state = self
            .state_field()
            .load(Ordering::Acquire)
            .cast::<UserData>();
        // SAFETY: NULL, or the box that `set_state` stored, which is freed with the object.
        unsafe { state.as_ref() }.and_then(UserData::value::<T>)
    }

    fn master_field(&self) -> &AtomicPtr<layout::QIOChannel> {
        // SAFETY: an aligned field that lives with `self`.
        unsafe { AtomicPtr::from_ptr(&raw mut (*self.as_ptr()).master) }
    }

    /// Stores what the frames travel over, once.
    pub fn set_master(&self, master: Ref<layout::QIOChannel>) {
        self.master_field()
            .store(master.into_ptr(), Ordering::Release);
    }

    /// What the frames travel over.
    #[inline]
    pub fn master(&self) -> Option<&Channel> {
        // SAFETY: the field's reference lives as long as `self`.
        unsafe { Channel::from_ptr(self.master_field().load(Ordering::Acquire)) }
    }

    /// Stores the id of the source that the handshake waits with, 0 if none (R-WS-6).
    #[cfg(websock_hs_io_tag)]
    pub fn set_handshake_tag(&self, tag: u32) {
        use platform::sync::atomic::AtomicU32;
        // SAFETY: an aligned field that lives with `self`.
        let field = unsafe { AtomicU32::from_ptr(&raw mut (*self.as_ptr()).hs_io_tag) };
        field.store(tag, Ordering::Relaxed);
    }

    /// The other profiles have no such field.
    #[cfg(not(websock_hs_io_tag))]
    pub fn set_handshake_tag(&self, _tag: u32) {}

    /// Takes over where coroutines wait from the master (R-WS-1).
    #[cfg(two_aio_contexts)]
    pub fn follow_coroutines_as(&self, master: &Channel) {
        self.upcast::<layout::QIOChannel>()
            .set_follows_coroutine(master.follows_coroutine());
    }

    /// The 7.2 profiles have no such field.
    #[cfg(not(two_aio_contexts))]
    pub fn follow_coroutines_as(&self, _master: &Channel) {}
}

impl Finalizing<'_, layout::QIOChannelWebsock> {
    /// Frees the state, and drops the reference on the master.
    pub fn release(self) {
        let state = self.state_field().swap(ptr::null_mut(), Ordering::AcqRel);
        if !state.is_null() {
            // SAFETY: the box that `set_state` stored. What it lent has ended with the instance.
            drop(unsafe { Box::from_raw(state.cast::<UserData>()) });
        }
        let master = self.master_field().swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: NULL, or the reference that `set_master` stored; as above.
        drop(unsafe { Ref::from_ptr_full(master) });
    }
}
