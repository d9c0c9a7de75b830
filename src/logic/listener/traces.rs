//! What traces are told of a listener (R-TRACE-1 to 4).

use core::ffi::CStr;
use core::ptr;

use super::registration::Registration;
use crate::object::listener::Listener;
use crate::trace::{self, Id};
use abi::profile::{self, ListenerTraces};

/// Watches of `registration` were made by the operation called `extra`.
pub fn watch(listener: &Listener, registration: Option<&Registration>, extra: &CStr) {
    if is_wanted(registration) {
        trace::qio_net_listener_watch(listener.as_ptr().into(), shown(registration), extra);
    }
}

/// Watches of `registration` were removed by the operation called `extra`.
pub fn unwatch(listener: &Listener, registration: Option<&Registration>, extra: &CStr) {
    if is_wanted(registration) {
        trace::qio_net_listener_unwatch(listener.as_ptr().into(), shown(registration), extra);
    }
}

/// A client was accepted and is about to be handed over.
pub fn callback(listener: &Listener, registration: &Registration) {
    if profile::LISTENER_TRACES != ListenerTraces::Never {
        trace::qio_net_listener_callback(listener.as_ptr().into(), shown(Some(registration)));
    }
}

fn is_wanted(registration: Option<&Registration>) -> bool {
    match profile::LISTENER_TRACES {
        ListenerTraces::Never => false,
        ListenerTraces::Always => true,
        ListenerTraces::WithFunc => registration.is_some_and(|r| r.func.is_some()),
    }
}

fn shown(registration: Option<&Registration>) -> trace::Registration {
    let null = || Id::from(ptr::null::<u8>());
    trace::Registration {
        func: registration.map_or_else(null, |r| r.func.id()),
        context: registration.map_or_else(null, |r| r.context.id()),
        aio_context: registration.map_or_else(null, |r| r.context.aio_id()),
    }
}
