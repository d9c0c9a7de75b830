//! Channels over another one, their master: what they have in common, the master and their state.

use core::ptr;

use super::channel::Channel;
use super::{Finalizing, Instance, IsA, Ref, Shared};
use abi::layout::QIOChannel;
use platform::glib::UserData;
use platform::sync::atomic::{AtomicPtr, Ordering};

/// A class whose channels travel over a master.
///
/// # Safety
/// The two fields live with the channel, are NULL in a new one, and are stored to here only.
pub unsafe trait Layered: Instance + IsA<QIOChannel> {
    /// The field with the master.
    fn master_field(channel: &Shared<Self>) -> &AtomicPtr<QIOChannel>;

    /// The field with the state.
    fn state_field(channel: &Shared<Self>) -> &AtomicPtr<UserData>;
}

impl<T: Layered> Shared<T> {
    /// Gives a new instance its state, once.
    pub fn set_state<S: Send + Sync + 'static>(&self, state: S) {
        let state = Box::into_raw(Box::new(UserData::boxed(state)));
        T::state_field(self).store(state, Ordering::Release);
    }

    /// The state, as long as the object lives.
    #[inline]
    pub fn state<S: 'static>(&self) -> Option<&S> {
        // SAFETY: NULL, or the box that `set_state` stored, which is freed with the object.
        unsafe { T::state_field(self).load(Ordering::Acquire).as_ref() }
            .and_then(UserData::value::<S>)
    }

    /// Stores what the channel travels over, once.
    pub fn set_master(&self, master: Ref<QIOChannel>) {
        let master = master.into_ptr();
        self.upcast().record().set_master(master.cast());
        T::master_field(self).store(master, Ordering::Release);
    }

    /// What the channel travels over.
    #[inline]
    pub fn master(&self) -> Option<&Channel> {
        // SAFETY: the field's reference lives as long as `self`.
        unsafe { Channel::from_ptr(T::master_field(self).load(Ordering::Acquire)) }
    }

    /// Takes over where coroutines wait from the master (R-TLS-6, R-WS-1).
    #[cfg(two_aio_contexts)]
    pub fn follow_coroutines_as(&self, master: &Channel) {
        self.upcast::<QIOChannel>()
            .set_follows_coroutine(master.follows_coroutine());
    }

    /// The 7.2 profiles have no such field.
    #[cfg(not(two_aio_contexts))]
    pub fn follow_coroutines_as(&self, _master: &Channel) {}
}

impl<T: Layered> Finalizing<'_, T> {
    /// Frees the state.
    pub(super) fn release_state(&self) {
        let state = T::state_field(self).swap(ptr::null_mut(), Ordering::AcqRel);
        if !state.is_null() {
            // SAFETY: the box that `set_state` stored. What it lent has ended with the instance.
            drop(unsafe { Box::from_raw(state) });
        }
    }

    /// Drops the reference on the master.
    pub(super) fn release_master(&self) {
        let master = T::master_field(self).swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: NULL, or the reference that `set_master` stored, whose loans have ended.
        drop(unsafe { Ref::from_ptr_full(master) });
    }
}
