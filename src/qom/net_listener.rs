//! `qio-net-listener`.

use crate::logic::listener;
use crate::object::Shared;
use abi::layout::{Object, QIONetListener, TypeInfo};

/// The type.
pub(super) const TYPE: TypeInfo = super::concrete::<QIONetListener, Object>(&super::Hooks {
    class: None,
    init: Some(init),
    finalize: Some(finalize),
});

unsafe extern "C" fn init(obj: *mut Object) {
    // SAFETY: the host passes a new instance of the type.
    if let Some(listener) = unsafe { Shared::from_ptr(obj.cast()) } {
        listener::init(listener);
    }
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // SAFETY: the host passes an instance of the type, whose last reference has gone.
    if let Some(listener) = unsafe { Shared::from_ptr(obj.cast()) } {
        listener::finalize(listener);
        // SAFETY: as above; `logic` has ended its watches and lends nothing on.
        unsafe { listener.dismantle() };
    }
}
