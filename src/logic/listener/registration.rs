//! Registering a client callback, and the context that the callback runs in.

use std::sync::Arc;

use super::handler::HandlerWatch;
use super::server::Server;
use super::source::SourceWatch;
use super::state::{DropAfterUnlock, Watching, state_of};
use super::traces;
use crate::object::client_func::{ClientFunc, ContextName};
use crate::object::listener::Listener;
use abi::profile;
use host::aio;
use platform::glib::{MainContext, WeakContext};

/// A registered client callback. Watches keep the one they were made for, so that function and
/// data always belong together (L5).
pub struct Registration {
    /// What is called.
    pub func: ClientFunc,
    /// Where the program wants it called.
    pub context: ContextName,
}

/// The current registration.
pub struct Registered {
    /// What was registered.
    pub registration: Arc<Registration>,
    /// Where its sockets are watched.
    pub context: CallbackContext,
}

/// The context that callbacks run in.
///
/// A main context has the watches, which have the listener, so the listener must not keep the
/// context: the program would get rid of neither (W-LSN-13).
pub enum CallbackContext {
    /// May go at any time.
    Main(Arc<WeakContext>),
    /// Lives as long as the process.
    Aio(aio::Context),
    /// There is no callback.
    None,
}

impl CallbackContext {
    /// Whether the context can run a callback.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Main(context) => context.is_live(),
            Self::Aio(_) => true,
            Self::None => false,
        }
    }

    /// Watches a socket. None if the context has gone.
    pub(super) fn watch(
        &self,
        listener: &Listener,
        index: usize,
        server: Server,
    ) -> Option<Watching> {
        match self {
            Self::Main(context) => {
                let source = SourceWatch::start(listener, index, server, context)?;
                Some(Watching::Source(source, Arc::clone(context)))
            }
            Self::Aio(context) => {
                let handler = HandlerWatch::start(listener, index, server, *context);
                Some(Watching::Handler(handler))
            }
            Self::None => None,
        }
    }
}

/// Registers a client callback in the place of the one before, whose destroy notify
/// runs (R-LSN-12, R-LSN-11).
pub fn register(listener: &Listener, func: ClientFunc, context: &MainContext, name: ContextName) {
    let context = CallbackContext::Main(WeakContext::for_context(context));
    register_in(listener, func, context, name);
}

/// Registers a client callback that event loop handlers call (R-LSN-18).
pub fn register_aio(listener: &Listener, func: ClientFunc, context: aio::Context) {
    let name = ContextName::for_aio(context);
    register_in(listener, func, CallbackContext::Aio(context), name);
}

fn register_in(listener: &Listener, func: ClientFunc, context: CallbackContext, name: ContextName) {
    let state = state_of(listener);
    let is_known = state.inner.lock().is_registered(&func, name);
    if profile::SAME_REGISTRATION_IS_SILENT && is_known {
        // Its destroy notify will run for the other one (W-LSN-7).
        func.forget();
        return;
    }
    let hold = state.inner.lock().hold(listener);
    unregister(listener);
    // Without a function nothing is watched; the data is kept all the same (R-LSN-10).
    let context = if func.is_some() {
        context
    } else {
        CallbackContext::None
    };
    let registration = Registration {
        func,
        context: name,
    };
    let mut registered = Some(Registered {
        registration: Arc::new(registration),
        context,
    });
    loop {
        let mut inner = state.inner.lock();
        // The destroy notify of the old data may have registered something.
        let is_free = inner.registered.is_none();
        if is_free {
            inner.registered = registered.take();
            if let Some(registration) = inner.registration() {
                listener.show_registration(&registration.func, name);
                let (func, context) = (registration.func.function(), name.place());
                state.record.set_registration(func, context);
            }
            inner.watch(listener, 0);
            traces::watch(listener, inner.registration(), c"set_client_func");
        }
        drop(inner);
        if is_free {
            break;
        }
        unregister(listener);
    }
    drop(hold);
}

/// Takes the registration away: removes its watches, then runs its destroy notify, without the lock
/// (R-LSN-17).
pub fn unregister(listener: &Listener) {
    let state = state_of(listener);
    let mut after = DropAfterUnlock::default();
    let mut inner = state.inner.lock();
    traces::unwatch(listener, inner.registration(), c"set_client_func");
    inner.unwatch(listener, &mut after);
    let old = inner.registered.take();
    drop(inner);
    drop(after);
    if let Some(old) = old {
        old.registration.func.retire();
    }
}
