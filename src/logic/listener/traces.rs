//! What traces are told of a listener (R-TRACE-1 to 4).

use core::ffi::{CStr, c_int};
use core::ptr;

use super::registration::Registration;
use super::state::state_of;
use crate::logic::limits::limiter::Rest;
use crate::logic::statistics::{self, Count};
use crate::object::listener::Listener;
use abi::profile::{self, ListenerTraces};
use trace::Id;

/// Watches of `registration` were made by the operation called `extra` (R-TRACE-1).
pub fn watch(listener: &Listener, registration: Option<&Registration>, extra: &CStr) {
    if is_wanted(registration) {
        trace::qio_net_listener_watch(
            listener.as_ptr().into(),
            func(registration),
            context(registration),
            #[cfg(listener_source)]
            aio_context(registration),
            extra,
        );
    }
}

/// Watches of `registration` were removed by the operation called `extra` (R-TRACE-1).
pub fn unwatch(listener: &Listener, registration: Option<&Registration>, extra: &CStr) {
    if is_wanted(registration) {
        trace::qio_net_listener_unwatch(
            listener.as_ptr().into(),
            func(registration),
            context(registration),
            #[cfg(listener_source)]
            aio_context(registration),
            extra,
        );
    }
}

/// A client was accepted and is about to be handed over.
pub fn callback(listener: &Listener, registration: &Registration) {
    if profile::LISTENER_TRACES != ListenerTraces::Never {
        let registration = Some(registration);
        trace::qio_net_listener_callback(
            listener.as_ptr().into(),
            func(registration),
            context(registration),
            #[cfg(listener_source)]
            aio_context(registration),
        );
    }
}

/// The socket `fd` is left alone because of a limit.
pub fn limit(listener: &Listener, fd: c_int, rest: Rest) {
    statistics::add(Count::AcceptLimited);
    let milliseconds = match rest {
        Rest::Milliseconds(milliseconds) => Some(milliseconds),
        Rest::UntilOneGoes => None,
    };
    state_of(listener).record.set_limited(milliseconds);
    let milliseconds = milliseconds.unwrap_or(0);
    trace::qio_net_listener_limit(listener.as_ptr().into(), fd, milliseconds);
}

/// Whether the profile tells of what is done for a registration (R-TRACE-2, R-TRACE-4).
fn is_wanted(registration: Option<&Registration>) -> bool {
    match profile::LISTENER_TRACES {
        ListenerTraces::Never => false,
        ListenerTraces::Always => true,
        ListenerTraces::WithFunc => registration.is_some_and(|r| r.func.is_some()),
    }
}

/// The callback, or NULL.
fn func(registration: Option<&Registration>) -> Id {
    registration.map_or_else(nothing, |r| r.func.id())
}

/// The main context that was asked for, or NULL.
fn context(registration: Option<&Registration>) -> Id {
    registration.map_or_else(nothing, |r| r.context.id())
}

/// The AioContext, or NULL.
#[cfg(listener_source)]
fn aio_context(registration: Option<&Registration>) -> Id {
    registration.map_or_else(nothing, |r| r.context.aio_id())
}

fn nothing() -> Id {
    Id::from(ptr::null::<u8>())
}
